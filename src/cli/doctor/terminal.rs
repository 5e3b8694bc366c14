//! What the terminal can do, and the lines to add where it falls short.

use crate::cli::doctor::{Finding, State, find};
use crate::cli::looks::var;
use crate::ui::terminal::{Answers, Call, Kind, Multiplexer, Place, interview};
use crate::ui::theme::Depth;

const AREA: &str = "Terminal";

/// Asks the terminal, where there is one.
pub(super) fn look() -> Vec<Finding> {
    let var = |name: &str| var(name).map(std::borrow::Cow::into_owned);
    findings(interview().as_ref(), &var, &|program| find(program).is_some())
}

type Var<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What follows from the terminal's answers (none where there is no terminal), the environment, and
/// the programs that there are.
fn findings(answers: Option<&Answers>, var: Var, has: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let place = Place::of(var);
    let mut found = vec![name(answers, &place)];
    found.extend(between(&place));
    found.push(colours(&place, var));
    if let Some(answers) = answers {
        found.extend([synchronized(answers, &place), keys(answers, &place), widths(answers)]);
    }
    found.extend([clipboard(&place, has), links(&place), calls(&place), locale(var)]);
    found
}

fn name(answers: Option<&Answers>, place: &Place) -> Finding {
    let known = format!("{:?}", place.kind);
    let kind = if place.kind == Kind::Unknown { "of an unknown kind" } else { known.as_str() };
    let remote = if place.remote { ", over ssh" } else { "" };
    match answers {
        None => {
            let said = format!("{kind}{remote}; not asked, as input or output is no terminal");
            Finding::new(AREA, "terminal", State::Note, said)
                .with(&["run `claw doctor` in the terminal itself"])
        }
        Some(Answers { answered: false, .. }) => {
            let said = format!("{kind}{remote}; it answers no question");
            Finding::new(AREA, "terminal", State::Note, said)
        }
        Some(Answers { name, .. }) => {
            let said = name.clone().unwrap_or_else(|| kind.to_owned());
            Finding::new(AREA, "terminal", State::Ok, format!("{said}{remote}"))
        }
    }
}

fn between(place: &Place) -> Option<Finding> {
    let finding = |state, said| Finding::new(AREA, "multiplexer", state, said);
    Some(match place.multiplexer? {
        Multiplexer::Tmux => finding(State::Note, "tmux: it hands on what it is told to").with(&[
            "~/.tmux.conf:",
            "set -s set-clipboard on",
            "set -s extended-keys on",
            "set -g focus-events on",
            "set -as terminal-features ',*:RGB:clipboard:extkeys:sync:focus'",
            "for notifications also: set -g allow-passthrough on",
            "and in claw's config.toml: [ui] tmux_passthrough = true",
        ]),
        Multiplexer::Screen => {
            finding(State::Note, "GNU screen: no true colours, no focus, no extended keys").with(&[
                "~/.screenrc:",
                "truecolor on",
                "defbce on",
            ])
        }
        Multiplexer::Zellij => finding(State::Ok, "Zellij"),
    })
}

fn colours(place: &Place, var: Var) -> Finding {
    let get = |name: &str| var(name).filter(|value| !value.is_empty());
    let (force, colorterm, term) = (get("FORCE_COLOR"), get("COLORTERM"), get("TERM"));
    let depth = Depth::detect(force.as_deref(), colorterm.as_deref(), term.as_deref());
    let shown = term.as_deref().unwrap_or("not set");
    if get("NO_COLOR").is_some() || shown == "dumb" {
        let said = format!("none are used: NO_COLOR is set or TERM is dumb (TERM={shown})");
        return Finding::new(AREA, "colours", State::Ok, said);
    }
    let said = format!("{} (TERM={shown})", depth.name());
    if depth == Depth::True {
        return Finding::new(AREA, "colours", State::Ok, said);
    }
    let finding = Finding::new(AREA, "colours", State::Note, said);
    match place.kind {
        Kind::Plain | Kind::Apple => finding,
        _ if place.remote => finding.with(&[
            "ssh hands COLORTERM on with `SendEnv COLORTERM` in ~/.ssh/config,",
            "and `AcceptEnv COLORTERM` in the server's sshd_config; or, in your shell there:",
            "export COLORTERM=truecolor",
        ]),
        _ => finding.with(&[
            "where the terminal has all colours, in your shell's profile:",
            "export COLORTERM=truecolor",
        ]),
    }
}

