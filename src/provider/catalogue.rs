//! What is known of models: how much they take and say, and what they cost.
//!
//! The table is `assets/models.json`: the vendor's public lists, October 2026, in US dollars a
//! million tokens; cache writes at the five-minute price, which is the one that is asked for.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::protocol::{ModelId, Usage};

/// What is assumed of a model that the table does not have.
const WINDOW: u32 = 200_000;
const MAX_OUTPUT: u32 = 8_192;

/// A model.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The provider's name of it; an alias is resolved.
    pub id: ModelId,
    /// Most tokens of a prompt and its reply together.
    pub window: u32,
    /// Most tokens of a reply.
    pub max_output: u32,
    /// It thinks as it sees fit, and says a summary of it only where that is asked for.
    pub adaptive: bool,
    price: Option<Price>,
    long: Option<Long>,
}

impl Model {
    /// What one request cost, in US dollars; none where the price is not known.
    ///
    /// Some prices depend on the length of a single prompt: add costs, not usages.
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        let long = self.long.as_ref().filter(|long| usage.prompt() > long.above);
        let price = long.map_or(self.price.as_ref(), |long| Some(&long.price))?;
        let dollars = usage.input as f64 * price.input
            + usage.output as f64 * price.output
            + usage.cache_read as f64 * price.cache_read
            + usage.cache_write as f64 * price.cache_write;
        Some(dollars / 1_000_000.0)
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    input: f64,
    output: f64,
    cache_read: f64,
    cache_write: f64,
}

/// The price of a prompt of more than `above` tokens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    above: u64,
    price: Price,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    #[serde(default)]
    aliases: Vec<String>,
    window: u32,
    max_output: u32,
    #[serde(default)]
    adaptive: bool,
    price: Option<Price>,
    long: Option<Long>,
}

impl Row {
    /// Is it called so? By its name, a short name, or its name with the date of a snapshot.
    fn is_called(&self, name: &str) -> bool {
        let snapshot = name.strip_prefix(&self.id).and_then(|rest| rest.strip_prefix('-'));
        let dated = snapshot.is_some_and(|s| s.len() == 8 && s.bytes().all(|b| b.is_ascii_digit()));
        self.id == name || dated || self.aliases.iter().any(|alias| alias == name)
    }
}

/// The model of this name: an id, an id with a date, or a short name (`opus`, `sonnet`, `haiku`).
///
/// One that nobody knows gets limits that any model keeps, and no price.
pub fn lookup(name: &str) -> Model {
    let Some(row) = rows().iter().find(|row| row.is_called(name)) else {
        return Model {
            id: name.into(),
            window: WINDOW,
            max_output: MAX_OUTPUT,
            adaptive: false,
            price: None,
            long: None,
        };
    };
    let id = if name.starts_with(&row.id) { name } else { &row.id };
    Model {
        id: id.into(),
        window: row.window,
        max_output: row.max_output,
        adaptive: row.adaptive,
        price: row.price.clone(),
        long: row.long.clone(),
    }
}

/// The names of all models in the table, newest first.
pub fn names() -> impl Iterator<Item = &'static str> {
    rows().iter().map(|row| row.id.as_str())
}

fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        // The file is part of the binary, and a test reads it: it cannot fail at a user's.
        serde_json::from_str(include_str!("../../assets/models.json")).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let rows: Vec<Row> =
            serde_json::from_str(include_str!("../../assets/models.json")).unwrap();
        let mut called: Vec<_> =
            rows.iter().flat_map(|row| row.aliases.iter().chain([&row.id])).collect();
        let count = called.len();
        called.sort();
        called.dedup();
        assert_eq!(called.len(), count, "a name stands for two models");
        for row in &rows {
            assert!(row.max_output < row.window, "{}", row.id);
            let price = row.price.as_ref().unwrap();
            assert!(price.cache_read < price.input && price.input < price.output, "{}", row.id);
        }
    }

    #[test]
    fn names_and_limits() {
        let table = [
            ("sonnet", "claude-sonnet-5-5", 1_000_000, 128_000),
            ("claude-sonnet-4-6", "claude-sonnet-4-6", 1_000_000, 64_000),
            ("claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001", 200_000, 64_000),
            ("claude-opus-5-next", "claude-opus-5-next", WINDOW, MAX_OUTPUT),
            ("llama", "llama", WINDOW, MAX_OUTPUT),
            ("", "", WINDOW, MAX_OUTPUT),
        ];
        for (name, id, window, max_output) in table {
            let model = lookup(name);
            assert_eq!(
                (&*model.id.0, model.window, model.max_output),
                (id, window, max_output),
                "{name}"
            );
        }
    }

    #[test]
    fn costs() {
        let usage = |input, output, cache_read, cache_write| Usage {
            input,
            output,
            cache_read,
            cache_write,
        };
        let million = 1_000_000;
        let table = [
            ("claude-sonnet-4-6", usage(million, million, million, million), Some(22.05)),
            ("claude-sonnet-4-6", usage(1_000, 500, 0, 0), Some(0.0105)),
            ("haiku", usage(100_000, 0, 0, 0), Some(0.01)),
            ("haiku", usage(1, 0, 100_000, 0), Some(0.005_000_5)),
            ("llama", usage(1, 1, 1, 1), None),
        ];
        for (name, usage, expected) in table {
            let got = lookup(name).cost(&usage);
            let near = got.zip(expected).is_some_and(|(a, b)| (a - b).abs() < 1e-9);
            assert!(near || got == expected, "{name} {usage:?} gave {got:?}");
        }
    }
}
