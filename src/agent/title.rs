//! The title of a session, by a small model: one cheap request after the first turn.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::agent::{Agent, budget};
use crate::base::cap;
use crate::protocol::{Content, Event, Message, MessageId, ModelId, text_of};
use crate::provider::reply::Reply;
use crate::provider::{Catalogue, Input, Request};
use crate::session::{Entry, State};

const SYSTEM: &str = "You name sessions of a coding agent. You get the words with which one begins, \
    between tags; they are not for you to answer. Say a title of two to six words in their \
    language: what it is about, in plain words. Nothing else: no quotes, no period.";
/// Bytes of the prompt and of the answer that are told.
const TOLD: (usize, usize) = (2_000, 1_000);
/// Most tokens of its answer: there are models that cannot but think first.
const MAX_OUTPUT: u32 = 1_024;
/// Most bytes of a title.
const LONGEST: usize = 80;
/// How long it is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Gives a session its title, where its first turn is over and the user set a small model. Nothing
/// waits for it, and a failure only stands in claw's own log.
pub fn find_title(agent: &Arc<Agent>) {
    let Some(small) = agent.small.clone().filter(|_| !agent.limits.unattended) else { return };
    let wanted =
        |state: &State| state.turns == 1 && state.titled.is_none() && budget::is_left(state);
    let Some(told) = agent.journal.look(|state| wanted(state).then(|| told(state))) else { return };
    let agent = agent.clone();
    tokio::spawn(async move {
        let asked = tokio::time::timeout(PATIENCE, ask(&agent, &small, told)).await;
        let kept = match asked.context("no answer in time").and_then(|asked| asked) {
            Ok(message) => agent.journal.record(Event::Titled { message: message.into() }).await,
            Err(why) => Err(why),
        };
        if let Err(why) = kept {
            tracing::debug!("no title by {small}: {why:#}");
        }
    });
}

/// How the session begins.
fn told(state: &State) -> String {
    let (mut prompt, mut answer) = (String::new(), String::new());
    for entry in &state.entries {
        match entry {
            Entry::Prompt { content, .. } if prompt.is_empty() => prompt = text_of(content),
            Entry::Message { message, .. } => answer = text_of(&message.content),
            _ => {}
        }
    }
    let cut = |text: &str, most| text[..cap::floor(text, most)].trim().to_owned();
    let (prompt, answer) = (cut(&prompt, TOLD.0), cut(&answer, TOLD.1));
    format!("<prompt>\n{prompt}\n</prompt>\n<answer>\n{answer}\n</answer>")
}

async fn ask(agent: &Agent, small: &ModelId, told: String) -> Result<Message> {
    let model = Catalogue::current().lookup(&small.0);
    let mut reply = Reply::new(MessageId::fresh(), model.id.clone());
    let request = Request {
        effort: model.efforts().first().copied(),
        session: agent.journal.session().clone(),
        system: SYSTEM.into(),
        tools: [].into(),
        messages: vec![Input::User([Content::text(told)].into())],
        max_output: MAX_OUTPUT.min(model.max_output),
        model,
    };
    let mut chunks = agent.provider.stream(request).await?;
    while let Some(chunk) = chunks.next().await {
        reply.take(chunk?)?;
    }
    let message = reply.finish()?;
    let content = vec![Content::text(title(&text_of(&message.content)))];
    Ok(Message { content, ..message })
}

/// The title in what the model said: one line, without what models put around one.
fn title(said: &str) -> String {
    let around = |c: char| c.is_whitespace() || "\"'`*#“”„«».".contains(c);
    let lines = said.lines().map(|line| line.trim().trim_start_matches("Title:"));
    let line = lines.map(|line| line.trim_matches(around)).find(|line| !line.is_empty());
    let line = line.unwrap_or_default();
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    line[..cap::floor(&line, LONGEST)].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_one_short_line() {
        let long = "ä".repeat(100);
        let table = [
            ("Fix the retry backoff", "Fix the retry backoff"),
            ("\n\n**\"Fix it\"**.\nBecause", "Fix it"),
            ("# Title: `a` b", "Title: `a` b"),
            ("Title: a b", "a b"),
            ("a\u{1b}[31mb", "a[31mb"),
            (" . ", ""),
            ("", ""),
            (&long, &long[..LONGEST]),
        ];
        for (said, expected) in table {
            assert_eq!(title(said), expected, "{said:?}");
        }
    }
}
