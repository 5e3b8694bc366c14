//! Slash commands of the screen.

use crate::config::Knob;
use crate::protocol::{Mode, Op};
use crate::ui::action::Action;
use crate::ui::composer::complete::Row;
use crate::ui::effect::{Effect, Effects};
use crate::ui::model::Model;
use crate::ui::update::{
    act, budget, compacting, compose, held, ladder, memory, models, rewind, settings,
    theme as themes, to_session,
};

/// A slash command.
#[derive(Debug)]
pub struct Slash {
    /// How it is called, without the slash.
    pub name: &'static str,
    /// What follows it; empty where nothing does.
    pub takes: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    does: Does,
}

#[derive(Debug, Clone, Copy)]
enum Does {
    /// What a key does as well.
    Act(Action),
    /// Something with what follows it. The error says what is missing.
    With(fn(&mut Model, &str) -> Result<Effects, String>),
}

const fn act_of(name: &'static str, about: &'static str, action: Action) -> Slash {
    Slash { name, takes: "", about, does: Does::Act(action) }
}

const fn with(
    name: &'static str,
    takes: &'static str,
    about: &'static str,
    does: fn(&mut Model, &str) -> Result<Effects, String>,
) -> Slash {
    Slash { name, takes, about, does: Does::With(does) }
}

/// All of them, in the order in which they are offered.
pub const COMMANDS: &[Slash] = &[
    act_of("help", "what the keys do here", Action::Help),
    act_of("keys", "every key, to search", Action::AllKeys),
    with("model", "[NAME]", "ask another model; alone, the list", models::set_model),
    with("effort", "[LEVEL]", "how hard the model thinks", models::set_effort),
    act_of("cost", "what the session used and cost", Action::ShowCost),
    with("compact", "[WORDS]", "send a summary of the older part from now on", compacting::ask),
    act_of("context", "what fills the window; take parts out, pin them", Action::ShowContext),
    with("memory", "", "the notes that hold here; Enter edits one", |model, _| {
        Ok(memory::open(model))
    }),
    with("budget", "[DOLLARS | N tokens | off]", "what the session may cost", budget::set),
    with("mode", "ask | edits | plan | auto", "how much is asked", mode),
    with("theme", "NAME", "another look", theme),
    act_of("settings", "how the screen looks and behaves", Action::Settings),
    act_of("changes", "what differs, on the whole screen", Action::FocusChanges),
    act_of("activity", "what runs", Action::FocusActivity),
    act_of("messages", "what was said in passing", Action::Messages),
    with("export", "[FILE]", "write the session as .md, .json or .html", export),
    act_of("copy", "copy the last answer", Action::CopyAnswer),
    with("rewind", "[N [files | conversation | both]]", "back to before a turn", rewind::command),
    act_of("redo", "take the last rewind back", Action::RedoTurn),
    act_of("mouse", "mouse on or off", Action::ToggleMouse),
    act_of("vim", "vim's keys in the composer, on or off", Action::ToggleVim),
    act_of("history", "prompts of all sessions, to search", Action::SearchHistory),
    act_of("queue", "prompts that wait", Action::OpenQueue),
    with("fork", "[TURN]", "go on in a copy, as it was after a turn", held::fork),
    with("tag", "WORDS", "words to find the session by; -WORD takes one away", held::tag),
    with("quit", "", "leave", |model, _| Ok(ladder::quit(model))),
];

/// The commands, as they are offered while one is written.
pub(super) fn rows() -> Vec<Row> {
    let row = |command: &Slash| {
        let end = if command.takes.is_empty() { "" } else { " " };
        let takes =
            if command.takes.is_empty() { String::new() } else { format!("{}: ", command.takes) };
        Row {
            label: format!("/{}", command.name),
            detail: format!("{takes}{}", command.about),
            insert: format!("/{}{end}", command.name),
            // What it takes may be left out.
            whole: command.takes.is_empty() || command.takes.starts_with('['),
        }
    };
    COMMANDS.iter().map(row).collect()
}

/// The commands that take something: with the slash, what they take, what they do.
pub(super) fn with_arguments() -> Vec<(String, String, String)> {
    let takes = COMMANDS.iter().filter(|command| !command.takes.is_empty());
    let row = |command: &Slash| {
        (format!("/{}", command.name), command.takes.to_owned(), command.about.to_owned())
    };
    takes.map(row).collect()
}

