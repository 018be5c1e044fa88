//! What may differ from `AnsibleModule`, and why. Anything else that differs is a fault.
use crate::{Aspect, Case, recorded::same};
use serde_json::Value;

/// A reason why answers differ.
pub(crate) struct Class {
    pub(crate) name: &'static str,
    /// What may differ for this reason.
    pub(crate) aspects: &'static [Aspect],
    /// Whether a case shows what the reason needs.
    pub(crate) applies: fn(&Case) -> bool,
}

/// Whether a value is accepted decides on all that comes after it.
const WHAT_FOLLOWS_FROM_A_VALUE: &[Aspect] =
    &[Aspect::Message, Aspect::Params, Aspect::Secrets, Aspect::Warnings, Aspect::Deprecations];

pub(crate) const CLASSES: &[Class] = &[
    // Nothing to compare with: Python stops with a traceback where this crate tells a fault, or accepts the value.
    Class { name: "ansible-core raises an exception", aspects: &[Aspect::Answer], applies: raises },
    // NaN, infinity, bytes, sets, keys that are tuples, half a character: JSON can't carry them, so they are refused.
    Class { name: "the answer is no JSON", aspects: &[Aspect::Answer], applies: is_no_json },
    // Python's set has another order in every run.
    Class { name: "order of the valid booleans", aspects: &[Aspect::Message], applies: lists_booleans },
    // Where a dict of suboptions can't be read, ansible-core drops all secrets found up to there: a password may be shown.
    Class {
        name: "secrets beside a dict that can't be read",
        aspects: &[Aspect::Secrets],
        applies: forgets_secrets,
    },
    // Of an element of a list of dicts ansible-core says that it must be a list.
    Class {
        name: "type of an element that is no dict",
        aspects: &[Aspect::Message],
        applies: says_list_instead_of_dict,
    },
    // Which level's names it lists, ansible-core leaves to the order of a set; here it is that of the first unknown one.
    Class {
        name: "names supported where several are unknown",
        aspects: &[Aspect::Message],
        applies: has_several_unknown,
    },
    // There both names share one object, so that the alias shows the coerced suboptions, too.
    Class { name: "alias of a dict with suboptions", aspects: &[Aspect::Params], applies: is_alias_shared },
    // Python's Decimal reads a list as sign, digits and exponent; here it is refused.
    Class {
        name: "list read as a decimal",
        aspects: WHAT_FOLLOWS_FROM_A_VALUE,
        applies: |case| has_decimal_parts(case.theirs),
    },
    // A tuple becomes a list, a key that is no text becomes one: JSON knows neither.
    Class { name: "Python literal beyond JSON", aspects: WHAT_FOLLOWS_FROM_A_VALUE, applies: is_beyond_json },
];

/// Something in the place of a dict, a default that no set can hold, an unknown name that is no text, a number out of range.
fn raises(case: &Case) -> bool {
    let known = [
        "TypeError: argument of type ",
        " object does not support item assignment",
        "TypeError: list indices must be integers",
        "TypeError: unhashable type: ",
        "TypeError: sequence item ",
        "ValueError: Exceeds the limit (4300 digits)",
        "OverflowError: ",
    ];
    let raised = case.theirs["raises"].as_str().unwrap_or_default();
    known.iter().any(|part| raised.contains(part))
}

fn says_list_instead_of_dict(case: &Case) -> bool {
    case.their_message().replace("must be a list, not '", "must be a dict, not '") == case.message()
}

fn is_no_json(case: &Case) -> bool {
    let known = [
        "Out of range float values are not JSON compliant",
        "Exceeds the limit (4300 digits)",
        "is not JSON serializable",
        "keys must be str",
        "surrogates not allowed",
        "Unknown parameter type: ",
    ];
    let why = case.theirs["unwritable"].as_str().unwrap_or_default();
    known.iter().any(|part| why.contains(part))
}

fn lists_booleans(case: &Case) -> bool {
    let before =
        |text: &str| text.split_once("Valid booleans include: ").map(|(before, _)| before.to_owned());
    before(case.their_message()).is_some_and(|theirs| before(&case.message()) == Some(theirs))
}

fn forgets_secrets(case: &Case) -> bool {
    case.masks_theirs() && case.theirs["forgot_secrets"] == true
}

fn has_several_unknown(case: &Case) -> bool {
    let names =
        |text: &str| text.split_once(". Supported parameters include: ").map(|(names, _)| names.to_owned());
    let theirs = names(case.their_message());
    theirs.as_ref().is_some_and(|names| names.contains(", ")) && names(&case.message()) == theirs
}

/// Nothing differs but what stands under aliases of options with suboptions.
fn is_alias_shared(case: &Case) -> bool {
    let without = |params: &Value| without_shared_aliases(&case.theirs["spec"], params);
    same(&without(&case.ours.params.clone().into()), &without(&case.theirs["params"]))
}

fn without_shared_aliases(spec: &Value, params: &Value) -> Value {
    let mut params = params.clone();
    for (name, option) in spec.as_object().into_iter().flatten() {
        let Some(suboptions) = option.get("options") else { continue };
        for alias in option["aliases"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            params.as_object_mut().and_then(|params| params.remove(alias));
        }
        match params.get_mut(name) {
            Some(Value::Array(elements)) => {
                for element in elements {
                    *element = without_shared_aliases(suboptions, element);
                }
            }
            Some(value) => *value = without_shared_aliases(suboptions, value),
            None => {}
        }
    }
    params
}

fn is_beyond_json(case: &Case) -> bool {
    case.theirs["beyond_json"] == true
}

/// Somewhere stands a list such as `[0, [1, 5], 0]`.
fn has_decimal_parts(value: &Value) -> bool {
    match value {
        Value::Array(items) => match &items[..] {
            [sign, Value::Array(_), exponent] if is_int_to_python(sign) && is_int_to_python(exponent) => true,
            items => items.iter().any(has_decimal_parts),
        },
        Value::Object(entries) => entries.values().any(has_decimal_parts),
        _ => false,
    }
}

fn is_int_to_python(value: &Value) -> bool {
    value.is_boolean() || value.as_i64().is_some()
}
