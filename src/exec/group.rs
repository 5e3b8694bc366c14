//! A child and everything it started, as one: its process group.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::kill_process_group;
use rustix::process::test_kill_process_group;
use tokio::process::Child;

/// How long processes get between being asked to end and being killed.
const GRACE: Duration = Duration::from_millis(200);

/// How often a group that was asked to end is looked at: nothing tells when the last member goes.
const LOOK: Duration = Duration::from_millis(5);

/// A child's process group. Dropped, it is killed: whatever way a call ends, nothing survives it
/// that did not leave the group by itself.
#[derive(Debug)]
pub(super) struct Group(Option<Pid>);

impl Group {
    /// The group of a child that was started as the first of its own.
    pub(super) fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| Pid::from_raw(id.cast_signed())))
    }

    /// Is anything of it still there?
    pub(super) fn is_alive(&self) -> bool {
        self.0.is_some_and(|pid| test_kill_process_group(pid).is_ok())
    }

    /// Asks all of it to end, and kills what is still there after the grace of 200 ms.
    pub(super) async fn end(&self, child: &mut Child) {
        for signal in [Signal::TERM, Signal::KILL] {
            self.signal(signal);
            // A kill, too, takes a moment. What then still is there hangs in the kernel, or is a
            // zombie that nobody waits for.
            if tokio::time::timeout(GRACE, self.gone(child)).await.is_ok() {
                return;
            }
        }
    }

    /// Returns when nothing of it is left.
    async fn gone(&self, child: &mut Child) {
        // Not waited for, the child would stay in the group as a zombie.
        let _ = child.wait().await;
        while self.is_alive() {
            tokio::time::sleep(LOOK).await;
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.0 {
            // An error says that the group is gone, which is what is wanted.
            let _ = kill_process_group(pid, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}
/// Held by each start of a process, until the child is the first of its own group.
static STARTING: RwLock<()> = RwLock::new(());

/// To be held while a process is started. A child belongs to our group until it has one of its
/// own: it must not be stopped with us before that, because nobody would let it go on.
pub(in crate::exec) fn starting() -> RwLockReadGuard<'static, ()> {
    STARTING.read().unwrap_or_else(PoisonError::into_inner)
}

/// Stops this program and what runs beside it in its group, as a shell's `Ctrl+Z` would, until
/// somebody lets it go on. False where that cannot be done.
#[cfg(unix)]
pub fn stop() -> bool {
    let _nothing_starts = STARTING.write().unwrap_or_else(PoisonError::into_inner);
    rustix::process::kill_current_process_group(Signal::STOP).is_ok()
}
