//! What the words of flags stand for.

use clap::ValueEnum;

use crate::config::Motion;
use crate::headless::Format;
use crate::protocol::Mode;

/// [`Motion`] by its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum MotionArg {
    /// Spinners and timers
    Full,
    /// Words instead of spinners
    Reduced,
    /// Nothing
    None,
}

impl From<MotionArg> for Motion {
    fn from(motion: MotionArg) -> Self {
        match motion {
            MotionArg::Full => Self::Full,
            MotionArg::Reduced => Self::Reduced,
            MotionArg::None => Self::None,
        }
    }
}

/// [`Format`] by its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArg {
    /// Only the last answer
    Text,
    /// One object at the end
    Json,
    /// A line for every event
    StreamJson,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Text => Self::Text,
            FormatArg::Json => Self::Json,
            FormatArg::StreamJson => Self::StreamJson,
        }
    }
}

/// [`Mode`] by its names, and by those that other agents have for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ModeArg {
    /// Reading is free, everything else is asked
    Default,
    /// Edits inside the project are free too
    #[value(aliases = ["acceptEdits", "accept_edits", "workspace-write"])]
    AcceptEdits,
    /// Nothing is changed
    #[value(alias = "read-only")]
    Plan,
    /// The rules decide; what they leave open is asked
    Auto,
    /// What would be asked is not done
    #[value(aliases = ["dontAsk", "dont_ask"])]
    DontAsk,
    /// Nothing is asked, but for what no mode allows
    #[value(aliases = ["bypassPermissions", "danger-full-access"])]
    Bypass,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Default => Self::Default,
            ModeArg::AcceptEdits => Self::AcceptEdits,
            ModeArg::Plan => Self::Plan,
            ModeArg::Auto => Self::Auto,
            ModeArg::DontAsk => Self::DontAsk,
            ModeArg::Bypass => Self::Bypass,
        }
    }
}
