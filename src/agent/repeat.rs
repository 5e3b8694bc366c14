//! A model that goes round in a circle: the same call with the same result, again and again, or two
//! calls by turns.

use std::sync::Arc;

use crate::protocol::{ToolOutcome, ToolStatus, ToolUse};
use crate::session::{CallEntry, Entry, State};

/// How often in a row a round may give the same results.
const SAME: usize = 3;

/// The most calls that a round has.
const LONGEST: usize = 2;

/// What the model is told in place of a result.
const TOLD: &str = "This call was not run: you made exactly this call three times in a row, or by \
                    turns with one other, and each time it gave the same result. Change its input, \
                    do something else, or say what you need. If you make it once more, the turn ends.";

/// May a call run, after what its turn has done so far?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Circle {
    /// It may.
    No,
    /// It would give the same again: the model is told.
    Tell,
    /// The model was told, and does it all the same.
    End,
}

/// Looks at the calls right before this one. What the user said meanwhile breaks a row.
pub(super) fn circle(state: &State, asked: &ToolUse) -> Circle {
    let since = state.entries.iter().rev().take_while(|it| !matches!(it, Entry::Prompt { .. }));
    let made = since.filter_map(|entry| match entry {
        Entry::Call(call) => Some((call, call.outcome.as_deref()?)),
        _ => None,
    });
    let made: Vec<_> = made.take(SAME * LONGEST).collect();
    let closes = |round: usize| goes_round(&made, asked, round);
    (1..=LONGEST).map(closes).find(|circle| *circle != Circle::No).unwrap_or(Circle::No)
}

/// A call and its result.
type Made<'a> = (&'a CallEntry, &'a ToolOutcome);

/// Do the calls `made`, the last one first, repeat a round of this many that begins anew with the
/// one that is asked?
fn goes_round(made: &[Made], asked: &ToolUse, round: usize) -> Circle {
    let Some((last, outcome)) = made.get(round - 1) else { return Circle::No };
    if last.call.name != asked.name || last.call.input != asked.input {
        return Circle::No;
    }
    // What was not run has no result to compare: the others of its round have.
    let told = outcome.text == TOLD;
    let repeats = |at: usize, with: usize| match (made.get(at), made.get(with)) {
        (Some(one), Some(other)) => is_like(one, other),
        _ => false,
    };
    if told && (0..round - 1).all(|at| repeats(at, at + round)) {
        return Circle::End;
    }
    let same = (0..round * (SAME - 1)).all(|at| repeats(at, at + round));
    if same { Circle::Tell } else { Circle::No }
}

/// The result of a call that is not run again.
pub(super) fn told() -> Arc<ToolOutcome> {
    Arc::new(ToolOutcome {
        summary: "the same again".to_owned(),
        ..ToolOutcome::new(ToolStatus::Failed, TOLD)
    })
}

/// Is it the same call with the same result, however long each took?
fn is_like((call, outcome): &Made, (other_call, other): &Made) -> bool {
    call.call.name == other_call.call.name
        && call.call.input == other_call.call.input
        && outcome.status == other.status
        && outcome.text == other.text
        && outcome.image == other.image
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::clock::Millis;
    use crate::protocol::{CallId, ToolCall, ToolKind};

    /// A turn of calls, each a number; a result is one too.
    struct Turn {
        state: State,
        run: usize,
    }

    impl Turn {
        fn new() -> Self {
            Self { state: State::new("s".into()), run: 0 }
        }

        fn uses(call: u8) -> ToolUse {
            let id = CallId::from("c");
            ToolUse { id, name: "read".to_owned(), input: serde_json::json!({ "n": call }) }
        }

        /// Makes a call as a turn does; what was said of it.
        fn make(&mut self, call: u8, result: usize) -> Circle {
            let asked = Self::uses(call);
            let circle = circle(&self.state, &asked);
            let outcome = match circle {
                Circle::No => Arc::new(ToolOutcome::new(ToolStatus::Done, result.to_string())),
                Circle::Tell | Circle::End => told(),
            };
            self.run += usize::from(circle == Circle::No);
            let call = ToolCall {
                id: asked.id,
                name: asked.name,
                input: asked.input,
                verb: String::new(),
                title: String::new(),
                kind: ToolKind::Read,
                access: Vec::new(),
                preview: None,
            };
            self.state.entries.push(Entry::Call(CallEntry {
                call: call.into(),
                at: Millis(0),
                outcome: Some(outcome),
                changes: [].into(),
                tail: String::new(),
                bytes: 0,
            }));
            circle
        }
    }

    #[rustfmt::skip]
    #[test]
    fn rounds_of_one_and_of_two() {
        let table: [(&[u8], &str); 8] = [
            // the calls, each with its own result always    what is said: run, told, ended
            (&[1, 1, 1, 1, 1],                               "rrrte"),
            (&[1, 2, 1, 2, 1, 2, 1, 2, 1],                   "rrrrrrtre"),
            (&[1, 2, 1, 2, 1, 2, 1, 1],                      "rrrrrrte"),
            (&[1, 2, 1, 2, 1, 2, 1, 3, 1],                   "rrrrrrtrr"),
            (&[3, 1, 1, 2, 1, 2, 1, 2, 1],                   "rrrrrrrrt"),
            (&[1, 2, 1, 2, 3, 1, 2, 1, 2],                   "rrrrrrrrr"),
            (&[1, 2, 3, 1, 2, 3, 1, 2, 3, 1],                "rrrrrrrrrr"),
            (&[1, 1, 1, 1, 2, 1, 1, 1, 1],                   "rrrtrrrrt"),
        ];
        for (calls, said) in table {
            let mut turn = Turn::new();
            let word = |call: &u8| match turn.make(*call, (*call).into()) {
                Circle::No => 'r',
                Circle::Tell => 't',
                Circle::End => 'e',
            };
            assert_eq!(calls.iter().map(word).collect::<String>(), said, "{calls:?}");
        }
    }

    proptest! {
        #[test]
        fn what_gives_something_new_is_never_a_circle(calls in prop::collection::vec(0..3_u8, 0..40)) {
            let mut turn = Turn::new();
            for (at, call) in calls.into_iter().enumerate() {
                // The same result is given twice at most.
                prop_assert_eq!(turn.make(call, at / 2), Circle::No);
            }
        }

        #[test]
        fn a_circle_ends_soon_whatever_was_before(
            before in prop::collection::vec((0..3_u8, 0..2_usize), 0..12),
            round in prop::collection::vec(0..3_u8, 1..=LONGEST),
        ) {
            let mut turn = Turn::new();
            for (call, result) in before {
                turn.make(call, result);
            }
            let ran = turn.run;
            let ended = round.iter().cycle().take(40).position(|call| {
                turn.make(*call, 9) == Circle::End
            });
            prop_assert!(ended.is_some());
            prop_assert!(turn.run - ran <= (SAME + 1) * LONGEST, "{} were run", turn.run - ran);
        }
    }
}
