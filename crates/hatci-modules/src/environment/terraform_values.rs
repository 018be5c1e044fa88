//! The files from which Terraform takes values: the one that it is given, and those that it would load by itself.
use super::terraform_secrets::{secret_defaults, secrets, sensitive_variables};
use ansible_module::{ErrorKind, Failure, Task};
use hardened_host::{SystemFault, read_named_file};
use std::{collections::BTreeSet, io, path::Path};

const LARGEST_FILE: u64 = 16 << 20;

/// Refuses files that Terraform would load without being told.
pub(super) fn refuse_other_values(module: &Path) -> Result<(), Failure> {
    let entries = module.read_dir().map_err(|e| unreadable(module, &e))?;
    let is_loaded = |name: &str| {
        name == "terraform.tfvars"
            || name == "terraform.tfvars.json"
            || name.ends_with(".auto.tfvars")
            || name.ends_with(".auto.tfvars.json")
    };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut loaded: Vec<_> = names.filter(|name| is_loaded(name)).collect();
    loaded.sort();
    if loaded.is_empty() {
        return Ok(());
    }
    let paths: Vec<_> = loaded.iter().map(|name| module.join(name).display().to_string()).collect();
    Err(Failure::new(
        ErrorKind::Conflict,
        format!(
            "Terraform would also load {}, so values that only that file sets would still apply. Delete it, or move its values to `var_file`.",
            paths.join(", ")
        ),
    ))
}

/// Makes the secrets among the values those of the task.
pub(super) fn conceal_secrets(module: &Path, var_file: Option<&Path>, task: &Task) -> Result<(), Failure> {
    let mut sensitive = BTreeSet::new();
    for entry in module.read_dir().map_err(|e| unreadable(module, &e))?.flatten() {
        if entry.path().extension().is_some_and(|ending| ending == "tf")
            && let Ok(bytes) = read_named_file(&entry.path(), LARGEST_FILE)
        {
            let text = String::from_utf8_lossy(&bytes);
            sensitive.extend(sensitive_variables(&text));
            for secret in secret_defaults(&text) {
                task.conceal(&secret);
            }
        }
    }
    let Some(path) = var_file else { return Ok(()) };
    let bytes = read_named_file(path, LARGEST_FILE).map_err(|e| {
        let kind = if e.is_not_found() { ErrorKind::NotFound } else { ErrorKind::Invalid };
        Failure::new(
            kind,
            format!("The values in {} can't be read: {e}. Correct `var_file`.", path.display()),
        )
    })?;
    for secret in secrets(&String::from_utf8_lossy(&bytes), &sensitive) {
        task.conceal(&secret);
    }
    Ok(())
}

fn unreadable(module: &Path, error: &io::Error) -> Failure {
    let fault = SystemFault::of(error);
    Failure::new(
        ErrorKind::NotFound,
        format!("The module {} can't be read: {}. Correct `chdir`.", module.display(), fault.cause()),
    )
}
