//! The derives: what a struct becomes, what comes back into it, and what the compiler says to mistakes.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
use ansible_module::{
    Choices, NoEnv, Opt, OptionType, Options, Removal, ResultType, Results, Secret, Type, validate,
};
use serde_json::{Map, Number, Value, json};
use std::path::PathBuf;

#[derive(Choices, Debug, PartialEq)]
enum Level {
    /// Hardly any.
    Low,
    VeryHigh,
    #[choice(name = "n/a")]
    Unknown,
}

#[derive(Choices, Debug, PartialEq)]
#[choice(case = "UPPER")]
enum Colour {
    DarkRed,
}

/// Options that several modules share.
#[derive(Options, Debug)]
struct Shared {
    /// Who is speaking.
    #[option(env("SPEAKER", "USER"))]
    speaker: Option<Secret>,
}

/// Options.
#[derive(Options, Debug)]
struct Part {
    /// Its number.
    #[option(default = 3)]
    number: u16,
    /// What opens it.
    pins: Option<Vec<Secret>>,
}

/// Every shape
///
/// of an option.
#[derive(Options, Debug)]
#[options(
    mutually_exclusive(text, path),
    required_one_of(count, share),
    required_together(count, anything),
    required_by(share, anything, speaker),
    required_if(level = Level::Low, any(count, share)),
    required_if(speaker = "nobody", all(text))
)]
struct Shapes {
    #[option(flatten)]
    shared: Shared,
    /// Text.
    #[option(aliases("words"), deprecated_aliases("phrase" = "2.0.0"))]
    text: Option<String>,
    /// A path.
    path: Option<PathBuf>,
    /// A number.
    count: Option<i64>,
    /// Not a whole number.
    share: Option<f64>,
    /// Anything.
    anything: Option<Value>,
    /// Whatever keys.
    #[option(removed_in = "3.0.0")]
    map: Option<Map<String, Value>>,
    /// One of several.
    #[option(default = Level::VeryHigh)]
    level: Level,
    /// Some of several.
    #[option(default = [Level::Low, Level::Unknown])]
    levels: Vec<Level>,
    /// A power of two.
    #[option(default = 1, choices(1, 2, 4))]
    power: u8,
    /// A keyword in Rust.
    #[option(default = ["a", "b"], version_added = "1.1.0")]
    r#type: Vec<String>,
    /// A name that no field can have.
    #[option(name = "made-of")]
    made_of: Option<Vec<Part>>,
    /// Made from its defaults.
    #[option(apply_defaults)]
    always: Part,
    /// JSON text.
    #[option(json)]
    document: Option<String>,
    /// A size.
    #[option(bytes, default = 1024)]
    size: u64,
    /// A speed.
    #[option(bits)]
    speed: Option<u64>,
    /// A number of any size.
    serial: Option<Number>,
    /// A size of any size.
    #[option(bytes)]
    space: Option<Number>,
    /// A number nobody may see.
    #[option(no_log)]
    pin: Option<u8>,
    /// Looks like a secret and is none.
    #[option(no_log = false)]
    token_count: Option<u8>,
}

fn shapes(arguments: &Value) -> Result<Shapes, String> {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    let mut checked = validate(&Shapes::spec(), arguments, &NoEnv);
    checked.outcome.map_err(|fault| fault.to_string())?;
    Ok(Shapes::take(&mut checked.params)?)
}

fn option(name: &str) -> Opt {
    Shapes::spec().options.into_iter().find(|option| option.name == name).unwrap()
}

#[test]
fn the_spec_of_every_shape_is_sound() {
    assert_eq!(Shapes::spec().lint(), Vec::<String>::new());
}

#[test]
fn types_become_ansibles() {
    let types: Vec<_> =
        Shapes::spec().options.iter().map(|o| (o.name.clone(), o.ty.name(), o.elements)).collect();
    let expected = [
        ("speaker", "str", None),
        ("text", "str", None),
        ("path", "path", None),
        ("count", "int", None),
        ("share", "float", None),
        ("anything", "raw", None),
        ("map", "dict", None),
        ("level", "str", None),
        ("levels", "list", Some(Type::Str)),
        ("power", "int", None),
        ("type", "list", Some(Type::Str)),
        ("made-of", "list", Some(Type::Dict)),
        ("always", "dict", None),
        ("document", "json", None),
        ("size", "bytes", None),
        ("speed", "bits", None),
        ("serial", "int", None),
        ("space", "bytes", None),
        ("pin", "int", None),
        ("token_count", "int", None),
    ];
    assert_eq!(types, expected.map(|(name, ty, elements)| (name.to_owned(), ty, elements)));
}

