//! Commands of the linear face: every pane of the screen as a list of numbered lines.

use crate::base::text::{sanitise, sanitise_lines};
use crate::diff::backward;
use crate::engine::Start;
use crate::plain::model;
use crate::plain::say::{MOST, counted, diff_line, said};
use crate::protocol::{Baseline, FileChange, Op, QueueItem, SessionId, StepState, text_of};
use crate::session::{Entry, State};

/// What a command asks for.
#[derive(Debug)]
pub(super) enum Asked {
    /// These lines.
    Say(Vec<String>),
    /// An op for the engine.
    Send(Op),
    /// A look at the session, and perhaps an op that comes of it.
    Look(Look),
    /// The question that was put aside.
    Again,
    /// A prompt for after the turn.
    Queue(String),
    /// The clipboard shall have this code block of the last answer; none means the answer.
    Copy(Option<usize>),
    /// The list of sessions.
    Sessions,
    /// The session of that number of the list.
    OpenNumber(usize),
    /// Another session.
    Open(Start),
    /// Another model, by its name or its number; empty: the list.
    Model(String),
    /// Another effort; empty: what there is.
    Effort(String),
    /// What the session used and cost.
    Cost,
    Export(String), // The session in a file of that name; empty: one that is made of its title.
    /// What the session may cost.
    Budget(String),
    /// Back to before a turn; empty: the turns.
    Rewind(String),
    /// To leave.
    Quit,
}

/// A look at the session.
#[derive(Debug)]
pub(super) enum Look {
    Changes,
    Diff(usize),
    Revert(usize, Option<usize>),
    Undo,
    Stage(usize, bool),
    Activity,
    Log(usize),
    Plan,
    Last,
    Find(String),
    Stop(Option<usize>),
    Queue,
}

/// Name, what follows it, what it does.
const COMMANDS: &[(&str, &str, &str)] = &[
    ("help", "", "this list"),
    ("last", "", "the last answer again"),
    ("find", "WORDS", "where it was said"),
    ("copy", "[N]", "the last answer, or its Nth code block, to the clipboard"),
    ("queue", "TEXT", "say it after the running turn; alone: what waits"),
    ("unqueue", "", "take the last waiting prompt back"),
    ("stop", "[N]", "stop the turn, or call N of /activity"),
    ("ask", "", "the question that waits"),
    ("changes", "[session | turn | look | head | index]", "the files that differ, numbered"),
    ("diff", "N", "how file N differs"),
    ("revert", "N [H]", "take file N back, or its hunk H"),
    ("undo", "", "undo the last revert"),
    ("stage", "N", "put file N into git's index"),
    ("unstage", "N", "take file N out of git's index"),
    ("activity", "", "the last calls, numbered"),
    ("log", "N", "what call N printed"),
    ("plan", "", "the steps of the plan"),
    ("sessions", "", "the sessions of this project, numbered"),
    ("open", "N", "go to session N; this one goes on"),
    ("new", "", "a new session; this one goes on"),
    ("mode", "ask | edits | plan | auto", "how much is asked"),
    ("model", "[NAME | N]", "the models, numbered; or ask another one"),
    ("effort", "[LEVEL]", "how hard the model thinks; auto: as it does by itself"),
    ("cost", "", "what the session used and cost"),
    ("compact", "[WORDS]", "send a summary of the older part; the words say what matters in it"),
    ("context", "", "what fills the window"),
    ("export", "[FILE]", "the session in a file: .md, .json or .html"),
    ("budget", "DOLLARS | N tokens | off", "what the session may cost at most"),
    ("rewind", "[N [files | conversation]]", "the turns; or back to before one"),
    ("redo", "", "take the last rewind back"),
    ("quit", "", "leave"),
];

