//! Keeps what files are before a call may change them.

use std::collections::{HashMap, HashSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use tokio::task::spawn_blocking;

use crate::base::clock;
use crate::base::regular;
use crate::base::text;
use crate::exec::Helpers;
use crate::protocol::{Held, KeptFile};
use crate::session::checkpoint::Blobs;
use crate::workspace::git::Committed;
use crate::workspace::{Beneath, Seen, Survey};

/// Bytes of a file above which it is not kept.
pub(super) const MAX_FILE: u64 = 8 << 20;
/// Bytes, and time, that copies of what git does not hold may take before a session's commands.
const MAX_COPIED: u64 = 128 << 20;
const MAX_TIME: Duration = Duration::from_secs(4);
/// Files of one command that are told.
const MAX_CHANGED: usize = 5_000;
/// A file that was written so shortly before it was looked at may change without being seen to.
const RACY: Duration = Duration::from_millis(50);
/// Files whose contents are asked of git at a time.
const BATCH: usize = 256;

/// Keeps contents for one session.
#[derive(Debug)]
pub struct Keeper {
    pub(super) blobs: Blobs,
    pub(super) beneath: Arc<Beneath>,
    helpers: Helpers,
    /// The project is somebody's home or more: commands there are not followed.
    wide: bool,
    known: tokio::sync::Mutex<Option<Known>>,
    told: Mutex<HashSet<&'static str>>,
}

/// Where the content of a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Kept(String),
    Git,
    Link(PathBuf),
    Not(String),
}

#[derive(Debug, Default)]
struct Known {
    git: Option<Arc<Committed>>,
    files: HashMap<PathBuf, (Seen, Source)>,
    copied: u64,
}

/// The project before a command.
#[derive(Debug)]
pub struct Shot {
    survey: Survey,
    at: SystemTime,
}

/// What a command changed, and what the user should know of it.
#[derive(Debug, Default)]
pub struct Changed {
    /// The files.
    pub files: Vec<KeptFile>,
    /// In sentences.
    pub notices: Vec<String>,
}

impl Keeper {
    /// Keeps contents in `blobs` of the project that is held.
    pub fn new(blobs: Blobs, beneath: Arc<Beneath>, helpers: Helpers) -> Self {
        let root = beneath.root();
        let home = std::env::home_dir().and_then(|home| home.canonicalize().ok());
        let wide = root.parent().is_none() || home.is_some_and(|home| home.starts_with(root));
        let (known, told) = (tokio::sync::Mutex::default(), Mutex::default());
        Self { blobs, beneath, helpers, wide, known, told }
    }

    /// Keeps what stands at these real paths, before a tool writes there.
    pub async fn hold(&self, paths: Vec<PathBuf>) -> Vec<(PathBuf, Held)> {
        let (blobs, count) = (self.blobs.clone(), paths.len());
        let held = spawn_blocking(move || {
            let held = paths.into_iter().map(|path| {
                let held = held(&path, Some(&blobs));
                (path, held)
            });
            held.collect::<Vec<_>>()
        });
        held.await.unwrap_or_else(|_| Vec::with_capacity(count))
    }

    /// Looks at the project before a command runs, so that what it changes can be told, and copies
    /// what could not be told then. What the user should know beside it.
    ///
    /// None where the project is too wide to be looked at.
    pub async fn shoot(&self) -> (Option<Shot>, Vec<String>) {
        if self.wide {
            let text = "What commands change here cannot be rewound: the project is a home \
                        directory or more. What edits change can.";
            return (None, self.once("wide", text.to_owned()));
        }
        let mut known = self.known.lock().await;
        let mut notices = Vec::new();
        if known.is_none() {
            let begun = self.begin().await;
            *known = Some(begun.unwrap_or_else(|error| {
                let text = format!("{error:#}; before commands, contents are copied instead");
                notices.extend(self.once("git", text));
                Known::default()
            }));
        }
        let Some(mut taken) = known.take() else { return (None, notices) };
        let (root, blobs) = (self.beneath.root().to_owned(), self.blobs.clone());
        let done = spawn_blocking(move || {
            let (shot, left) = taken.shoot(&root, &blobs);
            (taken, shot, left)
        });
        let Ok((back, shot, left)) = done.await else { return (None, notices) };
        *known = Some(back);
        if left > 0 {
            let text = format!(
                "{left} files of this project that git does not hold were not copied: together \
                 they are larger than {}, or took longer than {} s. What commands change in them \
                 cannot be rewound.",
                text::bytes(MAX_COPIED),
                MAX_TIME.as_secs()
            );
            notices.extend(self.once("bound", text));
        }
        if shot.survey.full {
            let text = "Only the first 100,000 files are looked at: what commands change in the \
                        rest cannot be rewound.";
            notices.extend(self.once("full", text.to_owned()));
        }
        (Some(shot), notices)
    }

