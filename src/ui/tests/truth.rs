//! What hints and help say is true: every key of the table does something where it is said to.

use ratatui::style::Style;

use super::screens::{diff, hunks, tools};
use super::{Setup, Stage, speak, text};
use crate::base::clock::Millis;
use crate::protocol::{
    Event, PermissionRequest, RewindFile, StopReason, ToolOutcome, ToolStatus, Usage,
};
use crate::session::TurnLine;
use crate::ui::keymap::{Binding, Context};
use crate::ui::library::Answer;
use crate::ui::msg::{Loaded, Msg};
use crate::ui::overlay::rewind::tests::{listed as rewinds, three_turns};
use crate::ui::pane::permission::PermissionPane;
use crate::ui::pane::sessions::tests::{listed, sessions as listed_sessions};
use crate::ui::pane::tests::{asks, change, run, session as state};
use crate::ui::update::update;

const BUILD: &str = "cargo build --release 2>&1 | tail -n 20 && rm -rf ./target/tmp";

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

fn queued(stage: &mut Stage) {
    speak(stage);
    stage.queue(&[("wait", false)]);
}

/// Two calls failed.
fn failed(stage: &mut Stage) {
    tools(stage);
    for id in ["c1", "c2"] {
        let outcome = ToolOutcome::new(ToolStatus::Failed, "no").into();
        stage.event(Event::ToolCallFinished { call: id.into(), outcome, changes: vec![] });
    }
}