/// Reads a line as a command; none where it is a prompt. `/usr/bin …` is a prompt.
pub(super) fn parse(line: &str) -> Option<Asked> {
    let line = line.trim();
    let after = line.strip_prefix('/').filter(|_| !line.contains('\n'))?;
    let (name, rest) = after.split_once(char::is_whitespace).unwrap_or((after, ""));
    let rest = rest.trim();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase()) {
        return None;
    }
    let mut words = rest.split_whitespace().map(|word| word.parse::<usize>().ok());
    let (first, second) = (words.next().flatten(), words.next().flatten());
    let numbered = |make: fn(usize) -> Look| first.map(|at| Asked::Look(make(at)));
    Some(match name {
        "help" => Asked::Say(help()),
        "last" => Asked::Look(Look::Last),
        "find" if !rest.is_empty() => Asked::Look(Look::Find(rest.to_owned())),
        "copy" => Asked::Copy(first),
        "queue" if rest.is_empty() => Asked::Look(Look::Queue),
        "queue" => Asked::Queue(rest.to_owned()),
        "unqueue" => Asked::Send(Op::Unqueue { item: None }),
        "stop" => Asked::Look(Look::Stop(first)),
        "ask" => Asked::Again,
        "changes" => match baseline(rest) {
            Some(baseline) => Asked::Send(Op::Compare { baseline }),
            None => Asked::Look(Look::Changes),
        },
        "diff" => return numbered(Look::Diff).or_else(|| Some(missing(name))),
        "revert" => first.map_or(missing(name), |at| Asked::Look(Look::Revert(at, second))),
        "undo" => Asked::Look(Look::Undo),
        "stage" => return numbered(|at| Look::Stage(at, false)).or_else(|| Some(missing(name))),
        "unstage" => return numbered(|at| Look::Stage(at, true)).or_else(|| Some(missing(name))),
        "activity" => Asked::Look(Look::Activity),
        "log" => return numbered(Look::Log).or_else(|| Some(missing(name))),
        "plan" => Asked::Look(Look::Plan),
        "sessions" => Asked::Sessions,
        "open" => match first {
            Some(at) => Asked::OpenNumber(at),
            None if !rest.is_empty() => Asked::Open(Start::Resume(SessionId::from(rest))),
            None => missing(name),
        },
        "new" => Asked::Open(Start::New),
        "mode" => model::mode(rest).map_or(missing(name), |mode| Asked::Send(Op::SetMode { mode })),
        "model" => Asked::Model(rest.to_owned()),
        "effort" => Asked::Effort(rest.to_owned()),
        "cost" => Asked::Cost,
        "compact" => Asked::Send(Op::Compact { instructions: Some(rest.to_owned()) }),
        "context" => Asked::Send(Op::TellContext),
        "export" => Asked::Export(rest.to_owned()),
        "budget" if !rest.is_empty() => Asked::Budget(rest.to_owned()),
        "rewind" => Asked::Rewind(rest.to_owned()),
        "redo" => Asked::Send(Op::Redo),
        "quit" | "exit" => Asked::Quit,
        _ => missing(name),
    })
}

fn missing(name: &str) -> Asked {
    let known = COMMANDS.iter().find(|(known, ..)| *known == name);
    Asked::Say(vec![match known {
        Some((name, takes, about)) => format!("Help: /{name} {takes}: {about}"),
        None => format!("Error: no command is named /{}; /help lists them", sanitise(name)),
    }])
}

fn help() -> Vec<String> {
    let row = |(name, takes, about): &(&str, &str, &str)| {
        let takes = if takes.is_empty() { String::new() } else { format!(" {takes}") };
        format!("Help: /{name}{takes}: {about}")
    };
    let mut lines: Vec<String> = COMMANDS.iter().map(row).collect();
    lines.push("Help: ! before a line runs it as your own command".to_owned());
    lines.push("Help: a backslash at the end of a line goes on in the next one".to_owned());
    lines
}

fn baseline(name: &str) -> Option<Baseline> {
    Some(match name {
        "session" => Baseline::SessionStart,
        "turn" => Baseline::LastTurn,
        "look" => Baseline::LastLook,
        "head" => Baseline::Head,
        "index" => Baseline::Index,
        _ => return None,
    })
}

