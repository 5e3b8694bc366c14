//! What events are about.

use std::ops::BitOr;

use crate::protocol::Event;

/// A set of topics, to subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topics(u16);

impl Topics {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Sessions and turns: start, end, queue, mode, model, notices.
    pub const SESSION: Self = Self(1);
    /// What is said.
    pub const MESSAGE: Self = Self(2);
    /// Tool calls.
    pub const TOOL: Self = Self(4);
    /// Questions to the user.
    pub const PERMISSION: Self = Self(8);
    /// Files and git.
    pub const WORKSPACE: Self = Self(16);
    /// Everything.
    pub const ALL: Self = Self(31);

    /// Is each of `other` in it?
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Topics {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Event {
    /// What it is about.
    pub fn topic(&self) -> Topics {
        match self {
            Self::SessionStarted { .. }
            | Self::SessionForked { .. }
            | Self::SessionResumed { .. }
            | Self::TurnStarted { .. }
            | Self::QueueChanged { .. }
            | Self::Titled { .. }
            | Self::ModeChanged { .. }
            | Self::EffortChanged { .. }
            | Self::ModelChanged { .. }
            | Self::FellBack { .. }
            | Self::BudgetChanged { .. }
            | Self::BudgetReached { .. }
            | Self::Compacting { .. }
            | Self::Compacted { .. }
            | Self::Shortened { .. }
            | Self::Used { .. }
            | Self::ContextChanged { .. }
            | Self::ContextTold { .. }
            | Self::NoteFound { .. }
            | Self::CacheBroken { .. }
            | Self::Retrying { .. }
            | Self::PlanChanged { .. }
            | Self::SandboxTested { .. }
            | Self::RewindTried { .. }
            | Self::Rewound { .. }
            | Self::Redone { .. }
            | Self::TurnFinished { .. }
            | Self::Notice { .. } => Topics::SESSION,
            Self::Steered { .. } | Self::MessageDelta { .. } | Self::MessageFinished { .. } => {
                Topics::MESSAGE
            }
            Self::ToolCallStarted { .. }
            | Self::ToolCallProgress { .. }
            | Self::FilesKept { .. }
            | Self::ToolCallFinished { .. } => Topics::TOOL,
            Self::PermissionRequested { .. }
            | Self::PermissionRenewed { .. }
            | Self::RulesTried { .. }
            | Self::TextTold { .. }
            | Self::PermissionResolved { .. } => Topics::PERMISSION,
            Self::FilesChanged { .. } | Self::GitChanged { .. } => Topics::WORKSPACE,
        }
    }

    /// Is it kept in the log?
    pub fn is_durable(&self) -> bool {
        !matches!(
            self,
            Self::MessageDelta { .. }
                | Self::ToolCallProgress { .. }
                | Self::FilesChanged { .. }
                | Self::GitChanged { .. }
                | Self::RulesTried { .. }
                | Self::TextTold { .. }
                | Self::RewindTried { .. }
                | Self::ContextTold { .. }
                | Self::SandboxTested { .. }
                | Self::Compacting { .. }
                | Self::Retrying { .. }
        )
    }
}
