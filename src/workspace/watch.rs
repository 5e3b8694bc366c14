//! What the system says about files that change. The one door to it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use notify::event::EventKind;
use notify::{ErrorKind, Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;

use crate::base::clock;

/// Paths that are remembered one by one; with more the whole tree is looked at.
const MAX_PATHS: usize = 50_000;

/// How long after a command's end changes still count as its own: word of them comes late.
const ECHO: Duration = Duration::from_millis(200);

/// What has changed since it was last taken.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Files and directories, and whether a command ran when word of them came.
    pub(super) paths: HashMap<PathBuf, bool>,
    /// Word was lost: anything may have changed. Did a command run then?
    pub(super) lost: Option<bool>,
    /// `HEAD`, the index or the like.
    pub(super) git: bool,
}

/// Where changes wait for the tracker.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    pending: Mutex<Pending>,
    commands: Mutex<Commands>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Commands {
    running: usize,
    until: Option<Instant>,
}

impl Inbox {
    /// Waits until something has changed.
    pub(super) async fn changed(&self) {
        self.wake.notified().await;
    }

    pub(super) fn take(&self) -> Pending {
        std::mem::take(&mut lock(&self.pending))
    }

    /// The file at `path` has to be looked at.
    pub(super) fn touch(&self, path: &Path) {
        self.add(path, self.command_runs());
        self.wake.notify_one();
    }

    /// There is something to do though no file changed.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Git's files changed.
    pub(super) fn touch_git(&self) {
        lock(&self.pending).git = true;
        self.wake.notify_one();
    }

    /// Anything may have changed.
    pub(super) fn touch_all(&self) {
        let command = self.command_runs();
        let mut pending = lock(&self.pending);
        pending.lost = Some(pending.lost.unwrap_or_default() | command);
        drop(pending);
        self.wake.notify_one();
    }

    /// A command has begun, or ended.
    pub(super) fn command_running(&self, running: bool) {
        let mut commands = lock(&self.commands);
        if running {
            commands.running += 1;
        } else {
            commands.running = commands.running.saturating_sub(1);
            commands.until = Some(clock::instant() + ECHO);
        }
    }

    fn command_runs(&self) -> bool {
        let commands = lock(&self.commands);
        commands.running > 0 || commands.until.is_some_and(|until| clock::instant() < until)
    }

    fn add(&self, path: &Path, command: bool) {
        let mut pending = lock(&self.pending);
        if pending.paths.len() >= MAX_PATHS {
            pending.lost = Some(pending.lost.unwrap_or_default() | command);
            pending.paths.clear();
        }
        *pending.paths.entry(path.to_owned()).or_default() |= command;
    }

    /// Takes in what the system says.
    fn hear(&self, git: Option<&Path>, event: notify::Result<Event>) {
        let Ok(event) = event else { return self.touch_all() };
        if event.need_rescan() {
            return self.touch_all();
        }
        // To read is no change; and we read ourselves.
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        let command = self.command_runs();
        let mut heard = false;
        for path in &event.paths {
            let of_git = git.is_some_and(|git| path.parent() == Some(git));
            if of_git && path.extension().is_none_or(|end| end != "lock") {
                lock(&self.pending).git = true;
                heard = true;
            } else if !path.components().any(|part| part.as_os_str() == ".git") {
                self.add(path, command);
                heard = true;
            }
        }
        if heard {
            self.wake.notify_one();
        }
    }
}

/// The watches on directories.
#[derive(Debug)]
pub(super) struct Watch {
    /// None where the system gives no (more) watches.
    watcher: Option<RecommendedWatcher>,
    /// Why the tree has to be looked at again and again.
    lost: Option<String>,
}

impl Watch {
    /// Watches nothing yet. What changes goes to `inbox`; `git` is git's directory.
    pub(super) fn new(root: &Path, git: Option<&Path>, inbox: &Arc<Inbox>) -> Self {
        let (to, of_git) = (inbox.clone(), git.map(Path::to_owned));
        let watcher = notify::recommended_watcher(move |event| to.hear(of_git.as_deref(), event));
        let mut watch = match watcher {
            Ok(watcher) => Self { watcher: Some(watcher), lost: None },
            Err(error) => Self { watcher: None, lost: Some(why(&error)) },
        };
        if let Some(git) = git {
            watch.add(git, RecursiveMode::NonRecursive);
        }
        // Where one watch can hold a whole tree, it does.
        if !cfg!(target_os = "linux") {
            watch.add(root, RecursiveMode::Recursive);
        }
        watch
    }

