//! How a run ended, as an exit code.

use crate::headless::Signal;

/// How a run without a screen ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The model had said all.
    Done,
    /// It failed, was refused, or was cut short.
    Failed,
    /// A call needed a permission and nobody could be asked. The model went on without it.
    PermissionNeeded,
    /// A limit of the turn was reached.
    Limit,
    /// The session's budget is used up.
    Budget,
    /// The answer has not the form that was asked for, however often that was said.
    Misfit,
    /// It was stopped from outside.
    Stopped(Signal),
    /// Nobody reads the output any more.
    ReaderGone,
}

impl Ending {
    /// The exit code of the process. Signals count from 128, as shells do it.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::PermissionNeeded => 3,
            Self::Limit => 4,
            Self::Budget => 5,
            Self::Misfit => 6,
            Self::Stopped(Signal::Interrupt) => 130,
            Self::Stopped(Signal::Terminate) => 143,
            Self::ReaderGone => 141,
        }
    }
}
