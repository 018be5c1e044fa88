//! Answers recorded from the real `AnsibleModule` of ansible-core 2.19: coercions, checks, messages, masking.
//!
//! The files beside this one are read, or those that `ARGSPEC_VECTORS` and `ARGSPEC_MASKING` name.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
mod recorded;

use ansible_module::{Validated, answer::answer};
use recorded::{RowEnv, run, same, spec, told};
use serde_json::{Value, json};
use std::{env, fs};

/// Stands in the rows for NaN and infinity, which Python writes although JSON has neither.
const NO_NUMBER: &str = "no number in JSON";
/// What this crate says to them: its answers must be JSON.
const REFUSED: &str = "<class 'str'> cannot be converted to a float";

#[test]
fn arguments_become_what_was_recorded() {
    let file = read("ARGSPEC_VECTORS", "argspec_vectors.json");
    check_all(file.as_array().expect("the vectors are a list"), mismatch);
}

#[test]
fn results_are_masked_as_recorded() {
    let file = read("ARGSPEC_MASKING", "argspec_masking.json");
    check_all(file["rows"].as_array().expect("the file has rows"), |row| mask_mismatch(&file["spec"], row));
}

/// Fails with each row for which `mismatch` has something to say.
fn check_all(rows: &[Value], mismatch: impl Fn(&Value) -> Option<String>) {
    assert!(!rows.is_empty(), "there are no rows");
    let wrong: Vec<_> = rows
        .iter()
        .enumerate()
        .filter_map(|(number, row)| Some(format!("row {number}: {row}\n  {}", mismatch(row)?)))
        .collect();
    assert!(wrong.is_empty(), "{} of {} rows differ\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    println!("{0} of {0} rows", rows.len());
}

/// What 2.19 did counts; other releases stand in `by_version`.
fn mismatch(row: &Value) -> Option<String> {
    if let Some(exit) = row.get("exit") {
        return exit_mismatch(row, exit);
    }
    let Validated { params, outcome, .. } = run(row);
    let got = match &outcome {
        Ok(()) => format!("ok {}", Value::from(params.clone())),
        Err(fault) => told(fault),
    };
    let (is_same, recorded) = match (row.get("ok"), row["error"].as_str()) {
        (Some(ok), None) if row["ok_is_nan"] == true || has_no_number(ok) => {
            (got.ends_with(REFUSED), format!("{ok}, to be refused: {REFUSED}"))
        }
        (Some(ok), None) => (outcome.is_ok() && same(&params.into(), ok), format!("ok {ok}")),
        (None, Some(error)) if row["error_is_prefix"] == true => (got.starts_with(error), error.to_owned()),
        (None, Some(error)) => (got == error, error.to_owned()),
        _ => (false, "neither ok, error nor exit".to_owned()),
    };
    (!is_same).then(|| format!("got      {got}\n  recorded {recorded}"))
}

fn has_no_number(ok: &Value) -> bool {
    ok.as_object().is_some_and(|params| params.values().any(|value| value == NO_NUMBER))
}

/// The module ended without being run; it does not support check mode.
fn exit_mismatch(row: &Value, exit: &Value) -> Option<String> {
    let args = row["args"].as_object().expect("a row has args").clone();
    let spec = spec(&row["spec"], &row["module"]);
    let mut ran = false;
    let got = answer(args, &RowEnv(&row["env"]), "basic.py", false, &spec, &|_| (), &mut |_, _| {
        ran = true;
        Ok(())
    });
    let got_json = Value::from(got.json);
    let is_same = !ran && !got.failed && contains(&got_json, exit);
    (!is_same).then(|| format!("got      {got_json}\n  recorded {exit}"))
}

fn mask_mismatch(spec: &Value, row: &Value) -> Option<String> {
    let with_spec = json!({ "spec": spec, "args": row["args"], "env": row["env"] });
    let Validated { params, secrets, outcome, .. } = run(&with_spec);
    let mut out = match outcome {
        // What the module passes to `exit_json` or `fail_json`.
        Ok(()) => row["result"].clone(),
        Err(fault) => json!({ "msg": told(&fault) }),
    };
    if row["call"] == "fail_json" {
        out["failed"] = true.into();
    }
    let mut invocation = Value::from(params);
    secrets.mask(&mut out);
    secrets.mask(&mut invocation);
    let is_same = same(&out, &row["out"]) && contains(&invocation, &row["invocation"]);
    (!is_same)
        .then(|| format!("got      {out} {invocation}\n  recorded {} {}", row["out"], row["invocation"]))
}

/// Whether `whole` has all that `part` names; a recorded `invocation` leaves out what was not given.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| contains(whole, part)))
        }
        _ => same(whole, part),
    }
}

fn read(variable: &str, file: &str) -> Value {
    let path = env::var(variable).unwrap_or_else(|_| format!("{}/tests/{file}", env!("CARGO_MANIFEST_DIR")));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let text = ["NaN", "Infinity", "-Infinity"]
        .iter()
        .fold(text, |text, number| text.replace(&format!(": {number}"), &format!(": \"{NO_NUMBER}\"")));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}
