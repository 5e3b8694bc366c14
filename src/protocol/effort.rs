//! How hard a model thinks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much a model reasons before it answers. What a model does not know is brought to the nearest
/// that it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as it can.
    Minimal,
    /// A little.
    Low,
    /// As the task needs.
    Medium,
    /// Much.
    High,
    /// Very much.
    XHigh,
    /// As much as it can.
    Max,
}

impl Effort {
    /// All of them, from the least.
    pub const ALL: [Self; 7] =
        [Self::None, Self::Minimal, Self::Low, Self::Medium, Self::High, Self::XHigh, Self::Max];

    /// Its name: what the user types and what providers call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
        }
    }

    /// The nearest of these, the lesser one of two that are as near; none where there are none.
    pub fn nearest(self, known: &[Self]) -> Option<Self> {
        known.iter().copied().min_by_key(|it| ((*it as i8 - self as i8).abs(), *it))
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// That is no effort.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no effort: none, minimal, low, medium, high, xhigh or max")]
pub struct NoEffort(String);

impl FromStr for Effort {
    type Err = NoEffort;

    fn from_str(name: &str) -> Result<Self, NoEffort> {
        let found = Self::ALL.into_iter().find(|effort| effort.name() == name);
        found.ok_or_else(|| NoEffort(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_one() {
        use Effort::*;
        let table: &[(Effort, &[Effort], Option<Effort>)] = &[
            (High, &[Low, High], Some(High)),
            (Max, &[Low, Medium, High], Some(High)),
            (None, &[Minimal, High], Some(Minimal)),
            (Medium, &[Low, High], Some(Low)),
            (Medium, &[], Option::None),
        ];
        for (wanted, known, expected) in table {
            assert_eq!(wanted.nearest(known), *expected, "{wanted} of {known:?}");
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for effort in Effort::ALL {
            assert_eq!(effort.name().parse(), Ok(effort));
            assert_eq!(serde_json::to_value(effort).unwrap(), effort.name());
        }
        assert!("huge".parse::<Effort>().unwrap_err().to_string().contains("xhigh"));
    }
}
