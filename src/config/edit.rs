//! Changes to a text of settings that leave its order, its remarks and all else as they are.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow};
use toml::Value;
use toml::de::{DeTable, DeValue};

use crate::base::atomic;
use crate::config::Layer;
use crate::config::layer::text;
use crate::config::paths::write_private;

/// Held from reading a file of settings to its replacement.
static WRITING: Mutex<()> = Mutex::new(());

/// Changes a file of settings in one step; one that is not there begins as `fresh`. What is in it
/// then. Waits for the disk.
///
/// # Errors
///
/// Where the file cannot be read or written, or `change` fails; it is then as it was.
pub(super) fn rewrite(
    file: &Path,
    fresh: &str,
    change: impl FnOnce(&str) -> Result<String>,
) -> Result<String> {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let old = text(file)?;
    let new = change(old.as_deref().unwrap_or(fresh))?;
    if old.as_ref() != Some(&new) {
        let doing = || format!("writing {}", file.display());
        match file.canonicalize() {
            // A link to the file stays one.
            Ok(real) => atomic::write(&real, new.as_bytes()).with_context(doing)?,
            Err(_) => write_private(file, new.as_bytes()).with_context(doing)?,
        }
    }
    Ok(new)
}

/// The text with `table.key = value`, and nothing else changed; the top has no name.
///
/// # Errors
///
/// Where the text is no settings, or no place is found that would say exactly this.
pub(super) fn with(
    file: &Path,
    old: &str,
    table: &str,
    key: &str,
    value: &Value,
) -> Result<String> {
    Layer::parse(file, old)?;
    let present: toml::Table = old.parse().with_context(|| format!("in {}", file.display()))?;
    let mut wanted = present.clone();
    let home = if table.is_empty() {
        Some(&mut wanted)
    } else {
        let home = wanted.entry(table).or_insert_with(|| Value::Table(toml::Table::new()));
        home.as_table_mut()
    };
    if let Some(home) = home {
        home.insert(key.to_owned(), value.clone());
    }
    if wanted == present {
        return Ok(old.to_owned());
    }
    // What is put in as text is right where it says exactly what was meant, and only then.
    let says = |text: &String| text.parse::<toml::Table>().is_ok_and(|table| table == wanted);
    let value = value.to_string();
    let replaced = replaced(old, table, key, &value);
    let tries = replaced.into_iter().chain(added(old, table, key, &value));
    tries.into_iter().find(says).ok_or_else(|| {
        let name = if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
        anyhow!("{}: no place was found for `{name} = {value}`: write it yourself", file.display())
    })
}

/// In the place of the value that is there.
fn replaced(old: &str, table: &str, key: &str, value: &str) -> Option<String> {
    let parsed = DeTable::parse(old).ok()?;
    let mut home = parsed.get_ref();
    if !table.is_empty() {
        home = home.get(table)?.get_ref().as_table()?;
    }
    let span = home.get(key)?.span();
    Some(format!("{}{value}{}", old.get(..span.start)?, old.get(span.end..)?))
}

/// Where it is not there yet: all places that may do, the nicest first.
fn added(old: &str, table: &str, key: &str, value: &str) -> Vec<String> {
    let end = if old.contains("\r\n") { "\r\n" } else { "\n" };
    let put = |at: usize, line: &str| {
        // The last line may have no end.
        let before = if at > 0 && !old[..at].ends_with('\n') && at == old.len() { end } else { "" };
        format!("{}{before}{line}{}", &old[..at], &old[at..])
    };
    if table.is_empty() {
        let line = format!("{key} = {value}{end}");
        let (top, gap) = head(old);
        let tail = if gap { end } else { "" };
        let first = put(top, &format!("{line}{tail}"));
        return after_last(old).map(|at| put(at, &line)).into_iter().chain([first]).collect();
    }
    let mut found = Vec::new();
    let mut at = 0;
    for line in old.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let bare = line.split('#').next().unwrap_or_default();
        let is_sign = |c: &char| c.is_whitespace() || matches!(c, '"' | '\'' | '\u{feff}');
        let bare: String = bare.chars().filter(|c| !is_sign(c)).collect();
        if bare == format!("[{table}]") {
            found.push(put(at, &format!("{key} = {value}{end}")));
        } else if bare.starts_with(&format!("{table}.")) {
            found.push(put(start, &format!("{table}.{key} = {value}{end}")));
        }
    }
    found.extend(inside(old, table, &format!("{key} = {value}")));
    let gap = if old.trim_start_matches('\u{feff}').is_empty() { "" } else { end };
    found.push(put(old.len(), &format!("{gap}[{table}]{end}{key} = {value}{end}")));
    found
}

