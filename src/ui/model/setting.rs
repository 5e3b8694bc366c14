//! What the world said before the screen began.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::clock::Millis;
use crate::protocol::{Effort, ModelId, Usage};
use crate::provider::offers::Offer;
use crate::ui::model::Motion;
use crate::ui::theme::{Depth, Shelf};

/// What the world said before the screen began, and does not change.
#[derive(Debug, Clone)]
pub struct Setting {
    /// How much may move.
    pub motion: Motion,
    /// How many colours the terminal has.
    pub depth: Depth,
    /// All themes.
    pub themes: Shelf,
    /// The user's home, to shorten paths.
    pub home: Option<PathBuf>,
    /// The project's directory: sessions of it are opened here.
    pub project: PathBuf,
    /// The day where the user is, counted from any.
    pub day: fn(Millis) -> i64,
    /// The size of a model's window in tokens, where it is known.
    pub window: fn(&ModelId) -> Option<u64>,
    /// The models that can be chosen, but for those of this machine's servers.
    pub offers: Arc<[Offer]>,
    /// The efforts that a model takes, from the least.
    pub efforts: fn(&ModelId) -> Vec<Effort>,
    /// What one request to a model cost in US dollars, where prices are known.
    pub price: fn(&ModelId, &Usage) -> Option<f64>,
    /// What the mouse selects is copied at once.
    pub copy_on_select: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            motion: Motion::Full,
            depth: Depth::True,
            themes: Shelf::default(),
            home: None,
            project: PathBuf::new(),
            day: crate::base::clock::day,
            window: |_| None,
            offers: Arc::default(),
            efforts: |_| Vec::new(),
            price: |_, _| None,
            copy_on_select: false,
        }
    }
}
