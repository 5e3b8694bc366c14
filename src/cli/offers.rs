//! What the faces are told of models: who can be asked here, what they take, and what they cost.

use std::sync::Arc;

use crate::cli::services::Services;
use crate::cli::setup::Place;
use crate::protocol::{Effort, ModelId, Usage};
use crate::provider::Catalogue;
use crate::provider::offers::{self, Offer};

/// Who offers models, and whether there is a key. In the demo nobody: one story is played there.
pub(super) fn offers(place: &Place) -> Arc<[Offer]> {
    if place.demo {
        return Arc::default();
    }
    let services = Services::of(place);
    offers::offers(&Catalogue::current(), |vendor| services.key(vendor).is_there()).into()
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
