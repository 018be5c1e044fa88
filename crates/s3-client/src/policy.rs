//! Policies of buckets: the one that makes a prefix readable for everybody, and whether two mean the same.
use serde_json::{Map, Value, json};

/// Lets everybody read what is below the prefix, and list nothing.
pub fn public_read(bucket: &str, prefix: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": ["s3:GetObject"],
            "Resource": [format!("arn:aws:s3:::{bucket}/{prefix}*")],
        }],
    })
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

    #[test]
    fn a_policy_that_the_server_has_rewritten_is_still_the_same() {
        let ours = public_read("lab-public", "isos/");
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
        assert!(means_the_same(&ours, &rewritten));
    }

    #[test]
    fn another_prefix_or_one_more_action_or_statement_is_not_the_same() {
        let ours = public_read("lab-public", "isos/");
        assert!(!means_the_same(&ours, &public_read("lab-public", "")));
        let mut more = ours.clone();
        more["Statement"][0]["Action"] = json!(["s3:GetObject", "s3:ListBucket"]);
        assert!(!means_the_same(&ours, &more));
        let mut two = ours.clone();
        let one = two["Statement"][0].clone();
        two["Statement"].as_array_mut().unwrap().push(one);
        assert!(!means_the_same(&ours, &two));
        assert!(!means_the_same(&ours, &Value::Null));
    }
}
