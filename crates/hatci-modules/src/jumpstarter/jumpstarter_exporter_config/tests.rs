use super::*;
use ansible_module::{Answer, NoEnv, run};
use serde_json::{Map, json};
use std::{fs, path::Path};

const CONTENT: &str = "metadata: {namespace: lab, name: a}\nexport: {p: {ref: q}}\ntoken: planted\n";

fn answer(folder: &Path, options: &Value) -> Answer {
    let mut args = Map::from_iter([("name".into(), "a".into()), ("dir".into(), json!(folder))]);
    args.extend(options.as_object().cloned().unwrap_or_default());
    run::<JumpstarterExporterConfig>(args, &NoEnv)
}

#[test]
fn what_is_predicted_is_done_once() {
    let folder = tempfile::tempdir().unwrap();
    let changed = |options: &Value| answer(folder.path(), options).json["changed"].clone();
    let there = json!({ "content": CONTENT });
    let gone = json!({ "state": "absent", "replace_registration": true });
    assert_eq!(changed(&json!({ "content": CONTENT, "_ansible_check_mode": true })), true);
    assert!(!folder.path().join("a.yaml").exists());
    assert_eq!([changed(&there), changed(&there)], [true, false]);
    assert_eq!([changed(&gone), changed(&gone)], [true, false]);
}

#[test]
fn no_token_is_shown_neither_the_old_one_nor_the_new() {
    for (old, new) in [
        (CONTENT.replace("planted", "planted-old"), CONTENT.into()),
        // What `jmp` would refuse was written by somebody else.
        ("token: planted-old\nexport: [".into(), CONTENT.into()),
        (CONTENT.into(), "token: planted-new\nexport: [".into()),
        // The same word, written in other letters.
        (CONTENT.into(), CONTENT.replace("planted", "\"planted-n\\u0065w\"")),
        (CONTENT.into(), CONTENT.replace(": planted", ": >-\n planted\n new")),
        (CONTENT.into(), CONTENT.replace("ref: q", "type: a.B, config: {pin: planted-3, args: [planted]}")),
        (CONTENT.into(), CONTENT.to_owned() + "hooks: {beforeLease: {script: curl planted}}\n# planted\n"),
        // A driver's.
        (CONTENT.into(), CONTENT.replace("ref: q", "type: a.B, config: {w: {wifi_password: planted-2}}")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.yaml"), &old).unwrap();
        let options = json!({ "content": new, "replace_registration": true, "_ansible_diff": true, "_ansible_verbosity": 4 });
        let answer = Value::from(answer(folder.path(), &options).json).to_string();
        assert!(answer.contains("module_args") && !answer.contains("planted"), "{answer}");
    }
}

#[test]
fn a_registration_is_lost_only_by_order() {
    let registered = "metadata: {namespace: lab, name: a}\nendpoint: grpc.lab:443\ntoken: planted\nexport: {p: {ref: q}}\n";
    let other_token = registered.replace("planted", "other");
    let broken = registered.replace("export: {", "export: [");
    let own = "metadata: {namespace: lab, name: a}\nexport: {p: {ref: q}}\n";
    for (there, options) in [
        (registered, json!({ "content": own })),
        (registered, json!({ "content": other_token })),
        (registered, json!({ "state": "absent", "backup": true })),
        (&*broken, json!({ "content": own })),
        (CONTENT, json!({ "content": own })),
    ] {
        for check_mode in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("a.yaml");
            fs::write(&file, there).unwrap();
            let mut options = options.clone();
            options["_ansible_check_mode"] = check_mode.into();
            let refused = answer(folder.path(), &options).json;
            assert_eq!(refused["error"]["kind"], "conflict", "{refused:?}");
            assert!(!Value::from(refused).to_string().contains("planted"));
            assert_eq!(fs::read_to_string(&file).unwrap(), there);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
            options["replace_registration"] = true.into();
            assert_eq!(answer(folder.path(), &options).json["changed"], true);
        }
    }
}

