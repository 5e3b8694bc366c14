//! Files as tools meet them: found, opened by the path that was judged, and never a device.

use std::fs::File;
use std::fs::Metadata;
use std::io;
use std::io::ErrorKind;
use std::io::Read as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use rustix::fs::CWD;
use rustix::fs::Mode;
use rustix::fs::OFlags;

use crate::protocol::Resolved;
use crate::tool::ToolError;
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
}

impl Target {
    pub(super) fn new(workspace: &Workspace, spelled: &str) -> Self {
        let place = workspace.resolve(spelled);
        let shown = workspace.shown(&place.lexical);
        Self { spelled: spelled.to_owned(), place, shown }
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
        let opened = open(self.real()).and_then(|file| {
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
        let (file, _) = self.open()?;
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

/// Opens a path that has no links in it, and fails where one has appeared since.
pub(super) fn open(path: &Path) -> io::Result<File> {
    // NONBLOCK: a FIFO that took the file's place must not hang us.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::ResolveFlags;
        let strict = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        match rustix::fs::openat2(CWD, path, flags, Mode::empty(), strict) {
            // An old kernel, or a sandbox that does not know the call.
            Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => {}
            opened => return Ok(File::from(opened?)),
        }
    }
    let file = File::from(rustix::fs::openat(CWD, path, flags, Mode::empty())?);
    if path.canonicalize()? != path {
        return Err(io::Error::other("a link appeared on its way"));
    }
    Ok(file)
}
