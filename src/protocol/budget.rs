//! What a session may use, and what it has used.

use serde::{Deserialize, Serialize};

/// Most that all requests of a session may use together. Nothing is begun above it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// US dollars; none for no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
    /// Tokens of prompts and replies, cached ones too; none for no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
}

/// What the requests of a session used.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    /// US dollars of the requests with a known price.
    pub usd: f64,
    /// There are requests of which the price is not known: it was more than `usd`.
    pub unpriced: bool,
    /// Tokens of prompts and replies.
    pub tokens: u64,
}

impl Budget {
    /// Is nothing limited?
    pub fn is_none(&self) -> bool {
        self.usd.is_none() && self.tokens.is_none()
    }

    /// So many times as much of what is limited: 1.5 for half as much again.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        // A float beyond the numbers becomes the largest one.
        let tokens = self.tokens.map(|tokens| (tokens as f64 * factor).ceil() as u64);
        Self { usd: self.usd.map(|usd| usd * factor), tokens }
    }

    /// It with what the user says in place of its like: `5`, `$2.50`, `200000 tokens`, `off`; none
    /// where that says nothing.
    pub fn said(self, text: &str) -> Option<Self> {
        let text = text.trim();
        if text == "off" {
            return Some(Self::default());
        }
        if let Some(count) = text.strip_suffix("tokens") {
            let tokens = count.trim().parse().ok().filter(|&tokens| tokens > 0);
            return tokens.map(|tokens| Self { tokens: Some(tokens), ..self });
        }
        let usd: f64 = text.trim_start_matches('$').parse().ok()?;
        (usd.is_finite() && usd > 0.0).then_some(Self { usd: Some(usd), ..self })
    }

    /// Its limits, in words: `$1.00`; empty where nothing is limited.
    pub fn limits(&self) -> String {
        let usd = self.usd.map(|usd| format!("${usd:.2}"));
        let tokens = self.tokens.map(|tokens| format!("{tokens} tokens"));
        usd.into_iter().chain(tokens).collect::<Vec<_>>().join(", ")
    }

    /// How much of it is used, 1.0 for all: the larger share where both are limited. 0.0 without a
    /// limit.
    pub fn share(&self, spent: &Spent) -> f64 {
        let share = |used: f64, most: f64| if most > 0.0 { used / most } else { f64::INFINITY };
        let usd = self.usd.map_or(0.0, |most| share(spent.usd, most));
        let tokens = self.tokens.map_or(0.0, |most| share(spent.tokens as f64, most as f64));
        usd.max(tokens)
    }

    /// Is it used up in dollars?
    pub fn out_of_usd(&self, spent: &Spent) -> bool {
        self.usd.is_some_and(|most| spent.usd >= most)
    }

    /// What is used of it, in words: `$1.02 of $1.00`.
    pub fn words(&self, spent: &Spent) -> String {
        let usd = self.usd.map(|most| {
            let least = if spent.unpriced { "at least " } else { "" };
            format!("{least}${:.2} of ${most:.2}", spent.usd)
        });
        let tokens = self.tokens.map(|most| format!("{} of {most} tokens", spent.tokens));
        usd.into_iter().chain(tokens).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    #[test]
    fn shares_and_words() {
        let spent = |usd, unpriced, tokens| Spent { usd, unpriced, tokens };
        let table = [
            // usd        tokens     spent                     share  words
            (None,        None,      spent(9.0, false, 9),     0.0,   ""),
            (Some(2.0),   None,      spent(1.0, false, 9),     0.5,   "$1.00 of $2.00"),
            (Some(2.0),   None,      spent(1.0, true, 9),      0.5,   "at least $1.00 of $2.00"),
            (None,        Some(10),  spent(9.0, true, 9),      0.9,   "9 of 10 tokens"),
            (Some(2.0),   Some(10),  spent(1.0, false, 9),     0.9,   "$1.00 of $2.00, 9 of 10 tokens"),
            (Some(2.0),   Some(10),  spent(3.0, false, 9),     1.5,   "$3.00 of $2.00, 9 of 10 tokens"),
            (Some(0.0),   None,      spent(0.0, false, 0),     f64::INFINITY, "$0.00 of $0.00"),
        ];
        for (usd, tokens, spent, share, words) in table {
            let budget = Budget { usd, tokens };
            let got = (budget.share(&spent), budget.words(&spent));
            assert_eq!(got, (share, words.to_owned()), "{budget:?} {spent:?}");
        }
    }

    #[test]
    fn what_the_user_says() {
        let now = Budget { usd: Some(1.0), tokens: None };
        let table = [
            ("5", Some("$5.00")),
            ("$2.5", Some("$2.50")),
            ("2000 tokens", Some("$1.00, 2000 tokens")),
            ("off", Some("")),
            ("0", None),
            ("-1", None),
            ("inf", None),
            ("NaN", None),
            ("", None),
            ("much", None),
            ("x tokens", None),
        ];
        for (text, limits) in table {
            assert_eq!(now.said(text).map(|it| it.limits()).as_deref(), limits, "{text}");
        }
    }

    #[test]
    fn more_is_of_what_is_limited() {
        let half = Budget { usd: Some(2.0), tokens: None }.times(1.5);
        assert_eq!(half, Budget { usd: Some(3.0), tokens: None });
        let twice = Budget { usd: None, tokens: Some(u64::MAX) }.times(2.0);
        assert_eq!(twice.tokens, Some(u64::MAX));
        assert_eq!(Budget { usd: None, tokens: Some(3) }.times(1.5).tokens, Some(5));
    }
}
