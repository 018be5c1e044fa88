//! What `jmp` itself says, beside the output of the commands.
use hardened_host::Child;

/// So much of the end is shown, in bytes.
const SHOWN: usize = 64 << 10;
/// So much of it is kept at least: a secret that begins before what is shown is known as a whole.
const KEPT: usize = 2 * SHOWN;

/// The end of what `jmp` has said so far.
#[derive(Debug, Default)]
pub(crate) struct JmpWords(Vec<u8>);

impl JmpWords {
    /// Reads what is there.
    pub(crate) fn hear(&mut self, child: &mut Child) {
        child.read_all(&mut |piece| self.add(piece));
    }

    fn add(&mut self, piece: &[u8]) {
        self.0.extend_from_slice(piece);
        if self.0.len() > 2 * KEPT {
            self.0.drain(..self.0.len() - KEPT);
        }
    }

    /// The end of it, without what it quotes of files. `conceal` takes secrets out before anything is cut off.
    pub(crate) fn text(&self, conceal: &dyn Fn(&str) -> String) -> String {
        let mut text = without_quotes(&conceal(&String::from_utf8_lossy(&self.0)));
        let start = (text.len().saturating_sub(SHOWN)..=text.len()).find(|at| text.is_char_boundary(*at));
        text.drain(..start.unwrap_or_default());
        text
    }
}

/// A line without the frame of the box that `jmp` draws around its errors.
pub(crate) fn unframed(line: &str) -> &str {
    line.trim_matches(|c: char| c.is_whitespace() || ('\u{2500}'..='\u{257f}').contains(&c))
}

/// What `jmp` says without what it quotes of an exporter's file: the values that pydantic refuses, and the user info of URLs.
fn without_quotes(said: &str) -> String {
    let line = |line: &str| {
        let mut line = line.to_owned();
        if let Some(start) = line.find(QUOTED) {
            let end = line.rfind(", input_type=").filter(|end| *end > start).unwrap_or(line.len());
            line.replace_range(start + QUOTED.len()..end, "***");
        }
        let mut shown = String::new();
        let mut rest = line.as_str();
        while let Some((before, after)) = rest.split_once("://") {
            let authority = after
                .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\''))
                .unwrap_or(after.len());
            let host = after[..authority].rfind('@').map_or(0, |at| at + 1);
            shown.extend([before, "://", if host > 0 { "***@" } else { "" }]);
            rest = &after[host..];
        }
        shown + rest
    };
    said.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

const QUOTED: &str = "input_value=";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jmp_quotes_of_a_file_is_not_shown() {
        for (said, shown) in [
            (
                "token: not a text [type=string_type, input_value=['hush'], input_type=list]",
                "token: not a text [type=string_type, input_value=***, input_type=list]",
            ),
            ("input_value='root:$6$hush:1:2'", "input_value=***"),
            (
                "no port socket://user:hush@127.0.0.1:1/x, tcp://127.0.0.1:2",
                "no port socket://***@127.0.0.1:1/x, tcp://127.0.0.1:2",
            ),
            ("a\nb https://u:p@ss@h\n", "a\nb https://***@h\n"),
        ] {
            assert_eq!(without_quotes(said), shown);
        }
    }

    #[test]
    fn a_secret_in_front_of_what_is_shown_is_concealed_before_the_cut() {
        let secret = "q7RkVd2mP9sLx4TwZbYc";
        let conceal = |text: &str| text.replace(secret, "***");
        for behind in (SHOWN - 30)..(SHOWN + 30) {
            let mut words = JmpWords::default();
            words.add("x".repeat(2 * KEPT).as_bytes());
            words.add(format!("ä{secret}{}", "y".repeat(behind)).as_bytes());
            let text = words.text(&conceal);
            assert!(!text.contains("Yc") && text.len() <= SHOWN, "{behind}");
        }
    }
}
