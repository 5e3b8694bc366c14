//! All themes there are: those that are built in, and those that stand in files.

use anyhow::{Result, anyhow};

use crate::ui::theme::Theme;
use crate::ui::theme::depth::Depth;
use crate::ui::theme::file::{self, Kind, Parsed};

/// A theme's file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeFile {
    /// Its name without ending: what a user calls it.
    pub name: String,
    /// Where it stands, as errors say it.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// What a list of themes says of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What a user calls it.
    pub name: String,
    /// Where it stands; none for one that is built in.
    pub path: Option<String>,
    /// Its title and which background it is made for; or what is wrong with it, with `file:line`.
    pub found: Result<(String, Kind), String>,
}

/// All themes there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shelf {
    user: Vec<ThemeFile>,
    project: Vec<ThemeFile>,
}

impl Shelf {
    /// The built-in ones, the user's and those of a project.
    ///
    /// The user's take the place of a built-in one of the same name. A project's add names and
    /// never take one: who chose a theme sees that one, not what a repository makes of it.
    pub fn new(user: Vec<ThemeFile>, project: Vec<ThemeFile>) -> Self {
        Self { user, project }
    }

    /// With one more file of the user's, which counts before all others of its name.
    #[must_use]
    pub fn with(mut self, file: ThemeFile) -> Self {
        self.user.insert(0, file);
        self
    }

    /// Every name once: the built-in ones, the user's, the project's.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = BUILTIN.to_vec();
        for file in self.user.iter().chain(&self.project) {
            if !names.contains(&file.name.as_str()) {
                names.push(&file.name);
            }
        }
        names
    }

    /// Files of this name, the one that counts first: where it stands, and its text.
    pub(super) fn named<'a>(&'a self, name: &str) -> Vec<(&'a str, &'a str)> {
        let of = |files: &'a [ThemeFile]| {
            let files = files.iter().filter(|file| file.name == name);
            files.map(|file| (file.path.as_str(), file.text.as_str())).collect::<Vec<_>>()
        };
        [of(&self.user), builtin(name).into_iter().collect(), of(&self.project)].concat()
    }

    /// Where a theme stands; none for a built-in one, and for none.
    pub fn path(&self, name: &str) -> Option<&str> {
        let (path, _) = *self.named(name).first()?;
        builtin(name).is_none_or(|(own, _)| own != path).then_some(path)
    }

    /// A theme for a terminal's colours.
    ///
    /// # Errors
    ///
    /// Where none has this name, or its file cannot be used: `file:line` and what to do.
    pub fn load(&self, name: &str, depth: Depth) -> Result<Theme> {
        Ok(Theme::new(name, &self.parse(name)?, depth))
    }

    pub(super) fn parse(&self, name: &str) -> Result<Parsed> {
        let named = self.named(name);
        let (path, text) = *named.first().ok_or_else(|| {
            anyhow!("there is no theme \"{name}\": there are {}", self.names().join(", "))
        })?;
        file::parse(path, text, self)
    }

    /// What can be said of each theme.
    pub fn list(&self) -> Vec<Entry> {
        let entry = |name: &str| Entry {
            name: name.to_owned(),
            path: self.path(name).map(str::to_owned),
            found: match self.parse(name) {
                Ok(theme) => Ok((theme.title, theme.kind)),
                Err(error) => Err(format!("{error:#}")),
            },
        };
        self.names().into_iter().map(entry).collect()
    }
}

/// The path and the text of a built-in theme.
fn builtin(name: &str) -> Option<(&'static str, &'static str)> {
    let at = BUILTIN.iter().position(|known| *known == name)?;
    Some(FILES[at])
}

macro_rules! builtin {
    ($($name:literal),* $(,)?) => {
        /// The themes that are built in, in the order of the list.
        pub const BUILTIN: &[&str] = &[$($name),*];
        /// Where each stands, and what is in it.
        const FILES: &[(&str, &str)] = &[$((
            concat!("themes/", $name, ".toml"),
            include_str!(concat!("../../../themes/", $name, ".toml")),
        )),*];
    };
}

builtin![
    "claw-dark",
    "claw-light",
    "midnight",
    "paper",
    "hc-dark",
    "hc-light",
    "cb-dark",
    "cb-light",
    "ansi16",
    "mono",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::Role;
    use ratatui::style::Color;

    fn file(name: &str, rest: &str) -> ThemeFile {
        let text = format!("schema = 1\nname = \"{name}\"\nkind = \"any\"\n{rest}");
        ThemeFile { name: name.to_owned(), path: format!("/t/{name}.toml"), text }
    }

    #[test]
    fn every_built_in_theme_is_on_the_shelf_and_can_be_read() {
        let shelf = Shelf::default();
        assert_eq!(shelf.names(), BUILTIN);
        for entry in shelf.list() {
            assert_eq!(entry.path, None);
            entry.found.unwrap();
        }
    }

    #[test]
    fn the_users_file_takes_a_name_and_a_projects_file_does_not() {
        let blue = "inherits = \"mono\"\n[roles]\n\"ui.text\" = { fg = \"ansi:blue\" }\n";
        let user = vec![file("mono", blue)];
        let shelf = Shelf::new(user, vec![file("paper", blue), file("own", blue)]);
        let text = |name| shelf.load(name, Depth::True).unwrap().style(Role::Text).fg;
        assert_eq!(text("mono"), Some(Color::Blue), "and it can inherit from the one it replaces");
        assert_eq!(text("own"), Some(Color::Blue));
        assert_ne!(text("paper"), Some(Color::Blue));
        assert_eq!((shelf.path("paper"), shelf.path("mono")), (None, Some("/t/mono.toml")));
        let error = shelf.load("none", Depth::True).unwrap_err().to_string();
        assert!(error.ends_with("ansi16, mono, own"), "{error}");
    }

    #[test]
    fn themes_that_inherit_in_a_circle_are_refused() {
        let files = vec![file("a", "inherits = \"b\"\n"), file("b", "inherits = \"a\"\n")];
        let error = Shelf::new(files, Vec::new()).load("a", Depth::True).unwrap_err().to_string();
        assert_eq!(error, "/t/b.toml:4: `a` inherits from this theme: let one of them go first");
    }

    #[test]
    fn a_theme_brings_its_own_signs_and_shapes() {
        let rest = "[roles]\n\"ui.border\" = { set = \"rounded\" }\n[glyphs]\nerr = \"E\"\n";
        let theme = Shelf::new(vec![file("a", rest)], Vec::new()).load("a", Depth::True).unwrap();
        assert_eq!((theme.glyphs().err, theme.glyphs().wait), ("E", "!"));
        assert_eq!((theme.border(false).top_left, theme.border(true).top_left), ("╭", "┏"));
        let plain = theme.with_ascii(true);
        assert_eq!((plain.glyphs().err, plain.border(false).top_left), ("x", "+"));
    }
}
