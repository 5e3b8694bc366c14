//! What the user is asked about a folder before it has a say: whether they trust it, and then which of
//! the rules that it proposes shall hold.

use std::path::Path;

use anyhow::Result;

use crate::base::clock;
use crate::base::text::sanitise_exact_line;
use crate::cli::Wrong;
use crate::cli::args::Flags;
use crate::cli::setup::{Place, parse};
use crate::config::{Accepted, RuleText, Standing, Trust};
use crate::protocol::{FileChange, Mode};
use crate::workspace::notes;

/// Names that are listed in the question.
const SHOWN: usize = 12;

/// The question whether a folder is trusted.
#[cfg_attr(not(feature = "tui"), allow(dead_code, reason = "only a screen shows it"))]
pub(super) struct Question {
    /// What the user has to know, a paragraph a line.
    pub(super) lines: Vec<String>,
    /// What changed since they trusted it.
    pub(super) changes: Vec<FileChange>,
    /// One of the answers is yes.
    pub(super) can_be_trusted: bool,
}

/// A rule that the project proposes.
pub(super) struct Offer {
    /// Its text.
    pub(super) rule: String,
    /// What the user has to know, a paragraph a line.
    pub(super) lines: Vec<String>,
}

impl Place {
    /// Has the folder a say? One in which nothing would have one needs no trust.
    pub(super) fn trusted(&self) -> bool {
        match &self.look.standing {
            Standing::Trusted => true,
            Standing::Unknown(files) => self.look.is_seen() && self.listed(files).is_none(),
            Standing::Changed(_) | Standing::Closed(_) => false,
        }
    }

    /// What the user has to know to trust the folder; none where they do already or said that they do
    /// not, or where nothing in it would have a say.
    pub(super) fn question(&self) -> Option<Question> {
        if self.read_only {
            return None;
        }
        let (what, changes) = match &self.look.standing {
            Standing::Trusted => return None,
            Standing::Closed(why) => (Some(format!("It cannot be trusted: {why}.")), Vec::new()),
            Standing::Changed(changes) if !changes.is_empty() => {
                let count = match changes.len() {
                    1 => "1 file of its configuration".to_owned(),
                    many => format!("{many} files of its configuration"),
                };
                let what = format!("You trusted this folder before. Since then {count} changed:");
                (Some(what), changes.clone())
            }
            Standing::Changed(_) => {
                let what = "It is not the folder that you trusted here";
                let has = self.listed(&[]).map(|files| format!(". It has: {files}"));
                (Some(format!("{what}{}.", has.unwrap_or_default())), Vec::new())
            }
            Standing::Unknown(files) => {
                (self.listed(files).map(|files| format!("It has: {files}.")), Vec::new())
            }
        };
        let can_be_trusted = !matches!(self.look.standing, Standing::Closed(_));
        let mut lines = vec![
            self.root.display().to_string(),
            what?,
            "Whoever wrote these files speaks to the model through them, and their rules and commands \
             count. Trust the folder only if you would run what is in it."
                .to_owned(),
        ];
        if !changes.is_empty() {
            // The changes stand below the words: what they are comes last.
            lines.swap(1, 2);
        }
        Some(Question { lines, changes, can_be_trusted })
    }

    /// The names of what would have a say: these files, and notes.
    fn listed(&self, files: &[String]) -> Option<String> {
        let notes = notes::present(&self.root);
        let notes = notes.iter().map(|note| note.strip_prefix(&self.root).unwrap_or(note));
        let notes = notes.map(|note| note.display().to_string());
        let all: Vec<_> = files.iter().cloned().chain(notes).collect();
        let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        match all.len() {
            0 => None,
            many if many > SHOWN => Some(format!("{shown} and {} more", many - SHOWN)),
            _ => Some(shown),
        }
    }

    /// The same place as the user wants to look at it: trusted from now on as the question showed it,
    /// or read only.
    ///
    /// # Errors
    ///
    /// Where the trust cannot be kept, or the settings of the folder cannot be read.
    pub(super) fn answered(mut self, trusted: bool, flags: &Flags) -> Result<Self, Wrong> {
        if trusted {
            Trust::new(self.paths.trust_file.clone()).trust(&self.root, &self.look)?;
            return self.again(flags);
        }
        self.settings.mode = Mode::Plan;
        self.read_only = true;
        Ok(self)
    }

    /// The same place, read anew.
    ///
    /// # Errors
    ///
    /// Where its settings cannot be read.
    pub(super) fn again(self, flags: &Flags) -> Result<Self, Wrong> {
        Self::at(self.root, flags)
    }

    /// The rules that the project proposes and the user has not answered.
    pub(super) fn offers(&self) -> Vec<Offer> {
        let rules: Vec<_> = self.settings.proposed.iter().collect();
        let many = rules.len();
        let offer = |(at, rule): (usize, &&RuleText)| {
            let meaning = match parse(rule) {
                Ok(parsed) => {
                    format!("Accepted, it lets the model do without asking: {}.", parsed.meaning())
                }
                Err(error) => format!("It means nothing as it is: {error:#}."),
            };
            let lines = vec![
                format!("{} ({} of {many})", self.root.display(), at + 1),
                format!("{} says that this may be done without asking:", rule.at),
                String::new(),
                format!("    {}", sanitise_exact_line(&rule.text)),
                String::new(),
                meaning,
            ];
            Offer { rule: rule.text.clone(), lines }
        };
        rules.iter().enumerate().map(offer).collect()
    }

    /// Remembers the user's answer to an offered rule.
    ///
    /// # Errors
    ///
    /// Where it cannot be kept.
    pub(super) fn answer(&self, rule: &str, accepted: bool) -> Result<()> {
        let file: &Path = &self.paths.accepted_file;
        Accepted::new(file.to_owned()).answer(&self.root, rule, accepted, clock::now())
    }

    /// Says what of the folder has no say, to a user who cannot be asked.
    pub(super) fn tell_untrusted(&mut self) {
        if self.question().is_some() {
            self.settings.notices.push(format!(
                "{} is not trusted: its settings and notes are not used (--trust for this run)",
                self.root.display()
            ));
        }
    }

    /// Says which of its rules do not hold.
    pub(super) fn tell_proposed(&mut self) {
        let Some(first) = self.settings.proposed.first() else { return };
        // People have dozens of them: they are told once.
        let rules = match self.settings.proposed.len() {
            1 => "a rule that allows something".to_owned(),
            many => format!("{many} rules that allow something"),
        };
        self.settings.notices.push(format!(
            "the project proposes {rules}: none holds before you accept it on claw's screen ({})",
            first.at
        ));
    }
}
