//! When a session is compacted by itself: the table `[compact]`.

use anyhow::{Result, ensure};
use serde::Deserialize;
use toml::Spanned;

use crate::config::source::Said;

/// The shares of the usable window that can be said.
const SHARES: (f64, f64) = (0.1, 1.0);

#[derive(Debug, Default, Deserialize)]
pub(super) struct RoomRow {
    pub(super) auto: Option<Spanned<bool>>,
    pub(super) at: Option<Spanned<f64>>,
}

/// Is it a share at which a session can be compacted?
pub(super) fn check(at: &Said<f64>) -> Result<()> {
    let (least, most) = SHARES;
    ensure!(
        (least..=most).contains(&at.value),
        "{}: compact.at is a share of the model's window; choose a number from {least} to {most:.1}",
        at.at
    );
    Ok(())
}
