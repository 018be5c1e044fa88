//! Any JSON as arguments for any spec: a value or a message, never a panic; and what passes once passes again unchanged.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
use ansible_module::{
    ArgumentSpec, Choice, DeprecatedAlias, Env, NoEnv, Opt, Removal, RequiredIf, Type, coerce::coerce,
    validate,
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};

const NAMES: [&str; 3] = ["a", "b", "c"];
/// Texts that mean something to some type.
const TEXTS: [&str; 18] = [
    "",
    "a",
    "yes",
    "True",
    "1",
    " 7 ",
    "1e3",
    "1e-9223372036854775808",
    "1_0.5",
    "1.5G",
    "2Mb",
    "a=1,b=2",
    "{'a': (1,)}",
    "{\"b\": 1}",
    "x,y",
    "~/$HOME",
    "\u{1d7d9}\u{301}",
    "{'a': '\\",
];

struct Set;
impl Env for Set {
    fn get(&self, name: &str) -> Option<String> {
        Some(format!("{name}=$HOME"))
    }
}

fn number() -> BoxedStrategy<Value> {
    let huge = "-?[1-9][0-9]{0,40}(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,4})?";
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        (-2..3).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        huge.prop_map(|text| serde_json::from_str(&text).expect("this is a JSON number")),
    ]
    .boxed()
}

fn text() -> BoxedStrategy<Value> {
    let texts = prop_oneof![
        select(&TEXTS[..]).prop_map(String::from),
        any::<String>(),
        "[-+0-9eE_.xKMGb =,{}'\"\\\\]{0,12}",
    ];
    texts.prop_map(Value::from).boxed()
}

fn scalar() -> BoxedStrategy<Value> {
    prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number(), text()].boxed()
}

/// Any JSON, a few levels deep; its keys are often those of options.
fn value() -> BoxedStrategy<Value> {
    let name = select(&["a", "b", "c", "a1", "zz", "'"][..]).prop_map(String::from);
    let nest = move |inner: BoxedStrategy<Value>| {
        let dict =
            vec((name.clone(), inner.clone()), 0..4).prop_map(|entries| Map::from_iter(entries).into());
        prop_oneof![vec(inner, 0..4).prop_map(Value::from), dict]
    };
    scalar().prop_recursive(3, 24, 4, nest).boxed()
}

/// A value with a fair chance to become one of that type.
fn value_for(ty: Type) -> BoxedStrategy<Value> {
    let texts: &[&str] = match ty {
        Type::Bool => &["yes", "No", "1", "f"],
        Type::Int => &["1", "-7", "1e3", " 20 "],
        Type::Float => &["1", "1.5", "1_0e3"],
        Type::Dict => &["a=1", "b=x c=y", "{}", "{'a': (1, 2)}"],
        Type::Bytes => &["1K", "2MB", "0.5"],
        Type::Bits => &["1K", "2Mb", "0.5"],
        _ => return value(),
    };
    prop_oneof![4 => select(texts).prop_map(Value::from), 1 => value()].boxed()
}

/// Arguments of which many pass.
fn args_for(spec: &ArgumentSpec) -> BoxedStrategy<Map<String, Value>> {
    let arg = |opt: &Opt| {
        let name = prop_oneof![3 => Just(opt.name.clone()), 1 => Just(alias(&opt.name))];
        let value = match (suboptions(opt), opt.ty) {
            (Some(below), Type::Dict) => args_for(below).prop_map(Value::from).boxed(),
            (Some(below), _) => vec(args_for(below), 0..3).prop_map(Value::from).boxed(),
            (None, ty) => value_for(ty),
        };
        option::weighted(if opt.required { 0.95 } else { 0.6 }, (name, value))
    };
    let args: Vec<_> = spec.options.iter().map(arg).collect();
    args.prop_map(|args| args.into_iter().flatten().collect()).boxed()
}

fn opt(name: &'static str, depth: usize) -> BoxedStrategy<Opt> {
    let types = (select(&Type::ALL[..]), option::of(select(&Type::ALL[..])));
    let values = (option::weighted(0.3, value()), option::weighted(0.1, vec(value(), 1..3)));
    let flags = (any::<bool>(), option::of(any::<bool>()), any::<bool>(), any::<bool>());
    let suboptions = if depth == 0 { Just(None).boxed() } else { option::of(spec(depth - 1)).boxed() };
    (types, values, flags, suboptions)
        .prop_map(
            move |(
                (ty, elements),
                (default, choices),
                (required, no_log, outdated, apply_defaults),
                options,
            )| {
                let fits = |value: &Value| coerce(ty, value, &NoEnv).is_ok();
                let removal = Removal::in_version("2.0.0");
                let choices = choices.filter(|_| options.is_none()).unwrap_or_default();
                Opt {
                    name: name.into(),
                    ty,
                    elements: elements.filter(|_| ty == Type::List),
                    required,
                    default: default.filter(|default| !default.is_null() && !required && fits(default)),
                    choices: choices.into_iter().filter(fits).map(choice).collect(),
                    aliases: vec![alias(name)],
                    no_log,
                    env: if outdated { vec![] } else { vec!["A".into()] },
                    options,
                    apply_defaults,
                    removed: outdated.then(|| removal.clone()),
                    deprecated_aliases: vec![DeprecatedAlias { name: alias(name), removal }],
                    ..Opt::default()
                }
            },
        )
        .boxed()
}

fn choice(value: Value) -> Choice {
    Choice { value, doc: String::new() }
}

fn alias(name: &str) -> String {
    format!("{name}1")
}

