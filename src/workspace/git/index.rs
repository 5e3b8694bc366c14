//! Git's index: what it holds, and what the user puts into it. Nothing that the repository chose is
//! run: contents go in as they are, not through its filters.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use crate::base::regular;
use crate::workspace::git::harmless::{run, write};
use crate::workspace::git::parse;
use crate::workspace::git::{ARGS, Blob, Git};

/// Bytes of a file that is staged, at most.
const LARGEST: u64 = 64 << 20;

/// A file as git holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// `100644`, `100755` or `120000`.
    pub mode: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// A file in the index and in `HEAD`; none where it is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// What is staged.
    pub index: Option<Slot>,
    /// What is committed.
    pub head: Option<Slot>,
}

impl Slot {
    /// The file at `path`, as git would take it; none where there is none. May block.
    ///
    /// # Errors
    ///
    /// Where it cannot be read, is no file, or is longer than 64 MiB.
    pub fn on_disk(path: &Path) -> io::Result<Option<Self>> {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if metadata.is_symlink() {
            let content = fs::read_link(path)?.into_os_string().into_encoded_bytes();
            return Ok(Some(Self { mode: "120000".to_owned(), content }));
        }
        let read = regular::read(path, LARGEST as usize)?;
        if read.cut {
            return Err(io::Error::other("it is longer than 64 MiB: stage it with `git add`"));
        }
        let mode = if metadata.permissions().mode() & 0o111 == 0 { "100644" } else { "100755" };
        Ok(Some(Self { mode: mode.to_owned(), content: read.bytes }))
    }
}

impl Git {
    /// What the index holds at these absolute paths. What it does not hold is not in the answer.
    pub(in crate::workspace) async fn indexed(
        &self,
        paths: &[PathBuf],
        max: u64,
    ) -> Result<HashMap<PathBuf, Blob>> {
        let mut found = HashMap::new();
        let mut ids = Vec::new();
        for names in self.chunks(paths) {
            let args = ["ls-files", "-s", "-z", "--"].map(OsString::from);
            let listed = self.ask(&[&args[..], &names].concat(), &[], None).await?;
            for entry in listed.stdout.split(|&b| b == 0).filter(|entry| !entry.is_empty()) {
                let (mode, id, _, name) =
                    parse::index_entry(entry).context("reading git's index: not understood")?;
                // A submodule has no content here.
                if mode != "160000" {
                    ids.push((self.top.join(name), id.to_owned()));
                }
            }
        }
        self.blobs(ids, max, &mut found).await?;
        Ok(found)
    }

    /// The commit at `HEAD`; none before the first.
    pub(in crate::workspace) async fn commit(&self) -> Result<Option<String>> {
        let args = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
        let got = run(&self.top, &args, &[], None, &self.helpers).await?;
        let id = String::from_utf8_lossy(&got.stdout).trim().to_owned();
        Ok(Some(id).filter(|id| got.status.success() && !id.is_empty()))
    }

    /// Lines that differ between `HEAD` and the index, file by file.
    pub(in crate::workspace) async fn staged(&self) -> Result<HashMap<PathBuf, usize>> {
        let args = ["diff", "--cached", "--numstat", "-z", "--no-renames"];
        let args = [&args[..], &["--no-ext-diff", "--no-textconv"]].concat();
        let got = self.ask(&[&args[..], &["--ignore-submodules=all"]].concat(), &[], None).await?;
        let entries = got.stdout.split(|&b| b == 0).filter_map(parse::counted);
        Ok(entries.map(|(lines, name)| (self.top.join(name), lines)).collect())
    }

    /// The file at `path` (absolute) in the index and in `HEAD`.
    ///
    /// # Errors
    ///
    /// Where git fails, the file is not settled after a merge, or git changes its content on the
    /// way into the index: then only git itself can stage it.
    pub async fn entry(&self, path: &Path) -> Result<Entry> {
        let name = self.name(path)?;
        self.unfiltered(&name).await?;
        let head = ["ls-tree", "-z", "HEAD", "--"].map(OsStr::new);
        let (index, head) = (
            self.ask(
                &["ls-files".as_ref(), "-s".as_ref(), "-z".as_ref(), "--".as_ref(), &*name],
                &[],
                None,
            )
            .await?,
            // Before the first commit there is none.
            self.ask(&[&head[..], &[&name]].concat(), &[], None).await.ok(),
        );
        let mut entry = Entry::default();
        let mut staged = index.stdout.split(|&b| b == 0).filter_map(parse::index_entry);
        if let Some((mode, id, stage, at)) = staged.next()
            && at.as_os_str() == &*name
        {
            ensure!(stage == "0", "{} has conflicts: settle them first", path.display());
            entry.index = Some(self.slot(mode, id).await?);
        }
        let committed = head.iter().flat_map(|head| head.stdout.split(|&b| b == 0));
        let of_head = committed.filter_map(|line| {
            let line = std::str::from_utf8(line).ok()?.split_once('\t')?.0;
            let mut words = line.split(' ');
            Some((words.next()?, words.next()?, words.next()?))
        });
        if let Some((mode, "blob", id)) = of_head.into_iter().next() {
            entry.head = Some(self.slot(mode, id).await?);
        }
        Ok(entry)
    }