fn synchronized(answers: &Answers, place: &Place) -> Finding {
    if answers.synchronized {
        return Finding::new(AREA, "whole frames", State::Ok, "drawn at once (mode 2026)");
    }
    let said = "not said to be drawn at once (mode 2026): now and then one may be seen half done";
    let finding = Finding::new(AREA, "whole frames", State::Note, said);
    match place.multiplexer {
        Some(Multiplexer::Tmux) => {
            finding.with(&["~/.tmux.conf:", "set -as terminal-features ',*:sync'"])
        }
        _ => finding,
    }
}

fn keys(answers: &Answers, place: &Place) -> Finding {
    if answers.kitty_keys {
        let said = "Esc, Shift+Enter and their kin are told apart (kitty keys)";
        return Finding::new(AREA, "keys", State::Ok, said);
    }
    let said = "Shift+Enter is Enter here: a new line is Ctrl+J or Alt+Enter";
    let finding = Finding::new(AREA, "keys", State::Note, said);
    match (place.multiplexer, place.kind) {
        (Some(Multiplexer::Tmux), _) => finding.with(&[
            "~/.tmux.conf:",
            "set -s extended-keys on",
            "set -as terminal-features ',*:extkeys'",
        ]),
        (None, Kind::VsCode) => finding.with(&[
            "settings.json of VS Code:",
            "\"terminal.integrated.enableKittyKeyboardProtocol\": true",
            "or keybindings.json:",
            "{ \"key\": \"shift+enter\", \"command\": \"workbench.action.terminal.sendSequence\", \
             \"args\": { \"text\": \"\\u001b\\r\" }, \"when\": \"terminalFocus\" }",
        ]),
        (None, Kind::Iterm) => {
            finding.with(&["Settings > Profiles > Keys: allow \"Report modifiers using CSI u\""])
        }
        (None, Kind::WezTerm) => {
            finding.with(&["~/.wezterm.lua:", "config.enable_kitty_keyboard = true"])
        }
        _ => finding,
    }
}

fn widths(answers: &Answers) -> Finding {
    let what = "widths";
    match answers.widths[..] {
        [1, 2, 2] => Finding::new(AREA, what, State::Ok, "lines 1 cell, emoji 2"),
        [1, emoji, joined] => {
            let said = format!("emoji are {emoji}, those with a selector {joined} cells wide");
            Finding::new(AREA, what, State::Note, said)
                .with(&["text with emoji may stand askew; claw's own signs do not"])
        }
        [line, ..] => {
            let said = format!("a line is {line} cells wide: borders break");
            Finding::new(AREA, what, State::Note, said).with(&[
                "claw's config.toml:",
                "[ui]",
                "glyphs = \"ascii\"",
            ])
        }
        [] => Finding::new(AREA, what, State::Note, "the terminal does not say how wide signs are"),
    }
}

fn clipboard(place: &Place, has: &dyn Fn(&str) -> bool) -> Finding {
    let tools = ["wl-copy", "xclip", "xsel", "pbcopy", "clip.exe"];
    let found: Vec<_> = tools.into_iter().filter(|tool| has(tool)).collect();
    let what = "clipboard";
    if !found.is_empty() && !place.remote {
        return Finding::new(AREA, what, State::Ok, found.join(", "));
    }
    let through = "a copy goes through the terminal (OSC 52): paste to check that it arrives";
    match (place.multiplexer, place.kind) {
        (Some(Multiplexer::Tmux), _) => Finding::new(AREA, what, State::Note, through)
            .with(&["~/.tmux.conf:", "set -s set-clipboard on"]),
        (_, Kind::Vte | Kind::Apple | Kind::Plain | Kind::Konsole) => {
            let said = "the terminal takes no copy (OSC 52), and no tool for it was found";
            let finding = Finding::new(AREA, what, State::Note, said);
            if place.remote {
                finding
            } else {
                finding.with(&["install wl-clipboard (Wayland) or xclip (X11)"])
            }
        }
        (_, Kind::Iterm) => Finding::new(AREA, what, State::Note, through).with(&[
            "Settings > General > Selection: \"Applications in terminal may access clipboard\"",
        ]),
        _ => Finding::new(AREA, what, State::Ok, through),
    }
}

fn links(place: &Place) -> Finding {
    let (state, said) = if place.takes_links() {
        (State::Ok, "addresses and files with a line can be clicked (OSC 8)")
    } else {
        (State::Note, "not known to be taken here; `o` in the transcript opens them")
    };
    Finding::new(AREA, "links", state, said)
}

fn calls(place: &Place) -> Finding {
    let said = match place.call(false) {
        Call::Bell => "by the bell",
        Call::Osc9 | Call::Osc777 | Call::Osc99 => "by the bell and a notification",
    };
    let said = format!("you are called {said} while you are elsewhere");
    Finding::new(AREA, "notifications", State::Ok, said)
}

