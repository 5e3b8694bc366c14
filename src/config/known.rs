//! The settings that a file may hold, and what is said of one that it may not.

use anyhow::anyhow;
use toml::de::DeTable;

use crate::config::source::{Said, Source};

/// Every key that a file may hold: the top level, then each table.
const KEYS: &[(&str, &[&str])] = &[
    ("", &["model", "mode", "theme", "max_turns", "ui", "permissions", "provider", "sandbox"]),
    (
        "ui",
        &[
            "mouse",
            "motion",
            "glyphs",
            "notify",
            "osc7501",
            "tmux_passthrough",
            "vim",
            "copy_on_select",
            "print_on_exit",
        ],
    ),
    ("theme", &["dark", "light", "mode"]),
    ("permissions", &["allow", "ask", "deny"]),
    ("provider", &["base_url", "key_env"]),
    ("sandbox", &["mode", "network"]),
];

/// A key that no setting has.
pub(super) struct Unknown {
    /// The table that it stands in; empty for the top.
    pub(super) table: &'static str,
    word: String,
    at: Source,
}

impl Unknown {
    /// What is wrong, with the nearest key that there is.
    pub(super) fn error(&self) -> anyhow::Error {
        let Self { table, word, at } = self;
        let place = if table.is_empty() { String::new() } else { format!(" in [{table}]") };
        let near = keys(table).iter().min_by_key(|known| strsim::osa_distance(known, word));
        let near = near.copied().unwrap_or_default();
        anyhow!("{at}: there is no setting `{word}`{place}; did you mean `{near}`?")
    }

    pub(super) fn said(&self) -> Said<String> {
        let Self { table, word, at } = self;
        let value = if table.is_empty() { word.clone() } else { format!("{table}.{word}") };
        Said { value, at: at.clone() }
    }
}

/// The keys of a table.
fn keys(table: &str) -> &'static [&'static str] {
    KEYS.iter().find(|(name, _)| *name == table).map_or(&[], |(_, keys)| keys)
}

/// Finds the keys that no setting has, in the order in which they stand.
pub(super) fn find_unknown(
    table: &DeTable<'_>,
    name: &'static str,
    at: &impl Fn(usize) -> Source,
    found: &mut Vec<Unknown>,
) {
    for (key, value) in table {
        let word = key.get_ref().as_ref();
        if !keys(name).contains(&word) {
            let at = at(key.span().start);
            found.push(Unknown { table: name, word: word.to_owned(), at });
        }
        if name.is_empty()
            && let Some((inside, _)) = KEYS.iter().find(|(table, _)| *table == word)
            && let Some(inner) = value.get_ref().as_table()
        {
            find_unknown(inner, inside, at, found);
        }
    }
}
