//! Random schemas and definitions: this crate comes to the same verdict as the program yaml-validator-cli 0.1.1, of which the dialect is.
//!
//! The program is named by the environment variable `YAML_VALIDATOR_CLI`; without it, nothing is compared. Left out is what it is known to
//! judge differently: a required field without a value passes there.
#![allow(clippy::disallowed_methods)] // it starts the program plainly
use environments::{Schemas, read_documents};
use fastrand::Rng;
use std::{
    collections::HashSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// How many schemas, and definitions for each.
const SCHEMAS: usize = 120;
const DEFINITIONS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(60);

const SCALARS: [&str; 34] = [
    "yes",
    "on",
    "True",
    "true",
    "false",
    "Null",
    "null",
    "~",
    "0b11",
    "017",
    "1_000",
    ".inf",
    "-.INF",
    ".nan",
    "0x1F",
    "0o17",
    "+1",
    "-3",
    "0",
    "1",
    "2",
    "7",
    "1e3",
    ".5",
    "1.",
    "1.0",
    "2.5",
    "2025-09-04",
    "12:30",
    "99999999999999999999",
    "!!int \"1\"",
    "\"1\"",
    "abc",
    "\"\u{e4}\u{e4}\"",
];
const NAMES: [&str; 5] = ["a", "b", "name", "vm_size", "<<"];
const PATTERNS: [&str; 8] =
    ["^a", "c$", "^(xs|s|m|l|xl)\\.(1|2)$", "[a-z_]{2,5}", "\\d", "^.*$", "(?i)ABC", "a|b*"];

fn one<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len())]
}

/// A schema in flow style, and values that probably fit it.
struct Drawn {
    schema: String,
    values: Vec<String>,
}

impl Drawn {
    fn value(&self, rng: &mut Rng) -> String {
        self.values[rng.usize(..self.values.len())].clone()
    }
}

/// Some values, each made anew.
fn some(rng: &mut Rng, make: impl Fn(&mut Rng) -> String) -> Vec<String> {
    (0..6).map(|_| make(rng)).collect()
}

/// A fortieth has something that the dialect may not know.
fn schema(rng: &mut Rng, depth: usize) -> Drawn {
    let mut fields: Vec<String> = vec![];
    let values = match if depth == 0 { rng.usize(..5) } else { rng.usize(..12) } {
        kind @ 0..=1 => number(rng, kind == 1, &mut fields),
        2 | 3 => text(rng, &mut fields),
        4 => {
            fields.push("type: boolean".into());
            vec!["true".into(), "false".into()]
        }
        5 | 6 => object(rng, depth, &mut fields),
        7 => {
            let inner = schema(rng, depth - 1);
            fields.push("type: hash".into());
            fields.push(format!("items: {}", inner.schema));
            some(rng, |rng| format!("{{x: {}, y: {}}}", inner.value(rng), inner.value(rng)))
        }
        8 => array(rng, depth, &mut fields),
        9 => {
            let inner = schema(rng, depth - 1);
            fields.push(format!("not: {}", inner.schema));
            some(rng, |rng| value(rng, 1))
        }
        10 => {
            let name = one(rng, &["oneOf", "anyOf", "allOf"]);
            let [left, right] = [schema(rng, depth - 1), schema(rng, depth - 1)];
            fields.push(format!("{name}: [{}, {}]", left.schema, right.schema));
            [left.values, right.values].concat()
        }
        _ => {
            fields.push(format!("$ref: {}", one(rng, &["other", "other", "nowhere"])));
            some(rng, |rng| value(rng, 1))
        }
    };
    if rng.usize(..40) == 0 {
        fields.push(
            one(rng, &["description: x", "enum: [a]", "format: x", "default: 1", "type: number"]).into(),
        );
        // A key that appears twice is an error here, and there the last one wins.
        let mut seen = HashSet::new();
        fields.retain(|field| seen.insert(field.split(':').next().unwrap_or_default().to_owned()));
    }
    Drawn { schema: format!("{{{}}}", fields.join(", ")), values }
}

