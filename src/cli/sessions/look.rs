//! `claw sessions show`, `search` and `reindex`: what only looks.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};

use crate::base::amount::tokens;
use crate::base::clock::{self, date_time};
use crate::base::text::sanitise;
use crate::cli::sessions::{Told, as_json, overview};
use crate::cli::{Wrong, tell};
use crate::session::{Hit, Overview, Query, Searched, Store, Summary, TurnLine, find_in, turns_of};

/// Bytes of logs that are taken in before it is said how many are left.
const STEP: u64 = 32 << 20;

/// A session, turn by turn.
pub(super) fn show(store: &Store, wanted: &str, root: &Path) -> Result<Told, Wrong> {
    let found = store.find(wanted, root).map_err(Wrong::Usage)?;
    let one = overview(store, &found.path, &found.cwd);
    let one = one.with_context(|| format!("reading the log {}", found.path.display()))?;
    let turns = turns_of(&found.path)?;
    let mut json = as_json(&one);
    json["turns"] = turns.iter().map(turn_json).collect();
    Ok(Told {
        text: head(&one).into_iter().chain(turns.iter().flat_map(turn_text)).collect(),
        json,
    })
}

fn head(one: &Overview) -> Vec<String> {
    let mut lines = vec![sanitise(one.called()).into_string(), format!("id       {}", one.id)];
    let mut add = |name: &str, text: &str| {
        lines.push(format!("{name:<8} {}", sanitise(text)));
    };
    add("project", &one.cwd.to_string_lossy());
    add("model", &one.model.0);
    add("last", &date_time(one.touched));
    if let Some(branch) = &one.branch {
        add("branch", branch);
    }
    if !one.tags.is_empty() {
        let tags: Vec<_> = one.tags.iter().map(|tag| format!("#{tag}")).collect();
        add("tags", &tags.join(" "));
    }
    if one.archived {
        add("archived", "yes");
    }
    if let Some(from) = &one.forked {
        add("fork of", from.as_str());
    }
    let cost = one.dollars.map_or(String::new(), |usd| format!("${usd:.2} · "));
    add("cost", &format!("{cost}{} tokens in context", tokens(one.context)));
    if !one.files.is_empty() {
        add("files", &format!("+{} -{} {}", one.added, one.removed, one.files.join(", ")));
    }
    if let Some(damage) = &one.damage {
        add("damage", damage);
    }
    add("log", &one.path.to_string_lossy());
    lines
}

fn turn_text(turn: &TurnLine) -> Vec<String> {
    let mut did = String::new();
    if turn.tools > 0 {
        did = format!("  ({} calls, +{} -{})", turn.tools, turn.added, turn.removed);
    }
    let mut lines = vec![
        String::new(),
        format!("#{}  {}  {}", turn.number, date_time(turn.at), sanitise(&turn.prompt)),
    ];
    if !turn.answer.is_empty() || !did.is_empty() {
        lines.push(format!("    {}{did}", sanitise(&turn.answer)));
    }
    lines
}

fn turn_json(turn: &TurnLine) -> Value {
    json!({
        "number": turn.number,
        "at": turn.at,
        "prompt": turn.prompt,
        "answer": turn.answer,
        "tools": turn.tools,
        "added": turn.added,
        "removed": turn.removed,
    })
}

/// Where words were said.
pub(super) fn search(
    store: &Store,
    words: &str,
    here: Option<&Path>,
    most: usize,
) -> Result<Told, Wrong> {
    let query = Query::parse(words);
    if query.is_empty() {
        return Err(Wrong::Usage(anyhow!("there is no word to look for in \"{words}\"")));
    }
    loop {
        let progress = store.catch_up(STEP);
        if let Some(told) = progress.told {
            tell(&told);
        }
        if progress.left == 0 {
            break;
        }
        still(progress.left);
    }
    let known = store.list(here);
    let among: Option<Vec<_>> = here.map(|_| known.iter().map(|one| one.path.clone()).collect());
    let Searched { mut hits, unread, told } = store.search(&query, among.as_deref(), most);
    if let Some(told) = told {
        tell(&told);
    }
    for log in unread {
        if hits.len() < most && hits.iter().all(|hit| hit.log != log) {
            hits.extend(find_in(&log, &query));
        }
    }
    if hits.is_empty() {
        tell("nothing was found; half a word is found by how it begins, not by how it ends");
    }
    let of = |hit: &Hit| known.iter().find(|one| one.path == hit.log);
    let text = hits.iter().flat_map(|hit| hit_text(hit, of(hit))).collect();
    Ok(Told { text, json: hits.iter().map(|hit| hit_json(hit, of(hit))).collect() })
}

/// A long rebuild says how far it is, where somebody looks.
fn still(left: u64) {
    if io::stderr().is_terminal() {
        // Nobody there to read it is no error.
        let _ = writeln!(io::stderr(), "claw: {} MB of logs are still to be read", left >> 20);
    }
}

fn hit_text(hit: &Hit, of: Option<&Summary>) -> [String; 2] {
    let (title, place) = of.map_or(("", String::new()), |one| {
        let title = if one.title.is_empty() { "(no prompt yet)" } else { &one.title };
        (title, one.cwd.to_string_lossy().into_owned())
    });
    let places = if hit.places == 1 { String::new() } else { format!("  {} places", hit.places) };
    [
        format!("{}  {}  {}{places}", hit.session, sanitise(&place), sanitise(title)),
        format!("    {}: {}", hit.said.name(), sanitise(&hit.snippet.text)),
    ]
}

fn hit_json(hit: &Hit, of: Option<&Summary>) -> Value {
    let marks: Vec<_> = hit.snippet.marks.iter().map(|mark| [mark.start, mark.end]).collect();
    json!({
        "id": hit.session,
        "title": of.map(|one| &one.title),
        "project": of.map(|one| &one.cwd),
        "log": hit.log,
        "at": hit.at,
        "said": hit.said.name(),
        "text": hit.snippet.text,
        "marks": marks,
        "places": hit.places,
    })
}

/// Makes the index anew.
pub(super) fn reindex(store: &Store) -> Result<Told, Wrong> {
    let since = clock::instant();
    let (sessions, places) = store.reindex(still)?;
    let took = since.elapsed();
    let text = format!("{sessions} sessions, {places} texts, {:.1} s", took.as_secs_f64());
    let json = json!({"sessions": sessions, "texts": places, "ms": took.as_millis() as u64});
    Ok(Told { text: vec![text], json })
}
