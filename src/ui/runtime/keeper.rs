//! What outlives the program is written by a thread of its own: the loop never waits for a disk.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use crate::config::Knob;
use crate::session::{Draft, Prompt, Prompts};
use crate::ui::msg::Loaded;

/// How many prompts may wait to be written.
const WAITING: usize = 64;

/// What is to be written: of drafts only the newest, each into its file.
#[derive(Debug, Default)]
struct Work {
    drafts: Vec<(PathBuf, Draft)>,
    prompts: Vec<Prompt>,
    settings: Vec<(Knob, String)>,
    end: bool,
}

impl Work {
    fn is_empty(&self) -> bool {
        self.drafts.is_empty() && self.prompts.is_empty() && self.settings.is_empty()
    }
}

/// Writes drafts, prompts and settings. Dropping it waits until all is written.
#[derive(Debug)]
pub(super) struct Keeper {
    work: Arc<(Mutex<Work>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

fn lock(work: &Mutex<Work>) -> MutexGuard<'_, Work> {
    work.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Keeper {
    /// Starts the thread: prompts and settings go into these files. It says once what it cannot
    /// write of drafts and prompts, and of each setting what became of it.
    pub(super) fn start(
        prompts: Option<Prompts>,
        file: Option<PathBuf>,
        told: impl Fn(Loaded) + Send + 'static,
    ) -> io::Result<Self> {
        let work = Arc::new((Mutex::new(Work::default()), Condvar::new()));
        let shared = Arc::clone(&work);
        let thread = Builder::new().name("keeper".into()).spawn(move || {
            let (mutex, news) = &*shared;
            let mut said = false;
            loop {
                let mut work = lock(mutex);
                while work.is_empty() && !work.end {
                    work = news.wait(work).unwrap_or_else(PoisonError::into_inner);
                }
                let (drafts, new) =
                    (std::mem::take(&mut work.drafts), std::mem::take(&mut work.prompts));
                let (settings, end) = (std::mem::take(&mut work.settings), work.end);
                drop(work);
                for (knob, word) in settings {
                    let Some(file) = &file else { continue };
                    let done = knob.save(file, &word).map_err(|error| format!("{error:#}"));
                    told(Loaded::Saved { knob, word, done });
                }
                let drafts = drafts.iter().map(|(path, draft)| draft.write(path));
                let new = new.iter().filter_map(|prompt| Some(prompts.as_ref()?.add(prompt)));
                let wrong = new.chain(drafts);
                let wrong: Vec<_> = wrong.filter_map(Result::err).collect();
                if let Some(error) = wrong.first().filter(|_| !said) {
                    said = true;
                    told(Loaded::Failed(format!("what you type cannot be kept: {error}")));
                }
                if end {
                    return;
                }
            }
        })?;
        Ok(Self { work, thread: Some(thread) })
    }

    /// Writes a draft into its file soon, in the place of one that waits for the same.
    pub(super) fn keep(&self, path: PathBuf, draft: Draft) {
        let mut work = lock(&self.work.0);
        work.drafts.retain(|(known, _)| *known != path);
        work.drafts.push((path, draft));
        self.work.1.notify_one();
    }

    /// Writes a setting soon, in the place of another value that waits.
    pub(super) fn save(&self, knob: Knob, to: String) {
        let mut work = lock(&self.work.0);
        work.settings.retain(|(known, _)| *known != knob);
        work.settings.push((knob, to));
        self.work.1.notify_one();
    }

    /// Adds a prompt soon.
    pub(super) fn remember(&self, prompt: Prompt) {
        let mut work = lock(&self.work.0);
        if work.prompts.len() < WAITING {
            work.prompts.push(prompt);
        }
        self.work.1.notify_one();
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        lock(&self.work.0).end = true;
        self.work.1.notify_one();
        if let Some(thread) = self.thread.take() {
            // It crashed: then there is nothing left to wait for.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;

    #[test]
    fn all_is_written_when_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        let prompts = Prompts::new(dir.path().join("prompts.jsonl"));
        let keeper = Keeper::start(Some(prompts.clone()), Some(file.clone()), |told| {
            assert!(matches!(told, Loaded::Saved { done: Ok(_), .. }), "{told:?}");
        })
        .unwrap();
        keeper.save(Knob::Vim, "off".to_owned());
        keeper.save(Knob::Vim, "on".to_owned());
        let draft = |text: &str| Draft { text: text.into(), ..Draft::default() };
        let path = dir.path().join("s.draft.json");
        for text in ["a", "ab", "abc"] {
            keeper.keep(path.clone(), draft(text));
        }
        keeper.keep(dir.path().join("other.draft.json"), draft("x"));
        keeper.remember(Prompt { at: Millis(1), cwd: "/w".into(), text: "p".into() });
        drop(keeper);
        assert_eq!(Draft::read(&path).unwrap(), Some(draft("abc")));
        assert!(dir.path().join("other.draft.json").exists());
        assert_eq!(prompts.read().unwrap().len(), 1);
        assert_eq!(std::fs::read_to_string(file).unwrap(), "[ui]\nvim = true\n");
    }
}
