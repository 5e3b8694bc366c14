//! One request to the model, sent again where that helps.

use std::sync::{Arc, PoisonError};

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::agent::context::inputs;
use crate::agent::fallback::{self, fall_back};
use crate::base::ids;
use crate::protocol::{Broken, CallId, Content, Event, Level, Message, MessageId, StopReason};
use crate::provider::reply;
use crate::provider::retry::{self, FEW_RETRIES, MAX_RETRIES};
use crate::provider::{Catalogue, Chunk, Prefix, ProviderError, Request};

/// What the model answered.
pub(super) enum Reply {
    /// A whole message, recorded.
    Whole(Arc<Message>),
    /// Nothing more; the turn ends so.
    None(StopReason),
}

/// How one try ended.
enum Try {
    Said(Message),
    Cancelled(Option<Message>),
    Failed(ProviderError),
}

/// Asks until there is a whole reply, no retry helps and no other model is left, or the turn is
/// cancelled. `first` of its turn: nothing is lost yet.
pub(super) async fn ask(agent: &Agent, first: bool, cancel: &CancellationToken) -> Result<Reply> {
    let (mut retries, mut sees) = (0, true);
    loop {
        let tried = once(agent, sees, cancel).await?;
        let next = fallback::next(agent);
        let (why, after, of) = match tried {
            Try::Said(message) => return finish(agent, message).await.map(Reply::Whole),
            Try::Cancelled(partial) => {
                if let Some(partial) = partial {
                    finish(agent, partial).await?;
                }
                return Ok(Reply::None(StopReason::Cancelled));
            }
            Try::Failed(ProviderError::TooLong(_)) => {
                return Ok(Reply::None(StopReason::ContextFull));
            }
            // It is told of them in words from now on.
            Try::Failed(ProviderError::NoPictures(why)) if sees => {
                let model = agent.journal.look(|state| state.asked().clone());
                let text =
                    format!("{model} sees no pictures ({why}): it is told that there are some.");
                agent.journal.record(Event::Notice { level: Level::Info, text }).await?;
                sees = false;
                continue;
            }
            Try::Failed(ProviderError::Retry { why, after }) => (why, after, MAX_RETRIES),
            // Whoever started it waits for an exit code, and cannot stop the wait by a key.
            Try::Failed(ProviderError::Unreachable(why)) if first && agent.limits.unattended => {
                (why, None, FEW_RETRIES)
            }
            Try::Failed(ProviderError::Unreachable(why)) => (why, None, MAX_RETRIES),
            Try::Failed(error) => match next.filter(|_| fallback::goes_on(agent)) {
                // The user chose the first one: only they can say that another does as well.
                Some(next) => {
                    fall_back(agent, next, &error.to_string()).await?;
                    retries = 0;
                    continue;
                }
                None => return Ok(failed(error.to_string())),
            },
        };
        let of = next.as_ref().map_or(of, |_| FEW_RETRIES);
        retries += 1;
        let after = match (retry::delay(retries, of, after, ids::jitter()), next) {
            (Ok(after), None) => after,
            (Ok(after), Some(_)) if after <= fallback::PATIENCE => after,
            (_, Some(next)) => {
                fall_back(agent, next, &why).await?;
                retries = 0;
                continue;
            }
            (Err(gave_up), None) => return Ok(failed(format!("{why} ({gave_up})"))),
        };
        agent.journal.record(Event::Retrying { attempt: retries, of, after, why }).await?;
        tokio::select! {
            () = tokio::time::sleep(after) => {}
            () = cancel.cancelled() => return Ok(Reply::None(StopReason::Cancelled)),
        }
    }
}

fn failed(error: String) -> Reply {
    Reply::None(StopReason::Failed { error })
}

async fn finish(agent: &Agent, message: Message) -> Result<Arc<Message>> {
    let message = Arc::new(message);
    agent.journal.record(Event::MessageFinished { message: message.clone() }).await?;
    Ok(message)
}

/// Sends the request once, with its pictures where the model `sees` them, and records what comes in,
/// piece by piece.
async fn once(agent: &Agent, sees: bool, cancel: &CancellationToken) -> Result<Try> {
    let id = MessageId::fresh();
    let (model, effort, messages) =
        agent.journal.look(|state| (state.asked().clone(), state.effort, inputs(state)));
    let mut model = Catalogue::current().lookup(&model.0);
    if !sees {
        Arc::make_mut(&mut model).images = false;
    }
    let Ok(system) = agent.system.clone().await else {
        let why = "claw could not make its instructions. Start it again".to_owned();
        return Ok(Try::Failed(ProviderError::Fatal(why)));
    };
    let tools = agent.tools.clone();
    let (session, max_output) = (agent.journal.session().clone(), model.max_output);
    let mut reply = reply::Reply::new(id.clone(), model.id.clone());
    let request = Request { model, effort, session, system, tools, messages, max_output };

    let broken = broken(agent, Prefix::of(&request));
    if let Some(by) = broken {
        agent.journal.record(Event::CacheBroken { by }).await?;
    }
    let opened = tokio::select! {
        opened = agent.provider.stream(request) => opened,
        () = cancel.cancelled() => return Ok(Try::Cancelled(None)),
    };
    let mut chunks = match opened {
        Ok(chunks) => chunks,
        Err(error) => return Ok(Try::Failed(error)),
    };
    loop {
        let chunk = tokio::select! {
            biased;
            () = cancel.cancelled() => return Ok(Try::Cancelled(reply.partial())),
            chunk = chunks.next() => chunk,
        };
        match chunk {
            Some(Ok(chunk)) => match take(agent, &mut reply, chunk) {
                Ok(Some(delta)) => agent.journal.record(delta.event(id.clone())).await?,
                Ok(None) => {}
                Err(error) => return Ok(Try::Failed(error)),
            },
            Some(Err(error)) => return Ok(Try::Failed(error)),
            None => {
                return Ok(match reply.finish() {
                    Ok(mut message) => {
                        rename_calls(agent, &mut message);
                        Try::Said(message)
                    }
                    Err(error) => Try::Failed(error),
                });
            }
        }
    }
}

/// What of the request before the next one does not begin with.
fn broken(agent: &Agent, next: Prefix) -> Option<Broken> {
    let mut before = agent.before.lock().unwrap_or_else(PoisonError::into_inner);
    let broken = before.as_ref().and_then(|before| before.broken_by(&next));
    *before = Some(next);
    broken
}

/// Takes a chunk in; what a call needs is made ready while its input comes.
fn take(
    agent: &Agent,
    reply: &mut reply::Reply,
    chunk: Chunk,
) -> Result<Option<reply::Delta>, ProviderError> {
    if matches!(chunk, Chunk::ToolUse { .. }) {
        agent.calling.notify_one();
    }
    reply.take(chunk)
}

/// Gives a call a fresh name where an earlier one of the session has its name already: results
/// are found by it.
fn rename_calls(agent: &Agent, message: &mut Message) {
    for content in &mut message.content {
        if let Content::ToolUse(asked) = content
            && agent.journal.look(|state| state.call(&asked.id).is_some())
        {
            asked.id = CallId::from(format!("toolu_{}", ids::fresh()));
        }
    }
}
