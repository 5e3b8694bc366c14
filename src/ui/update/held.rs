//! A session that another claw works in, and copies of a session: what is offered and asked for.

use crate::engine::Start;
use crate::session::Held;
use crate::ui::action::Action;
use crate::ui::effect::{Effect, Effects};
use crate::ui::keymap::Context;
use crate::ui::layout::PaneId;
use crate::ui::library::Request;
use crate::ui::model::{Focus, Model};
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};
use crate::ui::update::{layer, sessions};

/// What is said where a session is only looked at.
pub const LOOKS_ON: &str = "You only look on: another claw works in this session.";

/// What can be done about a session that cannot go on here: in words, and how it is opened then.
pub fn offers(held: &Held) -> Vec<(&'static str, Start)> {
    let id = held.session().clone();
    let look = match held {
        Held::Open { .. } => "Look on: see what happens there, and change nothing",
        Held::Newer { .. } => "Look at it, and change nothing",
    };
    vec![("Go on in a copy of it, as it is now", Start::Fork(id.clone())), (look, Start::Watch(id))]
}

/// Why it cannot, in a sentence.
pub fn why_held(held: &Held) -> String {
    match held {
        Held::Open { session } => format!("Another claw works in the session {session}."),
        Held::Newer { version, .. } => {
            format!("A newer claw wrote it (version {version} of the log): this one must not.")
        }
    }
}

/// A session that was asked for cannot go on here: the user is asked.
pub(super) fn asked(model: &mut Model, held: &Held) -> Effects {
    model.seats.opening = model.seats.opening.saturating_sub(1);
    model.dirty = true;
    let items = offers(held).into_iter().map(|(label, start)| Item {
        label: label.to_owned(),
        chosen: Some(Msg::Chosen(Chosen::Start(start))),
        ..Item::default()
    });
    let items = items.collect();
    layer::open(model, Picker::new(why_held(held), items));
    Effects::new()
}

/// What is said to who writes into a session that is only looked at.
pub(super) fn looked_at(model: &Model) -> String {
    let fork = model.keymap.hint(Action::ForkSession, Context::Message).unwrap_or_default();
    format!("not sent: here you only look on; {fork}")
}

/// A copy of the session that is seen: as it was after the turn under the cursor of the transcript.
pub(super) fn fork_here(model: &Model) -> Start {
    let id = model.session.id.clone();
    let reads = model.focus == Focus::Pane(PaneId::Transcript);
    match model.panes.transcript.earlier_turn(&model.session).filter(|_| reads) {
        Some(turn) => Start::ForkAt(id, turn),
        None => Start::Fork(id),
    }
}

/// `/fork [TURN]`.
pub(super) fn fork(model: &mut Model, said: &str) -> Result<Effects, String> {
    let id = model.session.id.clone();
    let turns = model.session.turns;
    let start = match said.trim_start_matches('#') {
        "" => Start::Fork(id),
        number => match number.parse() {
            Ok(turn) if (1..=turns).contains(&turn) => Start::ForkAt(id, turn),
            _ => return Err(format!("forks: /fork, or /fork and a turn from 1 to {turns}")),
        },
    };
    Ok(sessions::open(model, start))
}

