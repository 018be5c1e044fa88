//! Links, such as those of logs.

/// The links in these texts: each line is one, and blanks around it are no part of it. A survey has no lists, but a text area.
pub(crate) fn links(given: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
    let mut links = vec![];
    for text in given {
        links.extend(text.as_ref().lines().map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned));
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_a_line_and_keeps_its_commas() {
        let given = [" https://a/1 \r\n\n https://a/2,3", " ", "https://b"];
        assert_eq!(links(given), ["https://a/1", "https://a/2,3", "https://b"]);
    }
}