#[test]
fn attributes_reach_the_spec() {
    assert_eq!(Shapes::DOC, "Every shape\n\nof an option.");
    assert_eq!(option("speaker").env, ["SPEAKER", "USER"]);
    assert_eq!(option("speaker").no_log, Some(true));
    assert_eq!(option("text").aliases, ["words", "phrase"]);
    assert_eq!(option("text").deprecated_aliases[0].removal, Removal::in_version("2.0.0"));
    assert_eq!(option("map").removed, Some(Removal::in_version("3.0.0")));
    assert_eq!(option("type").version_added.as_deref(), Some("1.1.0"));
    assert_eq!(option("levels").default, Some(json!(["low", "n/a"])));
    assert_eq!(option("power").choices.iter().map(|c| &c.value).collect::<Vec<_>>(), [1, 2, 4]);
    assert_eq!(option("level").choices[0].doc, "Hardly any.");
    assert_eq!(option("pin").no_log, Some(true));
    assert_eq!(option("token_count").no_log, Some(false));
    let secrets_in_a_list = &option("made-of").options.unwrap().options[1];
    assert_eq!((secrets_in_a_list.no_log, secrets_in_a_list.required), (Some(true), false));
}

#[test]
fn whole_numbers_of_any_size_stay_exact() {
    let given = r#"{ "count": 1, "anything": 1, "serial": 1000000000000000000000000000001, "space": "3Y" }"#;
    let taken = shapes(&serde_json::from_str(given).unwrap()).unwrap();
    assert_eq!(taken.serial.unwrap().to_string(), "1000000000000000000000000000001");
    assert_eq!(taken.space.unwrap().to_string(), "3626777458843887524118528");
}

