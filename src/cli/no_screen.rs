//! In the place of the full-screen face where claw was built without it.

use std::path::Path;

use anyhow::{Result, anyhow};

use crate::cli::Wrong;
use crate::cli::setup::Place;
use crate::cli::trust::Question;
use crate::engine::{Setup, Start};
use crate::plain::Dress;
use crate::protocol::SessionId;

/// There is none: it cannot be made.
pub(super) enum Screen {}

impl Screen {
    /// Says so.
    pub(super) fn enter(_: &Place) -> Result<Self, Wrong> {
        Err(Wrong::Usage(anyhow!("this build of claw has no screen: use claw -p \"prompt\"")))
    }

    #[allow(clippy::unused_async, reason = "as the screen's own")]
    pub(super) async fn offer_demo(self, _: &str, _: &Path) -> Result<Option<Self>> {
        match self {}
    }

    #[allow(clippy::unused_async, reason = "as the screen's own")]
    pub(super) async fn ask_trust(self, _: Question) -> Result<Option<(Self, bool)>> {
        match self {}
    }

    #[allow(clippy::unused_async, reason = "as the screen's own")]
    pub(super) async fn ask_rule(self, _: Vec<String>) -> Result<Option<(Self, Option<bool>)>> {
        match self {}
    }

    #[allow(clippy::unused_async, reason = "as the screen's own")]
    pub(super) async fn run(
        self,
        _: &Place,
        _: Setup,
        _: Start,
        _: Option<String>,
        _: Option<&Path>,
    ) -> Result<(Vec<SessionId>, u8, String), Wrong> {
        match self {}
    }
}

/// How a line is written where `--inline` asks for colours: this build has none.
pub(super) fn dress(_: &Place) -> Result<Dress, Wrong> {
    Err(Wrong::Usage(anyhow!("this build of claw has no colours: use --plain")))
}
