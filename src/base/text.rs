//! Text for a screen: what is safe to show, and how wide it is.

use std::fmt::{self, Write as _};
use std::path::Path;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Text that may go to a terminal: no control, no invisible and no direction-changing character.
///
/// The only way to make one is [`sanitise`] or [`sanitise_lines`], which show such characters as `<U+200B>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sanitised(String);

impl Sanitised {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, by value.
    pub fn into_string(self) -> String {
        self.0
    }

    /// A part of it, by bytes; empty where that is no part on character boundaries.
    #[must_use]
    pub fn part(&self, range: std::ops::Range<usize>) -> Self {
        Self(self.0.get(range).unwrap_or_default().to_owned())
    }

    /// Its lines, without their ends.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = Self> + '_ {
        self.0.lines().map(|line| Self(line.to_owned()))
    }

    /// Its pieces, in order; `true` where one is a mark that stands for something that cannot be
    /// seen. A mark begins with `<U+`, and nothing else does.
    pub fn marks(&self) -> Vec<(Self, bool)> {
        let mut pieces = Vec::new();
        let mut rest = self.0.as_str();
        while !rest.is_empty() {
            let mark = rest.starts_with("<U+");
            let end = if mark {
                rest.find('>').map_or(rest.len(), |end| end + 1)
            } else {
                rest.find("<U+").unwrap_or(rest.len())
            };
            pieces.push((Self(rest[..end].to_owned()), mark));
            rest = &rest[end..];
        }
        pieces
    }

    /// Without the blanks at its end.
    #[must_use]
    pub fn trim_end(&self) -> Self {
        Self(self.0.trim_end_matches(' ').to_owned())
    }

    /// Cut to at most `cells` cells, as [`truncate`] does.
    #[must_use]
    pub fn truncate(&self, cells: usize) -> Self {
        Self(truncate(&self.0, cells))
    }

    /// Cut to at most `cells` cells, as [`truncate_start`] does.
    #[must_use]
    pub fn truncate_start(&self, cells: usize) -> Self {
        Self(truncate_start(&self.0, cells))
    }
}

impl fmt::Display for Sanitised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Sanitised {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Makes foreign text safe to show on one line: newlines and tabs become visible too.
pub fn sanitise(text: &str) -> Sanitised {
    Sanitised(escape(text, false))
}

/// Makes foreign text safe to show on several lines: `\n` stays, a tab becomes blanks to the next
/// multiple of four columns, and `\r\n` counts as `\n`.
pub fn sanitise_lines(text: &str) -> Sanitised {
    Sanitised(escape(text, true))
}

/// Makes a line of a file safe to show: as [`sanitise_lines`] does, but a newline becomes visible.
pub fn sanitise_line(text: &str) -> Sanitised {
    let pieces: Vec<String> = text.split('\n').map(|piece| escape(piece, true)).collect();
    Sanitised(pieces.join("<U+000A>"))
}

/// Makes a text safe to show on several lines so that two texts never look the same: for what is
/// about to be run. A tab is visible, and so is how long a run of more than [`LONGEST_RUN`] blanks or
/// blank lines is: nothing can be pushed out of sight.
pub fn sanitise_exact(text: &str) -> Sanitised {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split('\n').peekable();
    let mut first = true;
    while let Some(line) = lines.next() {
        if !std::mem::take(&mut first) {
            out.push('\n');
        }
        let blank = |line: &str| line.chars().all(|c| c == ' ' || is_hidden(c));
        let mut run = vec![line];
        if blank(line) {
            while let Some(next) = lines.next_if(|next| blank(next)) {
                run.push(next);
            }
        }
        if run.len() <= LONGEST_RUN {
            for (at, line) in run.into_iter().enumerate() {
                out.push_str(if at > 0 { "\n" } else { "" });
                exact(line, &mut out);
            }
            continue;
        }
        // Writing to a String cannot fail.
        let _ = write!(out, "<U+000A \u{d7}{} blank lines", run.len());
        if run.iter().any(|line| !line.is_empty()) {
            out.push_str(" of ");
            for (at, line) in run.into_iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                held(line, &mut out);
            }
            out.push_str(" blanks");
        }
        out.push('>');
    }
    Sanitised(out)
}

/// A line with its runs of blanks counted.
fn exact(line: &str, out: &mut String) {
    let mut rest = line;
    while !rest.is_empty() {
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        blanks_of(blanks, out);
        rest = &rest[blanks..];
        let end = rest.find(' ').unwrap_or(rest.len());
        out.push_str(&escape(&rest[..end], false));
        rest = &rest[end..];
    }
}

