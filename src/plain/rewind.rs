//! Back to before a turn, in lines.

use crate::base::clock::time_of_day;
use crate::base::text::sanitise;
use crate::protocol::{Event, Op, Rewind, text_of};
use crate::session::{Entry, State, uncited};

/// `/rewind`, and what follows it: the turns, numbered, or what is asked of the engine.
pub(super) fn rewind(state: &State, rest: &str) -> Result<Op, Vec<String>> {
    if rest.is_empty() {
        return Err(turns(state));
    }
    let (number, what) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let number = number.trim_start_matches('#').parse::<u32>().ok();
    let turn = state.entries.iter().rev().find_map(|entry| match entry {
        Entry::Prompt { turn, number: at, steer: false, .. } if Some(*at) == number => Some(turn),
        _ => None,
    });
    let Some(to) = turn.cloned() else {
        return Err(vec!["There is no turn of that number; /rewind lists them".to_owned()]);
    };
    match Rewind::parse(what.trim()) {
        Some(what) => Ok(Op::Rewind { to, what, force: Vec::new() }),
        None => Err(vec!["Error: say files, conversation or both".to_owned()]),
    }
}

fn turns(state: &State) -> Vec<String> {
    let turns = state.entries.iter().filter_map(|entry| match entry {
        Entry::Prompt { turn, number, at, content, steer: false } => {
            let text = text_of(uncited(content));
            let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            let files = match state.past.files_of(turn).len() {
                0 => String::new(),
                1 => ", 1 file".to_owned(),
                files => format!(", {files} files"),
            };
            let (when, first) = (time_of_day(*at), sanitise(first.trim()).truncate(80));
            Some(format!("Turn {number}: {first} ({when}{files})"))
        }
        _ => None,
    });
    let mut lines: Vec<String> = turns.collect();
    if lines.is_empty() {
        return vec!["There is no turn to go back to yet".to_owned()];
    }
    lines.reverse();
    lines.push("Help: /rewind N goes back to before turn N: its words and its files".to_owned());
    lines
}

/// What is said of a rewind, or of one that is taken back.
pub(super) fn told(event: &Event, state: &State) -> Vec<String> {
    let shown = |path: &std::path::Path| {
        let path = path.strip_prefix(&state.cwd).unwrap_or(path);
        sanitise(&path.to_string_lossy()).into_string()
    };
    let (head, files) = match event {
        Event::Rewound { what, files, .. } => {
            let head = match state.past.prompt() {
                Some(Entry::Prompt { number, content, .. }) if what.talk() => {
                    let text = sanitise(text_of(uncited(content)).trim()).truncate(200);
                    format!(
                        "Rewound: to before turn {number}; /redo takes it back. It said: {text}"
                    )
                }
                _ => "Rewound: files; /redo takes it back".to_owned(),
            };
            (head, files)
        }
        Event::Redone { files } => ("Redone: all is as it was before the rewind".to_owned(), files),
        _ => return Vec::new(),
    };
    let named = files.iter().take(20).map(|file| format!("File: {}", shown(&file.path)));
    let more = files.len().saturating_sub(20);
    let more = (more > 0).then(|| format!("File: {more} more"));
    std::iter::once(head).chain(named).chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::protocol::{Content, Envelope, Held, KeptFile};

    #[test]
    fn turns_are_numbered_and_gone_back_to() {
        let mut state = State::new("s".into());
        assert_eq!(rewind(&state, ""), Err(vec!["There is no turn to go back to yet".to_owned()]));
        let file = KeptFile { path: "/w/a".into(), before: Held::Absent, after: Held::Absent };
        let said = |text: &str| vec![Content::text(text)];
        let mut seq = 0;
        let mut say = |state: &mut State, event: Event| {
            seq += 1;
            state.apply(&Envelope { session: "s".into(), seq, at: Millis(0), event });
        };
        say(&mut state, Event::TurnStarted { turn: "t1".into(), prompt: said("one\nmore") });
        say(&mut state, Event::FilesKept { call: "c".into(), files: vec![file.clone()] });
        say(&mut state, Event::TurnStarted { turn: "t2".into(), prompt: said("two\u{1b}[2J") });
        let lines = rewind(&state, "").unwrap_err();
        assert!(lines[0].starts_with("Turn 2: two") && !lines[0].contains('\u{1b}'), "{lines:?}");
        assert!(lines[1].starts_with("Turn 1: one (") && lines[1].ends_with(", 1 file)"));
        let op = |to: &str, what| Ok(Op::Rewind { to: to.into(), what, force: vec![] });
        let table = [
            ("1", op("t1", Rewind::Both)),
            ("#2 files", op("t2", Rewind::Files)),
            ("2 conversation", op("t2", Rewind::Conversation)),
        ];
        for (line, expected) in table {
            assert_eq!(rewind(&state, line), expected, "{line}");
        }
        for wrong in ["3", "x", "1 all"] {
            assert!(rewind(&state, wrong).is_err(), "{wrong}");
        }
        let event = Event::Rewound { to: "t2".into(), what: Rewind::Both, files: vec![file] };
        say(&mut state, event.clone());
        state.cwd = "/w".into();
        let lines = told(&event, &state);
        assert!(
            lines[0].starts_with("Rewound: to before turn 2; /redo takes it back"),
            "{lines:?}"
        );
        assert_eq!(lines[1], "File: a");
    }
}
