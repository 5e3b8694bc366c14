//! Why a line is as it is: the turn, the tool call and the words of the model that brought it.

use std::path::Path;

use crate::protocol::{
    Author, CallId, FileChange, LineKind, Preview, ToolKind, ToolStatus, TurnId, text_of,
};
use crate::session::{CallEntry, Entry, State};
use crate::ui::pane::changes::rows::{Rows, Spot};
use crate::ui::pane::changes::select::new_number;

/// What brought a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The turn, its number from 1, and the first line of its prompt.
    pub turn: Option<(TurnId, u32, String)>,
    /// The call, as the transcript names it.
    pub call: String,
    /// What the model said before it.
    pub words: Option<String>,
}

/// Where a reason was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// This call brought it.
    Call(Box<Why>),
    /// No call did: who else.
    Other(&'static str),
}

/// A changed line, to be looked for among the changes that calls made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted<'a> {
    path: &'a Path,
    kind: LineKind,
    text: &'a str,
    /// Its number in the new file.
    near: usize,
}

/// Why the line under the cursor differs; where a file or a hunk begins, why its first changed line.
pub(super) fn why(
    session: &State,
    rows: &Rows,
    changes: &[FileChange],
    cursor: usize,
) -> Option<Reason> {
    let spot = rows.spot(cursor)?;
    let change = changes.get(spot.file())?;
    let hunk = spot.hunk().and_then(|at| change.hunks.get(at)).or(change.hunks.first());
    let Some(hunk) = hunk else { return Some(of_file(session, change)) };
    let differs = |at: &usize| hunk.lines.get(*at).is_some_and(|l| l.kind != LineKind::Context);
    let at = match spot {
        // The new one of two: it is what stands there now.
        Spot::Line { .. } => spot.lines().filter(differs).last(),
        _ => (0..hunk.lines.len()).find(differs),
    };
    let Some(at) = at else { return Some(Reason::Other("this line did not change")) };
    let line = &hunk.lines[at];
    let wanted = Wanted {
        path: &change.path,
        kind: line.kind,
        text: &line.text,
        near: new_number(hunk, at),
    };
    let found = by_line(session, &wanted);
    Some(found.map_or_else(|| of_file(session, change), |call| told(session, call)))
}

/// The last call that made such a line; of several lines of it the nearest would not differ.
fn by_line<'a>(session: &'a State, wanted: &Wanted<'_>) -> Option<&'a CallEntry> {
    let distance = |call: &&CallEntry| {
        let changes = made(call).filter(|change| change.path == wanted.path);
        let hunks = changes.flat_map(|change| &change.hunks);
        let lines = hunks.flat_map(|hunk| {
            let lines = hunk.lines.iter().enumerate();
            let same = lines.filter(|(_, l)| l.kind == wanted.kind && l.text == wanted.text);
            same.map(|(at, _)| new_number(hunk, at).abs_diff(wanted.near))
        });
        lines.min()
    };
    // A line such as `}` is made by many calls: one that made it near here is meant.
    let telling = wanted.text.trim().len() > 3;
    let near = |call: &&CallEntry| distance(call).is_some_and(|far| telling || far < 50);
    session.calls().rev().find(near)
}

/// What a call changed: as it was recorded, else as it was shown.
fn made(call: &CallEntry) -> impl Iterator<Item = &FileChange> {
    let done = call.outcome.as_ref().is_some_and(|outcome| outcome.status == ToolStatus::Done);
    let shown = match &call.call.preview {
        Some(Preview::Diff { change }) if done && call.changes.is_empty() => Some(change),
        _ => None,
    };
    call.changes.iter().chain(shown)
}

/// Who changed the file, where no call tells of the line.
fn of_file(session: &State, change: &FileChange) -> Reason {
    let touched = |call: &&CallEntry| made(call).any(|made| made.path == change.path);
    match change.author {
        Author::User => Reason::Other("you did this, or a program outside claw"),
        Author::Command => {
            let ran = |call: &&CallEntry| call.call.kind == ToolKind::Run;
            let call = session.calls().rev().find(|call| ran(call) && touched(call));
            call.map_or(Reason::Other("a command that the agent ran"), |call| told(session, call))
        }
        Author::Agent => {
            let call = session.calls().rev().find(touched);
            call.map_or(Reason::Other("an edit that this session does not tell of"), |call| {
                told(session, call)
            })
        }
    }
}

fn told(session: &State, call: &CallEntry) -> Reason {
    let title = format!("{} {}", call.call.verb, call.call.title);
    let (turn, words) = around(session, &call.call.id);
    Reason::Call(Box::new(Why { turn, call: title, words }))
}