/// How many blanks a blank line holds, and what between them: `2+U+0009+0`.
fn held(line: &str, out: &mut String) {
    let mut blanks = 0;
    for c in line.chars() {
        if c == ' ' {
            blanks += 1;
        } else {
            let _ = write!(out, "{blanks}+U+{:04X}+", u32::from(c));
            blanks = 0;
        }
    }
    let _ = write!(out, "{blanks}");
}

/// The same on one line: newlines become visible too.
pub fn sanitise_exact_line(text: &str) -> Sanitised {
    Sanitised(sanitise_exact(text).0.replace('\n', "<U+000A>"))
}

/// The longest run of blanks, and of blank lines, that is shown as it is.
pub const LONGEST_RUN: usize = 8;

fn blanks_of(count: usize, out: &mut String) {
    if count > LONGEST_RUN {
        let _ = write!(out, "<U+0020 \u{d7}{count} blanks>");
    } else {
        out.extend(std::iter::repeat_n(' ', count));
    }
}

/// Makes the words of a person or a model safe to show on several lines, as [`sanitise_lines`] does,
/// but lets typography pass: a hard blank becomes a blank, an ideographic blank two, and what glues
/// an emoji together is left out, so that it is shown in its parts and every terminal agrees on its
/// width. Not for commands, paths and file contents: there each character counts.
pub fn sanitise_prose(text: &str) -> Sanitised {
    let glue = |c: char| matches!(c, '\u{a0}' | '\u{202f}' | '\u{3000}' | '\u{fe0f}' | '\u{200d}');
    if !text.contains(glue) {
        return sanitise_lines(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '\u{a0}' | '\u{202f}' => plain.push(' '),
            '\u{3000}' => plain.push_str("  "),
            '\u{fe0f}' | '\u{200d}' if is_pictograph(before) => {}
            c => plain.push(c),
        }
        // Glue may follow glue: a heart, its variation selector, a joiner.
        if c != '\u{fe0f}' || !is_pictograph(before) {
            before = c;
        }
    }
    sanitise_lines(&plain)
}

/// Can it begin an emoji of several characters? Roughly Unicode's `Extended_Pictographic`, and the
/// keycaps' first characters.
fn is_pictograph(c: char) -> bool {
    matches!(c,
        '0'..='9' | '#' | '*' | '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{2460}'..='\u{27bf}'
        | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}'
        | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

fn escape(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut column = 0;
    let mut at = 0;
    while let Some(c) = chars.next() {
        let here = at;
        at += c.len_utf8();
        match c {
            // What looks like one of our marks is none: it is marked itself.
            '<' if text[here..].starts_with("<U+") => {
                out.push_str("<U+003C>");
                column += 8;
            }
            '\n' if lines => {
                out.push('\n');
                column = 0;
            }
            '\r' if lines && chars.peek() == Some(&'\n') => {}
            '\t' if lines => {
                let blanks = 4 - column % 4;
                out.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
            }
            c if is_hidden(c) => {
                let before = out.len();
                // Writing to a String cannot fail.
                let _ = write!(out, "<U+{:04X}>", u32::from(c));
                column += out.len() - before;
            }
            c => {
                out.push(c);
                column += c.width().unwrap_or(0);
            }
        }
    }
    out
}

/// Is it a control, an invisible, a direction-changing or a blank look-alike character?
///
/// The list is the policy contract's S12, and what else Unicode lets a screen leave out
/// (`Default_Ignorable_Code_Point`). Variation selectors and the zero-width joiner are hidden
/// too: an emoji that needs them is shown in its parts.
pub fn is_hidden(c: char) -> bool {
    let c = u32::from(c);
    matches!(c,
        0..=0x1F | 0x7F..=0x9F
        | 0xA0 | 0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x1680 | 0x17B4 | 0x17B5
        | 0x180B..=0x180F | 0x2000..=0x200F | 0x2028..=0x202F | 0x205F..=0x206F
        | 0x3000 | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
        | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A
        | 0xFDD0..=0xFDEF | 0xE0000..=0xE0FFF)
        // The last two of each plane are no characters.
        || c & 0xFFFE == 0xFFFE
}

/// How many cells `text` takes: its letters one after the other, for so they are drawn, whatever a
/// font joins them to. A halfwidth voice mark has a cell of its own, as where it is drawn.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.width();
    }
    let voiced = |letter: &str| letter.matches(['\u{ff9e}', '\u{ff9f}']).count();
    text.graphemes(true).map(|letter| letter.width() + voiced(letter)).sum()
}