#[test]
fn what_was_checked_comes_back_into_the_struct() {
    let taken = shapes(&json!({
        "speaker": "Ada", "words": "hello", "count": "1e3", "anything": [1], "map": "a=1",
        "made-of": [{ "pins": "12,34" }], "document": { "a": 1 }, "size": "1K", "speed": "2Kb", "pin": true,
    }))
    .unwrap();
    assert_eq!(taken.shared.speaker.unwrap().expose(), "Ada");
    assert_eq!((taken.text.as_deref(), taken.path, taken.share), (Some("hello"), None, None));
    assert_eq!((taken.count, taken.anything), (Some(1000), Some(json!([1]))));
    assert_eq!(taken.map.unwrap()["a"], "1");
    assert_eq!((taken.level, taken.levels), (Level::VeryHigh, vec![Level::Low, Level::Unknown]));
    assert_eq!((taken.power, taken.r#type.len(), taken.always.number), (1, 2, 3));
    assert_eq!(taken.made_of.unwrap()[0].pins.as_ref().unwrap()[1].expose(), "34");
    assert_eq!((taken.document.as_deref(), taken.size, taken.speed), (Some(r#"{"a": 1}"#), 1024, Some(2048)));
    assert_eq!((taken.pin, taken.token_count), (Some(1), None));
}

#[test]
fn rules_hold() {
    let faults = [
        (
            json!({ "count": 1, "anything": 1, "text": "a", "path": "b" }),
            "parameters are mutually exclusive: text|path",
        ),
        (json!({}), "one of the following is required: count, share"),
        (json!({ "count": 1 }), "parameters are required together: count, anything"),
        (
            json!({ "share": 1, "anything": 1, "count": 1 }),
            "missing parameter(s) required by 'share': speaker",
        ),
        (
            json!({ "count": 1, "anything": 1, "speaker": "nobody" }),
            "speaker is nobody but all of the following are missing: text",
        ),
    ];
    for (arguments, fault) in faults {
        assert_eq!(shapes(&arguments).unwrap_err(), fault);
    }
}

#[test]
fn what_the_type_can_t_hold_is_told_with_its_whole_path() {
    let huge: Value = serde_json::from_str("100000000000000000000").unwrap();
    let faults = [
        (
            json!({ "made-of": [{}, { "number": 70_000 }] }),
            "option 'made-of[1].number': must be between 0 and 65535, got: 70000",
        ),
        (
            json!({ "always": { "number": -1 } }),
            "option 'always.number': must be between 0 and 65535, got: -1",
        ),
        (
            json!({ "count": huge }),
            "option 'count': must be between -9223372036854775808 and 9223372036854775807, got: 100000000000000000000",
        ),
        (json!({ "pin": 1234 }), "option 'pin': must be between 0 and 255"),
    ];
    for (mut arguments, fault) in faults {
        let given = arguments.as_object_mut().unwrap();
        given.entry("count").or_insert(1.into());
        given.insert("anything".into(), 1.into());
        assert_eq!(shapes(&arguments).unwrap_err(), fault);
    }
}

#[test]
fn no_value_of_a_wrong_kind_gets_in_and_no_secret_out() {
    fn taken<T: OptionType>(value: Value) -> Result<(), String> {
        T::from_value(value).map(|_| ()).map_err(String::from)
    }
    let fault = |wanted: &str, got: &str| Err(format!("option '': must be {wanted}, got: {got}"));
    assert_eq!(taken::<String>(json!(1)), fault("text", "1"));
    assert_eq!(taken::<bool>(json!("yes")), fault("a bool", "yes"));
    assert_eq!(taken::<i8>(json!([])), fault("between -128 and 127", "[]"));
    assert_eq!(taken::<f64>(json!("x")), fault("a number", "x"));
    assert_eq!(taken::<Map<String, Value>>(json!([1])), fault("a dict", "[1]"));
    assert_eq!(taken::<Vec<String>>(json!("a")), fault("a list", "a"));
    assert_eq!(taken::<Part>(json!("a")), fault("a dict", "a"));
    assert_eq!(taken::<Level>(json!("high")), fault("one of: low, very_high, n/a", "high"));
    assert_eq!(taken::<Secret>(json!(12345)), Err("option '': must be text".into()));
    assert_eq!(format!("{:?}", Secret::new("s3cret")), "Secret(***)");
}

#[test]
fn choices_are_words() {
    let words = [Level::Low, Level::VeryHigh, Level::Unknown].map(|level| level.as_str());
    assert_eq!(words, ["low", "very_high", "n/a"]);
    assert_eq!(Colour::DarkRed.as_str(), "DARK_RED");
    assert_eq!(Colour::from_value("DARK_RED".into()), Ok(Colour::DarkRed));
    assert_eq!(Value::from(Level::Unknown), "n/a");
}

/// What every request leaves.
#[derive(Results, Default)]
struct Exchange {
    /// Requests made.
    #[result(returned = "always", sample = 2)]
    attempts: u32,
}

#[derive(Results, Default)]
struct Found {
    /// Where.
    #[result(name = "where", sample = "/srv")]
    place: PathBuf,
    /// How much.
    #[result(sample = { "low": 1 })]
    level: Option<Level>,
}

#[derive(Results, Default)]
struct Everything {
    #[result(flatten)]
    exchange: Exchange,
    /// What was found.
    #[result(sample = [{ "where": "/srv" }])]
    found: Vec<Found>,
    /// The first of them.
    first: Option<Found>,
    /// As the server said it.
    answer: Value,
}

#[test]
fn results_leave_out_what_is_not_known() {
    let mut results = Everything::default();
    assert_eq!(Value::from(results.to_map()), json!({ "attempts": 0, "found": [] }));
    results.found.push(Found { place: "/srv".into(), level: Some(Level::Low) });
    results.first = Some(Found::default());
    results.answer = json!({ "a": null });
    assert_eq!(
        Value::from(results.to_map()),
        json!({ "attempts": 0, "found": [{ "where": "/srv", "level": "low" }], "first": { "where": "" }, "answer": { "a": null } })
    );
}

#[test]
fn results_are_documented() {
    let returns = Everything::returns();
    let keys: Vec<_> = returns.iter().map(|r| (r.name.as_str(), r.ty.name(), r.returned.as_str())).collect();
    assert_eq!(
        keys,
        [
            ("attempts", "int", "always"),
            ("found", "list", "success"),
            ("first", "dict", "success"),
            ("answer", "raw", "success")
        ]
    );
    assert_eq!(returns[0].sample, Some(json!(2)));
    assert_eq!(returns[1].sample, Some(json!([{ "where": "/srv" }])));
    assert_eq!(returns[1].elements, Some(Type::Dict));
    assert_eq!(returns[1].contains[0].name, "where");
    assert_eq!(returns[1].contains[1].choices[0].doc, "Hardly any.");
    assert_eq!(<Vec<Level>>::ret().choices.len(), 3);
}

#[test]
fn mistakes_are_told_at_the_word() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
