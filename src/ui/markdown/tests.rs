//! Markdown as rows: a table of cases, and the laws of streaming.

use proptest::prelude::*;

use crate::base::text;
use crate::ui::markdown::stream::Stream;
use crate::ui::row::Row;

fn at_once(source: &str, width: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    Stream::new(width, 0, 0).advance(source, true, &mut rows, &mut |_, _| None);
    rows
}

fn texts(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(Row::text).collect()
}

#[rustfmt::skip]
#[test]
fn cases() {
    let table: &[(&str, &[&str])] = &[
        // source                                  rows at 20 cells
        ("# One",                                  &["# One"]),
        ("One\n===\ntwo",                          &["# One", "", "two"]),
        ("one two three four five",                &["one two three four", "five"]),
        ("one\ntwo",                               &["one", "two"]),
        ("one\n\n\ntwo",                           &["one", "", "two"]),
        ("**b** *e* ~~s~~ `c`",                    &["b e s c"]),
        ("- a\n- b\n  - c\n- d",                   &["- a", "- b", "  - c", "- d"]),
        ("- a\n\n- b",                             &["- a", "", "- b"]),
        ("9. a\n10. b",                            &["9. a", "10. b"]),
        ("- [ ] a\n- [x] b",                       &["- [ ] a", "- [x] b"]),
        ("- one two three four five\n",            &["- one two three four", "  five"]),
        ("-\n- b",                                 &["- ", "- b"]),
        ("> a\n>\n> b",                            &["│ a", "│ ", "│ b"]),
        ("> - a\n>   - b",                         &["│ - a", "│   - b"]),
        ("```rust\nlet a;\n\n  b\n```\nc",         &["```rust", "let a;", "", "  b", "```", "", "c"]),
        ("~~~\na\n```\n~~~",                       &["```", "a", "```", "```"]),
        ("    indented\n",                         &["```", "indented", "```"]),
        ("- a\n  ```\n  b\n  ```",                 &["- a", "  ```", "  b", "  ```"]),
        ("a\n\n---\n\nb",                          &["a", "", "────────────────────", "", "b"]),
        ("| a | b |\n|---|---|\n| 1 | 22 |",       &["a │ b ", "──┼───", "1 │ 22"]),
        ("[x](http://y)",                          &["x (http://y)"]),
        ("<http://y>",                             &["http://y"]),
        ("[http://good](http://bad)",              &["http://good ", "(http://bad)"]),
        ("![alt](p.png)",                          &["image: alt (p.png)"]),
        ("a <b>c</b>",                             &["a <b>c</b>"]),
        ("<div>\nx\n</div>",                       &["<div>", "x", "</div>"]),
        ("[a]: http://y\n\ntext",                  &["[a]: http://y", "", "text"]),
        ("see [a]\n\n[a]: http://y",               &["see a (http://y)", "", "[a]: http://y"]),
        ("a\\*b &amp; c",                          &["a*b & c"]),
        ("日本語日本語日本語日本語",                  &["日本語日本語日本語日", "本語"]),
        ("",                                       &[]),
        ("  \n\n",                                 &[]),
    ];
    for (source, want) in table {
        let rows = at_once(source, 20);
        let got: Vec<&str> = rows.iter().map(|row| row.text().trim_end()).collect();
        let want: Vec<&str> = want.iter().map(|row| row.trim_end()).collect();
        assert_eq!(got, want, "{source:?}");
    }
}

#[test]
fn a_wide_table_wraps_its_cells_and_a_hopeless_one_stays_as_it_was_written() {
    let table =
        "| name | what it is for |\n|---|---|\n| anchor | the row that the reader holds on to |";
    let rows = at_once(table, 30);
    assert!(rows.iter().all(|row| row.width() <= 30), "{:?}", texts(&rows));
    assert!(rows.len() > 3, "{:?}", texts(&rows));
    let rows = at_once(table, 9);
    assert!(rows[0].text().starts_with("| name"), "{:?}", texts(&rows));
}

#[test]
fn a_table_that_is_still_being_said_is_shown_as_it_is_written() {
    let mut rows = Vec::new();
    let mut stream = Stream::new(40, 0, 0);
    stream.advance("| a | b |\n|---|---|\n| 1 | 2", false, &mut rows, &mut |_, _| None);
    assert_eq!(texts(&rows), ["| a | b |", "|---|---|", "| 1 | 2"]);
    stream.advance("| a | b |\n|---|---|\n| 1 | 2 |\n\n", true, &mut rows, &mut |_, _| None);
    assert_eq!(texts(&rows), ["a │ b", "──┼──", "1 │ 2"]);
}

#[test]
fn a_fence_reserves_its_frame_when_it_opens() {
    let mut rows = Vec::new();
    Stream::new(40, 0, 0).advance("```rust\nlet", false, &mut rows, &mut |_, _| None);
    assert_eq!(texts(&rows), ["```rust", "let", "```"]);
}

#[test]
fn code_is_asked_for_its_roles_once_it_is_whole() {
    let mut asked = Vec::new();
    let mut rows = Vec::new();
    let mut stream = Stream::new(40, 0, 0);
    let mut paint = |language: &str, code: &str| {
        asked.push((language.to_owned(), code.to_owned()));
        None
    };
    stream.advance("```rust\nlet a;\n", false, &mut rows, &mut paint);
    stream.advance("```rust\nlet a;\n```\n", false, &mut rows, &mut paint);
    stream.advance("```rust\nlet a;\n```\nx", true, &mut rows, &mut paint);
    assert_eq!(asked, [("rust".to_owned(), "let a;\n".to_owned())]);
}

