//! The name of a host, as DNS has it.

const RULE: &str = "a host name is made of letters, digits and `-`, in parts of up to 63 characters between dots, and none begins or ends with `-`";

/// Checks the name of a host. The error is a clause that shows the name and says what it may be.
pub(super) fn check_host_name(name: &str) -> Result<(), String> {
    const LONGEST: usize = 253;
    const LONGEST_PART: usize = 63;
    let is_part = |part: &str| {
        let is_in = |c: char| c.is_ascii_alphanumeric() || c == '-';
        (1..=LONGEST_PART).contains(&part.len())
            && part.chars().all(is_in)
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    if name.len() <= LONGEST && name.split('.').all(is_part) {
        Ok(())
    } else {
        Err(format!("{name:?} is not a host name: {RULE}"))
    }
}

/// Checks what the names of a role's hosts begin with, such as `k8s-master-`.
pub(super) fn check_host_name_prefix(prefix: &str) -> Result<(), String> {
    check_host_name(&format!("{prefix}0")).map_err(|_| format!("{prefix:?} can't begin a host name: {RULE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_is_one_that_dns_accepts() {
        let longest = format!("{}.example", "a".repeat(63));
        for good in ["a", "k8s-master-1", "A1.example.com", "10", &longest] {
            check_host_name(good).unwrap();
        }
        let too_long = "a".repeat(64);
        for bad in ["", "a_b c", "-a", "a-", "a..b", ".a", "a.", "ä", "a/b", "../x", "a\nb", &too_long] {
            assert!(check_host_name(bad).unwrap_err().contains("is not a host name"), "{bad:?}");
        }
        for (prefix, is_good) in [("k8s-master-", true), ("k8s-master", true), ("a_b", false), ("-", false)] {
            assert_eq!(check_host_name_prefix(prefix).is_ok(), is_good, "{prefix}");
        }
    }
}
