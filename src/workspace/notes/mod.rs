//! Instructions that people left for agents: `AGENTS.md`, `CLAUDE.md` and their kin, in layers.

mod add;
mod foreign;
mod import;
mod nested;
mod rule;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use add::{HEADING, add};
pub use nested::Nested;
pub use rule::Rule;

/// The most directories that are looked into: a project may lie deep.
const MAX_FILES: usize = 32;

/// The most that is used of all files together, in bytes.
const MAX_ALL: usize = 256 << 10;

/// The names in a directory, in the order in which they are read; of a row, the first that is there.
const NAMES: &[&[&str]] = &[
    &["AGENTS.override.md", "AGENTS.md"],
    &["CLAUDE.md", ".claude/CLAUDE.md"],
    &["CLAW.md"],
    &["AGENTS.local.md"],
    &["CLAUDE.local.md"],
    &["CLAW.local.md"],
];

/// Where rules stand below a project.
const RULES: &str = ".claude/rules";

/// Whose instructions they are, the most general first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Of whoever runs the machine.
    Managed,
    /// The user's own.
    User,
    /// The project's, from the top of its repository down to its root.
    Project,
    /// Rules of the project.
    Rule,
    /// Written for another agent, and read because there are none for all.
    Foreign,
    /// Of a directory below the root: read when a file there is touched.
    Nested,
}

impl Layer {
    /// In words for the user.
    pub fn words(self) -> &'static str {
        match self {
            Self::Managed => "of this machine",
            Self::User => "yours",
            Self::Project => "of the project",
            Self::Rule => "a rule",
            Self::Foreign => "for another agent",
            Self::Nested => "of a directory",
        }
    }
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where it stands.
    pub path: PathBuf,
    /// Its text, at most 64 KiB.
    pub text: String,
    /// Whose it is.
    pub layer: Layer,
    /// The file that imports it.
    pub by: Option<PathBuf>,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// The texts, the most general first.
    pub notes: Vec<Note>,
    /// Rules that come in when a file is touched for which they hold.
    pub rules: Vec<Rule>,
    /// What was not used as it is, and why: a sentence each, for the user.
    pub notices: Vec<String>,
    /// What is there and was not read, and why.
    pub unread: Vec<(PathBuf, String)>,
    /// Imports that lead out of the project and that the user has not allowed: the file, and who says
    /// it.
    pub outside: Vec<(PathBuf, PathBuf)>,
}

/// Where notes are read from.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The directory of whoever runs the machine; what is in it belongs to `owner` alone.
    pub managed: PathBuf,
    /// Whose the managed files have to be.
    pub owner: u32,
    /// The user's own directory.
    pub config: PathBuf,
    /// The user's notes for Claude Code: read where the user has none for claw.
    pub claude: Option<PathBuf>,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// The root of the project and the top of its repository (the root itself where there is none);
    /// none for a folder that is not trusted.
    pub project: Option<(PathBuf, PathBuf)>,
    /// The user said that they trust the project: files below its root are read too.
    pub vouched: bool,
    /// Files outside of the project that it may import.
    pub allowed: Arc<[PathBuf]>,
    /// Where that is written down.
    pub imports: PathBuf,
}

/// Reads all notes that hold from the start, and says how to find those that come in later.
pub fn read(places: &Places) -> (Notes, Option<Nested>) {
    let mut found = Notes::default();
    let nothing = |_: &Path| false;
    let reader = |bound: &Path, free: bool| Reader {
        bound: bound.to_owned(),
        home: places.home.clone(),
        allowed: places.allowed.clone(),
        free,
    };
    found.managed(places, &reader(&places.managed, true));
    let own = reader(&places.config, true);
    own.dir(&places.config, Layer::User, &mut found, &nothing);
    if let Some(claude) = &places.claude
        && !found.notes.iter().any(|note| note.layer == Layer::User)
    {
        let bound = claude.parent().unwrap_or(claude);
        reader(bound, true).add(claude, Layer::User, None, &mut found, &nothing);
    }
    own.rules(&places.config.join("rules"), "md", &places.config, Layer::User, &mut found);
    let Some((root, top)) = &places.project else { return (found, None) };
    let reader = reader(top, false);
    let mut dirs: Vec<_> = root.ancestors().take_while(|dir| dir.starts_with(top)).collect();
    dirs.truncate(MAX_FILES);
    dirs.reverse();
    for dir in &dirs {
        reader.dir(dir, Layer::Project, &mut found, &nothing);
    }
    for dir in &dirs {
        reader.rules(&dir.join(RULES), "md", dir, Layer::Rule, &mut found);
    }
    foreign::read(&reader, &dirs, &mut found);
    let nested = Nested::new(reader, root.clone(), found.rules.clone(), places.vouched);
    (found, Some(nested))
}

/// The file of a directory that a line is added to: the first of the usual ones that is there.
pub fn target(dir: &Path) -> PathBuf {
    let names = ["AGENTS.md", "CLAUDE.md", "CLAW.md"];
    let there = names.iter().find(|name| dir.join(name).exists());
    dir.join(there.unwrap_or(&names[0]))
}

/// The notes that a project has, from its root up to the top of its repository. Only whether they
/// are there is looked at: nothing of them is read.
pub fn present(root: &Path) -> Vec<PathBuf> {
    let top = root.ancestors().take(MAX_FILES).find(|dir| dir.join(".git").exists());
    let dirs = root.ancestors().take_while(|dir| dir.starts_with(top.unwrap_or(root)));
    dirs.flat_map(|dir| {
        let others = foreign::NAMES.iter().copied().chain([RULES]).map(|name| dir.join(name));
        let others = others.filter(|path| path.symlink_metadata().is_ok());
        Reader::present(dir).into_iter().chain(others)
    })
    .collect()
}

