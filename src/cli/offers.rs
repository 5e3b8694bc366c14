//! What the faces are told of models: who can be asked here, what they take, and what they cost.

use std::sync::Arc;

use crate::cli::setup::Place;
use crate::config::{self, Credentials};
use crate::protocol::{Effort, ModelId};
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
