//! Where something was said.

use std::fmt;
use std::path::PathBuf;

use crate::base::clock;
use crate::base::clock::Millis;

/// Where something was said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Source {
    /// In a file.
    File {
        /// Which.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// In a variable of the environment.
    Variable(&'static str),
    /// In a file of the project; the user accepted it.
    Accepted {
        /// Which.
        file: PathBuf,
        /// The line, from 1, where it stands now.
        line: usize,
        /// When the user did.
        on: Millis,
    },
    /// On the command line.
    #[default]
    Flag,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line } => write!(f, "{}:{line}", file.display()),
            Self::Variable(name) => write!(f, "${name}"),
            Self::Accepted { file, line, on } => {
                write!(f, "accepted from {}:{line} on {}", file.display(), clock::date_time(*on))
            }
            Self::Flag => f.write_str("the command line"),
        }
    }
}

/// A value and where it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub at: Source,
}

impl<T> From<T> for Said<T> {
    /// A value from the command line.
    fn from(value: T) -> Self {
        Self { value, at: Source::Flag }
    }
}