    /// What changed since then.
    ///
    /// # Errors
    ///
    /// Where a content is git's and git fails.
    pub async fn changed(&self, shot: Shot) -> Result<Changed> {
        let mut known = self.known.lock().await;
        let git = known.as_ref().and_then(|known| known.git.clone());
        let root = self.beneath.root().to_owned();
        let (forced, blobs) = (git.clone(), self.blobs.clone());
        let compared = spawn_blocking(move || {
            let forced = forced.as_ref().map_or(&[][..], |git| git.forced());
            let now = Survey::take(&root, forced);
            let differ = differing(&shot, &now);
            let after: HashMap<_, _> = differ
                .iter()
                .take(MAX_CHANGED)
                .map(|path| (path.clone(), held(path, Some(&blobs))))
                .collect();
            (shot, now, differ, after)
        });
        let (shot, now, differ, after) = compared.await.context("looking at what changed")?;
        let mut changed = Changed::default();
        if differ.len() > MAX_CHANGED {
            changed.notices.push(format!(
                "That command changed {} files: a rewind brings back the first {MAX_CHANGED}.",
                differ.len()
            ));
        }
        let Some(known) = known.as_mut() else { return Ok(changed) };
        for batch in differ[..differ.len().min(MAX_CHANGED)].chunks(BATCH) {
            let of_git = batch.iter().filter(|path| known.is_gits(path)).cloned();
            let of_git: Vec<_> = of_git.collect();
            let contents = match &git {
                Some(git) if !of_git.is_empty() => git.contents(&of_git, MAX_FILE).await?,
                _ => HashMap::new(),
            };
            for path in batch {
                let before = self.before(known, &shot, path, contents.get(path));
                let after = after.get(path).cloned().unwrap_or(Held::Absent);
                known.learn(path, now.files.get(path), &after);
                if before.is(&after) {
                    continue;
                }
                if let Held::Unkept { why } = &before {
                    changed.notices.push(format!(
                        "{} was changed by that command, and a rewind cannot bring it back: {why}.",
                        path.strip_prefix(self.beneath.root()).unwrap_or(path).display()
                    ));
                }
                changed.files.push(KeptFile { path: path.clone(), before, after });
            }
        }
        // One by one they would be a wall of text.
        if changed.notices.len() > 5 {
            let more = changed.notices.len() - 4;
            changed.notices.truncate(4);
            changed.notices.push(format!("So were {more} more files."));
        }
        Ok(changed)
    }

    /// What a file was before the command.
    fn before(&self, known: &Known, shot: &Shot, path: &Path, git: Option<&Vec<u8>>) -> Held {
        let Some(seen) = shot.survey.files.get(path) else { return Held::Absent };
        let unkept = |why: &str| Held::Unkept { why: why.to_owned() };
        match known.files.get(path).map(|(_, source)| source) {
            Some(Source::Kept(hash)) => Held::File { hash: hash.clone(), mode: Some(seen.mode) },
            Some(Source::Link(target)) => Held::Link { target: target.clone() },
            Some(Source::Not(why)) => unkept(why),
            Some(Source::Git) => match git {
                // A filter may make something else of it than what git holds.
                Some(content) if content.len() as u64 == seen.len => {
                    match self.blobs.put(content) {
                        Ok(hash) => Held::File { hash, mode: Some(seen.mode) },
                        Err(error) => unkept(&format!("it could not be kept: {error}")),
                    }
                }
                _ => unkept("git holds it in another form"),
            },
            None => unkept("it was not looked at"),
        }
    }

    /// What git holds, with what the project was before and after that was asked.
    async fn begin(&self) -> Result<Known> {
        let root = self.beneath.root().to_owned();
        let before = spawn_blocking(move || Survey::take(&root, &[])).await?;
        let git = Committed::open(self.beneath.root(), &self.helpers).await?.map(Arc::new);
        let root = self.beneath.root().to_owned();
        let known = spawn_blocking(move || {
            let mut known = Known { git: git.clone(), ..Known::default() };
            let Some(git) = git else { return known };
            let now = Survey::take(&root, git.forced());
            for (path, seen) in now.files {
                let same = before.files.get(&path) == Some(&seen);
                if same && !seen.link && seen.len <= MAX_FILE && git.holds(&path) {
                    known.files.insert(path, (seen, Source::Git));
                }
            }
            known
        });
        Ok(known.await?)
    }

