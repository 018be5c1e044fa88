//! Where else a required option that was not given may come from.
use crate::spec::ArgumentSpec;
use serde_json::{Map, Value};

/// A sentence for the required options that are missing and have a variable in the environment; `None` if there are none.
pub(crate) fn remedy(spec: &ArgumentSpec, params: &Map<String, Value>) -> Option<String> {
    let missing = spec.options.iter().filter(|option| {
        let is_given = params.get(&option.name).is_some_and(|value| !value.is_null());
        option.required && !option.env.is_empty() && !is_given
    });
    let (names, variables): (Vec<_>, Vec<_>) =
        missing.map(|option| (option.name.clone(), option.env.join(" or "))).unzip();
    (!names.is_empty()).then(|| {
        format!(
            "Give {} to the task, in `module_defaults` or as a variable of that name; or set {} in the environment.",
            names.join(" and "),
            variables.join(" and ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Opt;
    use serde_json::json;

    #[test]
    fn what_is_missing_and_only_that_is_told_where_it_may_come_from() {
        let option = |name: &str, env: &str| Opt {
            name: name.into(),
            required: true,
            env: vec![env.into()],
            ..Opt::default()
        };
        let spec = ArgumentSpec {
            options: vec![option("url", "APP_URL"), option("token", "APP_TOKEN")],
            ..ArgumentSpec::default()
        };
        let remedy = remedy(&spec, json!({"url": "x", "token": null}).as_object().unwrap()).unwrap();
        assert!(
            remedy.starts_with("Give token to the task") && remedy.contains("set APP_TOKEN in"),
            "{remedy}"
        );
    }
}
