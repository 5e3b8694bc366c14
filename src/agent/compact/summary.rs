//! The request for a summary: of its own, without tools.

use std::sync::Arc;

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::agent::compact::cut::Cut;
use crate::agent::compact::transcript::transcript;
use crate::agent::{budget, size};
use crate::base::ids;
use crate::protocol::{Content, Event, MessageId, ModelId, text_of};
use crate::provider::reply::Reply;
use crate::provider::retry;
use crate::provider::{Catalogue, Input, Model, ProviderError, Request};

/// What the model is told to do.
const ASKED: &str = include_str!("../../../assets/compact.md");
/// How often a request that failed is sent again: there is a way without a model.
const RETRIES: u32 = 2;
/// The longest summary, in tokens.
const LONGEST: u32 = 8_000;

/// How asking for a summary ended.
pub(super) enum Summary {
    /// With one, by this model.
    Written(ModelId, String),
    /// Without one, and why.
    None(String),
    /// The user stopped it.
    Cancelled,
}

/// How one request ended.
enum Try {
    Said(String),
    Cancelled,
    Failed(ProviderError),
}

/// Asks for a summary of what is left out. What it used is recorded, however it ends.
pub(super) async fn ask(
    agent: &Agent,
    cut: &Cut,
    instructions: Option<&str>,
    cancel: &CancellationToken,
) -> Result<Summary> {
    if !agent.journal.look(budget::is_left) {
        return Ok(Summary::None("the session's budget is used up".to_owned()));
    }
    let model = Catalogue::current().lookup(&agent.journal.look(|state| state.asked().0.clone()));
    let mut room = size::usable(&model).min(cut.before) * 3 / 5;
    let mut retries = 0;
    loop {
        let messages =
            agent.journal.look(|state| question(&transcript(state, cut, room), instructions));
        let error = match once(agent, &model, messages, cancel).await? {
            Try::Said(text) if text.trim().is_empty() => {
                return Ok(Summary::None(format!("{} said nothing", model.id)));
            }
            Try::Said(text) => return Ok(Summary::Written(model.id.clone(), text)),
            Try::Cancelled => return Ok(Summary::Cancelled),
            Try::Failed(error) => error,
        };
        retries += 1;
        let after = match error {
            ProviderError::TooLong(why) if retries > RETRIES => return Ok(Summary::None(why)),
            ProviderError::TooLong(_) => {
                room /= 3;
                continue;
            }
            ProviderError::Retry { ref why, after } => (why.clone(), after),
            ProviderError::Unreachable(ref why) => (why.clone(), None),
            ProviderError::Auth(why)
            | ProviderError::Fatal(why)
            | ProviderError::NoPictures(why) => {
                return Ok(Summary::None(why));
            }
        };
        let (why, after) = after;
        let Ok(wait) = retry::delay(retries, RETRIES, after, ids::jitter()) else {
            return Ok(Summary::None(why));
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = cancel.cancelled() => return Ok(Summary::Cancelled),
        }
    }
}

fn question(transcript: &str, instructions: Option<&str>) -> Vec<Input> {
    let said = instructions.filter(|said| !said.trim().is_empty());
    let wish =
        said.map(|said| format!("\n\nThe user said what matters to them in the summary:\n{said}"));
    let text = format!(
        "<record>\n{transcript}</record>\n\nSum up the record above, in the sections you were \
         given.{}",
        wish.unwrap_or_default()
    );
    vec![Input::User([Content::text(text)].into())]
}

/// Sends the request once and takes in what comes.
async fn once(
    agent: &Agent,
    model: &Arc<Model>,
    messages: Vec<Input>,
    cancel: &CancellationToken,
) -> Result<Try> {
    let mut reply = Reply::new(MessageId::fresh(), model.id.clone());
    let request = Request {
        model: model.clone(),
        effort: None,
        session: agent.journal.session().clone(),
        system: ASKED.into(),
        tools: [].into(),
        messages,
        max_output: model.max_output.min(LONGEST),
    };
    let opened = tokio::select! {
        opened = agent.provider.stream(request) => opened,
        () = cancel.cancelled() => return Ok(Try::Cancelled),
    };
    let mut chunks = match opened {
        Ok(chunks) => chunks,
        Err(error) => return Ok(Try::Failed(error)),
    };
    let ended = loop {
        let chunk = tokio::select! {
            biased;
            () = cancel.cancelled() => break Some(Try::Cancelled),
            chunk = chunks.next() => chunk,
        };
        match chunk {
            Some(Ok(chunk)) => {
                if let Err(error) = reply.take(chunk) {
                    break Some(Try::Failed(error));
                }
            }
            Some(Err(error)) => break Some(Try::Failed(error)),
            None => break None,
        }
    };
    let usage = reply.usage();
    if usage != crate::protocol::Usage::default() {
        agent.journal.record(Event::Used { model: model.id.clone(), usage }).await?;
    }
    Ok(ended.unwrap_or_else(|| match reply.finish() {
        Ok(message) => Try::Said(text_of(&message.content)),
        Err(error) => Try::Failed(error),
    }))
}
