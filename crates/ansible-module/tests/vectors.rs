use ansible_module::*;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

struct Fake(HashMap<String, String>);
impl Env for Fake {
    fn get(&self, n: &str) -> Option<String> {
        self.0.get(n).cloned()
    }
}

fn names(v: &Value) -> Vec<String> {
    match v {
        Value::String(s) => vec![s.clone()],
        Value::Array(a) => a.iter().map(|x| x.as_str().unwrap().into()).collect(),
        _ => vec![],
    }
}
fn groups(v: &Value) -> Vec<Vec<String>> {
    v.as_array().map(|a| a.iter().map(names).collect()).unwrap_or_default()
}

fn spec_of(options: &Value, rules: &Value) -> ArgumentSpec {
    ArgumentSpec {
        options: options
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, o)| Opt {
                name: name.clone(),
                ty: o["type"].as_str().map_or(Type::Str, |t| Type::parse(t).unwrap()),
                elements: o["elements"].as_str().map(|t| Type::parse(t).unwrap()),
                required: o["required"] == true,
                default: o.get("default").filter(|d| !d.is_null()).cloned(),
                choices: o["choices"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|v| Choice { value: v.clone(), doc: String::new() })
                    .collect(),
                aliases: names(&o["aliases"]),
                no_log: o["no_log"].as_bool(),
                env: names(&o["fallback"][1]),
                options: o.get("options").map(|s| spec_of(s, o)),
                apply_defaults: o["apply_defaults"] == true,
                ..Default::default()
            })
            .collect(),
        mutually_exclusive: groups(&rules["mutually_exclusive"]),
        required_together: groups(&rules["required_together"]),
        required_one_of: groups(&rules["required_one_of"]),
        required_if: rules["required_if"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|r| RequiredIf {
                key: r[0].as_str().unwrap().into(),
                is: r[1].clone(),
                then: names(&r[2]),
                any: r[3] == true,
            })
            .collect(),
        required_by: rules["required_by"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(k, v)| (k.clone(), names(v)))
            .collect(),
    }
}
fn env_of(row: &Value) -> Fake {
    Fake(
        row["env"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(k, v)| (k.clone(), v.as_str().unwrap().into()))
            .collect(),
    )
}
fn read(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(format!("{}/{name}", concat!(env!("CARGO_MANIFEST_DIR"), "/tests"))).unwrap()).unwrap()
}
fn args(row: &Value) -> Map<String, Value> {
    row["args"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(k, _)| !k.starts_with("_ansible_"))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}
fn told(f: &Fault) -> String {
    match f {
        Fault::Unsupported { .. } => format!("Unsupported parameters for (basic.py) module: {f}"),
        f => f.to_string(),
    }
}

#[test]
fn vectors() {
    let rows = read("argspec_vectors.json");
    let (mut good, mut bad) = (0, 0);
    for (i, row) in rows.as_array().unwrap().iter().enumerate() {
        let got = validate(&spec_of(&row["spec"], &row["module"]), args(row), &env_of(row));
        let ok = match (&got.outcome, row) {
            (Ok(()), r) if r.get("ok").is_some() => {
                let want = r["ok"].as_object().unwrap();
                got.params.len() == want.len() && want.iter().all(|(k, v)| got.params.get(k) == Some(v))
            }
            (Err(f), r) if r.get("error").is_some() => {
                let (t, w) = (told(f), r["error"].as_str().unwrap());
                if r["error_is_prefix"] == true { t.starts_with(w) } else { t == w }
            }
            (_, r) if r.get("exit").is_some() => {
                let a = answer::answer(
                    row["args"].as_object().unwrap().clone(),
                    &env_of(row),
                    "basic.py",
                    false,
                    &spec_of(&row["spec"], &row["module"]),
                    &|_| (),
                    &mut |_, _| unreachable!(),
                );
                r["exit"].as_object().unwrap().iter().all(|(k, v)| a.json.get(k) == Some(v)) && !a.failed
            }
            _ => false,
        };
        if ok {
            good += 1
        } else {
            bad += 1;
            println!("{i}: {row}\n   got {:?} {:?}", got.outcome, Value::Object(got.params))
        }
    }
    println!("{good} pass, {bad} do not");
    assert_eq!((good, bad), (172, 0));
}

#[test]
fn masking() {
    let file = read("argspec_masking.json");
    let spec = spec_of(&file["spec"], &Value::Null);
    let mut bad = 0;
    for row in file["rows"].as_array().unwrap() {
        let got = validate(&spec, args(row), &env_of(row));
        let mut out = row["result"].clone();
        if row["call"] == "fail_json" {
            out["failed"] = json!(true)
        }
        got.secrets.mask(&mut out);
        let mut inv = Value::Object(got.params);
        got.secrets.mask(&mut inv);
        let inv_ok = row["invocation"].as_object().unwrap().iter().all(|(k, v)| match v {
            Value::Object(w) => w.iter().all(|(k2, v2)| &inv[k][k2] == v2),
            v => &inv[k] == v,
        });
        if out != row["out"] || !inv_ok {
            bad += 1;
            println!("{}: got {out} {inv}\n  want {} {}", row["name"], row["out"], row["invocation"])
        }
    }
    assert_eq!(bad, 0);
}

/// Rows made by running the real validator on random specs: FUZZ names the file.
#[test]
fn fuzz() {
    let Ok(f) = std::env::var("FUZZ") else { return };
    let rows: Value = serde_json::from_str(&std::fs::read_to_string(f).unwrap()).unwrap();
    let (mut good, mut bad, mut sec) = (0, 0, 0);
    for (i, row) in rows.as_array().unwrap().iter().enumerate() {
        let got = validate(&spec_of(&row["spec"], &row["module"]), args(row), &env_of(row));
        let ok = match (&got.outcome, row) {
            (Ok(()), r) if r.get("ok").is_some() => {
                python::dumps(&Value::Object(sorted(&got.params)))
                    == python::dumps(&Value::Object(sorted(r["ok"].as_object().unwrap())))
            }
            (Err(f), r) if r.get("error").is_some() => {
                let (t, w) = (told(f), r["error"].as_str().unwrap());
                if r["error_is_prefix"] == true {
                    t.starts_with(w)
                } else {
                    t == w
                        || (w.starts_with("Unsupported")
                            && w.split(". Supp").next().unwrap().contains(", ")
                            && w.split(". Supp").next() == t.split(". Supp").next())
                }
            }
            _ => false,
        };
        if ok {
            good += 1
        } else {
            bad += 1;
            println!(
                "#{i}: {row}\n   got {}",
                match &got.outcome {
                    Ok(()) => Value::Object(got.params.clone()).to_string(),
                    Err(f) => told(f),
                }
            )
        }
        if ok && got.outcome.is_ok() {
            let mut s = got.secrets.texts();
            s.sort();
            let mut w = names(&row["secrets"]);
            w.sort();
            w.retain(|x| !x.is_empty());
            if s != w {
                sec += 1;
                println!("secrets #{i}: {row}\n   got {s:?}")
            }
        }
    }
    println!("fuzz: {good} agree, {bad} do not, secrets differ in {sec}");
}
fn sorted(m: &Map<String, Value>) -> Map<String, Value> {
    let mut v: Vec<_> = m.clone().into_iter().collect();
    v.sort_by(|a, b| a.0.cmp(&b.0));
    v.into_iter().collect()
}
