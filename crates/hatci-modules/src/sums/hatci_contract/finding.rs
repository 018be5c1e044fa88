//! What came of an assumption, and the printed table of all of them.
use super::assumption::{Needs, Topic};
use serde_json::{Map, Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    AsAssumed,
    Copes,
    Differs,
    NotTried,
}

impl Verdict {
    pub(super) const ALL: [Verdict; 4] =
        [Verdict::AsAssumed, Verdict::Copes, Verdict::Differs, Verdict::NotTried];

    pub(super) fn name(self) -> &'static str {
        match self {
            Verdict::AsAssumed => "as_assumed",
            Verdict::Copes => "copes",
            Verdict::Differs => "differs",
            Verdict::NotTried => "not_tried",
        }
    }

    fn shown(self) -> &'static str {
        match self {
            Verdict::AsAssumed => "as assumed",
            Verdict::Copes => "copes",
            Verdict::Differs => "DIFFERS",
            Verdict::NotTried => "not tried",
        }
    }
}

/// What the server did, and what to do about it.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    seen: String,
    advice: String,
    option: Option<&'static str>,
}

impl Finding {
    fn new(verdict: Verdict, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding { verdict, seen: seen.into(), advice: advice.into(), option: None }
    }

    pub(super) fn as_assumed(seen: impl Into<String>) -> Self {
        Self::new(Verdict::AsAssumed, seen, "")
    }

    /// Otherwise than assumed, and the collection does the right thing all the same; `how` says what it does.
    pub(super) fn copes(seen: impl Into<String>, how: impl Into<String>) -> Self {
        Self::new(Verdict::Copes, seen, how)
    }

    /// Otherwise than assumed, and a module will fail or be wrong; `harm` says how.
    pub(super) fn differs(seen: impl Into<String>, harm: &str) -> Self {
        Self::new(Verdict::Differs, seen, format!("Report this: {harm}."))
    }

    pub(super) fn not_tried(why: impl Into<String>) -> Self {
        Self::new(Verdict::NotTried, "", why)
    }

    /// The option that copes with it.
    pub(super) fn with_option(mut self, option: &'static str) -> Self {
        self.option = Some(option);
        self
    }
}

/// All assumptions with what came of them.
#[derive(Default)]
pub(super) struct Findings(Vec<(Topic, Finding)>);

impl Findings {
    /// What came of it; a later finding takes the place of an earlier one.
    pub(super) fn note(&mut self, topic: Topic, finding: Finding) {
        self.0.retain(|(known, _)| *known != topic);
        self.0.push((topic, finding));
    }

