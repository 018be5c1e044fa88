//! Secrets in what takes a text to pieces: dumps, numbered lines, blanks and signs in between.
use super::*;

const TOKEN: &str = "tok-q7RkVd2mP9sLx4TwZbYc";

/// Dumps of `a: TOKEN end`, as the programs write them.
const DUMPS: [(&str, &str); 8] = [
    (
        "od -c",
        "0000000   a   :       t   o   k   -   q   7   R   k   V   d   2   m   P\n\
         0000020   9   s   L   x   4   T   w   Z   b   Y   c       e   n   d  \\n\n0000040",
    ),
    (
        "od -t x1",
        "0000000 61 3a 20 74 6f 6b 2d 71 37 52 6b 56 64 32 6d 50\n\
         0000020 39 73 4c 78 34 54 77 5a 62 59 63 20 65 6e 64 0a\n0000040",
    ),
    (
        "od -A x -t x1z",
        "000000 61 3a 20 74 6f 6b 2d 71 37 52 6b 56 64 32 6d 50  >a: tok-q7RkVd2mP<\n\
         000010 39 73 4c 78 34 54 77 5a 62 59 63 20 65 6e 64 0a  >9sLx4TwZbYc end.<\n000020",
    ),
    (
        "od",
        "0000000 035141 072040 065557 070455 051067 053153 031144 050155\n\
         0000020 071471 074114 052064 055167 054542 020143 067145 005144\n0000040",
    ),
    (
        "od -x",
        "0000000 3a61 7420 6b6f 712d 5237 566b 3264 506d\n\
         0000020 7339 784c 5434 5a77 5962 2063 6e65 0a64\n0000040",
    ),
    (
        "hexdump -C",
        "00000000  61 3a 20 74 6f 6b 2d 71  37 52 6b 56 64 32 6d 50  |a: tok-q7RkVd2mP|\n\
         00000010  39 73 4c 78 34 54 77 5a  62 59 63 20 65 6e 64 0a  |9sLx4TwZbYc end.|\n00000020",
    ),
    (
        "hexdump",
        "0000000 3a61 7420 6b6f 712d 5237 566b 3264 506d\n\
         0000010 7339 784c 5434 5a77 5962 2063 6e65 0a64\n0000020",
    ),
    (
        "xxd",
        "00000000: 613a 2074 6f6b 2d71 3752 6b56 6432 6d50  a: tok-q7RkVd2mP\n\
         00000010: 3973 4c78 3454 775a 6259 6320 656e 640a  9sLx4TwZbYc end.",
    ),
];

/// Whether nothing is left of these lines but the numbers of some.
fn is_hidden(lines: &str) -> bool {
    let is_of_number = |c: char| c.is_ascii_hexdigit() || ":…".contains(c);
    lines.contains('*')
        && lines.lines().all(|line| line.strip_suffix('*').unwrap_or(line).chars().all(is_of_number))
}

#[test]
fn nothing_of_a_secret_is_left_of_a_dump_but_its_numbers() {
    let all = forms(TOKEN);
    for (program, dump) in DUMPS {
        let shown = all.concealed(&format!("$ {program}\n{dump}\n$ exit"), "*");
        let within = shown.strip_prefix(&format!("$ {program}\n")).and_then(|it| it.strip_suffix("\n$ exit"));
        assert!(within.is_some_and(is_hidden), "{shown:?}");
        let on_terminal = format!("      {}", dump.replace('\n', "\r\n"));
        assert!(all.are_in(&on_terminal), "{program} on a terminal");
    }
}

#[test]
fn a_dump_that_was_cut_shows_no_beginning() {
    let all = forms(TOKEN);
    for (program, dump) in DUMPS {
        for end in [60, 85, 90] {
            let shown = all.concealed(&format!("{}…", &dump[..end]), "*").replace("*…", "*");
            let (first, second) = shown.split_once('\n').unwrap_or((&shown, "*"));
            // Of the second line there may be a number and half a byte.
            assert!(
                is_hidden(first) && (is_hidden(second) || second.chars().count() < 13),
                "{program}: {shown:?}"
            );
        }
    }
}

