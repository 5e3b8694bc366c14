//! The export for readers: markdown that any viewer shows, with calls folded.

use std::fmt::Write as _;

use serde_json::Value;

use crate::base::cap;
use crate::base::clock::time_of_day;
use crate::base::text::{sanitise, sanitise_lines};
use crate::session::export::words::{changed, ended, facts, headline, length, patch, stopped};
use crate::session::export::{Document, Item};

/// Bytes of a result, and of a diff, that are shown.
const SHOWN: usize = 8 << 10;

/// The whole document.
pub(super) fn render(document: &Document) -> String {
    let head = &document.session;
    let title = if head.title.is_empty() { "A session of claw" } else { &head.title };
    let mut out = format!("# {}\n\n", inline(title));
    for (name, value) in facts(head) {
        line(&mut out, &format!("- {name}: {}", inline(&value)));
    }
    for one in &document.items {
        item(&mut out, one, &head.cwd);
    }
    out
}

fn item(out: &mut String, item: &Item, cwd: &str) {
    match item {
        Item::Prompt { turn, at, text, images, steer } => {
            if *steer {
                line(out, &format!("\n**You**, into the running turn, {}:\n", time_of_day(*at)));
            } else {
                line(out, &format!("\n## {turn}. {}\n", inline(&headline(text))));
                line(out, &format!("**You**, {}:\n", time_of_day(*at)));
            }
            for said in sanitise_lines(text).lines() {
                line(out, &format!("> {}", defused(said.as_str())));
            }
            for image in images {
                line(out, &format!("> *a picture ({})*", inline(&image.media_type)));
            }
        }
        Item::Answer { at, model, text, thinking, .. } => {
            if text.is_empty() && thinking.is_empty() {
                return;
            }
            line(out, &format!("\n**{}**, {}:\n", inline(&model.0), time_of_day(*at)));
            if !thinking.is_empty() {
                line(out, "<details><summary>Its reasoning</summary>\n");
                line(out, &answer(thinking));
                line(out, "\n</details>\n");
            }
            line(out, &answer(text));
        }
        Item::Call {
            name,
            verb,
            title,
            input,
            status,
            output,
            summary,
            took_ms,
            image,
            changes,
            ..
        } => {
            let mut ended = ended(*status).to_owned();
            for more in [summary.as_str(), &length(*took_ms)] {
                if !more.is_empty() {
                    let _ = write!(ended, ", {more}");
                }
            }
            let (verb, title) = (if verb.is_empty() { name } else { verb }, title.as_str());
            let summary = html(&format!("{verb} {title} ({ended})"));
            line(out, &format!("\n<details><summary>{summary}</summary>\n"));
            if let Some(command) = input.get("command").and_then(Value::as_str) {
                fenced(out, "sh", command);
            }
            for change in changes {
                line(out, &format!("{}\n", inline(&changed(change, cwd))));
                let lines: Vec<_> = patch(change).map(|(_, line)| line).collect();
                if !lines.is_empty() {
                    fenced(out, "diff", &lines.join("\n"));
                }
            }
            if !output.is_empty() {
                fenced(out, "text", output);
            }
            if let Some(image) = image {
                line(out, &format!("*a picture ({})*\n", inline(&image.media_type)));
            }
            line(out, "</details>");
        }
        Item::End { stop, .. } => {
            if let Some(why) = stopped(stop) {
                line(out, &format!("\n*{}*", inline(&why)));
            }
        }
        Item::Notice { text, .. } => line(out, &format!("\n*{}*", inline(text))),
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// A text in a fence that it cannot end, cut where it is long.
fn fenced(out: &mut String, language: &str, text: &str) {
    let text = cap::head_tail(text, SHOWN / 2, SHOWN / 2).text;
    let text = sanitise_lines(text.trim_end_matches('\n'));
    let runs = text.as_str().split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(runs.max(2) + 1);
    line(out, &format!("{fence}{language}\n{text}\n{fence}\n"));
}

/// Words in a line, of which none is markup.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for c in sanitise(text).as_str().chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Words inside HTML.
fn html(text: &str) -> String {
    sanitise(text).as_str().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Markdown of the model's: it stays what it is, but for tags.
///
/// Only what begins at the line's beginning is taken as a fence, as only that is one whatever
/// stands around it.
fn answer(text: &str) -> String {
    let text = sanitise_lines(text);
    let (mut out, mut fence) = (Vec::new(), 0);
    for line in text.as_str().lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        let info = &line[ticks..];
        if fence == 0 && ticks >= 3 && !info.contains('`') {
            fence = ticks;
        } else if fence > 0 && ticks >= fence && info.trim().is_empty() {
            fence = 0;
        } else if fence == 0 {
            out.push(defused(line));
            continue;
        }
        out.push(line.to_owned());
    }
    if fence > 0 {
        out.push("`".repeat(fence));
    }
    out.join("\n")
}

/// A line of markdown in which nothing is a tag. What is code in it stays as it is.
fn defused(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['`', '<', '\\']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let ticks = rest.len() - rest.trim_start_matches('`').len();
        let taken = if ticks > 0 {
            // A run without its like ends nothing, and is none.
            closing(&rest[ticks..], ticks).map_or(ticks, |end| ticks + end)
        } else if rest.starts_with('\\') {
            rest.chars().take(2).map(char::len_utf8).sum()
        } else {
            let tag = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?');
            if rest[1..].starts_with(tag) {
                out.push('\\');
            }
            1
        };
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

/// Where the run of that many ticks ends that closes a piece of code.
fn closing(text: &str, ticks: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(next) = text[at..].find('`') {
        let from = at + next;
        let run = text[from..].len() - text[from..].trim_start_matches('`').len();
        at = from + run;
        if run == ticks {
            return Some(at);
        }
    }
    None
}