impl Notes {
    /// The files of this directory, if they are their owner's alone to write.
    fn managed(&mut self, places: &Places, reader: &Reader) {
        use std::os::unix::fs::MetadataExt as _;
        for path in Reader::present(&places.managed) {
            let safe = path
                .metadata()
                .is_ok_and(|file| file.uid() == places.owner && file.mode() & 0o022 == 0);
            if safe {
                reader.add(&path, Layer::Managed, None, self, &|_| false);
            } else {
                let why = "others than its owner could have written it".to_owned();
                self.refuse(path, why);
            }
        }
    }

    /// What is there and cannot be used.
    fn refuse(&mut self, path: PathBuf, why: String) {
        self.notices.push(format!("{}: not read: {why}", path.display()));
        self.unread.push((path, why));
    }

    fn size(&self) -> usize {
        self.notes.iter().map(|note| note.text.len()).sum()
    }
}

/// How files are read that belong together.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    /// Links and imports may lead anywhere below this.
    bound: PathBuf,
    home: Option<PathBuf>,
    allowed: Arc<[PathBuf]>,
    /// They may import what they like: the user wrote them.
    free: bool,
}

impl Reader {
    /// The notes of a directory: only whether they are there is looked at.
    fn present(dir: &Path) -> Vec<PathBuf> {
        let there = |name: &&str| dir.join(name).symlink_metadata().is_ok();
        let names = NAMES.iter().filter_map(|names| names.iter().copied().find(there));
        names.map(|name| dir.join(name)).collect()
    }

    /// Reads the notes of a directory.
    fn dir(&self, dir: &Path, layer: Layer, found: &mut Notes, known: &dyn Fn(&Path) -> bool) {
        for path in Self::present(dir) {
            self.add(&path, layer, None, found, known);
        }
    }

    /// Reads the rules of a directory: those without paths hold from the start.
    fn rules(&self, dir: &Path, end: &str, base: &Path, layer: Layer, found: &mut Notes) {
        for path in rule::files(dir, end) {
            let read = match text::read(&path, &self.bound) {
                Ok(Some(read)) => read,
                Ok(None) => continue,
                Err(why) => {
                    found.refuse(path, why);
                    continue;
                }
            };
            match Rule::scoped(&path, base, &read) {
                Ok(Some(rule)) => found.rules.push(rule),
                Ok(None) if text::values(&read.front, "alwaysApply") == ["false"] => {
                    found.unread.push((path, "it holds only where somebody asks for it".into()));
                }
                Ok(None) => self.add(&path, layer, None, found, &|_| false),
                Err(why) => found.refuse(path, why),
            }
        }
    }

    /// Reads a file and what it imports.
    fn add(
        &self,
        path: &Path,
        layer: Layer,
        by: Option<(&Path, usize)>,
        found: &mut Notes,
        known: &dyn Fn(&Path) -> bool,
    ) {
        let hops = by.map_or(0, |(_, hops)| hops);
        if known(path) || found.notes.iter().any(|note| note.path == path) {
            return;
        }
        let read = if by.is_some() { self.imported(path, by, found) } else { self.plain(path) };
        let read = match read {
            Ok(Some(read)) => read,
            Ok(None) => return,
            Err(why) => return found.refuse(path.to_owned(), why),
        };
        // A text that is there already, as a link or a copy, is left out.
        if read.text.trim().is_empty() || found.notes.iter().any(|note| note.text == read.text) {
            return;
        }
        if found.size() + read.text.len() > MAX_ALL {
            let why = format!("all notes together are above {} KiB", MAX_ALL >> 10);
            return found.refuse(path.to_owned(), why);
        }
        if read.cut {
            let path = path.display();
            found.notices.push(format!("{path}: only its first 64 KiB are used"));
        }
        let (path, by) = (path.to_owned(), by.map(|(by, _)| by.to_owned()));
        let imports = import::imports(&read.text);
        found.notes.push(Note { path: path.clone(), text: read.text, layer, by });
        if hops >= import::HOPS {
            return;
        }
        for import in imports {
            let place = import::place(&import, &path, self.home.as_deref());
            if import::is_path(&import) && !place.exists() {
                found.notices.push(format!("{}: @{import} is not there", path.display()));
            }
            self.add(&place, layer, Some((&path, hops + 1)), found, known);
        }
    }

    fn plain(&self, path: &Path) -> Result<Option<text::Written>, String> {
        text::read(path, &self.bound)
    }

    /// A file that another one imports; none where it may not be read.
    fn imported(
        &self,
        path: &Path,
        by: Option<(&Path, usize)>,
        found: &mut Notes,
    ) -> Result<Option<text::Written>, String> {
        let Some(real) = text::canonical(path)?.filter(|real| !real.is_dir()) else {
            return Ok(None);
        };
        let bound = self.bound.canonicalize().map_err(|error| error.to_string())?;
        let outside = !real.starts_with(&bound) && !self.allowed.contains(&real);
        if outside && !self.free {
            let by = by.map(|(by, _)| by.to_owned()).unwrap_or_default();
            found.outside.push((real, by));
            return Ok(None);
        }
        if !self.free && is_secret(&real) {
            return Err("files of this name may hold secrets: they are not imported".to_owned());
        }
        text::read_real(real).map(Some)
    }
}

/// May a file of this name hold secrets?
fn is_secret(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let name = name.unwrap_or_default();
    let ends = [".pem", ".key", ".p12", ".kdbx"];
    name.starts_with(".env")
        || name.starts_with("id_")
        || ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests;