#[test]
fn a_dump_of_something_else_stays_as_it_is() {
    let all = forms("tok-of-another-kind");
    for (_, dump) in DUMPS {
        assert_eq!(all.concealed(dump, "*"), dump);
    }
}

#[test]
fn a_secret_in_numbered_lines_or_in_pieces_is_found() {
    let all = forms(TOKEN);
    let base64 = BASE64_STANDARD.encode(TOKEN);
    let in_pieces = |text: &str, length: usize, between: &dyn Fn(usize) -> String| {
        let pieces = text.as_bytes().chunks(length).map(String::from_utf8_lossy).enumerate();
        pieces.map(|(at, piece)| between(at) + &piece).collect::<String>()
    };
    for text in [TOKEN, &base64] {
        for between in [
            (&|at: usize| format!("\n{:6}\t", at + 1)) as &dyn Fn(usize) -> String,
            &|at| format!("\n{:6}  ", at + 1),
            &|at| format!("\n{at}: "),
            &|at| format!("\n{at}:"),
            &|at| format!("\n{at:4} | "),
            &|at| if at == 0 { String::new() } else { " ".into() },
            &|at| if at == 0 { String::new() } else { "\t".into() },
            &|at| if at == 0 { String::new() } else { "\r".into() },
        ] {
            let text = in_pieces(text, 8, between);
            let shown = all.concealed(&format!("it is{text}\nend"), "*");
            assert!(
                !shown.contains("q7Rk") && !shown.contains(&base64[..6]) && shown.contains('*'),
                "{shown}"
            );
        }
    }
    assert_eq!(forms("test bench").concealed("testbench", "*"), "testbench");
    assert_eq!(forms("testbench").concealed("the test bench", "*"), "the test bench");
}

#[test]
fn a_secret_with_a_sign_that_nobody_sees_is_found() {
    for sign in
        ["\t", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", "\u{200b}", "\u{feff}", "\u{7f}"]
    {
        let shown = forms("hush-0815").concealed(&format!("a hush{sign}-0815 b"), "*");
        assert_eq!(shown, "a * b", "{sign:?}");
    }
}

#[test]
fn a_secret_of_several_lines_is_found_in_one_line_and_indented() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n";
    let all = forms(key);
    for text in [key.replace('\n', " "), key.replace('\n', "\n    "), format!("key: {key}end")] {
        let shown = all.concealed(&text, "*");
        assert!(!shown.contains("MII") && !shown.contains("kqh"), "{shown}");
    }
}

/// Whether no line of a dump shows a byte of the secret.
fn is_gone(shown: &str) -> bool {
    [
        "5a6d", "6b2d", "6b 2d", "3439", "71 37", "39 73", "q7Rk", "9sLx", "q   7", "9   s", "7459",
        "071467", "071471", "7339", "712d",
    ]
    .iter()
    .all(|it| !shown.contains(it))
}

#[test]
fn a_dump_is_known_where_it_begins_within_a_line_and_where_its_breaks_were_escaped() {
    let all = forms(TOKEN);
    for (program, dump) in DUMPS {
        for text in [
            format!("S3 answered 403 {dump} (\"no\")."),
            format!("{{\"detail\":\"{dump}\"}}"),
            format!("it is 123456 at 2026: {dump}"),
            serde_json::json!({ "detail": dump }).to_string(),
            serde_json::json!({ "detail": format!("got:\n{dump}") }).to_string(),
            serde_json::json!(serde_json::json!({ "detail": dump }).to_string()).to_string(),
            dump.replace('\n', "%0A"),
            dump.replace('\n', "&#10;"),
            dump.replace('\n', "<br>\n"),
        ] {
            let shown = all.concealed(&text, "*");
            assert!(is_gone(&shown), "{program}: {text} {shown}");
        }
    }
}
