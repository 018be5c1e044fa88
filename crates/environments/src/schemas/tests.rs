use super::*;

fn schemas(text: &str) -> Result<Schemas, Vec<String>> {
    let read = Schemas::read(&[("s.yml".into(), text.as_bytes().to_vec())]);
    read.map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

/// What is wrong with a value by this schema.
fn found(schema: &str, value: &str) -> Vec<String> {
    let schemas =
        schemas(&format!("uri: u\nschema: {schema}\n")).unwrap_or_else(|e| panic!("{schema}: {e:?}"));
    let value = &read_documents(value.as_bytes()).unwrap()[0];
    schemas.check("u", value, Path::new("d.yml")).iter().map(ToString::to_string).collect()
}

fn refused(schema: &str) -> String {
    schemas(&format!("uri: u\nschema: {schema}\n")).unwrap_err().join("\n")
}

#[test]
fn values_that_fit_are_accepted() {
    for (schema, value) in [
        ("{type: integer, minimum: 1, maximum: 3}", "3"),
        ("{type: integer, exclusiveMinimum: 1, multipleOf: 2}", "4"),
        ("{type: real, minimum: 0.0}", "0.5"),
        ("{type: real}", ".inf"),
        ("{type: string, pattern: b}", "abc"),
        ("{type: string, maxLength: 2}", "ä"),
        ("{type: string}", "yes"),
        ("{type: string}", "!vault x"),
        ("{type: boolean}", "true"),
        ("{type: hash, items: {type: integer}}", "{a: 1, 7: 2, true: 3}"),
        ("{type: array, uniqueItems: true}", "[1, 1.0, \"1\", 1.00]"),
        ("{type: array, contains: {type: integer}, minContains: 0}", "[a]"),
        ("{type: object, items: {a: {type: integer}}}", "{a: }"),
        ("{type: object, items: {a: {type: integer}}, required: [b]}", "{b: anything}"),
        ("{not: {type: integer}}", "x"),
        ("{oneOf: [{type: integer}, {type: string}]}", "x"),
        ("{anyOf: [{type: integer}, {type: integer}]}", "1"),
        // What stands beside a reference counts for nothing, and a dangling one only when it is reached.
        ("{type: object, items: {a: {$ref: nowhere, type: 7}}}", "{}"),
    ] {
        assert_eq!(found(schema, value), Vec::<String>::new(), "{schema} {value}");
    }
}

#[test]
fn every_problem_says_file_line_path_value_and_bound() {
    for (schema, value, expected) in [
        ("{type: integer, minimum: 2}", "1", "d.yml:1: 1 is too low: it must be at least 2 (minimum)."),
        (
            "{type: integer, exclusiveMaximum: 2}",
            "2",
            "d.yml:1: 2 is too high: it must be less than 2 (exclusiveMaximum).",
        ),
        ("{type: integer, multipleOf: 4}", "6", "d.yml:1: 6 is not a multiple of 4 (multipleOf)."),
        ("{type: integer}", "\"1\"", "d.yml:1: \"1\" is of type string, but must be of type integer."),
        ("{type: real}", "1", "d.yml:1: 1 is of type integer, but must be of type real."),
        ("{type: integer}", "~", "d.yml:1: It has no value (null), but must be of type integer."),
        ("{type: boolean}", "yes", "d.yml:1: \"yes\" is of type string, but must be of type boolean."),
        ("{type: string}", "[a]", "d.yml:1: It is a list of 1, but must be of type string."),
        ("{type: string, pattern: ^a$}", "b", "d.yml:1: \"b\" does not match the pattern ^a$"),
        ("{type: string, maxLength: 1}", "ä", "d.yml:1: \"ä\" has 2 bytes, more than maxLength 1 allows."),
        ("{type: array, minItems: 2}", "[a]", "d.yml:1: It has 1 items, fewer than minItems 2."),
        (
            "{type: array, uniqueItems: true}",
            "- a\n- a",
            "d.yml:2: [1]: \"a\" is in the list more than once, but items must be unique. Remove it.",
        ),
        (
            "{type: array, contains: {type: integer}}",
            "[a]",
            "d.yml:1: It has 0 items that fit `contains`, fewer than minContains 1.",
        ),
        (
            "{type: object, items: {a: {type: integer}}, required: [a]}",
            "{}",
            "d.yml:1: a: The field a is missing, but is required. Add it.",
        ),
        (
            "{type: object, items: {a: {type: integer}}, required: [a]}",
            "a:",
            "d.yml:1: a: The field a has no value, but is required. Add it.",
        ),
        (
            "{type: object, items: {a: {type: integer}}}",
            "b: 1",
            "d.yml:1: b: The field b is not in the schema, which allows a. Remove or rename it.",
        ),
        (
            "{type: object, items: {a: {type: integer}}}",
            "7: 1",
            "d.yml:1: The key 7 is not a text. Quote it.",
        ),
        (
            "{type: object, items: {a: {type: integer}}}",
            "<<: {a: 1}",
            "d.yml:1: <<: The field << is not in the schema: maps are not merged. Write the fields out.",
        ),
        (
            "{type: object, items: {a: {type: array, items: {type: integer}}}}",
            "a:\n- 1\n- x",
            "d.yml:3: a[1]: \"x\" is of type string, but must be of type integer.",
        ),
        (
            "{type: hash, items: {type: integer}}",
            "k: x",
            "d.yml:1: k: \"x\" is of type string, but must be of type integer.",
        ),
        ("{not: {type: string}}", "x", "d.yml:1: \"x\" is what the schema excludes (`not`)."),
        (
            "{oneOf: [{type: string}, {type: string}]}",
            "x",
            "d.yml:1: \"x\" fits the alternatives 1 and 2 of `oneOf`, but must fit only one of them.",
        ),
        (
            "{$ref: nowhere}",
            "x",
            "d.yml:1: There is no schema nowhere, which the schema of this value refers to. Add it.",
        ),
    ] {
        assert_eq!(found(schema, value), [expected], "{schema} {value}");
    }
    let alternatives = found("{anyOf: [{type: integer}, {type: boolean}]}", "x");
    assert_eq!(alternatives.len(), 2);
    assert!(alternatives[1].contains("By alternative 2 of 2: \"x\" is of type string"), "{alternatives:?}");
}

#[test]
fn a_value_that_may_be_a_secret_is_not_shown() {
    let schema = "{type: object, items: {users: {type: array, items: {type: object, items: {hashed_passwd: {type: integer, maximum: 3}}}}}}";
    for value in ["hunter2", "4711"] {
        let found = found(schema, &format!("users: [{{hashed_passwd: {value}}}]"));
        assert!(
            found.len() == 1 && found[0].contains("(hidden) is") && !found[0].contains(value),
            "{found:?}"
        );
    }
}

#[test]
fn unknown_and_missing_fields_hide_no_other_problems() {
    let schema = "{type: object, items: {a: {type: integer}, b: {type: integer}}, required: [b]}";
    assert_eq!(found(schema, "a: x\nc: 1\n").len(), 3);
}

#[test]
fn what_the_dialect_does_not_know_is_no_schema() {
    for (schema, expected) in [
        ("{type: number}", "There is no type number"),
        ("{type: string, enum: [a]}", "The field enum is not allowed here"),
        ("{type: string, description: a}", "The field description is not allowed here"),
        ("{type: object}", "The field items is missing"),
        ("{type: real, minimum: 0}", "It must be written as real, not as the integer 0"),
        ("{type: integer, minimum: 3, maximum: 2}", "No number is between the limits 3 and 2"),
        (
            "{type: integer, exclusiveMinimum: 1, exclusiveMaximum: 2}",
            "No number is between the limits 1 and 2",
        ),
        ("{type: integer, minimum: 3, exclusiveMinimum: 2}", "can't be used together"),
        ("{type: integer, multipleOf: 0}", "multipleOf must be greater than 0"),
        ("{type: array, minItems: 3, maxItems: 2}", "minItems 3 is greater than maxItems 2"),
        ("{type: array, minItems: -1}", "u.minItems: It must be an integer of at least 0, not -1"),
        ("{type: array, minContains: 1}", "need a schema in contains"),
        ("{type: array, uniqueItems: yes}", "It must be true or false, not \"yes\""),
        ("{type: string, pattern: '(?=a)'}", "u.pattern: The pattern (?=a) can't be used"),
        ("{oneOf: []}", "a list of at least one schema"),
        ("{oneOf: [{type: integer}], type: string}", "The field type is not allowed here"),
        ("{not: x}", "A schema must be a map, not \"x\""),
        ("{7: x, type: string}", "The key 7 is not a text"),
        ("{}", "The field type is missing"),
        ("{type: object, items: {a: {type: x}}}", "s.yml:2: u.items.a: There is no type x"),
    ] {
        let refused = refused(schema);
        assert!(refused.contains(expected), "{schema}: {refused}");
    }
    // The first that is looked up counts.
    assert!(schemas("uri: u\nschema: {$ref: v, type: 7}").is_ok());
}

#[test]
fn a_schema_document_has_uri_and_schema_alone() {
    for (text, expected) in [
        ("", "The file holds no schema"),
        ("# nothing", "The file holds no schema"),
        ("uri: u", "The field schema is missing"),
        ("uri: u\nschema: {type: integer}\ntitle: x", "s.yml:3: The field title is not allowed here"),
        ("uri: 7\nschema: {type: integer}", "It must be a string, not the integer 7"),
        ("- a", "A schema must be a map"),
        ("uri: u\nuri: v", "the key \"uri\" appears twice"),
    ] {
        let refused = schemas(text).unwrap_err().join("\n");
        assert!(refused.contains(expected), "{text}: {refused}");
    }
}

#[test]
fn the_same_uri_twice_does_not_win_in_silence() {
    let text = "uri: u\nschema: {type: integer}\n---\nuri: u\nschema: {type: string}\n";
    let refused = schemas(text).unwrap_err().join("\n");
    assert!(refused.contains("s.yml:4: There is already a schema with the uri u, in s.yml:1"), "{refused}");
}

#[test]
fn a_schema_that_refers_to_itself_for_the_same_value_is_refused_and_never_runs_for_ever() {
    for text in [
        "uri: u\nschema: {$ref: u}",
        "uri: u\nschema: {$ref: v}\n---\nuri: v\nschema: {anyOf: [{type: integer}, {not: {$ref: u}}]}",
    ] {
        let refused = schemas(text).unwrap_err();
        assert!(refused[0].contains("a check would never end"), "{refused:?}");
    }
}

#[test]
fn a_schema_may_refer_to_itself_for_a_part_of_the_value() {
    let tree = "{type: object, items: {children: {type: array, items: {$ref: u}}}}";
    assert_eq!(found(tree, "children: [{children: []}, {}]"), Vec::<String>::new());
    assert!(
        found(tree, "children: [{children: [7]}]")[0]
            .contains("children[0].children[0]: 7 is of type integer")
    );
}

#[test]
fn alternatives_that_multiply_have_an_end() {
    let level = |n| format!("uri: u{n}\nschema: {{oneOf: [{{$ref: u{0}}}, {{$ref: u{0}}}]}}\n---\n", n + 1);
    let text: String = (0..60).map(level).collect();
    let schemas = schemas(&format!("{text}uri: u60\nschema: {{type: integer}}")).unwrap();
    let value = &read_documents(b"x").unwrap()[0];
    let problems = schemas.check("u0", value, Path::new("d.yml"));
    assert!(problems[0].message.contains("too many alternatives"), "{problems:?}");
}

#[test]
fn a_long_chain_of_references_does_not_fill_the_stack() {
    let link = |n| format!("uri: u{n}\nschema: {{$ref: u{}}}\n---\n", n + 1);
    let text: String = (0..5000).map(link).collect();
    let schemas = schemas(&format!("{text}uri: u5000\nschema: {{type: integer}}")).unwrap();
    let value = &read_documents(b"1").unwrap()[0];
    assert!(schemas.check("u0", value, Path::new("d.yml"))[0].message.contains("too many alternatives"));
}
