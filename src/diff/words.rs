//! Which words differ between a removed line and the one that came for it.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices, diff_ratio};
use unicode_segmentation::UnicodeSegmentation as _;

/// Bytes of a line above which no words are compared: such lines are made by machines.
const LONG: usize = 4 << 10;

/// Words that two lines may differ in; where it is more, all that lies between is one difference.
/// A bound of the work, not of the time: a busy machine marks the same words.
const MANY: usize = 400;

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
    let old: Vec<&str> = old.split_word_bounds().collect();
    let new: Vec<&str> = new.split_word_bounds().collect();
    let ahead = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (rest, other) = (&old[ahead..], &new[ahead..]);
    let behind = rest.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    let length = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    if rest.len() - behind > MANY || other.len() - behind > MANY {
        if ((2 * (ahead + behind)) as f32) < RELATED * (old.len() + new.len()) as f32 {
            return Words::default();
        }
        let start = length(&old[..ahead]);
        let part = |words: &[&str]| start..start + length(&words[ahead..words.len() - behind]);
        return Words { old: vec![part(&old)], new: vec![part(&new)] };
    }
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    if diff_ratio(&ops, old.len(), new.len()) < RELATED {
        return Words::default();
    }
    let mut words = Words::default();
    let (mut at_old, mut at_new) = (0, 0);
    for op in ops {
        let (tag, from, to) = op.as_tag_tuple();
        let (len_old, len_new) = (length(&old[from]), length(&new[to]));
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

    #[test]
    fn where_many_words_differ_all_between_is_one_difference() {
        let line = |middle: &str| format!("{}{}{}", "k ".repeat(300), middle, " e".repeat(300));
        let (old, new) = (line(&"b ".repeat(300)), line(&"c d ".repeat(150)));
        let got = words(&old, &new);
        let between =
            |ranges: &[Range<usize>]| ranges.iter().map(|at| (at.start, at.end)).collect();
        let (in_old, in_new): (Vec<_>, Vec<_>) = (between(&got.old), between(&got.new));
        assert_eq!((in_old, in_new), (vec![(600, 1199)], vec![(600, 1199)]));
        let (old, new) = ("b ".repeat(900), "c ".repeat(900));
        assert_eq!(words(&old, &new), Words::default(), "little in common");
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
