//! What events are about.

use std::ops::BitOr;

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
