//! What is left out, as one text: for the model that sums it up.

use std::fmt::Write as _;

use crate::agent::compact::cut::Cut;
use crate::agent::compact::told::bounded;
use crate::agent::context::placed;
use crate::agent::size;
use crate::base::cap;
use crate::protocol::{Content, Message, text_of};
use crate::provider::Input;
use crate::session::{Entry, State, uncited};

/// Bytes of a result, of a call's input and of an answer that are shown, where there is room.
const SHOWN: (usize, usize, usize) = (3_000, 800, 6_000);

/// What is left out, in at most so many tokens. Results are cut to their heads and tails.
pub(super) fn transcript(state: &State, cut: &Cut, most: u64) -> String {
    let (mut results, mut inputs, mut answers) = SHOWN;
    loop {
        let text = written(state, cut, (results, inputs, answers));
        if size::text(&text) <= most {
            return text;
        }
        if results < 200 {
            return bounded(&text, most);
        }
        (results, inputs, answers) = (results / 2, inputs / 2, answers / 2);
    }
}

fn written(state: &State, cut: &Cut, (results, inputs, answers): (usize, usize, usize)) -> String {
    let short = |text: &str, most: usize| cap::head_tail(text, most / 3 * 2, most / 3).text;
    let mut out = String::new();
    for (at, input) in placed(state) {
        // Writing to a String cannot fail.
        let _ = match input {
            _ if at >= cut.from => continue,
            Input::User(content) if is_summary(&state.entries[at], &content) => {
                writeln!(out, "<earlier_summary>\n{}\n</earlier_summary>", text_of(&content))
            }
            Input::User(content) => {
                let said = text_of(uncited(&content));
                writeln!(out, "<user>\n{}\n</user>", short(said.trim(), answers * 2))
            }
            Input::Assistant(message) => {
                answer(&mut out, &message, &|text| short(text, answers), &|text| {
                    short(text, inputs)
                });
                Ok(())
            }
            Input::Result { call, name, outcome } => {
                // What was shortened for the model is whole in the log.
                let entry = state.call(&call).map(|(_, entry)| entry);
                let outcome = entry.and_then(|entry| entry.outcome.clone()).unwrap_or(outcome);
                let state = if outcome.is_error() { " not done" } else { "" };
                let said = short(outcome.text.trim(), results);
                writeln!(out, "<result of=\"{name}\" id=\"{call}\"{state}>\n{said}\n</result>")
            }
        };
    }
    out
}

/// Does it stand in place of what was compacted before?
fn is_summary(entry: &Entry, content: &[Content]) -> bool {
    let Entry::Compacted { compaction, .. } = entry else { return false };
    matches!(content, [Content::Text { text }] if *text == compaction.text)
}

fn answer(
    out: &mut String,
    message: &Message,
    words: &dyn Fn(&str) -> String,
    input: &dyn Fn(&str) -> String,
) {
    for content in &message.content {
        // Writing to a String cannot fail.
        let _ = match content {
            Content::Text { text } if !text.trim().is_empty() => {
                writeln!(out, "<assistant>\n{}\n</assistant>", words(text.trim()))
            }
            Content::ToolUse(asked) => {
                let asked_for = input(&asked.input.to_string());
                writeln!(
                    out,
                    "<call tool=\"{}\" id=\"{}\">{asked_for}</call>",
                    asked.name, asked.id
                )
            }
            _ => Ok(()),
        };
    }
}

/// A summary without a model: turn by turn, how it was asked and how it was answered.
pub(super) fn extract(state: &State, cut: &Cut) -> String {
    let mut out = String::from("## Turns\n");
    let mut answer = "";
    let mut calls = 0;
    let line = |text: &str| {
        let line = text.trim().lines().next().unwrap_or_default();
        line.chars().take(300).collect::<String>()
    };
    let mut texts: Vec<String> = Vec::new();
    for entry in &state.entries[..cut.from] {
        match entry {
            Entry::Prompt { number, content, steer: false, .. } => {
                close(&mut texts, answer, calls, &line);
                (answer, calls) = ("", 0);
                texts.push(format!("\n- Turn {number}: {}", line(&text_of(uncited(content)))));
            }
            Entry::Message { message, .. } => {
                let said = message.content.iter().rev().find_map(|content| match content {
                    Content::Text { text } if !text.trim().is_empty() => Some(text.as_str()),
                    _ => None,
                });
                answer = said.unwrap_or(answer);
            }
            Entry::Call(_) => calls += 1,
            _ => {}
        }
    }
    close(&mut texts, answer, calls, &line);
    out.extend(texts);
    out
}

/// Ends the turn that was begun last.
fn close(texts: &mut [String], answer: &str, calls: usize, line: &impl Fn(&str) -> String) {
    let Some(last) = texts.last_mut() else { return };
    if calls > 0 {
        // Writing to a String cannot fail.
        let _ = write!(last, " ({calls} calls)");
    }
    if !answer.is_empty() {
        let _ = write!(last, "\n  Answered: {}", line(answer));
    }
}
