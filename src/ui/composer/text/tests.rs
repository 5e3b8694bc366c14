//! What a text does, in tables and against a plain string.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample;
use unicode_segmentation::UnicodeSegmentation as _;

use super::*;

const ATOM: char = '\u{100001}';

fn text(before: &str, after: &str) -> Text {
    let mut text = Text::default();
    text.insert(&format!("{before}{after}"));
    text.set_caret(before.len());
    text
}

fn shown(text: &Text) -> String {
    let (before, after) = text.as_str().split_at(text.caret);
    format!("{before}|{after}")
}

#[test]
fn edits() {
    use Edit::*;
    let table: &[(&str, &str, &[Edit], &str)] = &[
        ("e\u{301}", "x", &[Left], "|e\u{301}x"),
        ("", "e\u{301}x", &[DeleteAt], "|x"),
        ("a\u{1f468}\u{200d}\u{1f469}", "b", &[DeleteBefore], "a|b"),
        ("one two", "", &[WordLeft], "one |two"),
        ("", "one two", &[WordRight], "one| two"),
        ("one two  ", "", &[DeleteWordBefore, Yank, Yank], "one two  two  |"),
        ("a", "bc d", &[DeleteWordAfter], "a| d"),
        ("a\nbc", "d", &[DeleteToStart], "a\n|d"),
        ("a\n", "d", &[DeleteToStart], "a|d"),
        ("a", "b\nc", &[DeleteToEnd, DeleteToEnd], "a|c"),
        ("a\nb", "c\nd", &[LineStart], "a\n|bc\nd"),
        ("a\nb", "c\nd", &[LineEnd], "a\nbc|\nd"),
        ("ab", "", &[DeleteBefore, DeleteBefore, DeleteBefore, Undo], "a|"),
        ("ab", "", &[DeleteBefore, Undo, Redo], "a|"),
        ("ab", "", &[All, DeleteBefore, Undo], "ab|"),
    ];
    for (before, after, edits, expected) in table {
        let mut text = text(before, after);
        edits.iter().for_each(|edit| text.edit(*edit, false));
        assert_eq!(shown(&text), *expected, "{before}|{after} {edits:?}");
    }
}

#[test]
fn what_is_selected_is_replaced() {
    let mut text = text("one two", "");
    text.edit(Edit::WordLeft, true);
    assert_eq!(text.selection(), Some(4..7));
    text.insert("2");
    assert_eq!(shown(&text), "one 2|");
    text.edit(Edit::LineStart, true);
    text.edit(Edit::Left, false);
    assert_eq!((shown(&text).as_str(), text.selection()), ("|one 2", None));
}

#[test]
fn a_typed_word_is_one_change() {
    let mut text = Text::default();
    "one two".chars().for_each(|c| text.insert(c.encode_utf8(&mut [0; 4])));
    text.edit(Edit::Undo, false);
    assert_eq!(shown(&text), "one |");
    text.edit(Edit::Undo, false);
    assert_eq!(shown(&text), "one|");
    text.edit(Edit::Undo, false);
    assert_eq!(shown(&text), "|");
}

#[test]
fn the_way_back_has_bounds() {
    let mut text = Text::default();
    let long = "x".repeat(UNDO_BYTES / 8);
    text.insert(ATOM.encode_utf8(&mut [0; 4]));
    for _ in 0..6 {
        text.replace(0..text.as_str().len(), &long);
        assert!(text.undo.iter().map(|change| change.bytes).sum::<usize>() <= UNDO_BYTES);
    }
    assert!(!text.remembers(ATOM));
    text.replace(0..text.as_str().len(), "new");
    text.undo();
    assert_eq!(text.as_str().len(), long.len(), "the last change can be taken back");
    text.replace(0..0, &"x".repeat(UNDO_BYTES));
    text.undo();
    assert_eq!(text.as_str().len(), long.len(), "also where it alone is more");
}

/// No change is left of which the library has forgotten a part: also where the caret's way is
/// far, where changes were taken back before, and where a word gets longer.
#[test]
fn the_oldest_changes_are_forgotten_whole() {
    for back in [false, true] {
        let (mut text, mut lengths) = (Text::default(), Vec::new());
        let mut change = |text: &mut Text, range: Range<usize>, with: &str| {
            lengths.push(text.as_str().len());
            text.replace(range, with);
        };
        for _ in 0..EDITS / 2 {
            change(&mut text, 0..0, "x");
            change(&mut text, 0..1, "");
        }
        change(&mut text, 0..0, &"\u{e9}".repeat(70_000));
        for _ in 0..4 {
            change(&mut text, 0..0, "x");
            if back {
                text.undo();
                text.redo();
                text.undo();
                text.replace(0..0, "x");
            }
            let far = text.as_str().len() - 2;
            change(&mut text, far..far, " ");
            let end = text.as_str().len();
            change(&mut text, end..end, "y");
            text.typed = Some(text.caret());
            text.insert("y");
        }
        let way = text.undo.len();
        assert!((EDITS - 10..=EDITS).contains(&way), "{way}");
        for length in lengths.iter().rev().take(way) {
            text.undo();
            assert_eq!(text.as_str().len(), *length, "{} left", text.undo.len());
        }
    }
}

/// A text as simple as can be.
#[derive(Debug, Default)]
struct Model {
    text: String,
    caret: usize,
}

impl Model {
    fn replace(&mut self, range: Range<usize>, with: &str) {
        let end = range.start + with.len();
        self.text.replace_range(range, with);
        let borders = self.text.grapheme_indices(true).map(|(at, _)| at);
        let mut borders = borders.chain([self.text.len()]);
        self.caret = borders.find(|border| *border >= end).unwrap();
    }
}