/// The start of the line after the last value of the top.
fn after_last(old: &str) -> Option<usize> {
    let parsed = DeTable::parse(old).ok()?;
    let values = parsed.get_ref().iter().filter_map(|(_, value)| {
        let span = value.span();
        let plain = !matches!(value.get_ref(), DeValue::Table(_))
            || old.get(span.clone())?.starts_with('{');
        plain.then_some(span.end)
    });
    let last = values.max()?;
    let rest = old.get(last..)?;
    Some(rest.find('\n').map_or(old.len(), |at| last + at + 1))
}

/// Where the settings begin, after the remark about the file; and whether a gap has to follow.
fn head(old: &str) -> (usize, bool) {
    let start = old.len() - old.trim_start_matches('\u{feff}').len();
    let mut at = start;
    for line in old[start..].split_inclusive('\n') {
        at += line.len();
        if line.trim().is_empty() {
            return (at, !old[at..].trim().is_empty());
        }
        if !line.starts_with('#') {
            break;
        }
    }
    (start, start < old.len())
}

/// Behind the last value of `table = { … }`.
fn inside(old: &str, table: &str, pair: &str) -> Option<String> {
    let parsed = DeTable::parse(old).ok()?;
    let home = parsed.get_ref().get(table)?;
    let last = home.get_ref().as_table()?.iter().map(|(_, value)| value.span().end).max();
    let span = home.span();
    let text = old.get(span.clone())?;
    if !text.starts_with('{') {
        return None;
    }
    let new = match last {
        Some(last) => format!("{}, {pair}{}", old.get(..last)?, old.get(last..)?),
        None => format!("{}{{ {pair} }}{}", &old[..span.start], &old[span.end..]),
    };
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(old: &str, name: &str, value: &str) -> Result<String> {
        let (table, key) = name.split_once('.').unwrap_or(("", name));
        let value: toml::Table = format!("v = {value}").parse().unwrap();
        with(Path::new("c.toml"), old, table, key, &value["v"])
    }

    #[rustfmt::skip]
    #[test]
    fn one_value_is_set_and_all_else_stays() {
        let table = [
            // before                                   what          value      after
            ("",                                        "ui.vim",     "true",    "[ui]\nvim = true\n"),
            ("",                                        "theme",      "'p'",     "theme = \"p\"\n"),
            ("[ui]\nvim = false # no\nmouse = true\n",  "ui.vim",     "true",    "[ui]\nvim = true # no\nmouse = true\n"),
            ("[ui] # s\n# m\nmouse = true\n",           "ui.vim",     "true",    "[ui] # s\nvim = true\n# m\nmouse = true\n"),
            ("[ui]",                                    "ui.vim",     "true",    "[ui]\nvim = true\n"),
            ("[ \"ui\" ]\n",                            "ui.vim",     "true",    "[ \"ui\" ]\nvim = true\n"),
            ("model = 'x'",                             "ui.vim",     "true",    "model = 'x'\n\n[ui]\nvim = true\n"),
            ("ui.mouse = true\n",                       "ui.vim",     "true",    "ui.vim = true\nui.mouse = true\n"),
            ("ui = { mouse = true }\n",                 "ui.vim",     "true",    "ui = { mouse = true, vim = true }\n"),
            ("ui = {}\n",                               "ui.vim",     "true",    "ui = { vim = true }\n"),
            ("ui = { vim = false, mouse = true }\n",    "ui.vim",     "true",    "ui = { vim = true, mouse = true }\n"),
            ("theme = 'a' # why\nmodel = 'x'\n",        "theme",      "'p'",     "theme = \"p\" # why\nmodel = 'x'\n"),
            ("theme = { dark = 'a' } # why\n",          "theme",      "'p'",     "theme = \"p\" # why\n"),
            ("model = 'x' # m\n\n[ui]\nvim = true\n",   "theme",      "'p'",     "model = 'x' # m\ntheme = \"p\"\n\n[ui]\nvim = true\n"),
            ("model = 'x'",                             "theme",      "'p'",     "model = 'x'\ntheme = \"p\"\n"),
            ("[ui]\nvim = true\n",                      "theme",      "'p'",     "theme = \"p\"\n\n[ui]\nvim = true\n"),
            ("# mine\n\n[ui]\nvim = true\n",            "theme",      "'p'",     "# mine\n\ntheme = \"p\"\n\n[ui]\nvim = true\n"),
            ("# the screen\n[ui]\nvim = true\n",        "theme",      "'p'",     "theme = \"p\"\n\n# the screen\n[ui]\nvim = true\n"),
            ("[ui]\r\nmouse = true\r\n",                "ui.vim",     "true",    "[ui]\r\nvim = true\r\nmouse = true\r\n"),
            ("model = 'x'\r\n",                         "theme",      "'p'",     "model = 'x'\r\ntheme = \"p\"\r\n"),
            ("[ui]\nvim = true\n",                      "ui.vim",     "true",    "[ui]\nvim = true\n"),
        ];
        for (old, name, value, new) in table {
            assert_eq!(put(old, name, value).unwrap(), new, "{name} in {old}");
        }
    }

    #[rustfmt::skip]
    #[test]
    fn a_text_that_looks_like_a_table_is_none() {
        let table = [
            // A header, a pair and a remark inside of strings, before the real ones.
            ("model = '''\n[ui]\nui.vim = 1\n'''\n", "model = '''\n[ui]\nui.vim = 1\n'''\n\n[ui]\nvim = true\n"),
            ("model = '''\n[ui]\n'''\n[ui]\nmouse = true\n", "model = '''\n[ui]\n'''\n[ui]\nvim = true\nmouse = true\n"),
            ("#[ui]\nmodel = '#'\n", "#[ui]\nmodel = '#'\n\n[ui]\nvim = true\n"),
            ("[permissions]\nallow = [\n\"[ui]\",\n]\n", "[permissions]\nallow = [\n\"[ui]\",\n]\n\n[ui]\nvim = true\n"),
            ("model = 'é[ui]'\n[ui]\n", "model = 'é[ui]'\n[ui]\nvim = true\n"),
        ];
        for (old, new) in table {
            assert_eq!(put(old, "ui.vim", "true").unwrap(), new, "{old}");
        }
    }

    #[test]
    fn what_has_no_place_is_refused() {
        let table = [
            ("[ui", "ui.vim", "true", "c.toml:1"),
            ("vmi = true\n", "ui.vim", "true", "no setting `vmi`"),
            ("[theme]\ndark = 'a'\n", "theme", "'p'", "no place was found for `theme = \"p\"`"),
            ("theme.dark = 'a'\n", "theme", "'p'", "write it yourself"),
        ];
        for (old, name, value, said) in table {
            let error = put(old, name, value).unwrap_err().to_string();
            assert!(error.contains(said), "{old}: {error}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_changed_is_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("deep/c.toml");
        let change = |old: &str| with(&file, old, "ui", "vim", &Value::Boolean(true));
        assert_eq!(rewrite(&file, "# new\n", change).unwrap(), "# new\n\n[ui]\nvim = true\n");
        let read = || std::fs::read_to_string(&file).unwrap();
        assert_eq!(read(), "# new\n\n[ui]\nvim = true\n");
        std::fs::write(&file, "[ui").unwrap();
        assert!(rewrite(&file, "", change).is_err());
        assert_eq!(read(), "[ui");
        let link = dir.path().join("link.toml");
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        rewrite(&link, "", change).unwrap();
        assert_eq!(read(), "[ui]\nvim = true\n");
        assert!(link.is_symlink());
    }
}