#[test]
fn a_file_written_by_hand_is_touched_only_by_order() {
    let by_hand = "# my bench\nmetadata: {namespace: lab, name: a}\nexport: {p: {ref: q}}\n";
    let own = "metadata: {namespace: lab, name: a}\nexport: {p: {ref: r}}\n";
    for options in [json!({ "content": own }), json!({ "state": "absent", "backup": true })] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.yaml");
        fs::write(&file, by_hand).unwrap();
        let refused = answer(folder.path(), &options).json;
        assert_eq!(refused["error"]["kind"], "conflict", "{refused:?}");
        let act = if options["state"] == "absent" { "remove" } else { "overwrite" };
        assert!(refused["msg"].as_str().unwrap().ends_with(&format!(" to {act} it.")), "{refused:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), by_hand);
        let mut options = options.clone();
        options["replace_registration"] = true.into();
        assert_eq!(answer(folder.path(), &options).json["changed"], true);
    }
}

#[test]
fn a_file_of_somebody_else_stays_as_it_is_whatever_is_in_it() {
    let own = "metadata: {namespace: lab, name: a}\nexport: {p: {ref: r}}\n";
    // The last is what is asked for.
    for (by_hand, is_refused) in [("", true), ("\n \n", true), (own, false)] {
        for is_link in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let (file, target) = (folder.path().join("a.yaml"), folder.path().join("target"));
            if is_link {
                fs::write(&target, by_hand).unwrap();
                std::os::unix::fs::symlink(&target, &file).unwrap();
            } else {
                fs::write(&file, by_hand).unwrap();
            }
            let answer = answer(folder.path(), &json!({ "content": own }));
            assert_eq!((answer.failed, &answer.json["changed"]), (is_refused, &json!(false)), "{by_hand:?}");
            assert_eq!((fs::read_to_string(&file).unwrap().as_str(), file.is_symlink()), (by_hand, is_link));
        }
    }
}

#[test]
fn a_file_without_a_registration_or_with_the_same_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let own = "metadata: {namespace: lab, name: a}\nexport: {p: {ref: q}}\n";
    for content in [own.to_owned(), CONTENT.to_owned(), CONTENT.replace("ref: q", "ref: r")] {
        assert_eq!(answer(folder.path(), &json!({ "content": content })).json["changed"], true);
    }
}

#[test]
fn a_difference_shows_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let answer = answer(folder.path(), &json!({ "content": CONTENT, "_ansible_diff": true }));
    assert!(answer.json["diff"]["after"].as_str().unwrap().contains("export"));
}

#[test]
fn a_common_password_is_hidden_in_the_difference_only() {
    let folder = tempfile::Builder::new().prefix("root").tempdir().unwrap();
    let content = CONTENT.replace("ref: q", "type: a.B, config: {user: me, password: root}");
    let answer = answer(folder.path(), &json!({ "content": content, "_ansible_diff": true })).json;
    assert!(answer["diff"]["after"].as_str().unwrap().contains("password: ********"));
    assert!(answer["path"].as_str().unwrap().contains("root"));
}

#[test]
fn every_copy_is_kept_also_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let contents = [0, 1, 2, 3].map(|number| format!("{CONTENT}# {number}\n"));
    for content in &contents {
        let answer = answer(folder.path(), &json!({ "content": content, "backup": true })).json;
        assert_eq!(answer["changed"], true, "{answer:?}");
    }
    let mut kept: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    kept.sort();
    assert_eq!(kept, contents.map(|content| format!("{MARK}{content}")));
}

#[test]
fn a_link_to_nothing_is_removed_and_replaced_by_order() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("a.yaml");
    for options in [json!({ "state": "absent" }), json!({ "content": CONTENT, "backup": true })] {
        std::os::unix::fs::symlink("/nonexistent/for/sure", &link).unwrap();
        assert!(answer(folder.path(), &options).failed && link.is_symlink());
        let mut options = options.clone();
        options["replace_registration"] = true.into();
        assert_eq!(answer(folder.path(), &options).json["changed"], true);
        assert!(!link.is_symlink());
    }
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("a.yaml")).unwrap();
    for options in [json!({ "state": "absent" }), json!({ "content": CONTENT })] {
        let answer = answer(folder.path(), &options);
        assert!(answer.failed);
        assert!(answer.json["msg"].as_str().unwrap().contains("it is a device"), "{:?}", answer.json);
    }
}

#[test]
fn what_jmp_would_refuse_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let answer = answer(folder.path(), &json!({ "content": "export: {}" }));
    assert!(answer.failed);
    assert_eq!(answer.json["error"]["kind"], "invalid");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