#[derive(Debug, Clone)]
enum Step {
    Insert(String),
    Replace(usize, usize, String),
    Caret(usize),
    Select(usize),
    Delete(bool),
    Kill,
    Yank,
    Group(bool),
    Undo(usize),
    Redo,
    /// So many changes back, and all of them again.
    Back(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let signs = "ab  \n\n\t\r\u{e9}\u{301}\u{65e5}\u{1f468}\u{200d}\u{1f1e9}\u{100001}";
    let sign = sample::select(signs.chars().collect::<Vec<_>>());
    let words = vec(sign.clone(), 0..8).prop_map(String::from_iter);
    let step = prop_oneof![
        4 => sign.prop_map(|sign| Step::Insert(sign.into())),
        2 => words.clone().prop_map(Step::Insert),
        2 => (0..60_usize, 0..9_usize, words).prop_map(|(at, len, with)| Step::Replace(at, len, with)),
        2 => (0..60_usize).prop_map(Step::Caret),
        1 => (0..60_usize).prop_map(Step::Select),
        2 => any::<bool>().prop_map(Step::Delete),
        1 => Just(Step::Kill),
        1 => Just(Step::Yank),
        1 => any::<bool>().prop_map(Step::Group),
        1 => (1..4_usize).prop_map(Step::Undo),
        1 => Just(Step::Redo),
        1 => (1..4_usize).prop_map(Step::Back),
    ];
    vec(step, 0..60)
}

/// Does `go` until nothing changes any more, at most so many times. How often it did.
fn repeat(text: &mut Text, most: usize, go: fn(&mut Text)) -> usize {
    let moved = |_: &usize| {
        let version = text.version();
        go(text);
        text.version() > version
    };
    (0..most).take_while(moved).count()
}

proptest! {
    /// Edits come to what they come to in a plain string, and lead back to where nothing was.
    #[test]
    fn it_is_a_string_with_a_way_back(steps in steps()) {
        let (mut text, mut model) = (Text::default(), Model::default());
        let (mut seen, mut killed) = (vec![String::new()], String::new());
        for step in steps {
            let caret = model.caret;
            let selected = text.selection();
            let here = selected.clone().unwrap_or(caret..caret);
            let place = |at: usize| model.text.floor_char_boundary(at);
            match step {
                Step::Insert(words) => {
                    text.insert(&words);
                    if !(here.is_empty() && words.is_empty()) {
                        model.replace(here, &words);
                    }
                }
                Step::Replace(at, len, words) => {
                    let range = place(at)..place(at + len);
                    text.replace(range.clone(), &words);
                    if !(range.is_empty() && words.is_empty()) {
                        model.replace(range, &words);
                    }
                }
                Step::Caret(at) | Step::Select(at) => {
                    text.go(at, matches!(step, Step::Select(_)));
                    let at = model.text.floor_char_boundary(at);
                    let borders = model.text.grapheme_indices(true).map(|(at, _)| at);
                    let mut borders = borders.chain([model.text.len()]);
                    model.caret = borders.rfind(|border| *border <= at).unwrap();
                }
                Step::Delete(before) => {
                    let edit = if before { Edit::DeleteBefore } else { Edit::DeleteAt };
                    text.edit(edit, false);
                    let one = if before {
                        motion::previous(&model.text, caret)..caret
                    } else {
                        caret..motion::next(&model.text, caret)
                    };
                    let range = selected.unwrap_or(one);
                    if !range.is_empty() {
                        model.replace(range, "");
                    }
                }
                Step::Kill => {
                    text.edit(Edit::DeleteWordBefore, false);
                    let word = motion::word_left(&model.text, caret)..caret;
                    let range = selected.unwrap_or(word);
                    if !range.is_empty() {
                        model.text[range.clone()].clone_into(&mut killed);
                        model.replace(range, "");
                    }
                }
                Step::Yank => {
                    text.edit(Edit::Yank, false);
                    if !(here.is_empty() && killed.is_empty()) {
                        model.replace(here, &killed);
                    }
                }
                Step::Group(open) => text.group(open),
                Step::Undo(times) => {
                    repeat(&mut text, times, Text::undo);
                    prop_assert!(seen.iter().any(|seen| seen == text.as_str()));
                    model = Model { text: text.as_str().to_owned(), caret: text.caret() };
                }
                Step::Redo => {
                    text.redo();
                    prop_assert!(seen.iter().any(|seen| seen == text.as_str()));
                    model = Model { text: text.as_str().to_owned(), caret: text.caret() };
                }
                Step::Back(times) => {
                    let back = repeat(&mut text, times, Text::undo);
                    let again = repeat(&mut text, back, Text::redo);
                    prop_assert_eq!(back, again);
                }
            }
            prop_assert_eq!((text.as_str(), text.caret()), (model.text.as_str(), model.caret));
            if model.text.contains(ATOM) {
                prop_assert!(text.remembers(ATOM));
            }
            seen.push(model.text.clone());
        }
        let back = repeat(&mut text, usize::MAX, Text::undo);
        prop_assert_eq!((text.as_str(), text.caret()), ("", 0));
        let known = seen.iter().any(|seen| seen.contains(ATOM));
        prop_assert!(known || !text.remembers(ATOM));
        prop_assert_eq!(repeat(&mut text, back, Text::redo), back);
        prop_assert_eq!((text.as_str(), text.caret()), (model.text.as_str(), model.caret));
    }
}
