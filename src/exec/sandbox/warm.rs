//! A helper that was started before its command is known: while the model thinks, it does what
//! takes long.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use tokio_util::task::AbortOnDropHandle;

use crate::exec::sandbox::Sandbox;
use crate::exec::sandbox::spawn::Started;
use crate::exec::sandbox::spec::Spec;

/// How long a helper waits for a command. It holds on to the mounts that it saw.
const IDLE: Duration = Duration::from_mins(2);

/// The one helper that waits, shared by all copies of a sandbox.
///
/// It serves one command, and only where the sandbox and the world are what they were when it was
/// started; else it is thrown away.
#[derive(Clone, Default)]
pub struct Warm(Arc<Mutex<Slot>>);

/// Always the same: a ticket is for what a sandbox is, and that a helper waits is no part of it.
impl fmt::Debug for Warm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Warm")
    }
}

/// Nor does it tell two apart.
impl PartialEq for Warm {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Warm {}

#[derive(Default)]
enum Slot {
    #[default]
    Empty,
    /// Somebody starts one.
    Coming,
    Ready(Box<Ready>),
}

struct Ready {
    made: Made,
    started: Started,
    /// Throws it away once it has waited too long.
    expiry: AbortOnDropHandle<()>,
}

/// What a helper was made for. Seen before it is started: what changes later makes a difference.
#[derive(PartialEq, Eq)]
struct Made {
    spec: Spec,
    /// What stands where it opened or hid something: device and number, none for nothing.
    places: Vec<Option<(u64, u64)>>,
    /// All mounts: those that come later it would not see.
    mounts: Vec<u8>,
}

impl Made {
    fn now(spec: Spec) -> Self {
        let seen = |path: &Path| fs::metadata(path).ok().map(|at| (at.dev(), at.ino()));
        let caches = spec.caches.iter().map(|cache| &cache.path);
        let places = spec.roots.iter().chain(&spec.masked).chain(caches);
        let places = places.map(|path| seen(path)).collect();
        let mounts = fs::read("/proc/self/mountinfo").unwrap_or_default();
        Self { spec, places, mounts }
    }
}

impl Warm {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the helper that waits, where it fits.
    pub(super) fn take(&self, spec: &Spec) -> Option<Started> {
        let mut slot = self.slot();
        if matches!(*slot, Slot::Coming) {
            return None;
        }
        let taken = std::mem::take(&mut *slot);
        drop(slot);
        let Slot::Ready(ready) = taken else { return None };
        let Ready { made, mut started, expiry } = *ready;
        drop(expiry);
        (made == Made::now(spec.clone()) && started.waits()).then_some(started)
    }
}

impl Sandbox {
    /// Has a helper made ready for the next command, beside everything else. At once back.
    pub(in crate::exec) fn prepare(&self) {
        {
            let mut slot = self.warm.slot();
            if !matches!(*slot, Slot::Empty) {
                return;
            }
            *slot = Slot::Coming;
        }
        let sandbox = self.clone();
        // Starting a program keeps a thread for a moment.
        tokio::task::spawn_blocking(move || {
            let made = Made::now(sandbox.spec());
            // One that cannot be started now is no loss: the next command tries again, and says why.
            let ready = sandbox.waiting(&made.spec).map(|started| {
                Slot::Ready(Box::new(Ready { made, started, expiry: sandbox.warm.expiry() }))
            });
            let ready = ready.unwrap_or_default();
            *sandbox.warm.slot() = ready;
        });
    }
}

impl Warm {
    fn expiry(&self) -> AbortOnDropHandle<()> {
        let slot = Arc::downgrade(&self.0);
        AbortOnDropHandle::new(tokio::spawn(async move {
            tokio::time::sleep(IDLE).await;
            if let Some(slot) = slot.upgrade() {
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Slot::Empty;
            }
        }))
    }
}
