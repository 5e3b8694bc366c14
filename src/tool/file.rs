//! Files as tools meet them: found, opened by the path that was judged, and never a device.

use std::ffi::OsStr;
use std::fs::File;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::fs::openat;
use rustix::io::Errno;

use crate::protocol::Resolved;
use crate::tool::ToolError;
use crate::workspace::Beneath;
use crate::workspace::Workspace;

/// Bytes of a file that is edited, replaced, or remembered as seen, at most: 64 MiB.
pub(super) const LARGEST: u64 = 64 << 20;

/// A file as the model named it, where that is, and how it is shown.
#[derive(Debug, Clone)]
pub(super) struct Target {
    spelled: String,
    /// Where it is: what is judged.
    pub(super) place: Resolved,
    /// For titles and errors.
    pub(super) shown: String,
    /// How it is opened.
    pub(super) beneath: Arc<Beneath>,
}

impl Target {
    pub(super) fn new(workspace: &Workspace, spelled: &str) -> Self {
        let place = workspace.resolve(spelled);
        let shown = workspace.shown(&place.lexical);
        let beneath = Arc::clone(workspace.beneath());
        Self { spelled: spelled.to_owned(), place, shown, beneath }
    }

    /// The file that the spelled path means now.
    pub(super) fn anew(&self, workspace: &Workspace) -> Self {
        Self::new(workspace, &self.spelled)
    }

    /// The path to open.
    pub(super) fn real(&self) -> &Path {
        &self.place.real
    }

    /// An error unless the spelled path still means the place that was judged.
    pub(super) fn check_place(&self, workspace: &Workspace) -> Result<(), ToolError> {
        if workspace.resolve(&self.spelled) == self.place {
            return Ok(());
        }
        let what = "a link on its way changed since the call was prepared";
        Err(self.failed(&format!("{what}: nothing was written. Make the call again")))
    }

    /// What is there: none, or a regular file.
    ///
    /// # Errors
    ///
    /// For a directory and all else that is not read like a file.
    pub(super) fn find(&self) -> Result<Option<Metadata>, ToolError> {
        let metadata = match std::fs::symlink_metadata(self.real()) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return Err(self.failed("a part of the path is a file, not a directory"));
            }
            Err(error) => return Err(self.failed(&error.to_string())),
        };
        match sort(&metadata) {
            None => Ok(Some(metadata)),
            Some(sort) => Err(self.failed(sort)),
        }
    }

    /// Opens the regular file that is there, without waiting and without following a link.
    pub(super) fn open(&self) -> Result<(File, Metadata), ToolError> {
        if self.find()?.is_none() {
            return Err(self.failed(&format!("there is no such file{}", self.namesake())));
        }
        let opened = self.beneath.open(self.real()).and_then(|file| {
            let metadata = file.metadata()?;
            Ok((file, metadata))
        });
        let (file, metadata) = opened.map_err(|error| self.failed(&error.to_string()))?;
        // Asked again of what was opened: it may be another thing than was found.
        match sort(&metadata) {
            None => Ok((file, metadata)),
            Some(sort) => Err(self.failed(sort)),
        }
    }

    /// All of it.
    pub(super) fn content(&self) -> Result<Vec<u8>, ToolError> {
        self.whole(self.open()?.0)
    }

    /// All of the file `name` in the directory that is open as `dir`; none where there is none.
    pub(super) fn content_in(
        &self,
        dir: &OwnedFd,
        name: &OsStr,
    ) -> Result<Option<Vec<u8>>, ToolError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(dir, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(self.failed(&error.to_string())),
        };
        let metadata = file.metadata().map_err(|error| self.failed(&error.to_string()))?;
        match sort(&metadata) {
            None => self.whole(file).map(Some),
            Some(sort) => Err(self.failed(sort)),
        }
    }

    fn whole(&self, file: File) -> Result<Vec<u8>, ToolError> {
        let mut content = Vec::new();
        let read = file.take(LARGEST + 1).read_to_end(&mut content);
        read.map_err(|error| self.failed(&error.to_string()))?;
        if content.len() as u64 > LARGEST {
            return Err(self.failed("the file is above 64 MiB: change it with a command"));
        }
        Ok(content)
    }

    /// An error about this file.
    pub(super) fn failed(&self, what: &str) -> ToolError {
        ToolError::Failed(format!("{}: {what}.", self.shown))
    }

    /// A file beside it that may have been meant.
    fn namesake(&self) -> String {
        let name = self.real().file_name().map(|name| name.to_string_lossy().to_lowercase());
        let stem = self.real().file_stem().map(|stem| stem.to_string_lossy().to_lowercase());
        let beside = self.real().parent().and_then(|dir| std::fs::read_dir(dir).ok());
        let mut names: Vec<_> = beside
            .into_iter()
            .flatten()
            .take(2000)
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        let like = |found: &&String| {
            let lower = found.to_lowercase();
            let found =
                Path::new(&lower).file_stem().map(|stem| stem.to_string_lossy().to_string());
            Some(&lower) == name.as_ref() || found.is_some() && found == stem
        };
        names.iter().find(like).map(|name| format!("; did you mean `{name}`")).unwrap_or_default()
    }
}