fn number(rng: &mut Rng, is_real: bool, fields: &mut Vec<String>) -> Vec<String> {
    let written =
        |number: i64, is_real: bool| if is_real { format!("{number}.0") } else { number.to_string() };
    fields.push(format!("type: {}", if is_real { "real" } else { "integer" }));
    for (name, share) in
        [("minimum", 3), ("maximum", 3), ("exclusiveMinimum", 8), ("exclusiveMaximum", 8), ("multipleOf", 6)]
    {
        if rng.usize(..share) == 0 {
            let is_real = if rng.usize(..30) == 0 { !is_real } else { is_real };
            let range =
                if name.ends_with("imum") && name.to_lowercase().contains("min") { -3..4 } else { 1..9 };
            fields.push(format!("{name}: {}", written(rng.i64(range), is_real)));
        }
    }
    some(rng, |rng| written(rng.i64(-3..9), is_real))
}

fn text(rng: &mut Rng, fields: &mut Vec<String>) -> Vec<String> {
    fields.push("type: string".into());
    if rng.bool() {
        fields.push(format!("pattern: '{}'", one(rng, &PATTERNS)));
    }
    for name in ["minLength", "maxLength"] {
        if rng.usize(..4) == 0 {
            fields.push(format!("{name}: {}", rng.usize(..5)));
        }
    }
    some(rng, |rng| one(rng, &["abc", "xs.1", "ab", "a_b", "\"7\"", "yes", "\"\u{e4}\u{e4}\"", "ABC"]).into())
}

fn object(rng: &mut Rng, depth: usize, fields: &mut Vec<String>) -> Vec<String> {
    let names: Vec<_> = NAMES[..4].iter().filter(|_| rng.bool()).collect();
    let items: Vec<_> = names.into_iter().map(|name| (name, schema(rng, depth - 1))).collect();
    let told: Vec<_> = items.iter().map(|(name, inner)| format!("{name}: {}", inner.schema)).collect();
    fields.push("type: object".into());
    fields.push(format!("items: {{{}}}", told.join(", ")));
    if rng.bool() {
        fields.push(format!("required: [{}]", one(rng, &NAMES[..4])));
    }
    some(rng, |rng| {
        let kept: Vec<_> = items.iter().filter(|_| rng.usize(..5) > 0).collect();
        let told: Vec<_> = kept.iter().map(|(name, inner)| format!("{name}: {}", inner.value(rng))).collect();
        format!("{{{}}}", told.join(", "))
    })
}

fn array(rng: &mut Rng, depth: usize, fields: &mut Vec<String>) -> Vec<String> {
    let inner = schema(rng, depth - 1);
    fields.push("type: array".into());
    fields.push(format!("{}: {}", one(rng, &["items", "contains"]), inner.schema));
    for name in ["minItems", "maxItems", "minContains", "maxContains"] {
        if rng.usize(..8) == 0 {
            fields.push(format!("{name}: {}", rng.usize(..4)));
        }
    }
    if rng.usize(..3) == 0 {
        fields.push("uniqueItems: true".into());
    }
    some(rng, |rng| {
        let items: Vec<_> = (0..rng.usize(..4)).map(|_| inner.value(rng)).collect();
        format!("[{}]", items.join(", "))
    })
}

