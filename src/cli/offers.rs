//! What the faces are told of models: who can be asked here, what they take, and what they cost.

use std::sync::Arc;

use crate::cli::setup::Place;
use crate::config::{self, Credentials};
use crate::protocol::{Effort, ModelId, Usage};
use crate::provider::Catalogue;
use crate::provider::catalogue::{HOME, Vendor};
use crate::provider::offers::{self, Offer};

/// Who offers models, and whether there is a key. In the demo nobody: one story is played there.
pub(super) fn offers(place: &Place) -> Arc<[Offer]> {
    if place.demo {
        return Arc::default();
    }
    let set = |name: &String| config::process(name).is_some_and(|value| !value.is_empty());
    let home = || {
        let found = Credentials::read(&config::process, place.settings.key_env.as_deref());
        let found = found.is_ok_and(|it| it.api_key.is_some() || it.auth_token.is_some());
        found || place.settings.base_url.is_some()
    };
    let has_key = |vendor: &Vendor| vendor.env.iter().any(set) || vendor.id == HOME && home();
    offers::offers(&Catalogue::current(), has_key).into()
}

/// The efforts that a model takes, from the least.
pub(super) fn efforts(model: &ModelId) -> Vec<Effort> {
    Catalogue::current().lookup(&model.0).efforts()
}

/// What one request cost in US dollars, where prices are known. This machine's own servers are
/// free.
pub(super) fn price(model: &ModelId, usage: &Usage) -> Option<f64> {
    let catalogue = Catalogue::current();
    let model = catalogue.lookup(&model.0);
    let local = || catalogue.vendor(&model.vendor).is_some_and(offers::is_local);
    model.cost(usage).or_else(|| local().then_some(0.0))
}