    /// Says of what has not been tried why it will not be.
    pub(super) fn give_up(&mut self, needs: &[Needs], why: &str) {
        for topic in Topic::ALL.iter().filter(|topic| needs.contains(&topic.needs())) {
            if !self.0.iter().any(|(known, _)| known == topic) {
                self.note(*topic, Finding::not_tried(why));
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = (Topic, Finding)> {
        Topic::ALL.iter().map(|topic| {
            let found = self.0.iter().find(|(known, _)| known == topic).map(|(_, finding)| finding.clone());
            (*topic, found.unwrap_or_else(|| Finding::not_tried(topic.needs().why_not())))
        })
    }

    /// The same with every word as `cleaned` has it, before the table parts words.
    #[must_use]
    pub(super) fn cleaned(&self, cleaned: impl Fn(&str) -> String) -> Self {
        let clean = |(topic, finding): &(Topic, Finding)| {
            let mut finding = Finding { seen: cleaned(&finding.seen), ..finding.clone() };
            // Any other advice is our own.
            if finding.verdict == Verdict::NotTried {
                finding.advice = cleaned(&finding.advice);
            }
            (*topic, finding)
        };
        Findings(self.0.iter().map(clean).collect())
    }

    /// As the module returns them.
    pub(super) fn rows(&self) -> Vec<Map<String, Value>> {
        let row = |(topic, finding): (Topic, Finding)| {
            let row = json!({
                "name": topic.name(),
                "assumption": topic.text(),
                "verdict": finding.verdict.name(),
                "seen": finding.seen,
                "advice": finding.advice,
                "option": finding.option,
            });
            row.as_object().cloned().unwrap_or_default()
        };
        self.all().map(row).collect()
    }

    /// How many there are of each verdict.
    pub(super) fn counts(&self) -> Map<String, Value> {
        let count =
            |verdict: Verdict| self.all().filter(|(_, finding)| finding.verdict == verdict).count().into();
        Verdict::ALL.into_iter().map(|verdict| (verdict.name().to_owned(), count(verdict))).collect()
    }

    /// The lines of the printed table, without quotes, which Ansible would escape.
    pub(super) fn table(&self) -> Vec<String> {
        let mut lines = line(&["", "assumption", "what the server did", "what to do"].map(str::to_owned));
        lines.push(WIDTHS.map(|width| "-".repeat(width)).join("  "));
        for (topic, finding) in self.all() {
            let advice = match finding.option {
                Some(option) => format!("{} ({option})", finding.advice),
                None => finding.advice.clone(),
            };
            lines.extend(line(&[finding.verdict.shown().into(), topic.text().into(), finding.seen, advice]));
        }
        lines
    }
}

/// Of the columns. With the quotes and the indent that Ansible adds, a line has 100 characters.
const WIDTHS: [usize; 4] = [10, 22, 26, 24];

/// One row of the table: as many lines as its longest cell needs.
fn line(cells: &[String; 4]) -> Vec<String> {
    let columns: Vec<_> = cells.iter().zip(WIDTHS).map(|(cell, width)| wrapped(cell, width)).collect();
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let text = |at: usize| {
        let padded = columns.iter().zip(WIDTHS).map(|(column, width)| {
            let text = column.get(at).map(String::as_str).unwrap_or_default();
            format!("{text:width$}")
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    (0..height).map(text).collect()
}

/// The text in lines of at most so many characters, parted at blanks where that can be.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.replace(['"', '\\'], "'").split_whitespace() {
        let mut word = word.to_owned();
        loop {
            let last = lines.last_mut().expect("there is always one");
            let used = last.chars().count();
            let gap = usize::from(used > 0);
            if used + gap + word.chars().count() <= width {
                last.push_str(&" ".repeat(gap));
                last.push_str(&word);
                break;
            }
            if used > 0 {
                lines.push(String::new());
            } else {
                let cut = word.char_indices().nth(width).map_or(word.len(), |(at, _)| at);
                let rest = word.split_off(cut);
                last.push_str(&word);
                lines.push(String::new());
                word = rest;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_fits() {
        let mut findings = Findings::default();
        findings.note(Topic::Health, Finding::differs("\u{b7}".repeat(200), "\"what\" it does"));
        let table = findings.table();
        assert!(table.iter().all(|line| line.chars().count() <= 88 && !line.contains('"')), "{table:#?}");
        assert_eq!(table.concat().matches('\u{b7}').count(), 200);
    }

    #[test]
    fn a_secret_is_masked_before_the_table_parts_it() {
        let secret = "t0ken-".repeat(8);
        let mut findings = Findings::default();
        findings.note(Topic::Health, Finding::differs(format!("an object with {secret}"), "it does"));
        findings.note(Topic::Paging, Finding::not_tried(secret.clone()));
        let table = findings.cleaned(|text| text.replace(&secret, "***")).table().concat();
        assert!(table.contains("***") && !table.contains("t0ken"), "{table}");
    }

    #[test]
    fn what_was_not_tried_says_why() {
        let rows = Findings::default().rows();
        assert_eq!(rows.len(), Topic::ALL.len());
        assert!(rows.iter().all(|row| row["verdict"] == "not_tried" && row["advice"] != ""), "{rows:?}");
    }
}