    /// Makes the index hold this at `path` (absolute); none takes it out.
    ///
    /// # Errors
    ///
    /// Where git fails: another git may be at work.
    pub async fn put(&self, path: &Path, slot: Option<&Slot>) -> Result<()> {
        let mut name = self.name(path)?.into_encoded_bytes();
        name.push(0);
        let Some(Slot { mode, content }) = slot else {
            let args = ["update-index", "--force-remove", "-z", "--stdin"];
            return self.change(&args, name).await.map(drop);
        };
        let id = self.change(&["hash-object", "-w", "--stdin"], content.clone()).await?;
        let line = format!("{mode} {} 0\t", String::from_utf8_lossy(&id).trim());
        let line = [line.as_bytes(), &name].concat();
        self.change(&["update-index", "-z", "--index-info"], line).await.map(drop)
    }

    /// Fails where git would change the content of the file on the way into the index.
    async fn unfiltered(&self, name: &OsStr) -> Result<()> {
        let args = ["check-attr", "-z", "filter", "working-tree-encoding", "--"].map(OsStr::new);
        let got = self.ask(&[&args[..], &[name]].concat(), &[], None).await?;
        let fields: Vec<_> = got.stdout.split(|&b| b == 0).map(String::from_utf8_lossy).collect();
        for attribute in fields.chunks_exact(3) {
            if !matches!(&*attribute[2], "unspecified" | "unset") {
                bail!(
                    "git changes its content on the way in ({} {}): stage it with `git add`",
                    attribute[1],
                    attribute[2]
                );
            }
        }
        Ok(())
    }

    async fn slot(&self, mode: &str, id: &str) -> Result<Slot> {
        let mut found = HashMap::new();
        self.blobs(vec![(PathBuf::new(), id.to_owned())], LARGEST, &mut found).await?;
        match found.into_values().next() {
            Some(Blob::Content(content)) => Ok(Slot { mode: mode.to_owned(), content }),
            _ => bail!("it is longer than 64 MiB: stage it with `git add`"),
        }
    }

    /// Reads blobs up to `max` bytes each, a bounded answer at a time.
    async fn blobs(
        &self,
        ids: Vec<(PathBuf, String)>,
        max: u64,
        found: &mut HashMap<PathBuf, Blob>,
    ) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let asked: String = ids.iter().flat_map(|(_, id)| [id, "\n"]).collect();
        let args = ["cat-file", "--batch-check=%(objectsize)"];
        let sizes = self.ask(&args, &[], Some(asked.into_bytes())).await?;
        let sizes = String::from_utf8_lossy(&sizes.stdout).into_owned();
        let blobs = ids.into_iter().zip(sizes.lines()).map(|((path, id), size)| {
            let size = size.parse().context("reading git's index: an object is missing")?;
            Ok((path, id, size))
        });
        self.sized(blobs.collect::<Result<_>>()?, max, found).await
    }

    /// Names below the top, as many at a time as a command line holds.
    pub(super) fn chunks(&self, paths: &[PathBuf]) -> Vec<Vec<OsString>> {
        let mut chunks: Vec<Vec<OsString>> = Vec::new();
        let mut length = ARGS;
        for name in paths.iter().filter_map(|path| self.name(path).ok()) {
            if length + name.len() > ARGS {
                chunks.push(Vec::new());
                length = 0;
            }
            length += name.len() + 1;
            if let Some(last) = chunks.last_mut() {
                last.push(name);
            }
        }
        chunks
    }

    fn name(&self, path: &Path) -> Result<OsString> {
        let name = path.strip_prefix(&self.top).ok().filter(|name| !name.as_os_str().is_empty());
        let name = name.with_context(|| format!("{} is not in the repository", path.display()))?;
        Ok(name.as_os_str().to_owned())
    }

    /// Runs git to change something. What it printed.
    async fn change(&self, args: &[&str], stdin: Vec<u8>) -> Result<Vec<u8>> {
        let got = write(&self.top, args, stdin, &self.helpers).await?;
        if !got.status.success() {
            bail!("git {}: {}", args[0], String::from_utf8_lossy(&got.stderr).trim());
        }
        Ok(got.stdout)
    }
}
