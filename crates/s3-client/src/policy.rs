//! Policies of buckets: the one that makes a prefix readable for everybody, and whether two mean the same.
use serde_json::{Map, Value, json};

/// The id of the statement that is ours in a policy.
const OURS: &str = "PublicReadByHatciAutomation";

/// The policy with the statement that lets everybody read what is below the prefix, and list nothing. What others have put into
/// it stays.
pub fn with_public_read(policy: Option<&Value>, bucket: &str, prefix: &str) -> Value {
    let wanted = json!({
        "Sid": OURS,
        "Effect": "Allow",
        "Principal": { "AWS": "*" },
        "Action": ["s3:GetObject"],
        "Resource": [format!("arn:aws:s3:::{bucket}/{prefix}*")],
    });
    let means_ours = |other: &Value| statement(other) == statement(&wanted);
    let there = policy.and_then(|policy| policy.get("Statement")).map(as_list).unwrap_or_default();
    let mut statements: Vec<_> = there.into_iter().filter(|it| it.get("Sid") != Some(&OURS.into())).collect();
    if !statements.iter().any(means_ours) {
        statements.push(wanted.clone());
    }
    let mut all =
        policy.cloned().filter(Value::is_object).unwrap_or_else(|| json!({ "Version": "2012-10-17" }));
    all["Statement"] = Value::Array(statements);
    all
}

/// Whether two policies mean the same, however the server has rewritten them: one text or a list of it, `"*"` or `{"AWS": "*"}`,
/// whatever the order, and with or without ids of statements.
pub fn means_the_same(one: &Value, other: &Value) -> bool {
    normal(one) == normal(other)
}

fn normal(policy: &Value) -> Value {
    let statements = as_list(policy.get("Statement").unwrap_or(&Value::Null));
    let mut statements: Vec<_> = statements.iter().map(statement).collect();
    sort(&mut statements);
    json!({ "Version": policy.get("Version"), "Statement": statements })
}

fn statement(value: &Value) -> Value {
    let Value::Object(fields) = value else { return value.clone() };
    let mut normal = Map::new();
    let mut names: Vec<_> = fields.keys().filter(|name| *name != "Sid").collect();
    names.sort_unstable();
    for name in names {
        let value = &fields[name];
        let value = match name.as_str() {
            "Principal" | "NotPrincipal" => principal(value),
            "Action" | "NotAction" => {
                // Names of actions have no case.
                let lower = as_list(value).into_iter().map(|action| match action {
                    Value::String(text) => Value::String(text.to_ascii_lowercase()),
                    other => other,
                });
                sorted(lower.collect())
            }
            "Resource" | "NotResource" => sorted(as_list(value)),
            _ => value.clone(),
        };
        normal.insert(name.clone(), value);
    }
    Value::Object(normal)
}

fn principal(value: &Value) -> Value {
    match value {
        Value::Object(kinds) => {
            let mut normal = Map::new();
            let mut names: Vec<_> = kinds.keys().collect();
            names.sort_unstable();
            for name in names {
                normal.insert(name.clone(), sorted(as_list(&kinds[name])));
            }
            Value::Object(normal)
        }
        everybody => json!({ "AWS": as_list(everybody) }),
    }
}

fn as_list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::Null => vec![],
        one => vec![one.clone()],
    }
}

fn sorted(mut items: Vec<Value>) -> Value {
    sort(&mut items);
    Value::Array(items)
}

fn sort(items: &mut [Value]) {
    items.sort_by_cached_key(Value::to_string);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> Value {
        with_public_read(None, "lab-public", "isos/")
    }

    #[test]
    fn a_policy_that_the_server_has_rewritten_is_still_the_same() {
        let rewritten = json!({
            "Statement": {
                "Resource": "arn:aws:s3:::lab-public/isos/*",
                "Sid": "1",
                "Action": "s3:getobject",
                "Principal": "*",
                "Effect": "Allow",
            },
            "Version": "2012-10-17",
        });
        assert!(means_the_same(&ours(), &rewritten));
        assert!(means_the_same(&with_public_read(Some(&rewritten), "lab-public", "isos/"), &rewritten));
    }

    #[test]
    fn another_prefix_or_one_more_action_or_statement_is_not_the_same() {
        assert!(!means_the_same(&ours(), &with_public_read(None, "lab-public", "")));
        let mut more = ours();
        more["Statement"][0]["Action"] = json!(["s3:GetObject", "s3:ListBucket"]);
        assert!(!means_the_same(&ours(), &more));
        let mut two = ours();
        let one = two["Statement"][0].clone();
        two["Statement"].as_array_mut().unwrap().push(one);
        assert!(!means_the_same(&ours(), &two));
        assert!(!means_the_same(&ours(), &Value::Null));
    }

    #[test]
    fn statements_of_others_stay_and_ours_moves_with_the_prefix() {
        let deny =
            json!({ "Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" });
        let mut there = ours();
        there["Statement"].as_array_mut().unwrap().insert(0, deny.clone());
        assert_eq!(with_public_read(Some(&there), "lab-public", "isos/"), there);
        let moved = with_public_read(Some(&there), "lab-public", "public/");
        assert_eq!(moved["Statement"].as_array().unwrap().len(), 2);
        assert_eq!(moved["Statement"][0], deny);
        assert_eq!(moved["Statement"][1]["Resource"], json!(["arn:aws:s3:::lab-public/public/*"]));
    }
}