/// The lines of a look, and what is asked of the engine by it; or why there is nothing.
pub(super) fn look(state: &State, look: Look) -> Result<(Vec<String>, Option<Op>), String> {
    let lines = match look {
        Look::Changes => changes(state),
        Look::Diff(at) => diff(file(state, at)?, state),
        Look::Revert(at, hunk) => return revert(file(state, at)?, hunk),
        Look::Undo => {
            let said = "Undoing: the last revert; /changes shows what differs then".to_owned();
            return Ok((vec![said], Some(Op::UndoRevert)));
        }
        Look::Stage(at, unstage) => {
            let change = file(state, at)?;
            let (path, hunks) = (change.path.clone(), change.hunks.clone());
            let doing = if unstage { "Unstaging" } else { "Staging" };
            let said = format!("{doing}: {}", counted(change, state));
            return Ok((vec![said], Some(Op::Stage { path, hunks, unstage })));
        }
        Look::Activity => activity(state),
        Look::Log(at) => {
            let call = state
                .calls()
                .rev()
                .nth(at.wrapping_sub(1))
                .ok_or("There is no call of that number")?;
            let text = call.outcome.as_ref().map_or(call.tail.as_str(), |outcome| &outcome.text);
            said("Output", text)
        }
        Look::Plan if state.plan.is_empty() => vec!["Plan: none".to_owned()],
        Look::Plan => state
            .plan
            .iter()
            .map(|step| {
                let word = match step.state {
                    StepState::Pending => "to do",
                    StepState::InProgress => "in work",
                    StepState::Completed => "done",
                };
                format!("Plan: {word}: {}", sanitise(&step.text))
            })
            .collect(),
        Look::Last => answer(state)
            .map_or_else(|| vec!["Nothing was said yet".to_owned()], |text| said("Claw", &text)),
        Look::Find(words) => find(state, &words),
        Look::Stop(None) => return Ok((Vec::new(), Some(Op::Cancel))),
        Look::Stop(Some(at)) => {
            let call =
                state.calls().rev().nth(at.wrapping_sub(1)).filter(|call| call.outcome.is_none());
            let call =
                call.ok_or("No call of that number runs; /activity lists them")?.call.id.clone();
            return Ok((Vec::new(), Some(Op::StopCall { call })));
        }
        Look::Queue if state.queue.is_empty() => vec!["Queue: empty".to_owned()],
        Look::Queue => {
            let row = |item: &QueueItem| {
                let when = if item.steer { "into this turn" } else { "after this turn" };
                said(&format!("Queue: {when}"), &text_of(&item.content))
            };
            state.queue.iter().flat_map(row).collect()
        }
    };
    Ok((lines, None))
}