/// What it is, where it is no regular file.
fn sort(metadata: &Metadata) -> Option<&'static str> {
    let sort = metadata.file_type();
    Some(match sort {
        _ if sort.is_file() => return None,
        _ if sort.is_dir() => "it is a directory: use ls",
        _ if sort.is_symlink() => "it is a link that leads in a circle or changed just now",
        _ if sort.is_fifo() => "it is a FIFO, not a file",
        _ if sort.is_socket() => "it is a socket, not a file",
        _ => "it is a device, not a file",
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use serde_json::{Value, json};

    use crate::protocol::Access;
    use crate::tool::tests::Bench;

    struct Stop<'a>(&'a AtomicBool);

    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// Everything that the tools do, while somebody swaps a directory and a file with links that lead
    /// out, as fast as the system can.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_link_that_appears_in_the_middle_leads_nowhere() {
        let bench = Bench::new();
        let outside = tempfile::tempdir().unwrap();
        let out = outside.path().canonicalize().unwrap();
        for name in ["f.txt", "secret-name.txt"] {
            fs::write(out.join(name), "SECRET\n").unwrap();
        }
        bench.write("d/f.txt", "mine\n");
        bench.write("f.txt", "mine\n");
        symlink(&out, bench.path("d-link")).unwrap();
        symlink(out.join("f.txt"), bench.path("f-link")).unwrap();
        let (stop, swaps) = (AtomicBool::new(false), AtomicUsize::new(0));
        let (mut ran, mut refused) = (0, 0);

        std::thread::scope(|scope| {
            scope.spawn(|| {
                use rustix::fs::{CWD, RenameFlags, renameat_with};
                let swap = |one: &str, other: &str| {
                    let (one, other) = (bench.path(one), bench.path(other));
                    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
                };
                while !stop.load(Ordering::Relaxed) {
                    swap("d", "d-link");
                    swap("f.txt", "f-link");
                    swaps.fetch_add(1, Ordering::Relaxed);
                }
            });
            // A failed assertion has to stop the other thread too.
            let _stop = Stop(&stop);
            let call = |name: &str, input: Value| {
                let prepared = bench.prepare(name, input).ok()?;
                let inside = prepared.access().iter().all(|access| match access {
                    // What leads out already is judged as what it is: here it is denied.
                    Access::Read { path } | Access::Write { path } => {
                        path.real.starts_with(bench.workspace.root())
                    }
                    _ => false,
                });
                inside.then(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    runtime.block_on(prepared.run(bench.cx()))
                })
            };
            for n in 0..400 {
                let calls = [
                    ("read", json!({"path": "d/f.txt"})),
                    ("read", json!({"path": "f.txt"})),
                    ("ls", json!({"path": "d"})),
                    ("glob", json!({"path": "d", "pattern": "*"})),
                    ("grep", json!({"path": "d", "pattern": "."})),
                    (
                        "edit",
                        json!({"path": "d/f.txt", "old_string": "mine", "new_string": "mine "}),
                    ),
                    ("write", json!({"path": "f.txt", "content": format!("mine {n}\n")})),
                    ("write", json!({"path": format!("d/made/{n}/x"), "content": "mine"})),
                ];
                for (name, input) in calls {
                    match call(name, input.clone()) {
                        Some(Ok(got)) => {
                            ran += 1;
                            let told = got.text.to_lowercase();
                            assert!(!told.contains("secret"), "{name} {input} told {told}");
                        }
                        Some(Err(error)) => {
                            refused += 1;
                            assert!(
                                !error.to_string().to_lowercase().contains("secret"),
                                "{error}"
                            );
                        }
                        None => refused += 1,
                    }
                }
            }
        });

        for name in ["f.txt", "secret-name.txt"] {
            assert_eq!(fs::read_to_string(out.join(name)).unwrap(), "SECRET\n");
        }
        assert_eq!(fs::read_dir(&out).unwrap().count(), 2, "nothing was made outside");
        let swaps = swaps.into_inner();
        assert!(
            ran > 200 && refused > 200 && swaps > 400,
            "{ran} ran, {refused} not, {swaps} swaps"
        );
    }
}
