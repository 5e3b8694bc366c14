//! Slash commands of the screen.

use crate::protocol::{Mode, ModelId, Op};
use crate::ui::action::Action;
use crate::ui::effect::Effects;
use crate::ui::model::Model;
use crate::ui::theme::BUILTIN;
use crate::ui::update::{act, compose, ladder, to_session};

/// Name, what follows it, and what it does.
pub const COMMANDS: &[(&str, &str, &str)] = &[
    ("help", "", "what the keys do"),
    ("model", "NAME", "ask another model"),
    ("mode", "ask | edits | plan | auto", "how much is asked"),
    ("theme", "NAME", "another look"),
    ("vim", "", "vim's keys in the composer, on or off"),
    ("quit", "", "leave"),
];

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
    let done = match name.as_str() {
        "help" => Ok(act::act(model, Action::Help)),
        "quit" => Ok(ladder::quit(model)),
        "vim" => Ok(act::act(model, Action::ToggleVim)),
        "model" if rest.is_empty() => {
            Err(format!("the model is {}; /model NAME asks another", model.session.model))
        }
        "model" => {
            let model_id = ModelId::from(rest.as_str());
            Ok(vec![to_session(model, Op::SetModel { model: model_id })])
        }
        "mode" => mode(&rest)
            .map(|mode| vec![to_session(model, Op::SetMode { mode })])
            .ok_or_else(|| "modes: /mode ask, edits, plan or auto".to_owned()),
        "theme" if act::set_theme(model, &rest) => Ok(Effects::new()),
        "theme" => Err(format!("themes: /theme {}", BUILTIN.join(", "))),
        _ => {
            let names = COMMANDS.iter().map(|(name, ..)| format!("/{name}"));
            let names = names.collect::<Vec<_>>().join(" ");
            Err(format!("no command is named /{name}; there are {names}"))
        }
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

/// The mode of a name; bypass is reached by a start flag alone.
fn mode(name: &str) -> Option<Mode> {
    let modes = [Mode::Default, Mode::AcceptEdits, Mode::Plan, Mode::Auto];
    modes.into_iter().find(|mode| mode.label().eq_ignore_ascii_case(name))
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