#[test]
fn no_character_of_the_source_reaches_the_screen_raw() {
    let hostile = "\u{1b}]52;c;x\u{7} \u{202e}abc\u{200b} &#27;[2J &#x202e; \u{9b}31m";
    let sources = [
        hostile.to_owned(),
        format!("# {hostile}"),
        format!("`{hostile}`"),
        format!("```{hostile}\n{hostile}\n```"),
        format!("- {hostile}\n> {hostile}"),
        format!("| {hostile} |\n|---|\n| {hostile} |"),
        format!("[{hostile}](<http://{hostile}>) ![x](<{hostile}>)"),
        format!("<b {hostile}>"),
        format!("<div>\n{hostile}\n</div>"),
        format!("[a]: <{hostile}>\n"),
        format!("    {hostile}"),
    ];
    for source in &sources {
        for end in (0..=source.len()).filter(|&end| source.is_char_boundary(end)) {
            let mut rows = Vec::new();
            let mut stream = Stream::new(30, 0, 0);
            stream.advance(&source[..end], end == source.len(), &mut rows, &mut |_, _| None);
            for row in &rows {
                assert!(!row.text().contains(text::is_hidden), "{source:?} gave {:?}", row.text());
            }
        }
    }
}

#[test]
fn depth_has_an_end() {
    for source in ["> ".repeat(5_000) + "x", "- ".repeat(5_000) + "x", "*".repeat(20_000) + "x"] {
        let rows = at_once(&source, 40);
        assert!(!rows.is_empty());
    }
}

#[test]
fn a_megabyte_in_a_line_costs_a_few_rows() {
    let rows = at_once(&"word ".repeat(200_000), 80);
    assert!(rows.len() < 300, "{}", rows.len());
    let end = texts(&rows[rows.len() - 2..]).join(" ");
    assert!(end.ends_with("… 983615 more bytes"), "{end}");
}

#[test]
fn a_block_without_end_is_closed_at_a_line() {
    let source = "a line of a paragraph\n".repeat(10_000);
    let mut rows = Vec::new();
    let mut stream = Stream::new(80, 0, 0);
    stream.advance(&source, false, &mut rows, &mut |_, _| None);
    assert!(stream.kept() > 8_000, "{}", stream.kept());
    stream.advance(&source, true, &mut rows, &mut |_, _| None);
    assert_eq!(texts(&rows), texts(&at_once(&source, 80)));
}

/// Pieces of markdown that meet in odd ways.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b c ",
        "word",
        "\n",
        "\n",
        "\n\n",
        "- ",
        "  - ",
        "1. ",
        "> ",
        "# ",
        "```",
        "```rust\n",
        "~~~",
        "    ",
        "  ",
        "| a | b |\n",
        "|---|---|\n",
        "| 1 | 2 |\n",
        "**",
        "*",
        "`",
        "~~",
        "[x](y)",
        "[a]: b\n",
        "[a]",
        "<div>",
        "<!--",
        "-->",
        "---\n",
        "===\n",
        "\r\n",
        "\r",
        "\t",
        "&amp;",
        "\\",
        "日本",
        "\u{200d}",
        "é",
        "!",
        "[ ] ",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

#[test]
fn every_piece_gives_the_rows_of_the_whole() {
    let long = |fence: &str| format!("{fence}\n{}{fence}\n\nend\n", "code\n".repeat(14_000));
    let table = [
        // A definition before a fence.
        "[a]: b\n~~~```rust\n```rust\n~~~\n```rust\n",
        // Behind a definition an empty item is words.
        "- \n\n[a]: b\n1. \r\n1. a",
        "---\n[a]: b\n- \nb c '\n",
        // What looks like words is a definition once its target comes, in the next line.
        "\t\n---\n[b]:\t\nword\n",
        "a\n\n[b]:\nc\n\nd\n",
        "```\n```\n\n [b]:\nc\n\nd\n",
        // A title goes on over lines.
        "- x\n\n[a]: b\n'tit\nle'\n\ny\n",
        "- x\n\n[a]: b\n'tit\n# y\n",
        // The same name again is not among the parser's definitions.
        "[c]: d\n\n---\n[c]: d\n- \na\n",
    ];
    for source in table {
        in_pieces(source, 1);
    }
    // No fence is cut for its length.
    for source in [long("```"), long("~~~~"), format!("[a]: b\n{}", long("```"))] {
        in_pieces(&source, 10_007);
    }
}

/// Says `source` in pieces of `step` bytes and holds the rows against those of the whole.
fn in_pieces(source: &str, step: usize) {
    let (mut rows, mut stream) = (Vec::new(), Stream::new(8, 0, 0));
    for end in (0..=source.len()).step_by(step) {
        let kept: Vec<Row> = rows[..stream.kept().min(rows.len())].to_vec();
        stream.advance(&source[..end], false, &mut rows, &mut |_, _| None);
        assert!(rows[..kept.len()] == kept, "after {end} bytes of {source:.80?}");
    }
    stream.advance(source, true, &mut rows, &mut |_, _| None);
    assert!(texts(&rows) == texts(&at_once(source, 8)), "{source:.80?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn pieces_give_the_rows_of_the_whole(
        source in pieces(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
        width in 1_usize..30,
    ) {
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(source.len() + 1)).collect();
        ends.retain(|&end| source.is_char_boundary(end));
        ends.sort_unstable();
        let mut rows = Vec::new();
        let mut stream = Stream::new(width, 0, 0);
        for end in ends {
            let kept: Vec<Row> = rows[..stream.kept().min(rows.len())].to_vec();
            stream.advance(&source[..end], false, &mut rows, &mut |_, _| None);
            prop_assert_eq!(&rows[..kept.len()], &kept[..], "what was closed has changed");
        }
        stream.advance(&source, true, &mut rows, &mut |_, _| None);
        let whole = at_once(&source, width);
        prop_assert_eq!(texts(&rows), texts(&whole));
    }
}
