//! Completion in the composer: what is offered, and what is taken.

mod turn;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::ui::action::Action;
use crate::ui::composer::complete::{Files, Kind, Query, Row};
use crate::ui::composer::vim::Mode;
use crate::ui::effect::{Effect, Effects};
use crate::ui::keymap::Context;
use crate::ui::model::Model;
use crate::ui::update::{command, send};

/// Looks at the draft after something was done: offers, or takes the list away.
pub(super) fn look(model: &mut Model) -> Effects {
    if !matches!(model.context(), Context::Message | Context::Completion) {
        return Effects::new();
    }
    if model.composer.mode().is_some_and(|mode| mode != Mode::Insert) {
        // Keys are commands.
        return Effects::new();
    }
    let (before, first) = model.composer.editor.before_caret();
    let Some(trigger) = model.completer.look(&before, first) else { return Effects::new() };
    model.dirty = true;
    match trigger.kind {
        Kind::Command => {
            let rows = fitting(command::rows(), &trigger.query);
            model.completer.show(trigger, rows, String::new());
        }
        Kind::Argument => {
            let rows = fitting(command::arguments(model, &trigger.command), &trigger.query);
            model.completer.show(trigger, rows, String::new());
        }
        Kind::Turn => {
            let rows = turn::rows(&model.session, &trigger.query);
            model.completer.show(trigger, rows, String::new());
        }
        Kind::File => {
            let query = Query {
                generation: model.completer.generation(),
                root: model.session.cwd.clone(),
                text: trigger.query.clone(),
            };
            model.completer.wait(trigger);
            return vec![Effect::FindFiles(query)];
        }
    }
    Effects::new()
}

/// Files that were looked for.
pub(super) fn found(model: &mut Model, files: Files) {
    let note = match files.all {
        Some(all) => format!("{} of {all}", files.seen),
        None => "indexing".to_owned(),
    };
    let rows = files.names.into_iter().map(|label| {
        let end = if label.ends_with('/') { "" } else { " " };
        let insert = format!("@{label}{end}");
        Row { label, detail: String::new(), insert, whole: false }
    });
    model.dirty |= model.completer.found(files.generation, rows.collect(), note);
}

/// An action while a list is offered.
pub(super) fn act(model: &mut Model, action: Action) -> Effects {
    match action {
        Action::Escape => model.completer.dismiss(),
        Action::Confirm => return take(model, true),
        Action::Complete => return take(model, false),
        action => model.completer.act(action),
    }
    Effects::new()
}

/// Writes what the row says; with Enter, a command that lacks nothing is run.
fn take(model: &mut Model, enter: bool) -> Effects {
    let Some((trigger, row)) = model.completer.take() else {
        // There is nothing to take: the key means what it means without a list.
        return if enter { send::send(model, false) } else { Effects::new() };
    };
    model.composer.editor.replace_before(trigger.length, &row.insert);
    if enter && row.whole {
        return send::send(model, false);
    }
    Effects::new()
}

/// The rows that fit what is written, best first; all in their order where nothing is.
fn fitting(rows: Vec<Row>, query: &str) -> Vec<Row> {
    if query.trim().is_empty() {
        return rows;
    }
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let (mut matcher, mut room) = (Matcher::new(Config::DEFAULT), Vec::new());
    let mut scored: Vec<(u32, Row)> = rows
        .into_iter()
        .filter_map(|row| {
            let score = pattern.score(Utf32Str::new(&row.label, &mut room), &mut matcher)?;
            Some((score, row))
        })
        .collect();
    scored.sort_by_key(|(score, row)| (std::cmp::Reverse(*score), row.label.len()));
    scored.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests;
