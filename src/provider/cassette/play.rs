//! Answers as it was recorded, in the recorded rhythm. Nothing is sent anywhere.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::line::{self, Head, How};
use super::normal::{difference, normal};
use super::read::{Exchange, read};
use crate::base::clock;
use crate::http::{self, Body, Error, Fault, Response};
use crate::protocol::ModelId;
use crate::provider::catalogue::{Vendor, Wire};
use crate::provider::{Cassette, Catalogue, Model, ProviderError, Service};

/// A cassette that answers.
#[derive(Debug)]
pub struct Player {
    shown: String,
    head: Head,
    /// How many times as fast as it was; 0: without any pause.
    speed: f64,
    tape: Mutex<Vec<Exchange>>,
}

impl Player {
    /// Reads a recording, which then plays `speed` times as fast as it was; 0: without any pause.
    ///
    /// # Errors
    ///
    /// The line that is damaged, and how.
    pub fn open(path: &Path, speed: f64) -> Result<Self> {
        let (head, tape) = read(path)?;
        Ok(Self { shown: path.display().to_string(), head, speed, tape: Mutex::new(tape) })
    }

    /// The model that the session began with.
    pub fn model(&self) -> ModelId {
        self.head.model.as_str().into()
    }

    /// These models with what the recording knows: the services that were asked, and how much the
    /// first model takes and says.
    pub fn known(&self, mut all: Catalogue) -> Catalogue {
        for (id, wire, base) in self.services() {
            if all.vendor(&id).is_none() {
                let (title, api) = (id.clone(), Some(base));
                let (env, models) = (Vec::new(), Vec::new());
                all = all.with_vendor(Vendor { id, title, wire, api, env, models });
            }
        }
        let Head { model, window, max_output, .. } = &self.head;
        let model = (*all.lookup(model)).clone();
        all.with_model(Model { window: *window, max_output: *max_output, ..model })
    }

    /// A service as it was asked, which this answers for.
    ///
    /// # Errors
    ///
    /// Where it was not asked.
    pub fn service(self: &Arc<Self>, name: &str) -> Result<Service, ProviderError> {
        let found = self.services().into_iter().find(|(service, ..)| service == name);
        let Some((name, wire, base)) = found else {
            let why = format!("nothing in the recording {} was said with {name}", self.shown);
            return Err(ProviderError::Fatal(why));
        };
        let cassette = Some(Cassette::Play(self.clone()));
        Ok(Service { base_url: Some(base), cassette, ..Service::new(&name, wire) })
    }

    /// Each service that was asked: its name, how it is spoken with, and where it was.
    fn services(&self) -> Vec<(String, Wire, String)> {
        let tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<(String, Wire, String)> = Vec::new();
        for Exchange { asked, .. } in tape.iter() {
            if !all.iter().any(|(name, ..)| *name == asked.service) {
                all.push((asked.service.clone(), asked.wire, asked.base.clone()));
            }
        }
        all
    }

    /// Was the same request recorded once more? Then the key was renewed and it was sent again.
    pub(in crate::provider) fn has_again(&self, url: &str, body: &[u8]) -> bool {
        let wanted = normal(&line::body(body));
        let (tape, path) = (self.tape.lock(), http::path_of(url).unwrap_or_default());
        let tape = tape.unwrap_or_else(PoisonError::into_inner);
        find(&tape, &path, &wanted.digest).is_some()
    }

    /// What answered this request when it was recorded: the first that has not been played.
    pub(super) async fn answer(&self, url: &str, body: &[u8]) -> Result<Response, Error> {
        let since = clock::paced();
        let (asked, host, answered, at, chunks, end) = self.take(url, body)?;
        let Some(answered) = answered else {
            self.wait(since, end.0).await;
            return Err(self.failed(&end.1));
        };
        self.wait(since, at).await;
        let ended = (end.0, (end.1 != How::Whole).then(|| self.failed(&end.1)));
        let body = Played { since, speed: self.speed, chunks, ended };
        let headers = answered.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        tracing::debug!(request = asked, "answered by the recording");
        Ok(Response::made(&host, answered.status, headers, Box::new(body)))
    }

    #[allow(clippy::type_complexity, reason = "taken apart by its only caller")]
    fn take(
        &self,
        url: &str,
        body: &[u8],
    ) -> Result<(u32, String, Option<line::Answered>, u64, VecDeque<(u64, Bytes)>, (u64, How)), Error>
    {
        let wanted = normal(&line::body(body));
        let path = http::path_of(url).unwrap_or_default();
        let mut tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = find(&tape, &path, &wanted.digest) else {
            let why = self.why_not(&tape, &path, &wanted.body);
            return Err(Error::new(Fault::Unrecorded, why));
        };
        let found = &mut tape[at];
        found.played = true;
        let host = http::host_of(&found.asked.url);
        let answered = found.answered.take();
        let begins = answered.as_ref().map_or(0, |answered| answered.at);
        let chunks = std::mem::take(&mut found.chunks).into();
        Ok((found.asked.exchange, host, answered, begins, chunks, found.end.clone()))
    }

    fn why_not(&self, tape: &[Exchange], path: &str, now: &serde_json::Value) -> String {
        let shown = &self.shown;
        let mut left = tape.iter().filter(|exchange| !exchange.played);
        let Some(next) = left.clone().find(|it| it.path == path).or_else(|| left.next()) else {
            let count = tape.len();
            return format!(
                "the recording {shown} ends after {count} requests, and this is one more"
            );
        };
        let number = next.asked.exchange;
        if next.path != path {
            let was = &next.path;
            return format!(
                "the recording {shown} goes on with a request to {was} (request {number}), and \
                 this one is to {path}"
            );
        }
        let differs = difference(&next.normal.body, now).unwrap_or_default();
        format!("this is not what was recorded in {shown}: request {number} differs {differs}")
    }

    fn failed(&self, how: &How) -> Error {
        match how {
            How::Failed { fault, text } => Error::new(*fault, text.clone()),
            How::Whole | How::Left => Error::new(
                Fault::Unrecorded,
                format!("the recording {} ends here: it was stopped in this answer", self.shown),
            ),
        }
    }

    async fn wait(&self, since: Instant, at: u64) {
        pause(since, at, self.speed).await;
    }
}

/// The first exchange of these that was not played and is the same request.
fn find(tape: &[Exchange], path: &str, digest: &str) -> Option<usize> {
    let same = |exchange: &Exchange| {
        !exchange.played && exchange.path == path && exchange.normal.digest == digest
    };
    tape.iter().position(same)
}

async fn pause(since: Instant, at: u64, speed: f64) {
    let after = Duration::from_millis(at).as_secs_f64() / speed;
    // Without a speed there is no pause, and none for ever.
    if let Ok(after) = Duration::try_from_secs_f64(after)
        && speed > 0.0
    {
        tokio::time::sleep_until(since + after).await;
    }
}

/// A body that comes as it came.
#[derive(Debug)]
struct Played {
    since: Instant,
    speed: f64,
    chunks: VecDeque<(u64, Bytes)>,
    /// When it ends, and by which fault.
    ended: (u64, Option<Error>),
}

impl Body for Played {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(async move {
            let at = self.chunks.front().map_or(self.ended.0, |(at, _)| *at);
            pause(self.since, at, self.speed).await;
            match (self.chunks.pop_front(), &self.ended.1) {
                (Some((_, bytes)), _) => Ok(Some(bytes)),
                (None, Some(error)) => Err(error.clone()),
                (None, None) => Ok(None),
            }
        })
    }
}