/// What may follow a command.
pub(super) fn arguments(model: &Model, command: &str) -> Vec<Row> {
    let names: Vec<(String, &str)> = match command {
        "model" => return models::model_arguments(model),
        "effort" => return models::effort_arguments(model),
        "mode" => MODES.iter().map(|(mode, about)| (mode.label().to_lowercase(), *about)).collect(),
        "theme" => {
            let names = model.setting.themes.names().into_iter();
            names.map(|name| (name.to_owned(), "")).collect()
        }
        _ => Vec::new(),
    };
    let row = |(name, about): (String, &str)| Row {
        insert: name.clone(),
        label: name,
        detail: about.to_owned(),
        whole: true,
    };
    names.into_iter().map(row).collect()
}

/// A draft that is a command: its name, and the rest of the line.
pub(super) struct Command {
    name: String,
    rest: String,
}

/// Reads a draft as a command. A path (`/usr/bin is…`) and a text of several lines are none.
pub(super) fn parse(draft: &str) -> Option<Command> {
    let line = draft.trim();
    let after = line.strip_prefix('/').filter(|_| !line.contains('\n'))?;
    let (name, rest) = after.split_once(char::is_whitespace).unwrap_or((after, ""));
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (plain && !name.is_empty())
        .then(|| Command { name: name.to_owned(), rest: rest.trim().to_owned() })
}

/// Runs it. What cannot be run stays in the composer, with the reason in a toast.
pub(super) fn run(model: &mut Model, command: Command) -> Effects {
    let Command { name, rest } = command;
    let found = COMMANDS.iter().find(|command| command.name == name);
    let done = match found.map(|command| command.does) {
        Some(Does::Act(action)) => {
            // Some actions ask whether the draft is empty: the command itself is none.
            let (_, mut effects) = compose::take(model);
            effects.extend(act::act(model, action));
            return effects;
        }
        Some(Does::With(does)) => does(model, &rest),
        None => Err(format!("no command is named /{name}; / lists them")),
    };
    match done {
        Ok(effects) => {
            let (_, kept) = compose::take(model);
            effects.into_iter().chain(kept).collect()
        }
        Err(text) => {
            model.toasts.fail(text, model.now);
            Effects::new()
        }
    }
}

/// The modes that can be chosen; bypass is reached by a start flag alone.
const MODES: [(Mode, &str); 4] = [
    (Mode::Default, "asks before it changes anything"),
    (Mode::AcceptEdits, "edits in the project need no question"),
    (Mode::Plan, "reads only"),
    (Mode::Auto, "the policy decides; what is risky still asks"),
];

fn mode(model: &mut Model, name: &str) -> Result<Effects, String> {
    let found = MODES.iter().find(|(mode, _)| mode.label().eq_ignore_ascii_case(name));
    let (mode, _) = found.ok_or_else(|| "modes: /mode ask, edits, plan or auto".to_owned())?;
    Ok(vec![to_session(model, Op::SetMode { mode: *mode })])
}

/// Where it is written is told when it is done.
#[allow(clippy::unnecessary_wraps, reason = "the form of every command")]
fn export(model: &mut Model, file: &str) -> Result<Effects, String> {
    Ok(vec![Effect::Export { session: model.session.id.clone(), file: file.to_owned() }])
}

fn theme(model: &mut Model, name: &str) -> Result<Effects, String> {
    if name.is_empty() {
        return Err("themes: /theme NAME, or Ctrl+X t to see them".to_owned());
    }
    themes::set(model, name).map(|()| settings::save(model, Knob::Theme, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_no_command() {
        let table = [
            ("/help", Some(("help", ""))),
            ("  /model  gpt-x ", Some(("model", "gpt-x"))),
            ("/usr/bin/env is broken", None),
            ("/", None),
            ("/help\nme", None),
            ("help", None),
        ];
        for (draft, expected) in table {
            let got = parse(draft);
            let got = got.as_ref().map(|c| (c.name.as_str(), c.rest.as_str()));
            assert_eq!(got, expected, "{draft}");
        }
    }
}
