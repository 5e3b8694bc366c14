//! A reply as it comes in over server-sent events, whatever the wire.

use std::borrow::Cow;
use std::collections::VecDeque;

use futures_util::future::BoxFuture;
use serde::Deserialize;

use crate::http;
use crate::provider::failure::{Failure, Words};
use crate::provider::names::Renamed;
use crate::provider::{Chunk, Chunks, ProviderError, Request};

/// Reads the events of one reply, in their order.
pub(super) trait Decode: Send {
    /// Whence the reply comes, as errors name it.
    fn host(&self) -> &str;

    /// Reads the data of one event. What it does not know it leaves out: services add kinds.
    ///
    /// # Errors
    ///
    /// What the service says in an event of its own; `Retry` where the event is damaged.
    fn read(&mut self, data: &str, chunks: &mut VecDeque<Chunk>) -> Result<(), ProviderError>;

    /// Has the reply come to its end? Nothing after that is read.
    fn is_whole(&self) -> bool;

    /// The stream has ended. What was held back comes now.
    ///
    /// # Errors
    ///
    /// Where the reply was not whole.
    fn end(&mut self, _: &mut VecDeque<Chunk>) -> Result<(), ProviderError> {
        if self.is_whole() { Ok(()) } else { Err(cut(self.host())) }
    }
}

/// A reply that is coming in.
pub(super) struct Stream<D> {
    events: http::Events,
    decoder: D,
    names: Renamed,
    ready: VecDeque<Chunk>,
    over: bool,
}

impl<D: Decode> Stream<D> {
    /// The reply to this request.
    pub(super) fn new(request: &Request, response: http::Response, decoder: D) -> Self {
        let (events, names) = (response.events(), Renamed::of(&request.tools));
        Self { events, decoder, names, ready: VecDeque::new(), over: false }
    }

    async fn pull(&mut self) -> Option<Result<Chunk, ProviderError>> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Some(Ok(self.names.back(chunk)));
            }
            if self.over || self.decoder.is_whole() {
                return None;
            }
            let read = match self.events.next().await {
                Some(Ok(event)) => self.decoder.read(&event.data, &mut self.ready),
                Some(Err(error)) => Err(error.into()),
                None => {
                    self.over = true;
                    self.decoder.end(&mut self.ready)
                }
            };
            if let Err(error) = read {
                self.over = true;
                return Some(Err(error));
            }
        }
    }
}

impl<D: Decode> Chunks for Stream<D> {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Chunk, ProviderError>>> {
        Box::pin(self.pull())
    }
}

/// Reads a piece of JSON. Its words are borrowed where they can be.
pub(super) fn parse<'a, T: Deserialize<'a>>(data: &'a str) -> serde_json::Result<T> {
    serde_json::from_str(data)
}

/// The `type` of an event, a block, an item.
pub(super) fn kind(data: &str) -> serde_json::Result<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
    }
    parse::<Kind>(data).map(|it| it.kind)
}

/// What the service says in the middle of a stream instead of going on.
pub(super) fn broken(host: &str, words: Option<Words>) -> ProviderError {
    Failure::in_stream(host, words.unwrap_or_default()).into_error()
}

/// The error of a stream that ended before its reply.
pub(super) fn cut(host: &str) -> ProviderError {
    let why = format!("the stream from {host} was cut before the reply was whole");
    ProviderError::Retry { why, after: None }
}

/// The error of an event that cannot be read.
pub(super) fn damaged(host: &str, why: &serde_json::Error) -> ProviderError {
    let why = format!("the stream from {host} is damaged: {why}");
    ProviderError::Retry { why, after: None }
}
