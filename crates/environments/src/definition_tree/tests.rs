use super::*;
use proptest::prelude::*;

fn one(text: &str) -> String {
    let documents = read_documents(text.as_bytes()).unwrap();
    documents.iter().map(Node::canonical).collect::<Vec<_>>().join(" ")
}

fn refused(bytes: &[u8]) -> (Option<usize>, String) {
    let error = read_documents(bytes).unwrap_err();
    (error.line, error.message)
}

#[test]
fn every_value_knows_its_line() {
    let documents = read_documents(b"# a comment\na: 1\nb:\n  - x\n  - y: 2\n").unwrap();
    let list = documents[0].field("b").unwrap().list().unwrap();
    assert_eq!((documents[0].line, list[0].line, list[1].field("y").unwrap().line), (2, 4, 5));
}

#[test]
fn quotes_make_a_text_and_unknown_tags_too() {
    assert_eq!(
        one("[7, \"7\", '7', !!int \"1\", !!int 1, !vault x, !!str 7]"),
        "[7,\"7\",\"7\",\"1\",1,\"x\",\"7\",]"
    );
    assert_eq!(one("a: |\n  7\nb: >-\n  7\n"), "{\"a\":\"7\\n\",\"b\":\"7\",}");
}

#[test]
fn a_merge_is_a_key_like_any_other() {
    assert_eq!(one("a: &x {k: 1}\nb:\n  <<: *x\n"), "{\"a\":{\"k\":1,},\"b\":{\"<<\":{\"k\":1,},},}");
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_key() {
    assert_eq!(one("\u{feff}a: 1"), "{\"a\":1,}");
}

#[test]
fn a_key_that_appears_twice_is_refused_with_its_line() {
    assert_eq!(refused(b"a: 1\nb: 2\n'a': 3\n"), (Some(3), "the key \"a\" appears twice".into()));
    assert_eq!(refused(b"x:\n  7: 1\n  7: 2\n").1, "the key 7 appears twice");
    assert_eq!(one("7: 1\n'7': 2\n7.0: 3"), "{7:1,\"7\":2,r7.0:3,}");
}

#[test]
fn what_is_no_text_is_refused_with_its_line() {
    assert_eq!(refused(b"a: 1\nb: \xe4\n"), (Some(2), "it is not UTF-8".into()));
    assert_eq!(refused(b"a: 1\n\nb: \0\n"), (Some(3), "it contains a NUL character".into()));
    assert_eq!(refused(b"a:\n\tb: 2\n").0, Some(2));
    assert_eq!(refused(b"a: [1\n").1.split(':').next(), Some("it is not valid YAML"));
    assert_eq!(refused(b"a: !!int x").1, "a value is not what its tag !!int says");
}

#[test]
fn nothing_is_nested_without_end() {
    let lists = refused("[".repeat(3000).as_bytes()).1;
    assert!(lists.contains("recursion limit"), "{lists}");
    let closed = "[".repeat(101) + &"]".repeat(101);
    assert!(refused(closed.as_bytes()).1.contains("nested more than"));
    let maps = (0..3000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect::<Vec<_>>().concat();
    assert!(read_documents(maps.as_bytes()).is_err());
    // Each of these is only as deep as the one before and one more.
    let aliases = (0..3000).map(|n| format!("- &a{} [*a{n}]\n", n + 1)).collect::<Vec<_>>().concat();
    assert!(refused(format!("- &a0 x\n{aliases}").as_bytes()).1.contains("more than any definition needs"));
    assert!(read_documents(b"&a [*a]").is_err());
}

#[test]
fn aliases_of_aliases_do_not_fill_the_memory() {
    let laughs =
        (0..30).map(|n| format!("- &a{} [*a{n}, *a{n}, *a{n}, *a{n}]\n", n + 1)).collect::<Vec<_>>().concat();
    let text = format!("- &a0 {}\n{laughs}", "x".repeat(100));
    assert!(refused(text.as_bytes()).1.contains("more than any definition needs"));
}

#[test]
fn there_may_be_no_document_or_several() {
    for (text, count) in [("", 0), ("# nothing\n", 0), ("a: 1\n---\nb: 2\n", 2)] {
        assert_eq!(read_documents(text.as_bytes()).unwrap().len(), count, "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "[\\[\\]{}&*!|>'\"#%@:,\\-? \n\ta-c0-9.~<\u{feff}]{0,60}") {
        let _ = read_documents(text.as_bytes());
    }

    #[test]
    fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = read_documents(&bytes);
    }
}
