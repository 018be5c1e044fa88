//! The words of a server, as they may leave the house with the table: without vehicles and addresses. Tokens are masked where answers are recorded.
use shown_text::one_line;
use std::net::{Ipv4Addr, Ipv6Addr};

/// So much of a text is shown.
const MOST_TEXT: usize = 100;
const VIN_LENGTH: usize = 17;
/// A longer run of letters and digits holds a VIN if it has so many digits: a VIN ends with its serial number.
const DIGITS: usize = 4;
/// What stands for an address.
const ADDRESS: &str = "ADDRESS";

/// Words of the server without VINs and addresses, in one line. A word that there is no room for is left out as a whole: a part of
/// a secret is not known for one.
pub(super) fn harmless(text: &str) -> String {
    let mut shown = String::new();
    for (at, word) in one_line(text).split(' ').map(harmless_word).enumerate() {
        if shown.chars().count() + word.chars().count() >= MOST_TEXT {
            shown.push('…');
            break;
        }
        if at > 0 {
            shown.push(' ');
        }
        shown += &word;
    }
    shown
}

/// The value of a header Content-Type, likewise. The name of a vendor's type, such as `application/vnd.oem.v2+json`, is no host.
pub(super) fn media_type(text: &str) -> String {
    let (name, parameters) = text.split_once(';').map_or((text, ""), |(name, _)| (name, &text[name.len()..]));
    let of_type = |c: char| c.is_ascii_alphanumeric() || "/.+-".contains(c);
    match name.split_once('/') {
        Some(("application" | "text", vendor))
            if vendor.starts_with("vnd.") && vendor.ends_with("+json") && name.chars().all(of_type) =>
        {
            format!("{}{}", without_vins(name), harmless(parameters))
        }
        _ => harmless(text),
    }
}

/// The text without the name of the server that is asked, however that may look.
pub(super) fn without_host(text: &str, host: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut shown = String::new();
    for piece in text.split_inclusive(|c: char| !is_part(c)) {
        let name = piece.trim_end_matches(|c| !is_part(c));
        let is_host = !name.is_empty() && name.eq_ignore_ascii_case(host);
        shown += if is_host { ADDRESS } else { name };
        shown += &piece[name.len()..];
    }
    shown
}

fn harmless_word(word: &str) -> String {
    if word.contains("://") {
        return "URL".to_owned();
    }
    let of_address = |c: char| c.is_alphanumeric() || ".-_:[]%@".contains(c);
    let mut shown = String::new();
    for piece in word.split_inclusive(|c: char| !of_address(c)) {
        let part = piece.trim_end_matches(|c| !of_address(c));
        let bare = part.trim_matches(|c| ".-_:%@".contains(c));
        if bare.is_empty() {
            shown += piece;
            continue;
        }
        // `::1` begins with what otherwise is punctuation.
        let (kept, what) = if is_ipv6(part) {
            (part, ADDRESS.to_owned())
        } else if is_address(bare) {
            (bare, ADDRESS.to_owned())
        } else {
            (bare, without_vins(bare))
        };
        shown += &part.replacen(kept, &what, 1);
        shown += &piece[part.len()..];
    }
    shown
}

/// Whether this is a mail address, a host with or without its port, or an IP address.
fn is_address(text: &str) -> bool {
    if text.contains('@') || is_ipv6(text) || text.trim_matches(['[', ']']).parse::<Ipv4Addr>().is_ok() {
        return true;
    }
    let is_port = |port: &str| (1..=5).contains(&port.len()) && port.chars().all(|c| c.is_ascii_digit());
    // A label may stand before it, as in `host:db.example:5432`.
    let parts: Vec<_> = text.split([':', '[', ']']).filter(|part| !part.is_empty()).collect();
    let before_port = |pair: &[&str]| pair[0].contains(|c: char| c.is_alphabetic()) && is_port(pair[1]);
    parts.iter().any(|part| is_host(part) || part.parse::<Ipv4Addr>().is_ok())
        || parts.windows(2).any(before_port)
}

