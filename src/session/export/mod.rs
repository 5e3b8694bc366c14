//! A session as a document to keep or to give away: markdown, JSON, a web page of one file.

mod document;
mod markdown;
mod page;
mod words;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::base::atomic;
use crate::base::text::is_hidden;
use crate::session::State;
use crate::session::overview::Price;

pub use document::{Document, Head, Item, Part};

/// What an export is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// For readers and other tools: calls are folded.
    #[default]
    Markdown,
    /// For programs: [`Document`], whose names stay.
    Json,
    /// One file that needs nothing else: no script, no network.
    Html,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Markdown, Self::Json, Self::Html];

    /// What the names of such files end with.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Html => "html",
        }
    }

    /// The form that a file's name asks for.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "json" => Some(Self::Json),
            "html" | "htm" => Some(Self::Html),
            _ => None,
        }
    }
}

/// The session as a text of that form. What is a secret by its value or its shape is not in it.
///
/// # Errors
///
/// Where it cannot be said in JSON.
pub fn export(state: &State, title: &str, price: Price, form: Form) -> Result<String> {
    let document = Document::of(state, title, price);
    match form {
        Form::Markdown => Ok(markdown::render(&document)),
        Form::Html => Ok(page::render(&document)),
        Form::Json => {
            let json = serde_json::to_string_pretty(&document).context("writing JSON")?;
            Ok(visible(&json) + "\n")
        }
    }
}

/// What the file of an export is called where nobody said: of the title and the id.
pub fn file_name(state: &State, title: &str, form: Form) -> String {
    let title = if title.is_empty() { "session" } else { title };
    let letters = title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let letters: String = letters.take(40).collect::<String>().to_lowercase();
    let words: Vec<_> = letters.split('-').filter(|word| !word.is_empty()).collect();
    let id = state.id.as_str();
    let tail = &id[crate::base::cap::ceil(id, id.len().saturating_sub(6))..];
    let name = [&["claw"], &words[..], &[tail]].concat().join("-");
    format!("{name}.{}", form.suffix())
}

/// Writes it to a new file that only its owner can read; over an old one where that is `forced`.
///
/// # Errors
///
/// Where it is there already and not forced, or cannot be written.
pub fn write(path: &Path, text: &str, forced: bool) -> Result<()> {
    match atomic::write_private(path, text.as_bytes(), forced) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} is there already: choose another name, or use --force", path.display())
        }
        written => written.with_context(|| format!("writing {}", path.display())),
    }
}

/// Writes a session as a face is asked to: into that file below `dir`, as its name says, or where it
/// is empty into one that is called by the title. Where that is.
///
/// # Errors
///
/// As [`write()`] has them: what is there already stays.
pub fn to_file(
    state: &State,
    title: &str,
    (dir, wanted): (&Path, &str),
    price: Price,
) -> Result<PathBuf> {
    let form = Form::of(Path::new(wanted)).unwrap_or_default();
    let path = match wanted {
        "" => dir.join(file_name(state, title, form)),
        wanted => dir.join(wanted),
    };
    let text = export(state, title, price, form)?;
    match atomic::write_private(&path, text.as_bytes(), false) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} is there already: name another file, /export FILE", path.display())
        }
        written => written.with_context(|| format!("writing {}", path.display())).map(|()| path),
    }
}

/// JSON in which nothing is hidden: such characters stand only in its texts, and there as `\u202e`.
fn visible(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut units = [0; 2];
    for c in json.chars() {
        if c == '\n' || !is_hidden(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut units) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

#[cfg(test)]
mod tests;