    /// Why nothing is watched any more, so that the tree has to be polled.
    pub(super) fn lost(&self) -> Option<&str> {
        self.lost.as_deref()
    }

    /// Watches one directory.
    pub(super) fn enter(&mut self, dir: &Path) {
        if cfg!(target_os = "linux") {
            self.add(dir, RecursiveMode::NonRecursive);
        }
    }

    /// Watches a directory no longer; it may be gone.
    pub(super) fn leave(&mut self, dir: &Path) {
        if let Some(watcher) = &mut self.watcher
            && cfg!(target_os = "linux")
        {
            // A directory that is gone took its watch with it.
            let _ = watcher.unwatch(dir);
        }
    }

    fn add(&mut self, dir: &Path, how: RecursiveMode) {
        let Some(watcher) = &mut self.watcher else { return };
        if let Err(error) = watcher.watch(dir, how) {
            self.failed(&error);
        }
    }

    fn failed(&mut self, error: &notify::Error) {
        // A directory can go before it is watched, or be closed to us: then there is nothing to see.
        let gone = match &error.kind {
            ErrorKind::PathNotFound => true,
            ErrorKind::Io(error) => {
                use std::io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
                matches!(error.kind(), NotFound | NotADirectory | PermissionDenied)
            }
            _ => false,
        };
        if !gone {
            self.lost = Some(why(error));
            self.watcher = None;
        }
    }
}

/// Says when a file in one of some directories changes. Dropping it ends the watch.
pub struct DirWatch {
    _watcher: RecommendedWatcher,
    wake: Arc<Notify>,
}

impl DirWatch {
    /// Watches these directories, not what is below them; none where none of them is there, or the
    /// system gives no (more) watches.
    pub fn new(dirs: &[PathBuf]) -> Option<Self> {
        if !dirs.iter().any(|dir| dir.is_dir()) {
            return None;
        }
        let wake = Arc::new(Notify::new());
        let to = wake.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // To read is no change; and we read ourselves.
            if event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_))) {
                to.notify_one();
            }
        })
        .ok()?;
        let begun = dirs.iter().map(|dir| watcher.watch(dir, RecursiveMode::NonRecursive).is_ok());
        (begun.filter(|begun| *begun).count() > 0).then_some(Self { _watcher: watcher, wake })
    }

    /// Waits until something has changed.
    pub async fn changed(&self) {
        self.wake.notified().await;
    }
}

fn why(error: &notify::Error) -> String {
    match error.kind {
        ErrorKind::MaxFilesWatch => "the system's limit of inotify watches is reached".to_owned(),
        _ => format!("the system does not watch files: {error}"),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_went_is_no_loss_but_the_limit_is() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = Watch::new(dir.path(), None, &Arc::default());
        watch.enter(&dir.path().join("missing"));
        watch.leave(&dir.path().join("missing"));
        assert_eq!(watch.lost(), None);
        watch.failed(&notify::Error::new(ErrorKind::MaxFilesWatch));
        assert_eq!(watch.lost(), Some("the system's limit of inotify watches is reached"));
        watch.enter(dir.path());
    }

    #[test]
    fn reading_and_the_inside_of_git_are_no_changes() {
        use notify::event::{AccessKind, CreateKind};
        let inbox = Inbox::default();
        let git = Path::new("/p/.git");
        let hear = |kind, path: &str| {
            inbox.hear(Some(git), Ok(Event::new(kind).add_path(path.into())));
            inbox.take()
        };
        assert!(hear(EventKind::Access(AccessKind::Any), "/p/a").paths.is_empty());
        let create = EventKind::Create(CreateKind::File);
        assert!(hear(create, "/p/a").paths.contains_key(Path::new("/p/a")));
        assert!(hear(create, "/p/.git/HEAD").git);
        let inner = ["/p/.git/index.lock", "/p/.git/objects/ab/c", "/p/sub/.git/HEAD"];
        for path in inner {
            let got = hear(create, path);
            assert!(!got.git && got.paths.is_empty(), "{path}");
        }
    }

    #[test]
    fn many_paths_become_one_look_at_everything() {
        let inbox = Inbox::default();
        inbox.command_running(true);
        for at in 0..=MAX_PATHS {
            inbox.touch(Path::new(&at.to_string()));
        }
        let pending = inbox.take();
        assert_eq!((pending.lost, pending.paths.len()), (Some(true), 1));
    }
}
