//! Back to before a turn, and forward again.

use crate::protocol::{Event, Op, Rewind, text_of};
use crate::session::{Entry, uncited};
use crate::ui::effect::Effects;
use crate::ui::model::{Focus, Model};
use crate::ui::overlay::rewind::RewindLayer;
use crate::ui::update::{layer, to_session};

/// `/rewind [N [files | conversation | both]]`; alone, the list of turns.
pub(super) fn command(model: &mut Model, said: &str) -> Result<Effects, String> {
    let (number, what) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
    if number.is_empty() {
        return Ok(open(model));
    }
    let number = number.trim_start_matches('#').parse::<u32>().ok();
    let layer = RewindLayer::new(&model.session).zip(number);
    let layer = layer.and_then(|(layer, number)| layer.at(number));
    let layer = layer.ok_or("there is no such turn; /rewind lists them")?;
    let Some(Op::TryRewind { to }) = layer.wanted() else { return Ok(Effects::new()) };
    if what.trim().is_empty() {
        return Ok(show(model, layer));
    }
    let what = Rewind::parse(what.trim()).ok_or("say files, conversation or both")?;
    Ok(vec![to_session(model, Op::Rewind { to, what, force: Vec::new() })])
}

/// The list of turns, with what going back would do.
pub(super) fn open(model: &mut Model) -> Effects {
    if model.is_busy() {
        model.toasts.say("a turn runs: stop it first, then go back", model.now);
        return Effects::new();
    }
    match RewindLayer::new(&model.session) {
        Some(layer) => show(model, layer),
        None => {
            model.toasts.say("there is no turn to go back to yet", model.now);
            Effects::new()
        }
    }
}

fn show(model: &mut Model, list: RewindLayer) -> Effects {
    let wanted = list.wanted();
    layer::open(model, list);
    wanted.map(|op| to_session(model, op)).into_iter().collect()
}

/// Undoes the last turn: what was said and what it did to files.
pub(super) fn undo(model: &mut Model) -> Effects {
    let Some(to) = model.session.past.last().cloned() else {
        model.toasts.say("there is no turn to undo", model.now);
        return Effects::new();
    };
    vec![to_session(model, Op::Rewind { to, what: Rewind::Both, force: Vec::new() })]
}

/// Takes the last rewind back.
pub(super) fn redo(model: &mut Model) -> Effects {
    if model.session.past.redoable().is_none() {
        model.toasts.say("there is no rewind to take back", model.now);
        return Effects::new();
    }
    vec![to_session(model, Op::Redo)]
}

/// The session went back or forward: the prompt comes into the composer, or goes out of it again.
/// To be called before the event is folded in where it goes forward, and after where it goes back.
pub(super) fn told(model: &mut Model, event: &Event) {
    let files = |count: usize| match count {
        0 => String::new(),
        1 => " · 1 file".to_owned(),
        count => format!(" · {count} files"),
    };
    match event {
        Event::Rewound { what, files: changed, .. } => {
            let prompt = match model.session.past.prompt() {
                Some(Entry::Prompt { number, content, .. }) => Some((*number, content.clone())),
                _ => None,
            };
            let back = match &prompt {
                Some((number, content)) if what.talk() => {
                    model.composer.give_back(uncited(content));
                    model.focus = Focus::Message;
                    format!("back before turn {number}")
                }
                _ => "files went back".to_owned(),
            };
            let text = format!("{back}{}: Ctrl+X R takes it back", files(changed.len()));
            model.toasts.say(text, model.now);
        }
        Event::Redone { files: changed } => {
            let given = match model.session.past.prompt() {
                Some(Entry::Prompt { content, .. }) => text_of(uncited(content)),
                _ => String::new(),
            };
            // What was given back and not touched since goes with it.
            if !given.is_empty() && model.composer.text().trim() == given.trim() {
                model.composer.editor.set_text("");
            }
            model.toasts.say(format!("forward again{}", files(changed.len())), model.now);
        }
        _ => {}
    }
}
