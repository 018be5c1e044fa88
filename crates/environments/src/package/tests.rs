use super::*;
use serde_json::json;

fn core() -> Value {
    json!({
        "id": "core", "version": "v0.2.0", "description": "the lab",
        "environments": [
            { "name": "development", "files": { "terraform": "environments/development.tfvars", "kubesprayInventory": "inventory" } },
            { "name": "staging", "files": { "free-key": "x" } },
        ],
    })
}

fn parse(text: &str) -> Result<Package, Vec<Problem>> {
    Package::parse(Path::new("/r/config/packages/core"), &Name::parse("core").unwrap(), text.as_bytes())
}

fn problems(content: &Value) -> Vec<String> {
    let problems = parse(&content.to_string()).unwrap_err();
    problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

#[test]
fn a_package_is_read_as_it_is_written_with_any_keys() {
    let package = parse(&core().to_string()).unwrap();
    assert_eq!((package.id.as_str(), package.version.as_str()), ("core", "v0.2.0"));
    assert_eq!(package.description.as_deref(), Some("the lab"));
    let staging = package.environment("staging").unwrap();
    assert_eq!((staging.files[0].key.as_str(), staging.files[0].path.as_str()), ("free-key", "x"));
    assert_eq!(
        package.environment("production").unwrap_err(),
        "core has no environment production; it has development, staging"
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_place() {
    let wrong = json!({
        "id": "other", "version": "0.2", "description": 7,
        "environments": [
            7,
            { "name": "a/b", "files": {} },
            { "name": "lab", "files": { "../evil": "x", "k": "../x", "n": 1 } },
        ],
    });
    let all = problems(&wrong).join("\n");
    for expected in [
        "id: The id is \"other\", but the folder is named core",
        "version: \"0.2\" is not a version",
        "description: The description must be a text, not a number",
        "environments[0]: An environment must be an object",
        "environments[1].name: \"a/b\" is not a name",
        "environments[1].files: The environment has no files",
        "environments[2].files.../evil: ../evil of lab: \"../evil\" is not a name",
        "environments[2].files.k: k of lab: the path \"../x\" contains `..`",
        "environments[2].files.n: n of lab: the path must be a text, not a number",
    ] {
        assert!(all.contains(expected), "{expected}\n{all}");
    }
}

#[test]
fn id_version_and_an_environment_are_required() {
    assert_eq!(problems(&json!({})).len(), 3);
    for (field, value) in [("id", json!("")), ("version", json!(null)), ("environments", json!([]))] {
        let mut content = core();
        content[field] = value;
        let all = problems(&content);
        assert!(all.len() == 1 && all[0].starts_with(field), "{all:?}");
    }
}

#[test]
fn a_key_or_an_environment_twice_does_not_go_unnoticed() {
    let text = r#"{"id": "core", "version": "v0.2.0", "environments": [{"name": "a", "files": {
        "terraform": "a",
        "terraform": "b"}}]}"#;
    let problem = &parse(text).unwrap_err()[0];
    assert_eq!(problem.line, Some(3));
    assert!(problem.message.contains("the key \"terraform\" appears twice"), "{problem}");
    let mut content = core();
    content["environments"][1]["name"] = json!("development");
    assert!(problems(&content)[0].contains("The environment development is listed twice"));
}

#[test]
fn a_file_that_is_refused_is_told_with_its_key_environment_and_path() {
    for (key, value, expected) in [
        ("terraform", json!("../x"), "terraform of development: the path \"../x\" contains `..`"),
        ("terraform", json!("/etc/x"), "terraform of development: the path \"/etc/x\" is absolute"),
        ("terraform", json!(""), "terraform of development: the path is empty"),
        ("terraform", json!(7), "terraform of development: the path must be a text, not a number"),
        ("a\nb", json!("x"), "a\\nb of development: \"a\\nb\" is not a name"),
    ] {
        let mut content = core();
        content["environments"][0]["files"] = json!({ key: value });
        let all = problems(&content);
        assert!(all[0].contains(expected) && all[0].ends_with("Correct this entry."), "{all:?}");
    }
}

#[test]
fn problems_have_their_lines() {
    let text = "{\n\"id\": \"core\",\n\"version\": \"1\",\n\"environments\": [\n{\"name\": \"lab\", \"files\": {\n\"a\": \"../x\"}}]}";
    let lines: Vec<_> = parse(text).unwrap_err().iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(3), Some(6)]);
}

#[test]
fn an_unknown_package_is_told_with_those_there_are() {
    let base = tempfile::tempdir().unwrap();
    for id in ["core", "lab", ".git"] {
        std::fs::create_dir_all(base.path().join("config/packages").join(id)).unwrap();
    }
    let root = Root::at(base.path()).unwrap();
    let problem = &Package::read(&root, &Name::parse("cor").unwrap()).unwrap_err()[0];
    assert!(problem.message.contains("There is no package cor; there are core, lab"), "{problem}");
    std::fs::create_dir(base.path().join("config/packages/a b")).unwrap();
    assert!(Package::all(&root).unwrap_err().message.contains("Rename its folder"));
}