/// `/tag WORDS`.
pub(super) fn tag(model: &mut Model, said: &str) -> Result<Effects, String> {
    let words = || said.split_whitespace();
    let remove: Vec<_> =
        words().filter_map(|word| word.strip_prefix('-')).map(str::to_owned).collect();
    let add: Vec<_> = words().filter(|word| !word.starts_with('-')).map(str::to_owned).collect();
    let row = model.panes.sessions.row(&model.session.id);
    let Some(row) = row.filter(|row| !row.path.as_os_str().is_empty()) else {
        model.panes.sessions.want();
        model.panes.sessions.refresh();
        return Err("the list of sessions is not here yet: try again".to_owned());
    };
    if add.is_empty() && remove.is_empty() {
        let tags: Vec<_> = row.tags.iter().map(|tag| format!("#{tag}")).collect();
        let tags = if tags.is_empty() { "none".to_owned() } else { tags.join(" ") };
        return Err(format!("tags: {tags}; /tag WORDS gives it more, -WORD takes one away"));
    }
    let log = row.path.clone();
    model.panes.sessions.refresh();
    model.toasts.say("tagged; tag:WORD in the list of sessions finds it", model.now);
    Ok(vec![Effect::Library(Request::Tag { log, add, remove })])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Op;
    use crate::session::State;
    use crate::ui::msg::Loaded;
    use crate::ui::pane::sessions::tests::{listed, sessions};
    use crate::ui::tests::{Stage, is_kept, text};
    use crate::ui::update::update;

    fn pressed(stage: &mut Stage, keys: &[&str]) -> Effects {
        let mut effects = stage.keys(keys);
        effects.retain(|effect| !is_kept(effect));
        effects
    }

    fn said(stage: &mut Stage, words: &str) -> Effects {
        stage.write(words);
        // No longer part of a paste.
        stage.wait(1000);
        let mut effects = pressed(stage, &["Enter"]);
        effects.retain(|effect| matches!(effect, Effect::Open(..) | Effect::Library(_)));
        effects
    }

    fn toasts(stage: &Stage) -> String {
        stage.model.toasts.texts().collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_session_that_is_open_elsewhere_is_copied_or_looked_at() {
        let id = || crate::protocol::SessionId::from("s9");
        let newer = Held::Newer { session: id(), version: 9 };
        let table = [
            (Held::Open { session: id() }, &["Enter"][..], Some(Start::Fork(id()))),
            (Held::Open { session: id() }, &["Down", "Enter"][..], Some(Start::Watch(id()))),
            (newer, &["Down", "Enter"][..], Some(Start::Watch(id()))),
            (Held::Open { session: id() }, &["Esc"][..], None),
        ];
        for (held, keys, start) in table {
            let mut stage = Stage::new((120, 40));
            let _ = update(&mut stage.model, Msg::Loaded(Loaded::Held(1, held)));
            let seen = text(&stage.drawn().0);
            assert!(seen.contains("Go on in a copy of it, as it is now"), "{seen}");
            let opened = start.map(|start| Effect::Open(1, start));
            assert_eq!(pressed(&mut stage, keys), opened.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn who_looks_on_is_told_so_and_keeps_what_was_written() {
        let mut stage = Stage::new((120, 40));
        let then = State::watched("s9".into());
        let _ = pressed(&mut stage, &["Ctrl+X", "n"]);
        let _ = update(&mut stage.model, Msg::Loaded(Loaded::Opened(1, Ok(Box::new(then)))));
        assert!(toasts(&stage).contains("only look on"), "{}", toasts(&stage));
        stage.write("hello");
        stage.wait(1000);
        let sent = pressed(&mut stage, &["Enter"]);
        let op = sent.into_iter().find_map(|effect| match effect {
            Effect::Send(_, op @ Op::Prompt { .. }) => Some(op),
            _ => None,
        });
        let _ = update(&mut stage.model, Msg::Refused(op.unwrap()));
        assert_eq!(stage.model.composer.draft(), "hello");
        assert!(toasts(&stage).contains("Ctrl+X f fork"), "{}", toasts(&stage));
    }

    #[test]
    fn a_copy_begins_at_a_turn_that_is_there() {
        let mut stage = Stage::new((120, 40));
        stage.turn("one");
        let id = stage.model.session.id.clone();
        assert_eq!(said(&mut stage, "/fork"), [Effect::Open(1, Start::Fork(id.clone()))]);
        let at = Start::ForkAt(id, 1);
        assert_eq!(said(&mut stage, "/fork #1"), [Effect::Open(2, at)]);
        for words in ["/fork 2", "/fork 0", "/fork x"] {
            assert_eq!(said(&mut stage, words), [], "{words}");
            assert!(toasts(&stage).contains("a turn from 1 to 1"), "{}", toasts(&stage));
            let _ = pressed(&mut stage, &["Ctrl+U"]);
        }
    }

    #[test]
    fn a_session_is_put_away_by_a_key_and_seen_by_a_word() {
        let mut all = sessions();
        (all[1].archived, all[1].tags) = (true, ["net".to_owned()].into());
        let mut stage = listed((120, 40), all);
        let seen = text(&stage.drawn().0);
        assert!(!seen.contains("make the retry delay"), "{seen}");
        let _ = pressed(&mut stage, &["/"]);
        stage.write("archived:");
        let seen = text(&stage.drawn().0);
        assert!(seen.contains("make the retry delay"), "{seen}");
        stage.model.panes.sessions.select(&"a4".into());
        let seen = text(&stage.drawn().0);
        assert!(seen.contains("#net"), "{seen}");
        let _ = pressed(&mut stage, &["Enter"]);
        let log = std::path::PathBuf::from("/s/a4.jsonl");
        let wanted = Effect::Library(Request::Archive { log, archived: false });
        assert!(pressed(&mut stage, &["A"]).contains(&wanted));
    }
}
