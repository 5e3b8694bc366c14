//! A letter that may be an answer to a question, or text.
//!
//! A pause arms a question also for somebody who only thinks of the next word. Where a draft is
//! being written, or the question came just now, a letter waits a quarter of a second: what follows
//! it at once makes both text, which goes to the draft; alone it is a key of the question. A letter
//! that the question has no use for is text at once. So nothing typed is lost, and no word answers.

use crossterm::event::KeyCode;

use crate::ui::action::Action;
use crate::ui::composer::is_writable;
use crate::ui::effect::Effects;
use crate::ui::keymap::{Chord, Context, Found};
use crate::ui::model::{Focus, Model};
use crate::ui::update::act;

/// Another key or a paste came: the letter that waited was text. Only `Enter` after it says that it
/// was an answer, as in a shell, where no draft is being written: then that is what is done.
pub(super) fn followed(model: &mut Model, by: Option<Chord>) -> Option<Effects> {
    let chord = model.panes.permission.followed()?;
    let enter = by.is_some_and(|by| by.is(KeyCode::Enter));
    if enter && model.composer.editor.is_empty() {
        return Some(answer(model, chord));
    }
    write(model, chord);
    None
}

/// Does the key stay away from the question? It waits, or could have been meant for the draft.
pub(super) fn takes(model: &mut Model, context: Context, chord: Chord, held: bool) -> bool {
    if !context.is_question() || context.is_question_text() || !model.leader.0.is_empty() {
        return false;
    }
    let writing = model.focus == Focus::Message;
    let drafting = writing && !model.composer.editor.is_empty();
    let doubt = writing && model.panes.permission.in_doubt(drafting);
    let text = chord.text().is_some_and(is_writable);
    let (asked, found) = (&mut model.panes.permission, model.keymap.find(context, &[chord]));
    match found {
        Found::Nothing if text && writing => asked.typed(model.now),
        // Without a draft only a letter that answers is held back: the others are harmless.
        Found::Action(action) if doubt && text && !drafting && !asked.would_answer(action) => {}
        Found::Prefix if !drafting => {}
        Found::Action(_) | Found::Prefix if doubt && text => {
            // A key that is held down answers nothing.
            if !held {
                asked.hold(chord, model.now);
            }
            return true;
        }
        Found::Action(Action::Confirm) if doubt && drafting => {
            asked.refuse("Enter may have been meant for the draft: y allows");
            model.dirty = true;
            return true;
        }
        _ => asked.engage(),
    }
    false
}

/// Time passed: a letter that nothing followed is a key of the question.
pub(super) fn alone(model: &mut Model) -> Effects {
    let chord = model.panes.permission.alone();
    chord.map_or_else(Effects::new, |chord| answer(model, chord))
}

fn answer(model: &mut Model, chord: Chord) -> Effects {
    let context = model.context();
    match model.keymap.find(context, &[chord]) {
        Found::Action(action) if context.is_question() => {
            model.dirty = true;
            model.panes.permission.engage();
            act::act(model, action)
        }
        Found::Prefix if context.is_question() => {
            model.panes.permission.engage();
            model.leader = (vec![chord], model.now);
            Effects::new()
        }
        _ => {
            write(model, chord);
            Effects::new()
        }
    }
}

/// Letters that begin no sequence of the question after all: text. False where it is none.
pub(super) fn is_text(model: &mut Model, context: Context, chords: &[Chord]) -> bool {
    let text = chords.iter().all(|chord| chord.text().is_some_and(is_writable));
    if !text || !context.is_question() || model.focus != Focus::Message {
        return false;
    }
    for chord in chords {
        write(model, *chord);
    }
    true
}

/// A letter goes to the draft, and the question lets the keyboard go.
fn write(model: &mut Model, chord: Chord) {
    model.panes.permission.typed(model.now);
    model.dirty = true;
    if let Some(c) = chord.text() {
        model.composer.editor.insert(c.encode_utf8(&mut [0; 4]));
    }
}