/// Also with a zone, and with a port behind brackets.
fn is_ipv6(text: &str) -> bool {
    let inner = text.strip_prefix('[').map_or(text, |rest| rest.split(']').next().unwrap_or_default());
    let parsed = |text: &str| text.split('%').next().is_some_and(|it| it.parse::<Ipv6Addr>().is_ok());
    text.matches(':').count() > 1 && (parsed(inner) || parsed(inner.trim_end_matches([':', '.'])))
}

/// Whether this is a name of several labels, of which the last is a word.
fn is_host(text: &str) -> bool {
    let labels: Vec<_> = text.trim_end_matches('.').split('.').collect();
    let is_label = |label: &&str| !label.is_empty();
    let is_top = |label: &&str| {
        label.len() > 1
            && label.starts_with(char::is_alphabetic)
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    labels.len() > 1 && labels.iter().all(is_label) && labels.last().is_some_and(is_top)
}

/// `VIN` for each run of letters and digits that is or holds one.
fn without_vins(text: &str) -> String {
    let mut shown = String::new();
    for piece in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let run = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let digits = run.chars().filter(char::is_ascii_digit).count();
        let is_vin = run.len() == VIN_LENGTH || run.len() > VIN_LENGTH && digits >= DIGITS;
        shown += if is_vin { "VIN" } else { run };
        shown += &piece[run.len()..];
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_server_name_no_vehicle_and_no_address() {
        for (words, shown) in [
            ("vehicle `1HGBH41JXMN109186`: see https://sums.internal/x", "vehicle `VIN`: see URL"),
            ("text/plain; vehicle=1hgbh41jxmn109186", "text/plain; vehicle=VIN"),
            ("of-1HGBH41JXMN109186, x1HGBH41JXMN1091862y", "of-VIN, VIN"),
            ("/cars/1HGBH41JXMN109186/state", "/cars/VIN/state"),
            ("no answer from sums-db:5432.", "no answer from ADDRESS."),
            ("connect(sums-db.corp.example) failed", "connect(ADDRESS) failed"),
            (
                "upstream=10.1.2.3:8080, 10.1.2.3/24 and 10.1.2.3.",
                "upstream=ADDRESS, ADDRESS/24 and ADDRESS.",
            ),
            ("[2001:db8::7]:443 fe80::1%eth0 ::1 2001:db8::7: gone", "ADDRESS ADDRESS ADDRESS ADDRESS gone"),
            ("ask jane.doe@corp.example or <ops@sums>", "ask ADDRESS or <ADDRESS>"),
            ("peer:sums.example:443", "ADDRESS"),
            ("at [sums.example]", "at ADDRESS"),
        ] {
            assert_eq!(harmless(words), shown);
        }
    }

    #[test]
    fn other_words_stay_as_they_are() {
        for words in [
            "no such event: E-1 (version 1.2.3), at 12:30:15",
            "HTTP/1.1 application/problem+json; charset=utf-8",
            "`event_id`, and it contains one of / \\ ? # %",
            "took 0.3 s. Try again... `state` :: [1]",
            "AWAITING_OEM ist für später",
        ] {
            assert_eq!(harmless(words), words);
        }
    }

    #[test]
    fn a_vendors_media_type_is_no_address() {
        for (sent, shown) in [
            (
                "application/vnd.oem.sums-v2+json; charset=utf-8",
                "application/vnd.oem.sums-v2+json; charset=utf-8",
            ),
            ("application/vnd.1HGBH41JXMN109186+json;db.corp.example", "application/vnd.VIN+json;ADDRESS"),
            ("text/plain; car=sums.corp.example", "text/plain; car=ADDRESS"),
        ] {
            assert_eq!(media_type(sent), shown);
        }
    }

    #[test]
    fn a_word_that_does_not_fit_is_left_out_whole() {
        let token = "t0ken-".repeat(4);
        let words = format!("{} {token} more", "x".repeat(90));
        assert_eq!(harmless(&words), format!("{}…", "x".repeat(90)));
        assert_eq!(harmless(&"y".repeat(101)), "…");
    }

    #[test]
    fn the_host_of_the_server_is_not_named_even_if_it_looks_like_a_word() {
        assert_eq!(without_host("Sums-db, sums-dbs: my sums-db", "sums-db"), "ADDRESS, sums-dbs: my ADDRESS");
        assert_eq!(without_host("text", ""), "text");
    }
}
