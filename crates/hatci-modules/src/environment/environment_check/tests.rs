use super::*;
use ansible_module::{NoEnv, run};
use std::fs;
use tempfile::TempDir;

/// A repository with one package, one size and its schema.
fn laid_out() -> TempDir {
    let base = tempfile::tempdir().unwrap();
    for (path, content) in [
        (
            "api/schemas/size.schema.yml",
            "uri: sizes_schema\nschema: {type: object, items: {cpu: {type: integer, maximum: 64}}}",
        ),
        ("api/definitions/sizes/m.yml", "cpu: 4"),
        ("config/packages/core/a.tfvars", "a = 1"),
        (
            "config/packages/core/package.json",
            r#"{"id": "core", "version": "v0.2.0", "environments": [{"name": "lab", "files": {"terraform": "a.tfvars"}}]}"#,
        ),
    ] {
        let path = base.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    base
}

fn answer(options: &Value) -> Value {
    Value::Object(run::<EnvironmentCheck>(options.as_object().cloned().unwrap_or_default(), &NoEnv).json)
}

fn checked(base: &TempDir, mut options: Value) -> Value {
    options["root"] = base.path().to_str().unwrap().into();
    answer(&options)
}

#[test]
fn a_repository_without_errors_passes_and_its_packages_are_told() {
    let base = laid_out();
    let answer = checked(&base, json!({}));
    assert_eq!((&answer["changed"], &answer["failed"]), (&json!(false), &Value::Null), "{answer}");
    assert_eq!(answer["errors"], json!([]));
    assert_eq!(answer["packages"], json!([{ "id": "core", "version": "v0.2.0", "environments": ["lab"] }]));
    assert_eq!(answer["checked"].as_array().unwrap().len(), 3, "{answer}");
}

#[test]
fn errors_are_returned_with_file_line_path_and_message_and_shown() {
    let base = laid_out();
    fs::write(base.path().join("api/definitions/sizes/m.yml"), "# large\ncpu: 65").unwrap();
    fs::remove_file(base.path().join("config/packages/core/a.tfvars")).unwrap();
    let answer = checked(&base, json!({}));
    assert_eq!(answer["failed"], true);
    let first = &answer["errors"][0];
    assert!(first["file"].as_str().unwrap().ends_with("/api/definitions/sizes/m.yml"), "{answer}");
    assert_eq!((&first["line"], &first["path"]), (&json!(2), &json!("cpu")));
    assert_eq!(first["message"], "65 is too high: it must be at most 64 (maximum).");
    let msg = answer["msg"].as_str().unwrap();
    assert!(
        msg.contains("There are 2 errors in")
            && msg.contains(": (1) api/definitions/sizes/m.yml:2: cpu: 65 is"),
        "{msg}"
    );
    assert!(msg.contains("terraform of lab in core: a.tfvars does not exist"), "{msg}");
    assert_eq!(answer["packages"][0]["id"], "core");
}

#[test]
fn only_what_is_asked_for_is_checked() {
    let base = laid_out();
    fs::write(base.path().join("api/definitions/sizes/m.yml"), "cpu: x").unwrap();
    let answer = checked(&base, json!({ "definitions": false }));
    assert_eq!(answer["failed"], Value::Null, "{answer}");
    fs::write(base.path().join("config/packages/core/package.json"), "{}").unwrap();
    let answer = checked(&base, json!({ "packages": false }));
    assert_eq!(
        (answer["errors"].as_array().unwrap().len(), &answer["packages"]),
        (1, &Value::Null),
        "{answer}"
    );
    let answer = checked(&base, json!({ "packages": false, "require_bump": true }));
    assert!(answer["msg"].as_str().unwrap().contains("packages is false"), "{answer}");
}

#[test]
fn a_repository_without_packages_is_told() {
    let base = tempfile::tempdir().unwrap();
    fs::create_dir_all(base.path().join("config/packages")).unwrap();
    let answer = checked(&base, json!({ "definitions": false }));
    assert!(answer["warnings"].to_string().contains("There are no packages in"), "{answer}");
}

#[test]
fn a_root_that_is_none_is_told() {
    let base = tempfile::tempdir().unwrap();
    fs::write(base.path().join("file"), "").unwrap();
    let answer = answer(&json!({ "root": base.path().join("file") }));
    assert!(answer["msg"].as_str().unwrap().contains("is not a folder"), "{answer}");
}
