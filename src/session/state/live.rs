//! What is only seen, never kept.

use std::sync::Arc;

use crate::base::clock::Millis;
use crate::protocol::{
    Baseline, FileChange, RequestId, RewindFile, RuleTried, SandboxState, Trigger, TurnId, Window,
};

/// What is only seen, never kept: not part of the log.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Live {
    /// From what the files below differ.
    pub against: Baseline,
    /// Files that differ from it.
    pub changes: Arc<Vec<FileChange>>,
    /// Files that differ beside them: too many to tell.
    pub unlisted: usize,
    /// Another process writes the session: here it is only looked at.
    pub watched: bool,
    /// Git's branch.
    pub branch: Option<String>,
    /// Tracked files that differ from HEAD, and untracked files.
    pub dirty: (usize, usize),
    /// What holds commands back; none while that is being tried.
    pub sandbox: Option<SandboxState>,
    /// What the rules that were tried for a question would cover.
    pub tried: Option<(RequestId, Vec<RuleTried>)>,
    /// What going back to before a turn would do to files.
    pub rewind: Option<(TurnId, Arc<Vec<RewindFile>>)>,
    /// The compaction that runs: why, and since when.
    pub compacting: Option<(Trigger, Millis)>,
    /// What fills the window, as it was told last.
    pub window: Option<Arc<Window>>,
    /// The retry that is waited for: which, of how many, until when, why.
    pub retrying: Option<(u32, u32, Millis, String)>,
}

impl Live {
    /// What differs now, and from what.
    pub(super) fn differ(
        &mut self,
        against: Baseline,
        changes: &Arc<Vec<FileChange>>,
        unlisted: usize,
    ) {
        (self.against, self.changes, self.unlisted) = (against, changes.clone(), unlisted);
    }
}
