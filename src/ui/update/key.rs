//! Keys and pastes: to what has the focus, and to nothing else.

use std::path::PathBuf;

use crossterm::event::KeyEvent;

use crate::ui::action::Action;
use crate::ui::composer::is_writable;
use crate::ui::effect::{Effect, Effects};
use crate::ui::keymap::{Chord, Context, Found, written};
use crate::ui::model::Model;
use crate::ui::msg::Clip;
use crate::ui::pane::permission;
use crate::ui::update::{act, compose, doubt, layer, transcript};

/// A key was pressed, or repeats.
pub(super) fn key(model: &mut Model, key: KeyEvent) -> Effects {
    let Some(chord) = Chord::of(key) else { return Effects::new() };
    model.toasts.key();
    model.dirty = true;

    if let Some(effects) = doubt::followed(model, Some(chord)) {
        return effects;
    }
    let context = model.context();
    let held = model.panes.permission.is_held(key, model.now);
    if doubt::takes(model, context, chord, held) {
        return Effects::new();
    }
    // The letter may have just gone from the question to the draft.
    let context = model.context();
    match context {
        _ if context.is_question() => {}
        // A key that may have been meant for a question that just left does nothing; what is text
        // stands in the draft, because it may have been meant for that.
        _ if model.panes.permission.is_quiet(model.now)
            && (!is_message(context) || chord.text().is_none()) =>
        {
            return Effects::new();
        }
        _ => model.panes.permission.typed(model.now),
    }

    if is_message(context) {
        if chord.text().is_some() {
            model.burst.typed(model.now);
        }
        // Esc takes away what is offered first.
        let offered = context == Context::Completion && chord.text().is_none();
        if model.leader.0.is_empty()
            && !offered
            && let Some(effects) = compose::vim(model, chord)
        {
            return effects;
        }
    }
    let mut chords = std::mem::take(&mut model.leader.0);
    let first = chords.is_empty();
    chords.push(chord);
    // In a draft, what types a character is text: `?` is a command only where nothing is written.
    let text = chord.text().filter(|_| first && is_message(context));
    let is_text = text.is_some() && !model.composer.editor.is_empty();
    match model.keymap.find(context, &chords) {
        Found::Action(action) if !is_text => {
            if !matches!(action, Action::Escape | Action::Interrupt | Action::EndOfInput) {
                model.ladder.reset();
            }
            // A key that is held down answers nothing.
            if held && context.is_question() && permission::answers(action) {
                return Effects::new();
            }
            // The texts of a question have an editor of their own, which knows its keys.
            if context.is_question_text() && action != Action::Interrupt {
                return model.panes.permission.input(key, &model.session);
            }
            act::act(model, action)
        }
        Found::Prefix if !is_text => {
            model.leader = (chords, model.now);
            Effects::new()
        }
        _ => {
            model.ladder.reset();
            unbound(model, context, key, chord, &chords)
        }
    }
}

fn is_message(context: Context) -> bool {
    matches!(context, Context::Message | Context::Completion)
}

/// A key that the table has nothing for: text, where text goes.
fn unbound(
    model: &mut Model,
    context: Context,
    key: KeyEvent,
    chord: Chord,
    chords: &[Chord],
) -> Effects {
    if chords.len() > 1 {
        if doubt::is_text(model, context, chords) {
            return Effects::new();
        }
        if !chord.is(crossterm::event::KeyCode::Esc) {
            model.toasts.say(format!("{} does nothing here", written(chords)), model.now);
        }
        return Effects::new();
    }
    match (context, chord.text()) {
        (Context::Message | Context::Completion, Some(c)) if is_writable(c) => {
            model.composer.editor.insert(c.encode_utf8(&mut [0; 4]));
        }
        (Context::Find, Some(c)) => {
            transcript::write(model, c.encode_utf8(&mut [0; 4]));
        }
        (_, Some(c)) if !model.layers.is_empty() => {
            return layer::write(model, c.encode_utf8(&mut [0; 4]));
        }
        (Context::SessionWords, Some(c)) => {
            model.panes.sessions.write(c.encode_utf8(&mut [0; 4]));
        }
        _ if context.is_question_text() => {
            return model.panes.permission.input(key, &model.session);
        }
        (
            Context::Sessions | Context::Transcript | Context::Activity | Context::Changes,
            Some(_),
        ) => {
            model.toasts.say("press i to type", model.now);
        }
        _ => {}
    }
    Effects::new()
}

/// A paste is one event: never keys, never a command. It answers no question.
pub(super) fn paste(model: &mut Model, text: &str) -> Effects {
    model.dirty = true;
    let _ = doubt::followed(model, None);
    model.leader.0.clear();
    model.ladder.reset();
    match model.context() {
        context if context.is_question_text() => model.panes.permission.paste(text),
        Context::SessionWords => model.panes.sessions.write(text),
        _ if !model.layers.is_empty() => return layer::write(model, text),
        Context::Find if transcript::write(model, text) => {}
        // Wherever the focus is, a paste is meant to be said.
        _ => {
            model.panes.permission.typed(model.now);
            if model.composer.paste(text).is_err() {
                let most = crate::ui::composer::MAX_PASTE >> 20;
                let text = format!("the paste is longer than {most} MB: save it and name the file");
                model.toasts.fail(text, model.now);
            } else if let Some(path) = picture(text) {
                return vec![Effect::LoadImage { path, pasted: text.to_owned() }];
            }
        }
    }
    Effects::new()
}

/// The path of a picture that was pasted as it is dragged from a file list: alone, quoted or with
/// its blanks escaped, or as a URL.
fn picture(text: &str) -> Option<PathBuf> {
    let text = text.trim().trim_matches(['\'', '"']);
    let text = text.strip_prefix("file://").unwrap_or(text).replace("\\ ", " ");
    let end = text.rsplit_once('.')?.1.to_ascii_lowercase();
    let known = matches!(end.as_str(), "png" | "jpg" | "jpeg" | "gif" | "webp");
    (known && !text.contains('\n')).then(|| PathBuf::from(text))
}

/// What was on the clipboard, or in a file whose path was pasted.
pub(super) fn pasted(model: &mut Model, clip: Clip) -> Effects {
    model.dirty = true;
    match clip {
        Clip::Image { image, size, path } => model.composer.attach(image, size, path.as_deref()),
        Clip::Text(text) => return paste(model, &text),
        Clip::Nothing(why) => model.toasts.say(why, model.now),
    }
    Effects::new()
}