/// The turn of a call, and what the model said last before it.
fn around(session: &State, call: &CallId) -> (Option<(TurnId, u32, String)>, Option<String>) {
    let Some((at, _)) = session.call(call) else { return (None, None) };
    let mut words = None;
    for entry in session.entries[..at].iter().rev() {
        match entry {
            Entry::Message { message, .. } if words.is_none() => {
                words = last_paragraph(&text_of(&message.content));
            }
            Entry::Prompt { turn, number, content, steer: false, .. } => {
                let text = text_of(content);
                let first = text.lines().next().unwrap_or_default().to_owned();
                return (Some((turn.clone(), *number, first)), words);
            }
            _ => {}
        }
    }
    (None, words)
}

fn last_paragraph(text: &str) -> Option<String> {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    paragraphs.last().map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Content, Event, Message, StopReason, ToolOutcome, Usage};
    use crate::ui::pane::tests::{change, edit, event, session};
    use std::collections::HashSet;
    use std::sync::Arc;

    fn happened(state: &mut State, what: Event) {
        let envelope = event(state, 1_000, what);
        state.apply(&envelope);
    }

    fn says(state: &mut State, id: &str, text: &str) {
        let message = Message {
            id: id.into(),
            model: "demo".into(),
            content: vec![Content::text(text)],
            stop: StopReason::ToolUse,
            usage: Usage::default(),
        };
        happened(state, Event::MessageFinished { message: Arc::new(message) });
    }

    fn edits(state: &mut State, id: &str, made: FileChange) {
        happened(state, Event::ToolCallStarted { call: Arc::new(edit(id, made.clone())) });
        let outcome = Arc::new(ToolOutcome::new(ToolStatus::Done, "ok"));
        happened(state, Event::ToolCallFinished { call: id.into(), outcome, changes: vec![made] });
    }

    /// Two turns, in each an edit of the same file.
    fn told() -> State {
        let mut state = session();
        let turn = |name: &str, text| Event::TurnStarted {
            turn: name.into(),
            prompt: vec![Content::text(text)],
        };
        happened(&mut state, turn("t1", "make the delay exponential\nplease"));
        says(&mut state, "m1", "I looked.\n\nThe delay doubles now,\nup to 64x.");
        edits(&mut state, "c1", change("/w/a.rs", &[(4, 4, &["-sleep(500)", "+sleep(d)", "+}"])]));
        happened(&mut state, turn("t2", "add jitter"));
        edits(&mut state, "c2", change("/w/a.rs", &[(90, 90, &["+jitter()", "+}"])]));
        state
    }

    #[test]
    fn each_line_names_its_call() {
        let state = told();
        let mut changes = [change(
            "/w/a.rs",
            &[(4, 4, &[" x", "-sleep(500)", "+sleep(d)", "+}", "+mine"]), (90, 92, &["+jitter()"])],
        )];
        changes[0].author = Author::User;
        let rows = Rows::new(&changes, false, &HashSet::new());
        let got = |at| match why(&state, &rows, &changes, at).unwrap() {
            Reason::Call(why) => why.turn.map_or(String::new(), |(_, n, _)| format!("turn {n}")),
            Reason::Other(words) => words.to_owned(),
        };
        let mine = "you did this, or a program outside claw";
        // file, hunk, x, -sleep, +sleep, }, mine, hunk, jitter
        let want = ["turn 1", "turn 1", "this line did not change", "turn 1", "turn 1", "turn 1"];
        assert_eq!((0..6).map(got).collect::<Vec<_>>(), want);
        assert_eq!([got(6), got(7), got(8)], [mine, "turn 2", "turn 2"]);
        let Some(Reason::Call(why)) = why(&state, &rows, &changes, 4) else { panic!("no call") };
        assert_eq!(why.turn, Some(("t1".into(), 1, "make the delay exponential".into())));
        assert_eq!(why.call, "Edit a.rs");
        assert_eq!(why.words.as_deref(), Some("The delay doubles now, up to 64x."));
    }

    #[test]
    fn what_no_call_tells_is_not_made_up() {
        let state = told();
        let mut other = change("/w/other", &[(1, 1, &["+sleep(d)"])]);
        let table = [
            (Author::User, "you did this, or a program outside claw"),
            (Author::Command, "a command that the agent ran"),
            (Author::Agent, "an edit that this session does not tell of"),
        ];
        for (author, words) in table {
            other.author = author;
            let changes = [other.clone()];
            let rows = Rows::new(&changes, false, &HashSet::new());
            assert_eq!(why(&state, &rows, &changes, 2), Some(Reason::Other(words)));
        }
    }
}
