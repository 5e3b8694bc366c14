//! The settings of the screen: which there are, what they can be, and where they were said.

use std::path::Path;

use anyhow::Result;
use toml::Value;

use crate::config::edit::{rewrite, with};
use crate::config::layer::Layer;
use crate::config::look::{Glyphs, Motion, Printed};
use crate::config::merge::Settings;
use crate::config::source::{Said, Source};
use crate::config::theme::ThemeChoice;

/// A setting of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Knob {
    /// The look.
    Theme,
    /// How much moves.
    Motion,
    /// Which characters it is drawn with.
    Glyphs,
    /// Is the mouse used?
    Mouse,
    /// What the mouse selects is copied at once.
    CopyOnSelect,
    /// Has the composer vim's keys?
    Vim,
    /// Is the user called while they are elsewhere?
    Notify,
    /// Do calls go through tmux?
    TmuxPassthrough,
    /// Is the terminal told what the agent does?
    Osc7501,
    /// What is printed when the screen ends.
    PrintOnExit,
}

impl Knob {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 10] = [
        Self::Theme,
        Self::Motion,
        Self::Glyphs,
        Self::Mouse,
        Self::CopyOnSelect,
        Self::Vim,
        Self::Notify,
        Self::TmuxPassthrough,
        Self::Osc7501,
        Self::PrintOnExit,
    ];

    /// The table and the key in a file of settings.
    fn place(self) -> (&'static str, &'static str) {
        match self.name().split_once('.') {
            Some(place) => place,
            None => ("", self.name()),
        }
    }

    /// How it is called in a file of settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Theme => "theme",
            Self::Motion => "ui.motion",
            Self::Glyphs => "ui.glyphs",
            Self::Mouse => "ui.mouse",
            Self::CopyOnSelect => "ui.copy_on_select",
            Self::Vim => "ui.vim",
            Self::Notify => "ui.notify",
            Self::TmuxPassthrough => "ui.tmux_passthrough",
            Self::Osc7501 => "ui.osc7501",
            Self::PrintOnExit => "ui.print_on_exit",
        }
    }

    /// What it does, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Theme => "the look",
            Self::Motion => "how much moves by itself",
            Self::Glyphs => "lines and signs",
            Self::Mouse => "clicks, wheel, borders",
            Self::CopyOnSelect => "at once",
            Self::Vim => "vim's keys in the message",
            Self::Notify => "calls you elsewhere",
            Self::TmuxPassthrough => "calls through tmux",
            Self::Osc7501 => "the terminal knows the state",
            Self::PrintOnExit => "turns left behind",
        }
    }

    /// The words that it can be; none where they are not known here.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Theme => &[],
            Self::Motion => &["full", "reduced", "none"],
            Self::Glyphs => &["unicode", "ascii"],
            Self::PrintOnExit => &["none", "last", "all"],
            _ => &["off", "on"],
        }
    }

    /// What it is by these settings, in a word; empty where nobody said it and it has no default.
    pub fn word(self, settings: &Settings) -> String {
        let switch = |on: bool| if on { "on" } else { "off" };
        let word = match self {
            Self::Theme => {
                return match &settings.theme {
                    Some(choice) => choice.names().join(", "),
                    None => String::new(),
                };
            }
            Self::Motion => match settings.motion {
                Motion::Full => "full",
                Motion::Reduced => "reduced",
                Motion::None => "none",
            },
            Self::Glyphs => match settings.glyphs {
                Glyphs::Unicode => "unicode",
                Glyphs::Ascii => "ascii",
            },
            Self::PrintOnExit => match settings.print_on_exit {
                Printed::None => "none",
                Printed::Last => "last",
                Printed::All => "all",
            },
            Self::Mouse => switch(settings.mouse.unwrap_or(true)),
            Self::CopyOnSelect => switch(settings.copy_on_select),
            Self::Vim => switch(settings.vim.unwrap_or(false)),
            Self::Notify => switch(settings.notify.unwrap_or(true)),
            Self::TmuxPassthrough => switch(settings.tmux_passthrough),
            Self::Osc7501 => switch(settings.osc7501),
        };
        word.to_owned()
    }

    /// Where a layer says it.
    pub(super) fn said(self, layer: &Layer) -> Option<&Source> {
        fn at<T>(said: Option<&Said<T>>) -> Option<&Source> {
            said.map(|said| &said.at)
        }
        match self {
            Self::Theme => at(layer.theme.as_ref()),
            Self::Motion => at(layer.motion.as_ref()),
            Self::Glyphs => at(layer.glyphs.as_ref()),
            Self::Mouse => at(layer.mouse.as_ref()),
            Self::CopyOnSelect => at(layer.copy_on_select.as_ref()),
            Self::Vim => at(layer.vim.as_ref()),
            Self::Notify => at(layer.notify.as_ref()),
            Self::TmuxPassthrough => at(layer.tmux_passthrough.as_ref()),
            Self::Osc7501 => at(layer.osc7501.as_ref()),
            Self::PrintOnExit => at(layer.print_on_exit.as_ref()),
        }
    }

    /// Says it in the user's file, and nothing else there changes. Where each setting of the screen
    /// stands in the file then. Waits for the disk.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read as settings, has no place for it, names a pair of themes, or
    /// cannot be written; it is then as it was.
    pub fn save(self, file: &Path, word: &str) -> Result<Vec<(Self, Source)>> {
        let value = match (self.words(), word) {
            (["off", "on"], word) => Value::Boolean(word == "on"),
            (_, word) => Value::String(word.to_owned()),
        };
        let (table, key) = self.place();
        let new = rewrite(file, "", |old| {
            // Two themes would be lost for one.
            if let (Self::Theme, Some(Said { value: ThemeChoice::Pair(_), at })) =
                (self, Layer::parse(file, old)?.theme)
            {
                anyhow::bail!("{at}: a theme for dark and one for light stand there; change them");
            }
            let new = with(file, old, table, key, &value)?;
            Layer::parse(file, &new).map(|_| new)
        })?;
        let layer = Layer::parse(file, &new)?;
        let places = Self::ALL.into_iter();
        Ok(places.filter_map(|knob| Some((knob, knob.said(&layer)?.clone()))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Scope, merge};

    fn settings(text: &str) -> Settings {
        merge([(Scope::User, Layer::parse(Path::new("c.toml"), text).unwrap())])
    }

    #[test]
    fn each_setting_is_saved_as_it_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        for knob in Knob::ALL {
            let words = if knob == Knob::Theme { &["paper"] } else { knob.words() };
            for word in words {
                let places = knob.save(&file, word).unwrap();
                let text = std::fs::read_to_string(&file).unwrap();
                let settings = settings(&text);
                assert_eq!(knob.word(&settings), *word, "{text}");
                let place = places.iter().find(|(known, _)| *known == knob).unwrap();
                let Source::File { line, .. } = place.1 else { panic!("{places:?}") };
                let key = knob.name().rsplit('.').next().unwrap();
                assert!(text.lines().nth(line - 1).unwrap().starts_with(key), "{text}");
                assert!(settings.places.contains_key(&knob));
            }
        }
        assert_eq!(settings(&std::fs::read_to_string(&file).unwrap()).places.len(), 10);
    }

    #[test]
    fn a_pair_of_themes_is_not_lost_for_one() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        let text = "theme = { dark = 'midnight', light = 'paper' }\n";
        std::fs::write(&file, text).unwrap();
        let error = Knob::Theme.save(&file, "mono").unwrap_err().to_string();
        assert!(error.contains("config.toml:1: "), "{error}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        assert_eq!(Knob::Theme.word(&settings(text)), "midnight, paper");
    }

    #[test]
    fn words_begin_with_what_holds_where_nothing_is_said() {
        for knob in Knob::ALL.into_iter().filter(|knob| *knob != Knob::Theme) {
            let word = knob.word(&Settings::default());
            assert!(knob.words().contains(&word.as_str()), "{knob:?} is {word}");
            assert!(knob.words().len() > 1);
        }
        assert_eq!(settings("").places.len(), 0);
    }
}
