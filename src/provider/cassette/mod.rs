//! Recordings of what was said with models' servers, to be answered from instead of them.
//!
//! A cassette stands between a service and the network: a [`Recorder`] keeps each exchange as it
//! passes, a [`Player`] answers as it was recorded and knows no network. What is kept is without
//! keys: headers by an allow list, known secrets and what looks like one marked out.

mod line;
mod normal;
mod play;
mod read;
mod record;

use std::sync::Arc;

use crate::http::{Error, Headers, Response};
use crate::provider::Service;

pub use play::Player;
pub use record::Recorder;

/// What stands between a service and the network.
#[derive(Debug, Clone)]
pub enum Cassette {
    /// Each exchange is kept.
    Record(Arc<Recorder>),
    /// Nothing is sent: what was recorded answers.
    Play(Arc<Player>),
}

/// A request as it would go out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    pub service: &'a Service,
    /// Where the service is.
    pub base: &'a str,
    pub url: &'a str,
    pub headers: &'a Headers,
    pub body: &'a [u8],
}

impl Cassette {
    /// What was recorded; none where that is still being done.
    pub(super) fn player(&self) -> Option<&Player> {
        match self {
            Self::Play(player) => Some(player),
            Self::Record(_) => None,
        }
    }

    /// What comes of a request: what `sent` gives, kept, or what was recorded.
    pub(super) async fn exchange(
        &self,
        asking: Asking<'_>,
        sent: impl Future<Output = Result<Response, Error>>,
    ) -> Result<Response, Error> {
        match self {
            Self::Record(recorder) => recorder.exchange(asking, sent).await,
            Self::Play(player) => player.answer(asking.url, asking.body).await,
        }
    }
}

#[cfg(test)]
mod tests;
