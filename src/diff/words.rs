//! Which words differ between a removed line and the one that came for it.

use std::ops::Range;
use std::time::Duration;

use similar::DiffTag;
use similar::TextDiff;

/// Bytes of a line above which no words are compared: such lines are made by machines.
const LONG: usize = 4 << 10;

/// How long the shortest difference is looked for.
const PATIENCE: Duration = Duration::from_millis(10);

/// Lines with less in common than this are two lines, not one that changed.
const RELATED: f32 = 0.4;

/// The parts of two lines that differ: byte ranges, in order, on character boundaries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// What only the old line has.
    pub old: Vec<Range<usize>>,
    /// What only the new line has.
    pub new: Vec<Range<usize>>,
}

/// The words that differ between `old` and `new`.
///
/// Nothing for lines that have little in common or are longer than 4 KiB: there is nothing in them
/// to point out.
pub fn words(old: &str, new: &str) -> Words {
    if old.len() > LONG || new.len() > LONG {
        return Words::default();
    }
    let diff = TextDiff::configure().timeout(PATIENCE).diff_unicode_words(old, new);
    if diff.ratio() < RELATED {
        return Words::default();
    }
    let mut words = Words::default();
    let (mut at_old, mut at_new) = (0, 0);
    for op in diff.ops() {
        let (tag, old, new) = op.as_tag_tuple();
        let len_old: usize = old.filter_map(|at| diff.old_slice(at)).map(str::len).sum();
        let len_new: usize = new.filter_map(|at| diff.new_slice(at)).map(str::len).sum();
        if tag != DiffTag::Equal {
            push(&mut words.old, at_old..at_old + len_old);
            push(&mut words.new, at_new..at_new + len_new);
        }
        at_old += len_old;
        at_new += len_new;
    }
    words
}

fn push(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ if range.is_empty() => {}
        _ => ranges.push(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_that_differ() {
        let table: [(&str, &str, &[&str], &[&str]); 5] = [
            ("let a = one;", "let a = two;", &["one"], &["two"]),
            ("f(x)", "f(x, y)", &[], &[", y"]),
            ("same", "same", &[], &[]),
            ("nothing in common", "wholly other words here", &[], &[]),
            ("größe = 1", "größe = 2", &["1"], &["2"]),
        ];
        for (old, new, in_old, in_new) in table {
            let got = words(old, new);
            let cut = |text: &str, ranges: &[Range<usize>]| -> Vec<String> {
                ranges.iter().map(|range| text[range.clone()].to_owned()).collect()
            };
            assert_eq!(cut(old, &got.old), in_old, "{old} {new}");
            assert_eq!(cut(new, &got.new), in_new, "{old} {new}");
        }
        assert_eq!(words(&"a ".repeat(LONG), "a"), Words::default());
    }

    proptest! {
        #[test]
        fn what_is_not_marked_is_equal(old in "both ways [abä ]{0,9} are", new in "both ways [abä ]{0,9} are") {
            let got = words(&old, &new);
            // Lines with little in common have nothing to point out.
            prop_assume!(old == new || got != Words::default());
            let rest = |text: &str, ranges: &[Range<usize>]| {
                let mut rest = text.to_owned();
                for range in ranges.iter().rev() {
                    rest.replace_range(range.clone(), "");
                }
                rest
            };
            prop_assert_eq!(rest(&old, &got.old), rest(&new, &got.new));
        }
    }
}
