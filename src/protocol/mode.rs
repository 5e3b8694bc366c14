//! How much the user is asked.

use serde::{Deserialize, Serialize};

/// How much is done without asking. Floors and deny rules hold in every mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Reading inside the project is free, everything else is asked.
    #[default]
    Default,
    /// Edits inside the project are free too.
    AcceptEdits,
    /// Nothing is changed, whatever the rules say.
    Plan,
    /// What would be asked is decided by the policy's rules alone; what they leave open is asked.
    Auto,
    /// What would be asked is not done. Only a start flag leads here.
    DontAsk,
    /// What would be asked is done. Only a start flag leads here.
    Bypass,
}

impl Mode {
    /// The word in the status bar.
    pub fn label(self) -> &'static str {
        match self {
            Self::Default => "ASK",
            Self::AcceptEdits => "EDITS",
            Self::Plan => "PLAN",
            Self::Auto => "AUTO",
            Self::DontAsk => "NEVER ASK",
            Self::Bypass => "ALL CHECKS SKIPPED",
        }
    }

    /// Its name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default mode",
            Self::AcceptEdits => "accept-edits mode",
            Self::Plan => "plan mode",
            Self::Auto => "auto mode",
            Self::DontAsk => "don't-ask mode",
            Self::Bypass => "bypass mode",
        }
    }

    /// The next mode of the cycle on Shift+Tab; what only a flag leads to is no part of it.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Default => Self::AcceptEdits,
            Self::AcceptEdits => Self::Plan,
            Self::Plan => Self::Auto,
            Self::Auto | Self::DontAsk | Self::Bypass => Self::Default,
        }
    }
}