/// The lines of a text as they are shown, and the byte where each begins.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let at = *next;
        *next += line.len();
        let line = line.strip_suffix('\n').unwrap_or(line);
        Some((at, line.strip_suffix('\r').unwrap_or(line)))
    })
}

/// What a reader takes for one letter each, and the byte where it begins.
pub fn letters(text: &str) -> impl DoubleEndedIterator<Item = (usize, &str)> {
    text.grapheme_indices(true)
}

/// Cuts `text` to at most `cells` cells; where something is cut, the last cell is `…`.
pub fn truncate(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += width(grapheme);
        if used + 1 > cells {
            break;
        }
        out.push_str(grapheme);
    }
    if cells > 0 {
        out.push('…');
    }
    out
}

/// Like [`truncate`], but keeps the end: for paths.
pub fn truncate_start(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut used = 0;
    for grapheme in text.graphemes(true).rev() {
        used += width(grapheme);
        if used + 1 > cells {
            break;
        }
        kept.push(grapheme);
    }
    kept.reverse();
    let mut out = String::from(if cells > 0 { "…" } else { "" });
    out.push_str(&kept.concat());
    out
}

/// Where to break `text` so that no row is wider than `cells`: the byte range of each row.
///
/// Breaks after blanks where it can (they stay at the end of the row and may hang over), inside a
/// word where it must, never inside a grapheme. At least one row, and at least one grapheme a row.
/// `text` is one line: it holds no newline.
pub fn wrap(text: &str, cells: usize) -> Vec<std::ops::Range<usize>> {
    let cells = cells.max(1);
    let mut rows = Vec::new();
    let (mut start, mut used) = (0, 0);
    // The end of the last word that fits: (byte after its blanks, width up to there).
    let mut break_at: Option<(usize, usize)> = None;
    for (at, grapheme) in text.grapheme_indices(true) {
        let wide = width(grapheme);
        let blank = grapheme == " ";
        if used + wide > cells && !blank && at > start {
            let (end, taken) = break_at.filter(|&(end, _)| end > start).unwrap_or((at, used));
            rows.push(start..end);
            start = end;
            used -= taken;
            break_at = None;
            // What is carried over can itself be too wide only with a single wide grapheme.
        }
        used += wide;
        if blank {
            break_at = Some((at + grapheme.len(), used));
        }
    }
    rows.push(start..text.len());
    rows
}

/// An amount of bytes: `812 B`, `3.1 MB`; a kB has 1,000.
pub fn bytes(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..1_000_000 => (100, "kB"),
        1_000_000..1_000_000_000 => (100_000, "MB"),
        _ => (100_000_000, "GB"),
    };
    format!("{}.{} {name}", bytes / unit / 10, bytes / unit % 10)
}

