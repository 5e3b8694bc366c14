//! A line that the user wants to be remembered: appended to a file of notes under a heading.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};

use crate::base::atomic;
use crate::base::regular;

/// The heading under which such lines stand.
pub const HEADING: &str = "## Notes";

/// The longest file that is added to, in bytes.
const MOST: usize = 1 << 20;

/// Appends a line to a file, which need not be there yet. Blocks.
///
/// # Errors
///
/// Where the file is a link that leads out of `bound`, is too long or no text, or cannot be written.
pub fn add(path: &Path, bound: &Path, note: &str) -> Result<()> {
    let doing = || format!("adding to {}", path.display());
    let Ok(real) = path.canonicalize() else {
        let dir = path.parent().ok_or_else(|| anyhow!("{}: no such place", path.display()))?;
        fs::create_dir_all(dir).with_context(doing)?;
        return atomic::write(path, with_note("", note).as_bytes()).with_context(doing);
    };
    if !real.starts_with(bound.canonicalize().with_context(doing)?) {
        bail!("{}: it is a link that leads out of {}", path.display(), bound.display());
    }
    let content = regular::read(&real, MOST).with_context(doing)?;
    if content.cut {
        bail!("{}: it is longer than {} KiB", path.display(), MOST >> 10);
    }
    let text = String::from_utf8(content.bytes).with_context(doing)?;
    atomic::write(&real, with_note(&text, note).as_bytes()).with_context(doing)
}

/// The text with a line more: at the end of the section, which is made where there is none.
fn with_note(text: &str, note: &str) -> String {
    let note = note.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<&str> = text.lines().collect();
    let Some(head) = lines.iter().position(|line| line.trim_end() == HEADING) else {
        let before = if text.trim().is_empty() { "" } else { "\n" };
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return format!("{text}{end}{before}{HEADING}\n\n- {note}\n");
    };
    let next = lines[head + 1..].iter().position(|line| line.starts_with('#'));
    let end = next.map_or(lines.len(), |next| head + 1 + next);
    let section = &lines[head + 1..end];
    let said = section.iter().rposition(|line| !line.trim().is_empty());
    let at = said.map_or(head + 1, |said| head + 2 + said);
    let mut out: Vec<String> = lines[..at].iter().map(|line| (*line).to_owned()).collect();
    if said.is_none() {
        out.push(String::new());
    }
    out.push(format!("- {note}"));
    if next.is_some() && lines[at..end].is_empty() {
        out.push(String::new());
    }
    out.extend(lines[at..].iter().map(|line| (*line).to_owned()));
    out.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_line_is_added() {
        let table = [
            ("", "## Notes\n\n- n\n"),
            ("# A", "# A\n\n## Notes\n\n- n\n"),
            ("# A\n", "# A\n\n## Notes\n\n- n\n"),
            ("## Notes\n\n- a\n", "## Notes\n\n- a\n- n\n"),
            ("## Notes\n\n- a\n\n# B\n\nb\n", "## Notes\n\n- a\n- n\n\n# B\n\nb\n"),
            ("## Notes\n- a\n# B\n", "## Notes\n- a\n- n\n\n# B\n"),
            ("## Notes\n", "## Notes\n\n- n\n"),
        ];
        for (text, expected) in table {
            assert_eq!(with_note(text, " n \n"), expected, "{text:?}");
        }
    }

    #[test]
    fn a_file_is_made_and_added_to_but_not_through_a_link_out() {
        let dir = tempfile::tempdir().unwrap();
        let (bound, path) = (dir.path().join("p"), dir.path().join("p/deep/AGENTS.md"));
        fs::create_dir(&bound).unwrap();
        add(&path, &bound, "one").unwrap();
        add(&path, &bound, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "## Notes\n\n- one\n- two\n");

        fs::write(dir.path().join("out.md"), "out\n").unwrap();
        let link = bound.join("CLAUDE.md");
        std::os::unix::fs::symlink("../out.md", &link).unwrap();
        let error = add(&link, &bound, "three").unwrap_err().to_string();
        assert!(error.contains("leads out"), "{error}");
        assert_eq!(fs::read_to_string(dir.path().join("out.md")).unwrap(), "out\n");
    }
}
