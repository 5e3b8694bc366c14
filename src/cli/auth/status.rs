//! `claw auth status`: where each key comes from.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use anyhow::anyhow;
use serde_json::{Value, json};

use super::place_of;
use crate::auth::{Found, Place as KeptIn, Store};
use crate::base::clock;
use crate::base::text::{sanitise, width};
use crate::cli::services::{self, Key, Services};
use crate::cli::setup::Place;
use crate::cli::{Wrong, tell};
use crate::provider::catalogue::Vendor;
use crate::provider::local;

/// One provider.
struct Row<'a> {
    vendor: &'a Vendor,
    key: Key,
    /// What is kept, used or not.
    kept: Option<Found>,
    /// One can log in with a browser or a device code.
    oauth: bool,
}

/// Prints it. The exit code.
pub(super) fn run(place: &Place, json: bool) -> Result<u8, Wrong> {
    let (all, notices) = services::catalogue(place).map_err(Wrong::Usage)?;
    for notice in &notices {
        tell(notice);
    }
    let services = Services::of(place);
    // Said once, not for each provider.
    services.store().names()?;
    let rows: Vec<_> = all
        .vendors()
        .map(|vendor| Row {
            vendor,
            key: services.key(vendor),
            kept: services.store().look(&vendor.id).ok().flatten(),
            oauth: services.issuer(vendor).is_some(),
        })
        .collect();
    let text = if json {
        let rows: Vec<_> = rows.iter().map(|row| row.as_json(services.store())).collect();
        format!("{:#}\n", json!({"providers": rows}))
    } else {
        table(&rows, services.store())
    };
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Wrong::Failed(anyhow!("writing where keys come from: {error}")))
        }
        _ => Ok(0),
    }
}

fn table(rows: &[Row<'_>], store: &Store) -> String {
    let (some, none): (Vec<_>, Vec<_>) = rows
        .iter()
        .filter(|row| !local::is_local(&row.vendor.id) || row.key != Key::Free)
        .partition(|row| !matches!(row.key, Key::Missing(_)));
    let wide = some.iter().map(|row| width(&row.vendor.id)).max().unwrap_or(0);
    let mut out = String::new();
    // Writing to a string does not fail.
    for row in &some {
        let gap = wide - width(&row.vendor.id);
        let _ = writeln!(out, "{}{:gap$}  {}", sanitise(&row.vendor.id), "", row.said(store));
    }
    if !none.is_empty() {
        let names: Vec<_> = none.iter().map(|row| row.vendor.id.as_str()).collect();
        let gap = if some.is_empty() { "" } else { "\n" };
        let _ = writeln!(out, "{gap}No key: {}", sanitise(&names.join(", ")));
        let _ = writeln!(out, "claw auth login NAME keeps one.");
    }
    out
}

impl Row<'_> {
    /// Where its key comes from, and what is kept besides.
    fn said(&self, store: &Store) -> String {
        let from = match &self.key {
            Key::Variable(name) => format!("the variable {}", sanitise(name)),
            Key::Command => "its key_command".to_owned(),
            Key::Login(found) => {
                let until = found.expires.map_or(String::new(), |at| {
                    let word = if at <= clock::now() { "over since" } else { "until" };
                    format!(" {word} {}", clock::date_time(at))
                });
                let renewed = if found.renewed { ", renewed by itself" } else { "" };
                let kind = if found.tokens { "OAuth" } else { "a key" };
                let place = place_of(store, found.place);
                return format!("a login: {kind}{until}{renewed}; in {place}");
            }
            Key::Free => "no key needed".to_owned(),
            Key::Missing(_) => "no key".to_owned(),
            Key::Bad(why) => format!("no usable key: {}", sanitise(why)),
        };
        let besides = if self.kept.is_some() { "; a login is kept, and not used" } else { "" };
        format!("{from}{besides}")
    }

    fn as_json(&self, store: &Store) -> Value {
        let (source, name) = match &self.key {
            Key::Variable(name) => ("environment", Some(name.as_str())),
            Key::Command => ("key_command", None),
            Key::Login(found) => (if found.tokens { "oauth" } else { "login" }, None),
            Key::Free => ("not_needed", None),
            Key::Missing(_) => ("none", None),
            Key::Bad(why) => ("unusable", Some(why.as_str())),
        };
        let mut row = json!({
            "provider": self.vendor.id, "title": self.vendor.title, "source": source,
            "kept": self.kept.is_some(), "oauth": self.oauth,
        });
        match (&self.key, name) {
            (Key::Variable(_), Some(name)) => row["variable"] = json!(name),
            (Key::Bad(_), Some(why)) => row["why"] = json!(why),
            (Key::Missing(names), _) => row["variables"] = json!(names),
            _ => {}
        }
        if let Some(found) = &self.kept {
            row["kept_in"] = match found.place {
                KeptIn::File => json!(store.file()),
                KeptIn::Ring => json!("secret_store"),
            };
            row["expires_at_ms"] = json!(found.expires);
            row["renewed"] = json!(found.renewed);
        }
        row
    }
}