fn locale(var: Var) -> Finding {
    let first = ["LC_ALL", "LC_CTYPE", "LANG"];
    let set =
        first.iter().find_map(|name| Some((*name, var(name).filter(|value| !value.is_empty())?)));
    let utf8 = |value: &str| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    };
    match set {
        Some((name, value)) if utf8(&value) => {
            Finding::new(AREA, "characters", State::Ok, format!("UTF-8 ({name}={value})"))
        }
        set => {
            let said = match set {
                Some((name, value)) => format!("{name}={value} is not UTF-8"),
                None => "no locale is set".to_owned(),
            };
            Finding::new(AREA, "characters", State::Note, said)
                .with(&["in your shell's profile:", "export LANG=C.UTF-8"])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers() -> Answers {
        Answers {
            answered: true,
            name: Some("kitty(0.40.0)".to_owned()),
            synchronized: true,
            kitty_keys: true,
            widths: vec![1, 2, 2],
        }
    }

    fn all(answers: Option<&Answers>, vars: &[(&str, &str)], tools: &[&str]) -> Vec<Finding> {
        let find = |name: &str| vars.iter().find(|(known, _)| *known == name);
        let var = |name: &str| find(name).map(|(_, value)| (*value).to_owned());
        findings(answers, &var, &|tool| tools.contains(&tool))
    }

    const GOOD: &[(&str, &str)] =
        &[("TERM", "xterm-kitty"), ("COLORTERM", "truecolor"), ("LANG", "en_GB.UTF-8")];

    #[test]
    fn a_good_terminal_has_nothing_to_add() {
        for finding in all(Some(&answers()), GOOD, &["wl-copy"]) {
            assert_eq!((finding.state, finding.fix.len()), (State::Ok, 0), "{finding:?}");
        }
    }

    #[rustfmt::skip]
    #[test]
    fn what_falls_short_brings_the_line_to_add() {
        let with = |change: fn(&mut Answers)| {
            let mut answers = answers();
            change(&mut answers);
            Some(answers)
        };
        let none: &[(&str, &str)] = &[];
        let table = [
            (None,                                 none,                           "terminal",     "run `claw doctor` in the terminal itself"),
            (Some(Answers::default()),             none,                           "terminal",     ""),
            (with(|_| ()),                         &[("TMUX", "/tmp/t")],          "multiplexer",  "set -s set-clipboard on"),
            (with(|_| ()),                         &[("TMUX", "/tmp/t")],          "multiplexer",  "set -s extended-keys on"),
            (with(|_| ()),                         &[("TMUX", "/tmp/t")],          "multiplexer",  "set -g focus-events on"),
            (with(|_| ()),                         &[("STY", "1.pts")],            "multiplexer",  "truecolor on"),
            (with(|a| a.synchronized = false),     &[("TMUX", "/tmp/t")],          "whole frames", "set -as terminal-features ',*:sync'"),
            (with(|a| a.kitty_keys = false),       &[("TMUX", "/tmp/t")],          "keys",         "set -s extended-keys on"),
            (with(|a| a.kitty_keys = false),       &[("TERM_PROGRAM", "vscode")],  "keys",         "\"terminal.integrated.enableKittyKeyboardProtocol\": true"),
            (with(|a| a.kitty_keys = false),       &[("TERM_PROGRAM", "WezTerm")], "keys",         "config.enable_kitty_keyboard = true"),
            (with(|a| a.widths = vec![2, 2, 2]),   none,                           "widths",       "glyphs = \"ascii\""),
            (with(|a| a.widths = vec![1, 2, 1]),   none,                           "widths",       "text with emoji may stand askew; claw's own signs do not"),
            (with(|_| ()),                         &[("TERM", "xterm")],           "colours",      "export COLORTERM=truecolor"),
            (with(|_| ()),                         &[("VTE_VERSION", "7600")],     "clipboard",    "install wl-clipboard (Wayland) or xclip (X11)"),
            (with(|_| ()),                         &[("LANG", "C")],               "characters",   "export LANG=C.UTF-8"),
        ];
        for (answers, vars, what, line) in table {
            let found = all(answers.as_ref(), vars, &[]);
            let finding = found.iter().find(|finding| finding.what == what).unwrap();
            assert_eq!(finding.state, State::Note, "{vars:?} {finding:?}");
            assert!(line.is_empty() || finding.fix.iter().any(|fix| fix == line), "{finding:?}");
        }
    }
}
