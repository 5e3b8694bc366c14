//! Themes: which one the user chose, and the files that they and a project keep.

use std::path::Path;

use serde::Deserialize;

use crate::base::regular;
use crate::config::Paths;

/// The longest file of a theme, in bytes, and how many of one directory are read.
const MAX_FILE: usize = 256 << 10;
const MAX_FILES: usize = 200;

/// Which theme the user chose.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "theme is a name, or { dark = \"..\", light = \"..\", mode = \"auto\" }"
)]
pub enum ThemeChoice {
    /// This one.
    One(String),
    /// One for dark terminals, one for light ones.
    Pair(ThemePair),
}

/// A theme for dark terminals and one for light ones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ThemePair {
    /// On a dark ground.
    #[serde(default = "dark")]
    pub dark: String,
    /// On a light ground.
    #[serde(default = "light")]
    pub light: String,
    /// Which of them.
    #[serde(default)]
    pub mode: ThemeMode,
}

/// Which theme of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeMode {
    /// As the terminal's ground is.
    #[default]
    Auto,
    /// The dark one.
    Dark,
    /// The light one.
    Light,
}

fn dark() -> String {
    "claw-dark".to_owned()
}

fn light() -> String {
    "claw-light".to_owned()
}

impl From<String> for ThemeChoice {
    fn from(name: String) -> Self {
        Self::One(name)
    }
}

impl ThemeChoice {
    /// The themes that it names.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::One(name) => vec![name],
            Self::Pair(pair) => vec![&pair.dark, &pair.light],
        }
    }
}

/// A theme's file, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeText {
    /// Its name without ending.
    pub name: String,
    /// Where it stands.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl ThemeText {
    /// Reads one file.
    ///
    /// # Errors
    ///
    /// In a sentence: what cannot be read, and what to do.
    pub fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let doing = |why: &dyn std::fmt::Display| format!("{shown}: {why}; the theme is not used");
        let real = path.canonicalize().map_err(|error| doing(&error))?;
        let content = regular::read(&real, MAX_FILE).map_err(|error| doing(&error))?;
        if content.cut {
            return Err(doing(&"the file is longer than 256 KiB: shorten it"));
        }
        let text = String::from_utf8(content.bytes)
            .map_err(|_| doing(&"the file is not UTF-8: save it as UTF-8"))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, path: shown.to_string(), text })
    }
}

/// The themes that stand in files: the user's, and the project's where its folder is trusted; then
/// what could not be read, a sentence each.
pub fn themes(
    paths: &Paths,
    project: Option<&Path>,
) -> (Vec<ThemeText>, Vec<ThemeText>, Vec<String>) {
    let mut failed = Vec::new();
    let user = below(&paths.config.join("themes"), None, &mut failed);
    let of_project = project
        .map(|root| below(&root.join(".claw").join("themes"), Some(root), &mut failed))
        .unwrap_or_default();
    (user, of_project, failed)
}

/// All themes of a directory, by name; with `root`, only files that lie below it.
fn below(dir: &Path, root: Option<&Path>, failed: &mut Vec<String>) -> Vec<ThemeText> {
    // There may be none.
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let entries = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    files.truncate(MAX_FILES);
    let real = |path: &Path| path.canonicalize().ok();
    let root = root.and_then(real);
    let mut found = Vec::new();
    for path in files {
        if let Some(root) = &root
            && real(&path).is_some_and(|path| !path.starts_with(root))
        {
            let shown = path.display();
            failed.push(format!("{shown}: a link leads out of the project; put a file there"));
            continue;
        }
        match ThemeText::read(&path) {
            Ok(theme) => found.push(theme),
            Err(why) => failed.push(why),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn themes_are_found_where_they_may_stand() {
        let dir = tempfile::tempdir().unwrap();
        let (home, root) = (dir.path().join("home"), dir.path().join("project"));
        let (own, of_project) = (home.join("themes"), root.join(".claw/themes"));
        fs::create_dir_all(&own).unwrap();
        fs::create_dir_all(&of_project).unwrap();
        fs::write(own.join("b.toml"), "b").unwrap();
        fs::write(own.join("a.toml"), "a").unwrap();
        fs::write(own.join("notes.md"), "no theme").unwrap();
        fs::write(own.join("bad.toml"), [0xff]).unwrap();
        fs::write(of_project.join("p.toml"), "p").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(own.join("a.toml"), of_project.join("out.toml")).unwrap();

        let paths = Paths::under(&home);
        let (user, project, failed) = themes(&paths, Some(&root));
        let names = |themes: &[ThemeText]| -> Vec<String> {
            themes.iter().map(|theme| format!("{} {}", theme.name, theme.text)).collect()
        };
        assert_eq!(names(&user), ["a a", "b b"]);
        assert_eq!(names(&project), ["p p"]);
        assert!(failed[0].contains("bad.toml") && failed[0].contains("UTF-8"), "{failed:?}");
        #[cfg(unix)]
        assert!(failed[1].contains("out of the project"), "{failed:?}");
        assert_eq!(themes(&paths, None).1, [], "a folder without trust has none");
    }
}
