//! Models, how hard they think, and what that costs: chosen, said and shown.

use std::fmt::Write as _;

use crate::protocol::{Effort, Event, ModelId, Op};
use crate::provider::Catalogue;
use crate::provider::offers::Offer;
use crate::ui::composer::complete;
use crate::ui::effect::{Effect, Effects};
use crate::ui::model::Model;
use crate::ui::msg::Loaded;
use crate::ui::overlay::cost::CostLayer;
use crate::ui::overlay::effort::{about, efforts};
use crate::ui::overlay::models::{ModelsLayer, Row, rows};
use crate::ui::update::{layer, to_session};

/// The servers of one's own that were found on this machine.
#[derive(Debug, Clone, Default)]
pub struct Local {
    /// The number of who asked last; of others nothing is taken.
    asked: u64,
    found: Vec<Offer>,
}

/// All models that can be chosen.
pub(super) fn all(model: &Model) -> Vec<Row> {
    rows(&model.setting.offers, &model.local.found)
}

/// The models that can be asked at once, by name.
pub(super) fn ready(model: &Model) -> Vec<String> {
    let all = all(model).into_iter().filter(|row| row.missing.is_none());
    all.map(|row| row.id.to_string()).collect()
}

/// Lays the list of them over the screen, and looks which servers run here.
pub(super) fn open(model: &mut Model) -> Effects {
    let session = &model.session;
    let present = all(model).into_iter().find(|row| row.id == session.model);
    let present = present.unwrap_or_else(|| unlisted(model));
    let (offers, effort) = (model.setting.offers.clone(), session.effort);
    let picker = ModelsLayer::new(offers, &model.local.found, present, effort);
    layer::open(model, picker);
    if model.setting.offers.is_empty() {
        // One story is played, whatever runs here.
        return Effects::new();
    }
    model.local.asked += 1;
    vec![Effect::FindModels(model.local.asked)]
}

/// The present model, where nobody offers it.
fn unlisted(model: &Model) -> Row {
    let id = &model.session.model;
    let window =
        (model.setting.window)(id).map_or_else(|| "?".to_owned(), crate::base::amount::limit);
    Row {
        title: id.to_string(),
        name: String::new(),
        vendor: "In use".to_owned(),
        window,
        price: String::new(),
        takes: String::new(),
        efforts: (model.setting.efforts)(id),
        missing: None,
        id: id.clone(),
    }
}

/// Servers that were found: the list that is open shows them, unless it was asked anew.
pub(super) fn found(model: &mut Model, asked: u64, found: Vec<Offer>) {
    if asked != model.local.asked {
        return;
    }
    let loaded = Loaded::Models(asked, found.clone());
    model.local.found = found;
    for layer in &mut model.layers {
        model.dirty |= layer.loaded(&loaded);
    }
}

/// Lays the list of efforts over the screen; says so where the model takes none.
pub(super) fn open_effort(model: &mut Model) {
    let takes = (model.setting.efforts)(&model.session.model);
    if takes.is_empty() {
        model.toasts.say(takes_none(&model.session.model), model.now);
        return;
    }
    let picker = efforts(&takes, model.session.effort);
    layer::open(model, picker);
}

fn takes_none(model: &ModelId) -> String {
    format!("{model} takes no effort: it thinks as it does by itself")
}

/// Lays what the session cost over the screen.
pub(super) fn open_cost(model: &mut Model) {
    let cost = CostLayer::new(&model.session, model.setting.price);
    layer::open(model, cost);
}

/// `/model NAME`; alone, the list.
#[allow(clippy::unnecessary_wraps, reason = "as every command that takes something")]
pub(super) fn set_model(model: &mut Model, name: &str) -> Result<Effects, String> {
    if name.is_empty() {
        return Ok(open(model));
    }
    Ok(vec![to_session(
        model,
        Op::SetModel { model: Catalogue::current().lookup(name).id.clone() },
    )])
}

/// `/effort LEVEL`; alone, the list.
pub(super) fn set_effort(model: &mut Model, level: &str) -> Result<Effects, String> {
    if level.is_empty() {
        open_effort(model);
        return Ok(Effects::new());
    }
    let takes = (model.setting.efforts)(&model.session.model);
    let effort = match level {
        "auto" => None,
        _ if takes.is_empty() => return Err(takes_none(&model.session.model)),
        level => Some(level.parse::<Effort>().map_err(|_| words(&takes))?),
    };
    Ok(vec![to_session(model, Op::SetEffort { effort })])
}

/// The efforts that can be said.
fn words(takes: &[Effort]) -> String {
    let mut words = "efforts: /effort auto".to_owned();
    for effort in takes {
        // Writing to a String cannot fail.
        let _ = write!(words, ", {effort}");
    }
    words
}

/// What may follow `/model`.
pub(super) fn model_arguments(model: &Model) -> Vec<complete::Row> {
    let row = |row: Row| (row.id.to_string(), row.about());
    all(model).into_iter().map(row).map(argument).collect()
}

/// What may follow `/effort`.
pub(super) fn effort_arguments(model: &Model) -> Vec<complete::Row> {
    let takes = (model.setting.efforts)(&model.session.model);
    let all = std::iter::once(None).chain(takes.into_iter().map(Some));
    let name = |effort: Option<Effort>| effort.map_or("auto", Effort::name).to_owned();
    all.map(|effort| argument((name(effort), about(effort).to_owned()))).collect()
}

fn argument((label, detail): (String, String)) -> complete::Row {
    complete::Row { insert: label.clone(), label, detail, whole: true }
}

/// Says that another model is asked, or that it thinks otherwise.
pub(super) fn told(model: &mut Model, event: &Event) {
    let said = match event {
        Event::ModelChanged { model } => format!("model: {model}"),
        Event::EffortChanged { effort } => {
            let takes = (model.setting.efforts)(&model.session.model);
            let near = effort.and_then(|effort| effort.nearest(&takes));
            match (effort, near) {
                (None, _) => "effort: auto".to_owned(),
                (Some(effort), Some(near)) if near != *effort => {
                    format!("effort: {effort}, which this model takes as {near}")
                }
                (Some(effort), _) => format!("effort: {effort}"),
            }
        }
        _ => return,
    };
    model.toasts.say(said, model.now);
}

#[cfg(test)]
mod tests;
