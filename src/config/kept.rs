//! Rules that the user keeps for good: written into their own settings, for all their projects or for
//! one.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use toml::Value;
use toml::de::{DeTable, DeValue};

use crate::base::digest;
use crate::config::Layer;
use crate::config::edit::{self, rewrite};
use crate::config::paths::{Paths, make_private};
use crate::config::source::Source;

/// Where an "always" of the user's is written down.
#[derive(Debug)]
pub struct Kept {
    user: PathBuf,
    project: PathBuf,
    /// The managed policy alone allows: nothing is kept.
    closed: bool,
}

/// For whom a rule is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// The user, in this project.
    Project,
    /// The user, everywhere.
    User,
}

impl Kept {
    /// The files for the user and for this project of theirs.
    ///
    /// # Errors
    ///
    /// Where the project is gone.
    pub fn new(paths: &Paths, project: &Path, closed: bool) -> Result<Self> {
        let project = file(paths, project)?;
        Ok(Self { user: paths.config_file.clone(), project, closed })
    }

    /// Does only the managed policy allow?
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Adds rules that allow to the settings: where each stands now. One that is there already
    /// stays where it is. Waits for the disk.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read as settings, or written; it is then as it was.
    pub fn keep(&self, whose: For, rules: &[String]) -> Result<Vec<Source>> {
        ensure!(!self.closed, "the managed policy of this machine lets nobody keep rules");
        let _others = self.lock().context("waiting for another claw that keeps rules")?;
        let (file, fresh) = match whose {
            For::Project => (
                &self.project,
                "# Your own settings for one project. claw adds what you always allow there.\n",
            ),
            For::User => (&self.user, ""),
        };
        let add =
            |old: &str| rules.iter().try_fold(old.to_owned(), |text, rule| with(file, &text, rule));
        let new = rewrite(file, fresh, add)?;
        let layer = Layer::parse(file, &new)?;
        let place = |rule: &String| {
            let found = layer.rules.iter().find(|found| found.is_allow(rule));
            found.map(|found| found.at.clone())
        };
        rules.iter().map(|rule| place(rule).ok_or_else(|| anyhow!("`{rule}` is lost"))).collect()
    }
}

impl Kept {
    /// Nobody else reads and replaces settings while it lives, also no other process.
    fn lock(&self) -> std::io::Result<fs::File> {
        let dir = self.user.parent().unwrap_or(Path::new("."));
        make_private(dir)?;
        let dir = fs::File::open(dir)?;
        rustix::fs::flock(&dir, rustix::fs::FlockOperation::LockExclusive)?;
        Ok(dir)
    }
}

/// The user's settings for one project. Another folder in its place is another project.
pub(super) fn file(paths: &Paths, project: &Path) -> Result<PathBuf> {
    let doing = || format!("finding the folder {}", project.display());
    let root = project.canonicalize().with_context(doing)?;
    let metadata = fs::metadata(&root).with_context(doing)?;
    let mut identity = root.as_os_str().as_encoded_bytes().to_vec();
    identity.extend(format!("\0{}\0{}", metadata.dev(), metadata.ino()).into_bytes());
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name = root.file_name().and_then(OsStr::to_str).unwrap_or("project");
    let name: String = name.chars().map(plain).take(40).collect();
    let mark = &digest::sha256(&identity)[..12];
    Ok(paths.config.join("projects").join(format!("{name}-{mark}.toml")))
}

/// The settings with one rule more, and nothing else changed.
fn with(file: &Path, old: &str, rule: &str) -> Result<String> {
    let before = Layer::parse(file, old)?;
    if before.rules.iter().any(|found| found.is_allow(rule)) {
        return Ok(old.to_owned());
    }
    let quoted = Value::String(rule.to_owned());
    let mut wanted: toml::Table = old.parse().with_context(|| format!("in {}", file.display()))?;
    let permissions = wanted.get_mut("permissions").and_then(Value::as_table_mut);
    let Some(Value::Array(allow)) = permissions.and_then(|table| table.get_mut("allow")) else {
        return edit::with(file, old, "permissions", "allow", &Value::Array(vec![quoted]));
    };
    allow.push(quoted.clone());
    // What is put in as text is right where it says exactly what was meant, and only then.
    let new = in_list(old, &quoted.to_string());
    let says = |text: &String| text.parse::<toml::Table>().is_ok_and(|table| table == wanted);
    new.filter(says).ok_or_else(|| {
        anyhow!(
            "{}: no place was found to add the rule `{rule}`; write `permissions.allow` as a list \
             in [permissions], or add it yourself",
            file.display()
        )
    })
}

