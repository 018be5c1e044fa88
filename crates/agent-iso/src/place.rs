//! Whether files can be made at a place, found out without making any.
use crate::Error;
use hardened_host::{SystemFault, safe_place};
use rustix::fs::{Access, AtFlags, CWD, accessat, statfs};
use std::path::Path;

/// The file systems of the kernel, in which nobody can make a file, by the number that `statfs` has for them: proc, sysfs, cgroup, cgroup2,
/// devpts, debugfs, tracefs, securityfs, selinuxfs, `binfmt_misc`, pstore.
const OF_KERNEL: [u32; 11] = [
    0x9fa0,
    0x6265_6572,
    0x0027_e0eb,
    0x6367_7270,
    0x1cd1,
    0x6462_6720,
    0x7472_6163,
    0x7363_6673,
    0xf97c_ff8c,
    0x4249_4e4d,
    0x6165_676c,
];

/// Checks that files can be made in this folder, or that it can be made, safe from other users. `option` is what it was given by.
pub fn check_place(option: &'static str, folder: &Path) -> Result<(), Error> {
    let nearest = folder.ancestors().find(|part| part.symlink_metadata().is_ok()).unwrap_or(folder);
    check_changeable(option, nearest)?;
    safe_place(nearest).map(drop).map_err(|e| {
        Error::input(option, format!("{e}. Choose a place in a folder that only this user can write to."))
    })
}

/// Checks that files can be made in and removed from this folder, which exists.
pub fn check_changeable(option: &'static str, folder: &Path) -> Result<(), Error> {
    let wrong = |what: &str| Error::input(option, format!("{} {what}.", folder.display()));
    if !folder.is_dir() {
        return Err(wrong("is not a folder. Choose another place"));
    }
    let allowed = accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS);
    allowed.map_err(|e| {
        let fault = SystemFault::of(&e.into());
        let remedy = fault.remedy_or("Correct its permissions, or choose another place");
        wrong(&format!("can't be written to: {}. {remedy}", fault.cause()))
    })?;
    let kind = statfs(folder).map(|found| found.f_type);
    if kind
        .is_ok_and(|kind| OF_KERNEL.iter().any(|known| i128::from(*known) == i128::from(kind) & 0xffff_ffff))
    {
        return Err(wrong("belongs to the kernel, so no file can be created there. Choose another place"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_judged_by_the_nearest_folder_that_exists_and_nothing_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        check_place("dest", &deep).unwrap();
        assert!(!folder.path().join("a").exists());
        std::fs::write(folder.path().join("a"), "").unwrap();
        for (place, why) in [
            (deep.as_path(), "a is not a folder"),
            (Path::new("/proc"), "belongs to the kernel"),
            (Path::new("/proc/x/y"), "belongs to the kernel"),
            (Path::new("/sys"), "/sys "),
        ] {
            let said = check_place("dest", place).unwrap_err().to_string();
            assert!(said.starts_with("dest: ") && said.contains(why), "{said}");
        }
    }
}