    /// The text, where it was not said yet.
    fn once(&self, what: &'static str, text: String) -> Vec<String> {
        let new = self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(what);
        if new { vec![text] } else { Vec::new() }
    }
}

impl Known {
    fn is_gits(&self, path: &Path) -> bool {
        matches!(self.files.get(path), Some((_, Source::Git)))
    }

    /// Looks at everything, and copies what is new. How many files found no room.
    fn shoot(&mut self, root: &Path, blobs: &Blobs) -> (Shot, usize) {
        let forced = self.git.as_ref().map_or(&[][..], |git| git.forced());
        let (survey, since) = (Survey::take(root, forced), clock::instant());
        let at = SystemTime::from(clock::now());
        let mut left = 0;
        for (path, seen) in &survey.files {
            let racy = seen.modified.is_none_or(|modified| modified + RACY >= at);
            let same = self.files.get(path).is_some_and(|(known, _)| known == seen);
            if same && !racy {
                continue;
            }
            let fits = self.copied + seen.len <= MAX_COPIED && since.elapsed() < MAX_TIME;
            let source = if fits || seen.link {
                match held(path, Some(blobs)) {
                    Held::File { hash, .. } => Source::Kept(hash),
                    Held::Link { target } => Source::Link(target),
                    Held::Unkept { why } => Source::Not(why),
                    Held::Absent => continue,
                }
            } else if same {
                continue;
            } else {
                left += 1;
                Source::Not("no room was left to copy it".to_owned())
            };
            if matches!(source, Source::Kept(_)) {
                self.copied += seen.len;
            }
            self.files.insert(path.clone(), (*seen, source));
        }
        (Shot { survey, at }, left)
    }

    /// What a file is after a command is what it is before the next one.
    fn learn(&mut self, path: &Path, seen: Option<&Seen>, after: &Held) {
        let source = match after {
            Held::File { hash, .. } => Source::Kept(hash.clone()),
            Held::Link { target } => Source::Link(target.clone()),
            Held::Absent | Held::Unkept { .. } => {
                self.files.remove(path);
                return;
            }
        };
        if let Some(seen) = seen {
            self.files.insert(path.to_owned(), (*seen, source));
        }
    }
}

/// The paths that look otherwise, or may be otherwise without looking so.
fn differing(shot: &Shot, now: &Survey) -> Vec<PathBuf> {
    let racy = |seen: &Seen| seen.modified.is_none_or(|modified| modified + RACY >= shot.at);
    let same = |path: &PathBuf, seen: &Seen| now.files.get(path) == Some(seen) && !racy(seen);
    let old = shot.survey.files.iter().filter(|(path, seen)| !same(path, seen));
    let new = now.files.keys().filter(|path| !shot.survey.files.contains_key(*path));
    let mut differ: Vec<_> = old.map(|(path, _)| path).chain(new).cloned().collect();
    differ.sort();
    differ
}

/// What stands at a path; its content is kept where there are `blobs`.
pub(super) fn held(path: &Path, blobs: Option<&Blobs>) -> Held {
    let unkept = |why: String| Held::Unkept { why };
    let Ok(metadata) = path.symlink_metadata() else { return Held::Absent };
    if metadata.is_symlink() {
        return match path.read_link() {
            Ok(target) => Held::Link { target },
            Err(error) => unkept(error.to_string()),
        };
    }
    if !metadata.is_file() {
        return unkept("it is no file".to_owned());
    }
    if metadata.len() > MAX_FILE {
        return unkept(too_large(metadata.len()));
    }
    let read = regular::read(path, usize::try_from(MAX_FILE).unwrap_or(usize::MAX));
    let bytes = match read {
        Ok(read) if !read.cut => read.bytes,
        Ok(_) => return unkept(too_large(metadata.len())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Held::Absent,
        Err(error) => return unkept(error.to_string()),
    };
    let hash = match blobs {
        Some(blobs) => match blobs.put(&bytes) {
            Ok(hash) => hash,
            Err(error) => return unkept(format!("it could not be kept: {error}")),
        },
        None => Blobs::name(&bytes),
    };
    Held::File { hash, mode: Some(metadata.permissions().mode() & 0o7777) }
}

fn too_large(len: u64) -> String {
    format!("it is too large ({})", text::bytes(len))
}