fn spec(depth: usize) -> BoxedStrategy<ArgumentSpec> {
    let name = || select(&NAMES[..]).prop_map(String::from);
    let groups = || option::weighted(0.1, vec(vec(name(), 2..4), 1..3)).prop_map(Option::unwrap_or_default);
    let rule = (name(), scalar(), vec(name(), 1..3), any::<bool>())
        .prop_map(|(key, is, then, any)| RequiredIf { key, is, then, any });
    let by = (name(), vec(name(), 1..3));
    let rules = (groups(), groups(), groups(), option::weighted(0.2, rule), option::weighted(0.1, by));
    (NAMES.map(|name| opt(name, depth)), rules)
        .prop_map(|(options, (mutually_exclusive, required_together, required_one_of, rule, by))| {
            ArgumentSpec {
                options: options.into(),
                mutually_exclusive,
                required_together,
                required_one_of,
                required_if: rule.into_iter().collect(),
                required_by: by.into_iter().collect(),
            }
        })
        .boxed()
}

/// Those of the coerced `params` that `args` gave, under their own names; what the engine filled in is left out on all levels.
///
/// So a default does not become something given, which `mutually_exclusive` would count.
fn given(spec: &ArgumentSpec, args: &Map<String, Value>, params: &Map<String, Value>) -> Map<String, Value> {
    let mut again = Map::new();
    for option in &spec.options {
        let Some(arg) = args.get(&alias(&option.name)).or_else(|| args.get(&option.name)) else { continue };
        let mut value = params[&option.name].clone();
        if let Some(suboptions) = suboptions(option) {
            let arg = coerce(option.ty, arg, &NoEnv).unwrap_or_default();
            match (&arg, &mut value) {
                (Value::Array(args), Value::Array(elements)) => {
                    for (arg, element) in args.iter().zip(elements) {
                        *element = given_below(suboptions, arg, element);
                    }
                }
                (arg, value) => *value = given_below(suboptions, arg, value),
            }
        }
        again.insert(option.name.clone(), value);
    }
    again
}

fn given_below(suboptions: &ArgumentSpec, arg: &Value, value: &Value) -> Value {
    let Value::Object(params) = value else { return value.clone() };
    // Null, with `apply_defaults`, gave nothing.
    let arg = coerce(Type::Dict, arg, &NoEnv).unwrap_or(json!({}));
    given(suboptions, arg.as_object().expect("this was coerced to a dict"), params).into()
}

fn suboptions(option: &Opt) -> Option<&ArgumentSpec> {
    let holds_dicts =
        option.ty == Type::Dict || (option.ty == Type::List && option.elements == Some(Type::Dict));
    option.options.as_ref().filter(|_| holds_dicts)
}

fn without_aliases(spec: &ArgumentSpec, params: &Map<String, Value>) -> Map<String, Value> {
    let mut params = params.clone();
    for option in &spec.options {
        params.remove(&alias(&option.name));
        let Some(suboptions) = suboptions(option) else { continue };
        match &mut params[&option.name] {
            Value::Object(below) => *below = without_aliases(suboptions, below),
            Value::Array(elements) => {
                for below in elements.iter_mut().filter_map(Value::as_object_mut) {
                    *below = without_aliases(suboptions, below);
                }
            }
            _ => {}
        }
    }
    params
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_arguments_give_a_value_or_a_message(spec in spec(1), args in value()) {
        let args = match args {
            Value::Object(args) => args,
            other => Map::from_iter([("a".into(), other)]),
        };
        let mut validated = validate(&spec, args, &Set);
        let message = validated.outcome.as_ref().map_or_else(ToString::to_string, |()| "fine".into());
        prop_assert!(!message.is_empty());
        // What comes out is JSON, and masking it comes to an end.
        let mut answer = Value::from(std::mem::take(&mut validated.params));
        validated.secrets.mask(&mut answer);
        prop_assert_eq!(&serde_json::from_str::<Value>(&answer.to_string()).unwrap(), &answer);
        validated.secrets.mask_text(&message);
    }

    /// But for rules and choices that compare a dict with suboptions, which only the first pass sees as it was given, and
    /// for choices that are no value of the option's type.
    #[test]
    fn what_passes_once_passes_again_unchanged(
        (spec, args) in spec(1).prop_flat_map(|spec| { let args = args_for(&spec); (Just(spec), args) })
    ) {
        let once = validate(&spec, args.clone(), &NoEnv);
        if once.outcome.is_ok() {
            let again = validate(&spec, given(&spec, &args, &once.params), &NoEnv);
            prop_assert_eq!(again.outcome, Ok(()));
            // A default may use an alias of a suboption, too.
            prop_assert_eq!(without_aliases(&spec, &again.params), without_aliases(&spec, &once.params));
        }
    }
}

/// As deep as `serde_json` reads and far larger than any task.
#[test]
fn deep_and_large_arguments_are_no_danger() {
    let options = Type::ALL.map(|ty| Opt { name: ty.name().into(), ty, ..Opt::default() });
    let secret = Opt { name: "secret".into(), no_log: Some(true), ..Opt::default() };
    let spec =
        ArgumentSpec { options: options.into_iter().chain([secret]).collect(), ..ArgumentSpec::default() };
    let deep = "[".repeat(126) + &"]".repeat(126);
    let long = format!("\"{}\"", "9".repeat(1_000_000));
    let many = format!("[{}]", vec!["9999"; 100_000].join(","));
    for text in [deep, long, many] {
        for ty in Type::ALL {
            let args = format!("{{\"{}\": {text}, \"secret\": \"9999\"}}", ty.name());
            let validated = validate(&spec, serde_json::from_str(&args).expect("this is JSON"), &NoEnv);
            let mut params = Value::from(validated.params);
            validated.secrets.mask(&mut params);
            assert!(!params.to_string().contains("9999"), "{}", ty.name());
        }
    }
}