/// Behind the last rule of `permissions.allow`.
fn in_list(old: &str, quoted: &str) -> Option<String> {
    let table = DeTable::parse(old).ok()?;
    let permissions = table.get_ref().get("permissions")?.get_ref().as_table()?;
    let allow = permissions.get("allow")?;
    let DeValue::Array(rules) = allow.get_ref() else { return None };
    let end = allow.span().end.checked_sub(1)?;
    let Some(last) = rules.iter().last().map(toml::Spanned::span) else {
        return Some(format!("{}{quoted}{}", &old[..end], &old[end..]));
    };
    let rest = &old[last.end..end];
    let Some(newline) = rest.find('\n') else {
        return Some(format!("{}, {quoted}{}", &old[..last.end], &old[last.end..]));
    };
    // A remark behind the last rule stays with it.
    let line = last.end + newline + 1;
    let start = old[..last.start].rfind('\n').map_or(0, |at| at + 1);
    let indent: String = old[start..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let comma = if rest[..newline].trim_start().starts_with(',') { "" } else { "," };
    let (head, remark, tail) = (&old[..last.end], &old[last.end..line], &old[line..]);
    Some(format!("{head}{comma}{remark}{indent}{quoted},\n{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    #[test]
    fn a_rule_is_added_and_all_else_stays() {
        let table = [
            ("", "[permissions]\nallow = [\"R\"]\n"),
            ("model = \"opus\" # mine", "model = \"opus\" # mine\n\n[permissions]\nallow = [\"R\"]\n"),
            ("[permissions]\nallow = []\n", "[permissions]\nallow = [\"R\"]\n"),
            ("[permissions]\nallow = ['Bash(a)']\n", "[permissions]\nallow = ['Bash(a)', \"R\"]\n"),
            ("[permissions]\nallow = ['Bash(a)', ] # x\n", "[permissions]\nallow = ['Bash(a)', \"R\", ] # x\n"),
            ("[permissions]\nallow = [\n  'Bash(a)', # why ]\n  # end\n]\n", "[permissions]\nallow = [\n  'Bash(a)', # why ]\n  \"R\",\n  # end\n]\n"),
            ("[permissions]\nallow = [\n\t'Bash(a)' # why\n]\n", "[permissions]\nallow = [\n\t'Bash(a)', # why\n\t\"R\",\n]\n"),
            ("[permissions] # p\ndeny = ['Bash(b)']\n[ui]\nmouse = true\n", "[permissions] # p\nallow = [\"R\"]\ndeny = ['Bash(b)']\n[ui]\nmouse = true\n"),
            ("[permissions]", "[permissions]\nallow = [\"R\"]\n"),
            ("permissions.deny = ['Bash(b)']\n", "permissions.allow = [\"R\"]\npermissions.deny = ['Bash(b)']\n"),
            ("permissions = { allow = ['Bash(a)'] }\n", "permissions = { allow = ['Bash(a)', \"R\"] }\n"),
            ("permissions = { deny = [] }\n", "permissions = { deny = [], allow = [\"R\"] }\n"),
            ("[permissions]\nallow = [\"R\"]\n", "[permissions]\nallow = [\"R\"]\n"),
        ];
        for (old, new) in table {
            assert_eq!(with(Path::new("c.toml"), old, "R").unwrap(), new, "{old}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_alone() {
        for old in ["[permissions", "permissions.allow = 1\n", "nonsense = 1\n"] {
            assert!(with(Path::new("c.toml"), old, "R").is_err(), "{old}");
        }
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::under(&dir.path().join("own"));
        fs::create_dir_all(&paths.config).unwrap();
        fs::write(&paths.config_file, "[permissions").unwrap();
        let kept = Kept::new(&paths, dir.path(), false).unwrap();
        let error = kept.keep(For::User, &["Bash(a)".into()]).unwrap_err().to_string();
        assert!(error.contains("config.toml:1"), "{error}");
        assert_eq!(fs::read_to_string(&paths.config_file).unwrap(), "[permissions");
        let closed = Kept::new(&paths, dir.path(), true).unwrap();
        assert!(closed.keep(For::Project, &["Bash(a)".into()]).is_err());
    }

    #[test]
    fn what_others_keep_at_the_same_time_is_not_lost() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::under(&dir.path().join("own"));
        std::thread::scope(|scope| {
            for who in 0..8 {
                let (paths, project) = (&paths, dir.path());
                scope.spawn(move || {
                    // As another process has it: only the file is shared.
                    let kept = Kept::new(paths, project, false).unwrap();
                    for n in 0..8 {
                        kept.keep(For::User, &[format!("Bash(x{who} {n})")]).unwrap();
                    }
                });
            }
        });
        let text = fs::read_to_string(&paths.config_file).unwrap();
        let layer = Layer::parse(&paths.config_file, &text).unwrap();
        assert_eq!(layer.rules.len(), 64);
    }

    #[test]
    fn a_projects_rules_are_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::under(&dir.path().join("own"));
        let (one, other) = (dir.path().join("a b"), dir.path().join("other"));
        fs::create_dir_all(&one).unwrap();
        fs::create_dir_all(&other).unwrap();
        let kept = Kept::new(&paths, &one, false).unwrap();
        let at = kept.keep(For::Project, &["Bash(x)".into(), "Bash(x \"y\")".into()]).unwrap();
        assert!(at[0].to_string().ends_with(".toml:4"), "{at:?}");
        let load = |project: &Path| {
            let settings =
                crate::config::load(&paths, project, false, &|_| None, Layer::default()).unwrap();
            settings.rules.into_iter().map(|rule| rule.text).collect::<Vec<_>>()
        };
        assert_eq!(load(&one), ["Bash(x)", "Bash(x \"y\")"]);
        assert!(load(&other).is_empty());
        // Both are there at once, else the second could get the inode of the first.
        fs::create_dir(dir.path().join("new")).unwrap();
        fs::remove_dir(&one).unwrap();
        fs::rename(dir.path().join("new"), &one).unwrap();
        assert!(load(&one).is_empty(), "another folder in its place");
    }
}
