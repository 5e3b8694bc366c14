//! What the faces are told of models: who can be asked here, what they take, and what they cost.

use std::sync::Arc;

use crate::cli::services::Services;
use crate::cli::setup::Place;
use crate::protocol::{Effort, ModelId};
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