/// A number and what it counts: "1 file", "2 files".
fn counted_as(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn file(state: &State, at: usize) -> Result<&FileChange, String> {
    let change = at.checked_sub(1).and_then(|at| state.live.changes.get(at));
    change.ok_or_else(|| "There is no file of that number; /changes lists them".to_owned())
}

fn changes(state: &State) -> Vec<String> {
    let against = match state.live.against {
        Baseline::SessionStart => "the session's start",
        Baseline::LastTurn => "the last turn",
        Baseline::LastLook => "your last look",
        Baseline::Head => "HEAD",
        Baseline::Index => "the index",
    };
    if state.live.changes.is_empty() {
        return vec![format!("Changes: none since {against}")];
    }
    let files = state.live.changes.iter().enumerate();
    let count = counted_as(state.live.changes.len(), "file");
    let mut lines = vec![format!("Changes: {count} since {against}")];
    lines.extend(files.map(|(at, change)| format!("  {} {}", at + 1, counted(change, state))));
    if state.live.unlisted > 0 {
        let more = counted_as(state.live.unlisted, "more file");
        lines.push(format!("  and {more}, too many to list"));
    }
    lines
}

fn diff(change: &FileChange, state: &State) -> Vec<String> {
    let mut lines = vec![format!("Diff: {}", counted(change, state))];
    if let Some(note) = &change.note {
        lines.push(format!("  {}", sanitise(note)));
    }
    for (at, hunk) in change.hunks.iter().enumerate() {
        lines.push(format!("  Hunk {} of {}, line {}", at + 1, change.hunks.len(), hunk.new_start));
        lines.extend(hunk.lines.iter().map(diff_line));
    }
    lines
}

fn revert(change: &FileChange, hunk: Option<usize>) -> Result<(Vec<String>, Option<Op>), String> {
    let chosen = |at: usize| hunk.is_none_or(|hunk| hunk == at + 1);
    let hunks = change.hunks.iter().enumerate().filter(|(at, _)| chosen(*at));
    let hunks: Vec<_> = hunks.filter_map(|(_, hunk)| backward(hunk, |_| true)).collect();
    if hunks.is_empty() {
        return Err("There is no hunk of that number; /diff lists them".to_owned());
    }
    let said = format!("Reverting: {}; /undo takes that back", counted_as(hunks.len(), "hunk"));
    Ok((vec![said], Some(Op::Revert { path: change.path.clone(), hunks })))
}

fn activity(state: &State) -> Vec<String> {
    let calls = state.calls().rev().take(MOST).enumerate();
    let mut lines: Vec<String> = calls
        .map(|(at, call)| {
            let how = call
                .outcome
                .as_ref()
                .map_or("running", |outcome| if outcome.is_error() { "failed" } else { "done" });
            format!(
                "  {} {how}: {} {}",
                at + 1,
                sanitise(&call.call.verb),
                sanitise(&call.call.title)
            )
        })
        .collect();
    let count = counted_as(lines.len(), "call");
    lines.insert(0, format!("Activity: {count}, the latest first"));
    lines
}

/// What the model said last.
fn answer(state: &State) -> Option<String> {
    let texts = state.entries.iter().rev().filter_map(|entry| match entry {
        Entry::Message { message, .. } => Some(text_of(&message.content)),
        _ => None,
    });
    texts.into_iter().find(|text| !text.trim().is_empty())
}

/// The last answer, or the Nth code block of it; else why there is none.
pub(super) fn code(state: &State, which: Option<usize>) -> Result<String, String> {
    let text = answer(state).ok_or("There is no answer to copy yet")?;
    let Some(which) = which else { return Ok(text) };
    let (mut blocks, mut open): (Vec<String>, Option<String>) = (Vec::new(), None);
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("```") {
            open = match open.take() {
                Some(block) => {
                    blocks.push(block);
                    None
                }
                None => Some(String::new()),
            };
        } else if let Some(block) = &mut open {
            block.push_str(line);
        }
    }
    let count = blocks.len();
    let block = which.checked_sub(1).and_then(|at| blocks.into_iter().nth(at));
    block.ok_or_else(|| format!("The last answer has {}", counted_as(count, "code block")))
}

fn find(state: &State, words: &str) -> Vec<String> {
    let wanted = words.to_lowercase();
    let mut turn = 0;
    let mut lines = Vec::new();
    for entry in &state.entries {
        let text = match entry {
            Entry::Prompt { number, content, .. } => {
                turn = *number;
                text_of(content)
            }
            Entry::Message { message, .. } => text_of(&message.content),
            Entry::Call(call) => call.outcome.as_ref().map_or_else(String::new, |o| o.text.clone()),
            _ => continue,
        };
        let found = text.lines().filter(|line| line.to_lowercase().contains(&wanted));
        lines.extend(
            found.map(|line| format!("Found: turn {turn}: {}", sanitise_lines(line.trim()))),
        );
    }
    let all = lines.len();
    lines.truncate(MOST);
    lines.insert(0, format!("Found: {}", counted_as(all, "line")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_commands() {
        let table = [
            ("/revert 2 1", "Look(Revert(2, Some(1)))"),
            ("/stop", "Look(Stop(None))"),
            ("/queue", "Look(Queue)"),
            ("/queue then b", "Queue(\"then b\")"),
            ("/changes", "Look(Changes)"),
            ("/copy 2", "Copy(Some(2))"),
            ("/open 3", "OpenNumber(3)"),
        ];
        for (line, want) in table {
            assert_eq!(format!("{:?}", parse(line).unwrap()), want);
        }
        assert!(matches!(parse("/nothing"), Some(Asked::Say(_))));
        assert!(parse("/usr/bin/env is broken").is_none());
        assert!(parse("no command").is_none());
    }
}
