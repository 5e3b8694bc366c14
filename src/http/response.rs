//! An answer that is coming in: its head is there, its body is watched and bounded.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Sleep;

use crate::base::clock;
use crate::http::Error;
use crate::http::sse;

/// What gives a body, piece by piece.
pub trait Body: fmt::Debug + Send {
    /// As [`Response::chunk`].
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Error>>;
}

/// An answer. Dropping it closes the connection.
#[derive(Debug)]
pub struct Response {
    host: String,
    status: u16,
    headers: HeaderMap,
    body: Box<dyn Body>,
}

impl Response {
    pub(super) fn new(mut inner: reqwest::Response, host: String, idle: Duration) -> Self {
        let (status, headers) = (inner.status().as_u16(), std::mem::take(inner.headers_mut()));
        let silence = Box::pin(tokio::time::sleep(idle));
        let body = Box::new(Live { inner, host: host.clone(), idle, silence });
        Self { host, status, headers, body }
    }

    /// One that comes from elsewhere than the network. A header that cannot be one is left out.
    pub fn made<'a>(
        host: &str,
        status: u16,
        headers: impl Iterator<Item = (&'a str, &'a str)>,
        body: Box<dyn Body>,
    ) -> Self {
        let headers = headers.filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, HeaderValue::from_str(value).ok()?))
        });
        Self { host: host.to_owned(), status, headers: headers.collect(), body }
    }

    /// The same answer with its body taken through `with`.
    #[must_use]
    pub fn through(self, with: impl FnOnce(Box<dyn Body>) -> Box<dyn Body>) -> Self {
        Self { body: with(self.body), ..self }
    }

    /// Who answered.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// A header, where it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long the server asks to wait (`Retry-After`, RFC 9110 10.2.3: seconds or a date).
    pub fn retry_after(&self) -> Option<Duration> {
        parse_retry_after(self.header("retry-after")?, clock::now())
    }

    /// The next piece of the body; none at its end. Safe to drop and call again.
    ///
    /// # Errors
    ///
    /// `Cut` where the connection broke, `TimedOut` where nothing came for too long.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        self.body.chunk().await
    }

    /// At most `most` bytes of the body as text: for the words of an error. What had come before
    /// the connection broke is enough.
    pub async fn text(mut self, most: usize) -> String {
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = self.chunk().await {
            body.extend_from_slice(&chunk[..chunk.len().min(most - body.len())]);
            if body.len() >= most {
                break;
            }
        }
        String::from_utf8_lossy(&body).into_owned()
    }

    /// The body as server-sent events.
    pub fn events(self) -> Events {
        Events { response: self, decoder: sse::Decoder::default(), ready: VecDeque::new() }
    }
}

/// A body that comes in over the network.
#[derive(Debug)]
struct Live {
    inner: reqwest::Response,
    host: String,
    idle: Duration,
    /// Runs from the last byte on, however often [`Response::chunk`] is called and dropped.
    silence: Pin<Box<Sleep>>,
}

impl Body for Live {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(async move {
            tokio::select! {
                biased;
                chunk = self.inner.chunk() => {
                    self.silence = Box::pin(tokio::time::sleep(self.idle));
                    chunk.map_err(|error| Error::cut(&self.host, &error))
                }
                () = &mut self.silence => Err(Error::silent(&self.host, self.idle)),
            }
        })
    }
}

/// A body of server-sent events.
#[derive(Debug)]
pub struct Events {
    response: Response,
    decoder: sse::Decoder,
    ready: VecDeque<sse::Event>,
}

impl Events {
    /// The next event; none after the last. Safe to drop and call again.
    pub async fn next(&mut self) -> Option<Result<sse::Event, Error>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            match self.response.chunk().await {
                Ok(Some(bytes)) => {
                    if self.decoder.feed(&bytes, &mut self.ready).is_err() {
                        return Some(Err(Error::too_large(&self.response.host, sse::MAX_EVENT)));
                    }
                }
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

fn parse_retry_after(text: &str, now: clock::Millis) -> Option<Duration> {
    match text.trim().parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => clock::http_date(text).map(|date| date.since(now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after() {
        let now = clock::Millis(784_111_777_000);
        let table = [
            ("3", Some(Duration::from_secs(3))),
            (" 0.5 ", Some(Duration::from_millis(500))),
            ("-1", None),
            ("NaN", None),
            ("1e300", None),
            ("soon", None),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(Duration::from_mins(1))),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(Duration::ZERO)),
        ];
        for (text, expected) in table {
            assert_eq!(parse_retry_after(text, now), expected, "{text}");
        }
    }
}
