//! Reads the limits of a schema: of numbers, and of how many there may be.
use crate::{
    definition_tree::{Node, shown},
    schema::{Limit, Range},
    schema_fields::Fields,
};
use std::{fmt::Display, ops::Sub};

const LIMITS: [&str; 6] =
    ["type", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"];

impl Fields<'_> {
    /// Two numbers of these names that are not negative, of which the first is not above the second.
    pub(crate) fn counts(
        &mut self,
        node: &Node,
        path: &str,
        fewest: &str,
        most: &str,
    ) -> Option<(Option<usize>, Option<usize>)> {
        let mut read = |name: &str| match node.field(name).map(|count| (count, count.integer())) {
            None => Some(None),
            Some((_, Some(count))) if count >= 0 => usize::try_from(count).ok().map(Some),
            Some((count, _)) => {
                let message = format!("It must be an integer of at least 0, not {}.", shown(count));
                self.refuse(count, &format!("{path}.{name}"), message)
            }
        };
        let (least, greatest) = (read(fewest)?, read(most)?);
        match (least, greatest) {
            (Some(lower), Some(upper)) if lower > upper => self.refuse(
                node,
                path,
                format!("{fewest} {lower} is greater than {most} {upper}. Correct one of them."),
            ),
            both => Some(both),
        }
    }

    pub(crate) fn range<
        T: Copy + Default + PartialOrd + Display + Into<N>,
        N: PartialOrd + Default + Sub<Output = N>,
    >(
        &mut self,
        node: &Node,
        path: &str,
        read: fn(&Node) -> Option<T>,
        wide: fn(T) -> N,
        unit: &N,
    ) -> Option<Range<T>> {
        self.only(node, path, &LIMITS)?;
        let mut number = |name: &str| match node.field(name).map(|written| (written, read(written))) {
            None => Some(None),
            Some((_, Some(number))) => Some(Some(number)),
            Some((written, None)) => {
                let kind = node.field("type").and_then(Node::text).unwrap_or_default();
                let message = format!(
                    "It must be written as {kind}, not as the {} {}.",
                    written.kind(),
                    shown(written)
                );
                self.refuse(written, &format!("{path}.{name}"), message)
            }
        };
        let multiple_of = number("multipleOf")?;
        let mut limits = vec![];
        for name in ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"] {
            let is_exclusive = name.starts_with("exclusive");
            limits.push(number(name)?.map(|at| Limit { at, is_exclusive }));
        }
        let has =
            |name: &str| node.map().is_some_and(|all| all.iter().any(|(key, _)| key.text() == Some(name)));
        for (plain, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
            if has(plain) && has(exclusive) {
                return self.refuse(
                    node,
                    path,
                    format!("{plain} and {exclusive} can't be used together. Remove one."),
                );
            }
        }
        if multiple_of.is_some_and(|number| number <= T::default()) {
            return self.refuse(node, path, "multipleOf must be greater than 0.");
        }
        let (lower, upper) = (limits[0].or(limits[1]), limits[2].or(limits[3]));
        if let (Some(lower), Some(upper)) = (lower, upper) {
            let span = wide(upper.at) - wide(lower.at);
            let is_both = lower.is_exclusive && upper.is_exclusive;
            let has_values = if is_both { span > *unit } else { span >= N::default() };
            if !has_values {
                return self.refuse(
                    node,
                    path,
                    format!(
                        "No number is between the limits {} and {}. Correct one of them.",
                        lower.at, upper.at
                    ),
                );
            }
        }
        Some(Range { lower, upper, multiple_of })
    }
}