/// Going back would change more than can be seen at once.
fn many_files(stage: &mut Stage) {
    three_turns(stage);
    let _ = stage.keys(&["Ctrl+X", "B"]);
    let lines: Vec<String> = (0..90).map(|at| format!("+line {at}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let change = change("/home/u/src/api/long.rs", &[(0, 1, &lines)]);
    let file = RewindFile { change, refused: None, forcible: false };
    stage.event(Event::RewindTried { to: "t3".into(), files: vec![file].into() });
    stage.drawn();
}

/// More models were asked than can be seen at once.
fn costly(stage: &mut Stage) {
    speak(stage);
    for n in 0..60 {
        let usage = Usage { input: 10, ..Usage::default() };
        let (content, stop) = (Vec::new(), StopReason::EndTurn);
        let (id, model) = (format!("c{n}").as_str().into(), format!("m{n}").as_str().into());
        let message = crate::protocol::Message { id, model, content, stop, usage };
        stage.event(Event::MessageFinished { message: message.into() });
    }
}

/// What fills the window is known.
fn window(stage: &mut Stage) {
    speak(stage);
    let window = crate::ui::update::window::tests::window().into();
    stage.event(Event::ContextTold { window });
}

/// The turns of a session in the list.
fn preview(stage: &mut Stage) {
    sessions(stage);
    stage.model.panes.sessions.select(&"a4".into());
    stage.drawn();
    let _ = stage.keys(&["Space"]);
    let turn = |number| TurnLine {
        number,
        at: Millis(1_000_000),
        prompt: format!("prompt {number}"),
        tools: 1,
        added: 9,
        removed: 2,
        answer: "done".to_owned(),
    };
    let answer = Answer::Turns { session: "a4".into(), turns: Ok((1..60).map(turn).collect()) };
    let _ = update(&mut stage.model, Msg::Loaded(Loaded::Library(answer)));
}

fn reached(stage: &mut Stage, setup: Setup, keys: &[&str]) {
    setup(stage);
    stage.drawn();
    // What is drawn between two keys was seen.
    for key in keys {
        let _ = stage.keys(&[key]);
        stage.drawn();
    }
}

/// Sessions of all kinds beside the transcript.
fn sessions(stage: &mut Stage) {
    *stage = listed(stage.model.size, listed_sessions());
}

/// Three questions: two of a kind about commands, and one about an edit of three hunks in front.
fn questions(stage: &mut Stage) {
    hunks(stage);
    for (id, command) in [("c2", "cargo build"), ("c3", "cargo build --release")] {
        stage.event(Event::ToolCallStarted { call: run(id, command).into() });
        let request = PermissionRequest::new(id.into(), id.into(), "no rule allows it");
        stage.event(Event::PermissionRequested { request });
    }
    stage.drawn();
    stage.wait(1200);
}

/// Many questions of a kind, more than can be seen at once.
fn alike(stage: &mut Stage) {
    stage.turn("build it");
    for n in 0..40 {
        let (id, command) = (format!("c{n}"), format!("cargo build --bin b{n}"));
        stage.event(Event::ToolCallStarted { call: run(&id, &command).into() });
        let request = PermissionRequest::new(id.as_str().into(), id.as_str().into(), "no rule");
        stage.event(Event::PermissionRequested { request });
    }
    stage.drawn();
    stage.wait(1200);
}

/// A question about a command, with all that can be answered to it.
fn command(stage: &mut Stage) {
    stage.turn("build it");
    let (mut pane, mut session) = (PermissionPane::default(), state());
    asks(&mut session, &mut pane, 0, run("c1", BUILD), Some("Bash(cargo build:*)"), false);
    stage.event(Event::ToolCallStarted { call: run("c1", BUILD).into() });
    for mut request in session.pending {
        for part in &mut request.parts {
            part.always = Some(format!("Bash({}:*)", part.text));
        }
        stage.event(Event::PermissionRequested { request });
    }
    stage.drawn();
    stage.wait(1200);
}

/// Where each key of a context can do something: the state, and the keys that lead there.
fn situations(context: Context) -> Vec<(Setup, &'static [&'static str])> {
    match context {
        Context::Global => vec![
            (long, &[]),
            (long, &["PgUp", "PgUp", "PgUp"]),
            (long, &["Ctrl+X", "1"]),
            (long, &["Ctrl+X", "2"]),
            (long, &["Ctrl+X", "3"]),
            (sessions, &["i"]),
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
            (queued, &["x"]),
        ],
        Context::Completion => {
            vec![(|stage| stage.write("/"), &[]), (|stage| stage.write("/"), &["Down"])]
        }
        Context::Sessions => vec![
            (sessions, &[]),
            (sessions, &["j", "j", "j"]),
            (sessions, &["G"]),
            (sessions, &["G", "D", "D"]),
        ],
        Context::SessionWords => {
            vec![(sessions, &["/", "r", "e"]), (sessions, &["/", "Down", "Down", "Down"])]
        }
        Context::Preview => {
            vec![(preview, &[]), (preview, &["j", "j", "j"]), (preview, &["G"]), (preview, &["g"])]
        }
        Context::Transcript => vec![
            (long, &["Ctrl+X", "1"]),
            (long, &["Ctrl+X", "1", "g"]),
            (long, &["Ctrl+X", "1", "g", "}"]),
            (long, &["Ctrl+X", "1", "z", "R", "k", "k"]),
            (tools, &["Ctrl+X", "1"]),
            (tools, &["Ctrl+X", "1", "z", "R"]),
            (long, &["Ctrl+X", "1", "/", "w", "o", "Enter"]),
        ],
        Context::Activity => vec![
            (tools, &["Ctrl+X", "2"]),
            (tools, &["Ctrl+X", "2", "j"]),
            (tools, &["Ctrl+X", "2", "G"]),
            (tools, &["Ctrl+X", "2", "l"]),
            (tools, &["Ctrl+X", "2", "G", "l"]),
            (failed, &["Ctrl+X", "2", "G"]),
        ],
        Context::Changes => vec![
            (diff, &["Ctrl+X", "3"]),
            (diff, &["Ctrl+X", "3", "G"]),
            (diff, &["Ctrl+X", "3", "g"]),
            (diff, &["Ctrl+X", "3", "j", "j"]),
            (diff, &["Ctrl+X", "3", "g", "]", "f"]),
            (diff, &["Ctrl+X", "3", "g", "]", "f", "]", "c", "]", "c"]),
            (diff, &["Ctrl+X", "3", "g", "]", "f", "]", "c", "j", "v", "j"]),
            (diff, &["Ctrl+X", "3", ">"]),
            (diff, &["Ctrl+X", "3", "g", "z", "M"]),
        ],
        // Every pane has these.
        Context::Pane => {
            [Context::Sessions, Context::Transcript, Context::Activity, Context::Changes]
                .into_iter()
                .flat_map(situations)
                .collect()
        }
        Context::Permission => vec![
            (command, &[]),
            (hunks, &[]),
            (hunks, &["j"]),
            (hunks, &["G"]),
            (hunks, &["]", "c"]),
            (hunks, &["v"]),
            (questions, &[]),
        ],
        Context::Find => vec![(long, &["Ctrl+X", "1", "/", "w", "o"])],
        Context::Models => vec![(|_| {}, &["Ctrl+X", "m"])],
        Context::Cost => vec![(costly, &["Ctrl+X", "$"]), (costly, &["Ctrl+X", "$", "j", "j"])],
        Context::Rewind => vec![
            (rewinds, &[]),
            (rewinds, &["j"]),
            (rewinds, &["PgDn"]),
            (many_files, &["PgDn"]),
            (many_files, &[]),
        ],
        Context::RewindTo => vec![
            (rewinds, &["Enter"]),
            (rewinds, &["Enter", "j"]),
            (many_files, &["Enter"]),
            (many_files, &["Enter", "PgDn"]),
        ],
        Context::Window => vec![
            (window, &["Ctrl+X", "w"]),
            (window, &["Ctrl+X", "w", "j", "j", "Enter", "j"]),
            (window, &["Ctrl+X", "w", "j", "j", "j", "j", "Enter", "j"]),
        ],
        Context::Why => vec![(diff, &["Ctrl+X", "3", "g", "]", "f", "W"])],
        Context::Words => vec![(hunks, &["Ctrl+X", "a", "d", "n", "o"])],
        Context::Comment => vec![(hunks, &["Ctrl+X", "a", "c", "n", "o"])],
        Context::Command => vec![(command, &["e"])],
        Context::Rules => vec![(command, &["a"]), (command, &["a", "j"])],
        Context::Rule => vec![(command, &["a", "e"])],
        Context::Alike => vec![(alike, &["Y"]), (alike, &["Y", "G"]), (alike, &["N", "G"])],
        Context::Help => vec![(|_| {}, &["F1"]), (|_| {}, &["F1", "G"])],
        Context::Picker => vec![
            (|_| {}, &["Ctrl+P"]),
            (|_| {}, &["Ctrl+P", "Down", "Down", "PgDn"]),
            (|_| {}, &["Ctrl+P", "p"]),
        ],
    }
}

/// What a user sees: does a key change any of it?
fn picture(stage: &mut Stage) -> (String, Vec<Style>, Option<(u16, u16)>) {
    let (buffer, cursor) = stage.drawn();
    let styles = buffer.content().iter().map(ratatui::buffer::Cell::style).collect();
    (text(&buffer), styles, cursor.map(|at| (at.x, at.y)))
}

/// Does the key act where it is said to? None where the situation is another one.
fn acts(row: &Binding, setup: Setup, before: &[&str], size: (u16, u16)) -> Option<bool> {
    let mut stage = Stage::new(size);
    reached(&mut stage, setup, before);
    if !stage.model.context().chain().contains(&row.context) {
        return None;
    }
    let said = stage.model.toasts.kept().count();
    let (seen, focus) = (picture(&mut stage), stage.model.focus);
    let keys: Vec<String> = row.chords.iter().map(ToString::to_string).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let effects = stage.keys(&keys);
    Some(
        !effects.is_empty()
            || stage.model.toasts.kept().count() > said
            || stage.model.focus != focus
            || picture(&mut stage) != seen,
    )
}

#[test]
fn every_key_of_the_table_does_something_where_it_is_said_to() {
    let rows = Stage::new((120, 40)).model.keymap.bindings().to_vec();
    let mut idle = Vec::new();
    for row in &rows {
        let name = format!("{:?} {}: {}", row.context, row.keys(), row.label);
        let places = situations(row.context);
        let tried = places
            .iter()
            .flat_map(|(setup, before)| {
                [(120, 40), (80, 24)].into_iter().map(|size| (*setup, *before, size))
            })
            .filter_map(|(setup, before, size)| acts(row, setup, before, size));
        // The first place where it acts is enough.
        let mut led = false;
        let acted = tried.inspect(|_| led = true).any(|acts| acts);
        match (acted, led) {
            (true, _) => {}
            (false, true) => idle.push(name),
            (false, false) => idle.push(format!("{name}: no situation leads there")),
        }
    }
    assert!(idle.is_empty(), "keys that do nothing: {idle:#?}");
}
