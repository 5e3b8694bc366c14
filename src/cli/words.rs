//! What the words of flags stand for.

use std::num::NonZeroU32;

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

/// Which picture is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Picture {
    /// The last one.
    Last,
    /// That of a number.
    Number(usize),
}

pub(super) fn picture(text: &str) -> Result<Picture, &'static str> {
    match text {
        "last" => Ok(Picture::Last),
        number => number.parse().map(Picture::Number).map_err(|_| "give a number, or `last`"),
    }
}

pub(super) fn size(text: &str) -> Result<(u16, u16), &'static str> {
    let (columns, rows) = text.split_once('x').unwrap_or_default();
    match (columns.parse(), rows.parse()) {
        (Ok(columns @ 1..), Ok(rows @ 1..)) => Ok((columns, rows)),
        _ => Err("give columns and rows, as in 120x40"),
    }
}

pub(super) fn dollars(text: &str) -> Result<f64, &'static str> {
    let amount = text.strip_prefix('$').unwrap_or(text).parse();
    let amount = amount.ok().filter(|usd: &f64| usd.is_finite() && *usd > 0.0);
    amount.ok_or("give dollars above 0, as in 2.50")
}

pub(super) fn speed(text: &str) -> Result<f64, &'static str> {
    let speed = text.parse().ok().filter(|speed: &f64| speed.is_finite() && *speed >= 0.0);
    speed.ok_or("give a number from 0 on, as in 10")
}

pub(super) fn tokens(text: &str) -> Result<u64, &'static str> {
    text.replace('_', "").parse().ok().filter(|tokens| *tokens > 0).ok_or("give a number from 1 on")
}

pub(super) fn from_one(text: &str) -> Result<NonZeroU32, &'static str> {
    text.parse().map_err(|_| "give a number from 1 on")
}