/// A value in flow style.
fn value(rng: &mut Rng, depth: usize) -> String {
    match rng.usize(..if depth == 0 { 4 } else { 9 }) {
        0..=3 => one(rng, &SCALARS).into(),
        4 | 5 => {
            let items: Vec<_> = (0..rng.usize(..4)).map(|_| value(rng, depth - 1)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => {
            let names: Vec<_> = NAMES.iter().filter(|_| rng.usize(..3) == 0).collect();
            let fields: Vec<_> =
                names.iter().map(|name| format!("{name}: {}", value(rng, depth - 1))).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// Which definitions it refuses: all, if it refuses the schema. None if it has no verdict.
fn refused_there(program: &Path, folder: &Path, files: &[PathBuf]) -> Option<Vec<bool>> {
    let mut verdicts = vec![];
    // It stops at the first one that it refuses.
    while verdicts.len() < files.len() {
        let left = &files[verdicts.len()..];
        let (status, told) = run(program, folder, left)?;
        let first =
            left.iter().position(|file| told.lines().any(|line| line == format!("{}:", file.display())));
        match (status, first) {
            (0, _) => verdicts.resize(files.len(), false),
            (1, Some(accepted)) => {
                verdicts.resize(verdicts.len() + accepted, false);
                verdicts.push(true);
            }
            (1, None) => verdicts.resize(files.len(), true),
            _ => return None,
        }
    }
    Some(verdicts)
}

/// Its exit status and what it says; none if it panicked or did not end.
fn run(program: &Path, folder: &Path, files: &[PathBuf]) -> Option<(i32, String)> {
    let mut command = Command::new(program);
    command.current_dir(folder).args(["-s", "schema.yml", "-u", "u", "--"]).args(files).stdin(Stdio::null());
    let log = fs::File::create(folder.join("log")).unwrap();
    let mut child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            let told = fs::read_to_string(folder.join("log")).unwrap();
            return Some((status.code().filter(|code| *code <= 1)?, told));
        }
        if Instant::now() > end {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_verdicts_are_those_of_yaml_validator() {
    let Some(program) = env::var_os("YAML_VALIDATOR_CLI") else {
        eprintln!("YAML_VALIDATOR_CLI does not name the program, so nothing is compared");
        return;
    };
    let seed = env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    let mut rng = Rng::with_seed(seed);
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = (0..DEFINITIONS).map(|number| format!("{number}.yml").into()).collect();
    let (mut compared, mut accepted, mut invalid) = (0, 0, 0);
    for _ in 0..SCHEMAS {
        let (drawn, other) = (schema(&mut rng, 3), schema(&mut rng, 0));
        let schemas =
            format!("uri: u\nschema: {}\n---\nuri: other\nschema: {}\n", drawn.schema, other.schema);
        fs::write(folder.path().join("schema.yml"), &schemas).unwrap();
        let values: Vec<_> = files
            .iter()
            .map(|_| if rng.usize(..4) == 0 { value(&mut rng, 2) } else { drawn.value(&mut rng) })
            .collect();
        for (file, value) in files.iter().zip(&values) {
            fs::write(folder.path().join(file), format!("{value}\n")).unwrap();
        }
        let Some(there) = refused_there(Path::new(&program), folder.path(), &files) else { continue };
        let ours = Schemas::read(&[("schema.yml".into(), schemas.clone().into_bytes())]);
        invalid += usize::from(ours.is_err());
        for ((file, text), refused) in files.iter().zip(&values).zip(there) {
            let problems = match &ours {
                Err(problems) => problems.clone(),
                Ok(ours) => match read_documents(text.as_bytes()) {
                    Ok(documents) => ours.check("u", &documents[0], file),
                    Err(e) => panic!("seed {seed}: {text}: {}", e.message),
                },
            };
            let is_stricter =
                problems.iter().any(|problem| problem.message.contains("has no value, but is required"));
            if is_stricter && !refused {
                continue;
            }
            assert_eq!(!problems.is_empty(), refused, "seed {seed}\n{schemas}\n{text}\n{problems:?}");
            compared += 1;
            accepted += usize::from(!refused);
        }
    }
    eprintln!(
        "seed {seed}: compared {compared}, of which {accepted} were accepted; {invalid} schemas were none"
    );
    assert!(compared > SCHEMAS * DEFINITIONS / 2 && accepted > 50, "seed {seed}: {compared} {accepted}");
}