/// A path from the user's home on: `~/src`.
pub fn below_home(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_is_that_of_the_letters_one_by_one() {
        let table = [
            ("words", 5),
            ("日本", 4),
            ("e\u{301}", 1),
            ("\u{644}\u{627}", 2),
            ("\u{1f1e9}\u{1f1ea}", 2),
            ("\u{1f44d}\u{1f3fd}", 2),
            ("\u{10ffff}", 1),
        ];
        for (text, cells) in table {
            assert_eq!(width(text), cells, "{text:?}");
            assert_eq!(letters(text).map(|(_, letter)| width(letter)).sum::<usize>(), cells);
        }
        assert_eq!(sanitise("\u{10ffff}\u{fdd0}").as_str(), "<U+10FFFF><U+FDD0>");
    }

    #[test]
    fn a_path_begins_at_home() {
        let home = Some(Path::new("/home/u"));
        let table = [("/home/u", "~"), ("/home/u/src/api", "~/src/api"), ("/home/us", "/home/us")];
        for (path, shown) in table {
            assert_eq!(below_home(Path::new(path), home), shown);
        }
        assert_eq!(below_home(Path::new("/home/u"), None), "/home/u");
    }

    #[test]
    fn hidden_characters_are_shown() {
        assert_eq!(sanitise("a\u{1b}[2J\u{202e}b").as_str(), "a<U+001B>[2J<U+202E>b");
        assert_eq!(sanitise("a\nb\tc").as_str(), "a<U+000A>b<U+0009>c");
        assert_eq!(sanitise_lines("a\r\nb\tc").as_str(), "a\nb   c");
    }

    #[rustfmt::skip]
    #[test]
    fn prose_keeps_typography_and_nothing_else_that_is_hidden() {
        let table = [
            // said                                    shown
            ("10\u{a0}000 francs\u{202f}!",             "10 000 francs !"),
            ("日本\u{3000}語",                          "日本  語"),
            ("I \u{2764}\u{fe0f} it",                  "I \u{2764} it"),
            ("\u{1f468}\u{200d}\u{1f469}",             "\u{1f468}\u{1f469}"),
            ("\u{2764}\u{fe0f}\u{200d}\u{1f525}",      "\u{2764}\u{1f525}"),
            ("a\u{200d}b\u{fe0f}",                     "a<U+200D>b<U+FE0F>"),
            ("\u{1b}]52;c;x\u{7}\u{202e}\u{a0}",       "<U+001B>]52;c;x<U+0007><U+202E> "),
            ("a\n\tb",                                 "a\n    b"),
        ];
        for (said, shown) in table {
            assert_eq!(sanitise_prose(said).as_str(), shown, "{said:?}");
        }
    }

    #[test]
    fn runs_are_counted_and_marks_cannot_be_forged() {
        let blanks = " ".repeat(300);
        let table = [
            (format!("ls{blanks}; x"), "ls<U+0020 \u{d7}300 blanks>; x".to_owned()),
            (format!("a{}b", "\n".repeat(61)), "a\n<U+000A \u{d7}60 blank lines>\nb".to_owned()),
            ("a\n\n\nb".to_owned(), "a\n\n\nb".to_owned()),
            ("a\tb        c".to_owned(), "a<U+0009>b        c".to_owned()),
            ("<U+0020 \u{d7}300 blanks>".to_owned(), "<U+003C>U+0020 \u{d7}300 blanks>".to_owned()),
            (
                " \n".repeat(9),
                "<U+000A \u{d7}10 blank lines of 1,1,1,1,1,1,1,1,1,0 blanks>".to_owned(),
            ),
            (
                format!("a{}b", "\n\t ".repeat(10)),
                format!(
                    "a\n<U+000A \u{d7}9 blank lines of {} blanks>\n<U+0009> b",
                    ["0+U+0009+1"; 9].join(",")
                ),
            ),
        ];
        for (text, shown) in table {
            assert_eq!(sanitise_exact(&text).as_str(), shown, "{text:?}");
        }
        assert_eq!(sanitise("<U+200B>").as_str(), "<U+003C>U+200B>");
        let shown = sanitise_exact_line(&format!("a{}b", "\n".repeat(61)));
        assert_eq!(shown.as_str(), "a<U+000A><U+000A \u{d7}60 blank lines><U+000A>b");
    }

    proptest::proptest! {
        #[test]
        fn two_texts_never_look_the_same(a in "[ \n\n\n\t<U+02ab\u{200b}]{0,24}", b in "[ \n\n\n\t<U+02ab\u{200b}]{0,24}") {
            proptest::prop_assert_eq!(a == b, sanitise_exact(&a) == sanitise_exact(&b));
            proptest::prop_assert_eq!(a == b, sanitise_exact_line(&a) == sanitise_exact_line(&b));
            proptest::prop_assert_eq!(a == b, sanitise(&a) == sanitise(&b));
            let shown = sanitise_exact(&a);
            proptest::prop_assert!(!shown.as_str().contains(|c| c != '\n' && is_hidden(c)));
        }
    }

    #[test]
    fn truncation_counts_cells() {
        assert_eq!(truncate("日本語", 5), "日本…");
        assert_eq!(truncate_start("src/net/client.rs", 10), "…client.rs");
        assert_eq!(truncate("ab", 2), "ab");
    }

    #[test]
    fn wrapping_breaks_after_blanks_and_inside_long_words() {
        let rows = |text: &str, cells| -> Vec<String> {
            wrap(text, cells).into_iter().map(|r| text[r].to_owned()).collect()
        };
        assert_eq!(rows("one two three", 7), ["one two ", "three"]);
        assert_eq!(rows("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(rows("", 3), [""]);
        assert_eq!(rows("a bbbbbb", 4), ["a ", "bbbb", "bb"]);
        assert_eq!(rows("日本語", 4), ["日本", "語"]);
    }
}
