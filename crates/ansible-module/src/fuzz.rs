//! No file of arguments breaks a module, and none shows its secret.
use crate::{
    NoEnv,
    answer::answer,
    program::arguments,
    spec::{ArgumentSpec, Opt, Type},
};

#[test]
fn arguments_of_any_kind() {
    let option = |name: &str, ty| Opt { name: name.into(), ty, ..Opt::default() };
    let within = ArgumentSpec { options: vec![option("name", Type::Str)], ..ArgumentSpec::default() };
    let spec = ArgumentSpec {
        options: vec![
            option("text", Type::Str),
            option("number", Type::Int),
            option("truth", Type::Bool),
            option("list", Type::List),
            option("dict", Type::Dict),
            Opt { elements: Some(Type::Dict), options: Some(within), ..option("dicts", Type::List) },
            option("size", Type::Bytes),
            option("path", Type::Path),
            Opt { no_log: Some(true), ..option("secret", Type::Str) },
            option("float", Type::Float),
            option("json", Type::Json),
        ],
        ..ArgumentSpec::default()
    };
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "arguments", |bytes| {
        let Ok(args) = arguments(bytes) else { return };
        let secret = args.get("secret").and_then(|it| it.as_str()).map(str::to_owned);
        let told = answer(args, &NoEnv, "fuzzed", true, &spec, &|_| {}, &mut |_, _| Ok(()));
        let text = told.json["invocation"]["module_args"]["secret"].to_string();
        if let Some(secret) = secret.filter(|secret| secret.len() >= 8) {
            assert!(!text.contains(&secret), "{text}");
        }
    });
}
