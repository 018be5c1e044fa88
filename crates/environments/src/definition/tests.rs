use super::*;
use std::fs;
use tempfile::TempDir;

/// A repository with these files below `api`.
fn laid_out(files: &[(&str, &str)]) -> (TempDir, Root) {
    let base = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = base.path().join("api").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let root = Root::at(base.path()).unwrap();
    (base, root)
}

const SIZES: (&str, &str) = (
    "schemas/size.schema.yml",
    "uri: sizes_schema\nschema:\n  type: object\n  items:\n    size: {type: array, items: {$ref: size}}\n",
);
const SIZE: (&str, &str) = (
    "schemas/more.schema.yaml",
    "uri: size\nschema: {type: object, items: {name: {type: string}}, required: [name]}\n",
);

fn problems(definition: &str) -> Vec<String> {
    let (base, root) = laid_out(&[SIZES, SIZE, ("definitions/sizes/all.yml", definition)]);
    told(&DefinitionsCheck::of(&root), &base)
}

fn told(check: &DefinitionsCheck, base: &TempDir) -> Vec<String> {
    let api = format!("{}/api/", base.path().canonicalize().unwrap().display());
    check.problems.iter().map(|problem| problem.to_string().replace(&api, "")).collect()
}

#[test]
fn each_definition_is_checked_by_the_schema_of_its_folder() {
    let (base, root) = laid_out(&[
        SIZES,
        SIZE,
        ("definitions/sizes/a.yml", "size: [{name: xs.1}]"),
        ("definitions/sizes/deep/b.yaml", "size:\n- name: 1"),
        ("definitions/README.md", "not a definition"),
        ("definitions/sizes/.hidden.yml", "x"),
    ]);
    let check = DefinitionsCheck::of(&root);
    assert_eq!(
        told(&check, &base),
        ["definitions/sizes/deep/b.yaml:2: size[0].name: 1 is of type integer, but must be of type string."]
    );
    assert_eq!(check.checked.len(), 4, "{:?}", check.checked);
}

#[test]
fn what_yaml_validator_takes_in_silence_is_refused() {
    for (definition, expected) in [
        ("", "sizes/all.yml: The file is empty"),
        ("# only a comment\n", "sizes/all.yml: The file is empty"),
        ("~", "The file is empty"),
        ("size: []\n---\nsize: 7\n", "sizes/all.yml:3: The file holds more than one document"),
        ("size:\n- name:\n", "sizes/all.yml:2: size[0].name: The field name has no value"),
        (
            "size: []\nsize: []\n",
            "sizes/all.yml:2: The definition can't be read: the key \"size\" appears twice",
        ),
        ("size: []\n7: x\n", "sizes/all.yml:2: The key 7 is not a text"),
        ("size: []\n# \0\n", "sizes/all.yml:2: The definition can't be read: it contains a NUL character"),
        ("size: 3: 4\n", "sizes/all.yml:1: The definition can't be read: it is not valid YAML"),
    ] {
        let all = problems(definition);
        assert!(all.len() == 1 && all[0].contains(expected), "{definition:?}: {all:?}");
    }
    assert_eq!(problems("\u{feff}size: [{name: xs.1}]"), Vec::<String>::new());
}

#[test]
fn nothing_is_left_unchecked_in_silence() {
    let (base, root) =
        laid_out(&[SIZES, SIZE, ("definitions/lost.yml", "a: 1"), ("definitions/vlans/a.yml", "a: 1")]);
    assert_eq!(
        told(&DefinitionsCheck::of(&root), &base),
        [
            "definitions/lost.yml: No schema applies to this definition. Move it into the folder of its kind.",
            "definitions/vlans: There is no schema vlans_schema for the definitions in this folder. Add it to a file api/schemas/NAME.schema.yml.",
        ]
    );
    let (_base, root) = laid_out(&[]);
    let check = DefinitionsCheck::of(&root);
    assert!(
        check.problems.is_empty() && check.warnings[0].contains("no definitions were checked"),
        "{check:?}"
    );
    let (base, root) = laid_out(&[("definitions/sizes/a.yml", "size: []")]);
    assert!(told(&DefinitionsCheck::of(&root), &base)[0].contains("schemas does not exist"));
}

#[test]
fn a_definition_that_leads_out_of_the_repository_is_not_read() {
    let (base, root) = laid_out(&[SIZES, SIZE, ("definitions/sizes/a.yml", "size: []")]);
    std::os::unix::fs::symlink("/etc/passwd", root.path().join("api/definitions/sizes/b.yml")).unwrap();
    let all = told(&DefinitionsCheck::of(&root), &base);
    assert!(all[0].contains("definitions/sizes/b.yml leads out of its folder"), "{all:?}");
}

#[test]
fn a_file_that_is_too_large_is_named() {
    let all = problems(&"#".repeat((1 << 20) + 1));
    assert!(all[0].contains("larger than 1 MiB"), "{all:?}");
}
