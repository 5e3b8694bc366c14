//! What hints and help say is true: every key of the table does something where it is said to.

use super::screens::{diff, hunks, tools};
use super::{Stage, speak, text};
use crate::protocol::{Event, StopReason, Usage};
use crate::ui::keymap::{Binding, Context};

type Setup = fn(&mut Stage);

/// Long enough to be scrolled, with two prompts and calls.
fn long(stage: &mut Stage) {
    tools(stage);
    speak(stage);
    let words = "a line of words\n\n".repeat(120);
    stage.event(Event::Notice { level: crate::protocol::Level::Info, text: words });
    let (stop, usage) = (StopReason::EndTurn, Usage::default());
    stage.event(Event::TurnFinished { turn: "t1".into(), stop, usage });
    speak(stage);
    stage.drawn();
}

fn reached(stage: &mut Stage, setup: Setup, keys: &[&str]) {
    setup(stage);
    stage.drawn();
    let _ = stage.keys(keys);
    stage.drawn();
}

/// Where each key of a context can do something, the state and the keys that lead there.
fn situations(context: Context) -> Vec<(Setup, &'static [&'static str])> {
    match context {
        Context::Global => vec![
            (long, &[]),
            (long, &["PgUp", "PgUp", "PgUp"]),
            (long, &["Ctrl+X", "1"]),
            (long, &["Ctrl+X", "2"]),
            (long, &["Ctrl+X", "3"]),
            (|_| {}, &[]),
        ],
        Context::Message => vec![
            (|_| {}, &[]),
            (|stage| stage.write("two words here"), &["Ctrl+J", "a", "b", "Left"]),
            (|stage| stage.write("two words here"), &["Home"]),
            (|stage| stage.write("two words here"), &["Ctrl+Left"]),
            (|stage| stage.write("two words here"), &["Ctrl+W"]),
            (|stage| stage.write("two words here"), &["Ctrl+W", "Ctrl+-"]),
            (|stage| stage.write("one"), &["Enter"]),
            (|stage| stage.write("one"), &["Enter", "Up"]),
            (
                |stage| {
                    speak(stage);
                    stage.queue(&[("wait", false)]);
                },
                &["x"],
            ),
        ],
        Context::Completion => {
            vec![(|stage| stage.write("/"), &[]), (|stage| stage.write("/"), &["Down"])]
        }
        Context::Transcript => vec![
            (long, &["Ctrl+X", "1"]),
            (long, &["Ctrl+X", "1", "g"]),
            (long, &["Ctrl+X", "1", "g", "}"]),
            (long, &["Ctrl+X", "1", "z", "R", "k", "k"]),
            (tools, &["Ctrl+X", "1"]),
            (tools, &["Ctrl+X", "1", "z", "R"]),
        ],
        Context::Activity => vec![
            (tools, &["Ctrl+X", "2"]),
            (tools, &["Ctrl+X", "2", "j"]),
            (tools, &["Ctrl+X", "2", "G"]),
            (tools, &["Ctrl+X", "2", "Enter"]),
        ],
        Context::Changes => vec![(diff, &[]), (diff, &["G"]), (diff, &["g"]), (diff, &["j", "j"])],
        // Every pane has these.
        Context::Pane => [Context::Transcript, Context::Activity, Context::Changes]
            .into_iter()
            .flat_map(situations)
            .collect(),
        Context::Permission => {
            vec![(hunks, &[]), (hunks, &["j"]), (hunks, &["G"]), (hunks, &["]", "c"])]
        }
        Context::Words => vec![(hunks, &["d", "n", "o"])],
        Context::Help => vec![(|_| {}, &["F1"]), (|_| {}, &["F1", "G"])],
        Context::Picker => vec![
            (|_| {}, &["Ctrl+P"]),
            (|_| {}, &["Ctrl+P", "Down", "Down", "PgDn"]),
            (|_| {}, &["Ctrl+P", "p"]),
        ],
    }
}

/// What a user sees and what is asked of the world: does a key change any of it?
fn picture(stage: &mut Stage) -> (String, Vec<ratatui::style::Style>, Option<(u16, u16)>) {
    let (buffer, cursor) = stage.drawn();
    let styles = buffer.content().iter().map(|cell| cell.style()).collect();
    (text(&buffer), styles, cursor.map(|at| (at.x, at.y)))
}

fn does_something(row: &Binding, setup: Setup, before: &[&str], size: (u16, u16)) -> bool {
    let mut stage = Stage::new(size);
    reached(&mut stage, setup, before);
    let said = stage.model.toasts.kept().count();
    let (seen, focus) = (picture(&mut stage), stage.model.focus);
    let keys: Vec<String> = row.chords.iter().map(ToString::to_string).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let effects = stage.keys(&keys);
    !effects.is_empty()
        || stage.model.toasts.kept().count() > said
        || stage.model.focus != focus
        || picture(&mut stage) != seen
}

#[test]
fn every_key_of_the_table_does_something_where_it_is_said_to() {
    let rows = Stage::new((120, 40)).model.keymap.bindings().to_vec();
    let idle = rows.iter().filter(|row| {
        let mut situations = situations(row.context).into_iter();
        !situations.any(|(setup, before)| {
            [(120, 40), (80, 24)].iter().any(|size| does_something(row, setup, before, *size))
        })
    });
    let idle: Vec<_> =
        idle.map(|row| format!("{:?} {}: {}", row.context, row.keys(), row.label)).collect();
    assert_eq!(idle, Vec::<String>::new(), "keys that do nothing");
}
