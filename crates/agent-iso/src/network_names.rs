//! Checks names that become names in the DNS.

/// Of a cluster: its wildcard record needs 9 of the 63 characters.
pub(crate) const LONGEST_CLUSTER_NAME: usize = 54;
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Whether it is a name as RFC 1123 has it, in lower case as Kubernetes wants it: labels of letters, digits and inner dashes.
pub(crate) fn is_dns_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let is_usual = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=LONGEST_LABEL).contains(&label.len())
        && label.bytes().all(is_usual)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_letters_digits_and_inner_dashes() {
        let longest = "x".repeat(63);
        for name in ["bench1", "1", "bench-1.example", &longest] {
            assert!(is_dns_name(name), "{name}");
        }
        let longer = "x".repeat(64);
        let many = "x.".repeat(127) + "x";
        for name in ["", "bench_1", "Bench", "-b", "b-", "a..b", "a.", "a b", "ä", &longer, &many] {
            assert!(!is_dns_name(name), "{name}");
        }
    }
}
