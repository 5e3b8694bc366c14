//! The settings that a file may hold, and what is said of one that it may not.

use std::borrow::Cow;

use anyhow::anyhow;
use toml::de::{DeTable, DeValue};

use crate::config::source::{Said, Source};

/// Every key that a file may hold: the top level, then each table.
const KEYS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "model",
            "fallback",
            "budget",
            "mode",
            "theme",
            "max_turns",
            "ui",
            "permissions",
            "provider",
            "models",
            "sandbox",
        ],
    ),
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
    ("budget", &["usd", "tokens"]),
    ("theme", &["dark", "light", "mode"]),
    ("permissions", &["allow", "ask", "deny"]),
    ("provider", &["base_url", "key_env"]),
    ("models", &["catalogue"]),
    ("sandbox", &["mode", "network"]),
];

/// Tables that hold one more table for each name, and the keys of such a table.
const NAMED: &[(&str, &[&str])] = &[
    (
        "provider",
        &[
            "wire",
            "base_url",
            "key_env",
            "key_command",
            "headers",
            "idle_timeout",
            "ca_file",
            "client_cert",
            "client_key",
            "oauth",
        ],
    ),
    ("models", &["window", "max_output", "price", "images", "pdf", "tools", "effort"]),
];

/// Tables inside such a table.
const INNER: &[(&str, &[&str])] = &[
    ("price", PRICE),
    ("oauth", &["authorize_url", "token_url", "device_url", "client_id", "scopes", "params"]),
];

const PRICE: &[&str] = &["input", "output", "cache_read", "cache_write"];

/// A key that no setting has.
pub(super) struct Unknown {
    /// The table that it stands in; empty for the top.
    pub(super) table: Cow<'static, str>,
    word: String,
    /// The key that was meant, most likely.
    near: Cow<'static, str>,
    at: Source,
}

impl Unknown {
    fn new(
        table: impl Into<Cow<'static, str>>,
        word: &str,
        keys: &[&'static str],
        at: Source,
    ) -> Self {
        let near = keys.iter().min_by_key(|known| strsim::osa_distance(known, word));
        let near = near.copied().unwrap_or_default().into();
        Self { table: table.into(), word: word.to_owned(), near, at }
    }

    /// What is wrong, with the nearest key that there is.
    pub(super) fn error(&self) -> anyhow::Error {
        let Self { table, word, near, at } = self;
        let place = if table.is_empty() { String::new() } else { format!(" in [{table}]") };
        anyhow!("{at}: there is no setting `{word}`{place}; did you mean `{near}`?")
    }

    pub(super) fn said(&self) -> Said<String> {
        let Self { table, word, at, .. } = self;
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
    let named = NAMED.iter().find(|(table, _)| *table == name).map(|(_, keys)| *keys);
    for (key, value) in table {
        let word = key.get_ref().as_ref();
        let at_key = || at(key.span().start);
        if !keys(name).contains(&word) {
            match (named, value.get_ref()) {
                // `headers = {..}` beside the address is meant for it, and is no name.
                (Some(inside), DeValue::Table(row)) if !inside.contains(&word) => {
                    find_inside(row, &format!("{name}.{}", shown(word)), inside, at, found);
                }
                (Some(inside), _) if name == "provider" && inside.contains(&word) => {
                    let near = format!("anthropic.{word}");
                    let word = word.to_owned();
                    found.push(Unknown {
                        table: name.into(),
                        word,
                        near: near.into(),
                        at: at_key(),
                    });
                }
                _ => found.push(Unknown::new(name, word, keys(name), at_key())),
            }
        }
        if name.is_empty()
            && let Some((inside, _)) = KEYS.iter().find(|(table, _)| *table == word)
            && let Some(inner) = value.get_ref().as_table()
        {
            find_unknown(inner, inside, at, found);
        }
    }
}

/// The same in the table of one name.
fn find_inside(
    row: &DeTable<'_>,
    name: &str,
    keys: &[&'static str],
    at: &impl Fn(usize) -> Source,
    found: &mut Vec<Unknown>,
) {
    for (key, value) in row {
        let word = key.get_ref().as_ref();
        if !keys.contains(&word) {
            found.push(Unknown::new(name.to_owned(), word, keys, at(key.span().start)));
        } else if let Some((_, keys)) = INNER.iter().find(|(inner, _)| *inner == word)
            && let Some(inner) = value.get_ref().as_table()
        {
            find_inside(inner, &format!("{name}.{word}"), keys, at, found);
        }
    }
}

/// A name as it stands in the head of a table.
fn shown(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.chars().all(bare) { name.to_owned() } else { format!("{name:?}") }
}
