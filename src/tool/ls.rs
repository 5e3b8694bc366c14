//! `ls`: what is in a directory.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;

use futures_util::future::BoxFuture;
use rustix::fs::{AtFlags, Dir, FileType, readlinkat, statat};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::base::text;
use crate::protocol::Access;
use crate::protocol::ToolKind;
use crate::protocol::ToolSpec;
use crate::tool::Context;
use crate::tool::Invocation;
use crate::tool::Output;
use crate::tool::Tool;
use crate::tool::ToolError;
use crate::tool::blocking;
use crate::tool::file::Target;
use crate::tool::input;
use crate::tool::schema;
use crate::tool::walk;
use crate::workspace::Workspace;

/// Entries that are shown.
const SHOWN: usize = 500;

/// Entries that are looked at.
const SEEN: usize = 100_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The directory; the project's root where it is left out.
    #[serde(default, alias = "directory", alias = "dir")]
    path: Option<String>,
}

/// Lists directories.
pub(super) struct Ls(ToolSpec);

impl Ls {
    pub(super) fn new() -> Self {
        Self(schema::spec::<Input>("ls", include_str!("../../assets/tools/ls.md")))
    }
}

impl Tool for Ls {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(
        &self,
        input: Value,
        workspace: &Workspace,
    ) -> Result<Box<dyn Invocation>, ToolError> {
        let Input { path } = input::parse(&self.0, &input)?;
        Ok(Box::new(Listing(Target::new(workspace, path.as_deref().unwrap_or_default()))))
    }
}

struct Listing(Target);

impl Invocation for Listing {
    fn verb(&self) -> &'static str {
        "List"
    }

    fn title(&self) -> String {
        self.0.shown.clone()
    }

    fn kind(&self) -> ToolKind {
        ToolKind::Search
    }

    fn access(&self) -> Vec<Access> {
        vec![Access::Read { path: self.0.place.clone() }]
    }

    fn run(self: Box<Self>, cx: Context) -> BoxFuture<'static, Result<Output, ToolError>> {
        blocking(move || self.list(&cx))
    }
}

impl Listing {
    fn list(&self, cx: &Context) -> Result<Output, ToolError> {
        let directory = &self.0;
        // What a walk passes over is ignored; a directory that cannot be walked has no marks.
        let known: HashSet<OsString> = walk::below(directory)?
            .max_depth(Some(1))
            .build()
            .filter_map(|entry| Some(entry.ok()?.file_name().to_owned()))
            .take(SEEN)
            .collect();
        let failed = |error: std::io::Error| directory.failed(&error.to_string());
        let mut rows: Vec<(bool, String)> = Vec::new();
        let handle = directory.beneath.open(directory.real()).map_err(failed)?;
        let entries = Dir::read_from(&handle).map_err(|error| failed(error.into()))?;
        let dots = |name: &[u8]| name == b"." || name == b"..";
        for entry in entries.take(SEEN) {
            if cx.cancel.is_cancelled() {
                return Err(ToolError::Cancelled("the listing was stopped.".into()));
            }
            let entry = entry.map_err(|error| failed(error.into()))?;
            if dots(entry.file_name().to_bytes()) {
                continue;
            }
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            let mut row = text::sanitise(&name.to_string_lossy()).into_string();
            // An entry may be gone by now: then its name is all there is to say.
            let stat = statat(&handle, name, AtFlags::SYMLINK_NOFOLLOW).ok();
            let sort = stat.map(|stat| FileType::from_raw_mode(stat.st_mode));
            let is_directory = sort.is_some_and(FileType::is_dir);
            if is_directory {
                row.push('/');
            } else if sort.is_some_and(FileType::is_symlink) {
                let leads = readlinkat(&handle, name, Vec::new()).unwrap_or_default();
                let _ = write!(row, " -> {}", text::sanitise(&leads.to_string_lossy()));
            } else if let Some(stat) = stat.filter(|_| sort.is_some_and(FileType::is_file)) {
                let _ = write!(row, "  {}", text::bytes(stat.st_size.unsigned_abs()));
            } else {
                row.push_str("  (not a file)");
            }
            if name != ".git" && !known.contains(name) {
                row.push_str("  (ignored)");
            }
            rows.push((!is_directory, row));
        }
        rows.sort();
        let count = rows.len();
        let lines: Vec<_> = rows.into_iter().take(SHOWN).map(|(_, row)| row).collect();
        let mut text = lines.join("\n");
        if count == 0 {
            text = format!("{} is empty", directory.shown);
        } else if count > SHOWN {
            let _ = write!(text, "\n[{} more: look for names with glob]", count - SHOWN);
        }
        let summary = if count == 1 { "1 entry".into() } else { format!("{count} entries") };
        Ok(Output { text, summary, ..Output::default() })
    }
}

#[cfg(test)]
mod tests {
    use crate::tool::tests::Bench;
    use serde_json::json;

    #[tokio::test]
    async fn lists_directories_first_with_marks() {
        let bench = Bench::new();
        bench.write(".gitignore", "*.log\ntarget/\n");
        bench.write("b.rs", "x".repeat(2000));
        bench.write("a.log", "");
        bench.write("src/main.rs", "");
        bench.write("target/x", "");
        bench.write(".git/config", "");
        std::os::unix::fs::symlink("b.rs", bench.path("link")).unwrap();
        let got = bench.call("ls", json!({})).await.unwrap();
        let expected = ".git/\nsrc/\ntarget/  (ignored)\n.gitignore  14 B\na.log  0 B  (ignored)\n\
                        b.rs  2.0 kB\nlink -> b.rs";
        assert_eq!(got.text, expected);
        assert_eq!(got.summary, "7 entries");
        let got = bench.call("ls", json!({"path": "b.rs"})).await.unwrap_err();
        assert!(got.to_string().starts_with("b.rs: Not a directory"), "{got}");
        let got = bench.call("ls", json!({"path": "none"})).await.unwrap_err();
        assert!(got.to_string().starts_with("none: No such file"), "{got}");
    }

    #[tokio::test]
    async fn many_entries_are_counted() {
        let bench = Bench::new();
        for n in 0..510 {
            bench.write(&format!("d/{n:03}"), "");
        }
        let got = bench.call("ls", json!({"path": "d"})).await.unwrap();
        assert!(got.text.ends_with("[10 more: look for names with glob]"));
        bench.write("e/x", "");
        std::fs::remove_file(bench.path("e/x")).unwrap();
        assert_eq!(bench.call("ls", json!({"path": "e"})).await.unwrap().text, "e is empty");
    }
}
