//! Models by the Messages API (version 2023-06-01).

mod decode;
mod encode;
mod failure;

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};

use crate::http;
use crate::provider::{Chunk, Chunks, Provider, ProviderError, Request};

use decode::Decoder;
use encode::History;
use failure::Failure;

/// Where the service itself is.
pub const BASE_URL: &str = "https://api.anthropic.com";

/// Who asks.
#[derive(Debug, Clone)]
pub enum Auth {
    /// An API key (`ANTHROPIC_API_KEY`), as `x-api-key`.
    Key(SecretString),
    /// A token (`ANTHROPIC_AUTH_TOKEN`), as `authorization: Bearer`.
    Bearer(SecretString),
    /// Nobody: for gateways that ask for none.
    None,
}

/// Which service, and who asks it.
#[derive(Clone)]
pub struct Settings {
    /// The address without `/v1/messages`.
    pub base_url: String,
    /// Who asks.
    pub key: Auth,
    /// More headers for each request: (name, value).
    pub headers: Vec<(String, SecretString)>,
    /// How long the service may be silent.
    pub idle: Duration,
}

impl Settings {
    /// The service itself, with this key.
    pub fn new(key: Auth) -> Self {
        Self { base_url: BASE_URL.to_owned(), key, headers: Vec::new(), idle: http::IDLE }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        let host = http::host_of(&self.base_url);
        f.debug_struct("Settings")
            .field("host", &host)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The service.
#[derive(Debug)]
pub struct Anthropic {
    settings: Settings,
    client: http::Client,
}

impl Anthropic {
    /// A service. No connection is made before the first request.
    pub fn new(settings: Settings) -> Self {
        let client = http::Client::new(settings.idle);
        Self { settings, client }
    }

    fn url(&self) -> String {
        let base = self.settings.base_url.trim().trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base);
        format!("{base}/v1/messages")
    }

    fn headers(&self) -> Result<http::Headers, ProviderError> {
        let mut headers = http::Headers::default();
        headers.set("anthropic-version", "2023-06-01")?;
        match &self.settings.key {
            Auth::Key(key) => headers.set_secret("x-api-key", key)?,
            Auth::Bearer(token) => {
                let value = SecretString::from(format!("Bearer {}", token.expose_secret().trim()));
                headers.set_secret("authorization", &value)?;
            }
            Auth::None if self.settings.base_url == BASE_URL => {
                return Err(ProviderError::Auth(
                    "there is no key for api.anthropic.com. Set ANTHROPIC_API_KEY or \
                     ANTHROPIC_AUTH_TOKEN"
                        .to_owned(),
                ));
            }
            Auth::None => {}
        }
        for (name, value) in &self.settings.headers {
            headers.set_secret(name, value)?;
        }
        Ok(headers)
    }

    /// Sends a request; a refusal is a value, because one of them can be mended.
    async fn send(
        &self,
        request: &Request,
        history: History,
    ) -> Result<Result<http::Response, Failure>, ProviderError> {
        let body = encode::body(request, history)?;
        let response = self.client.post(&self.url(), &self.headers()?, body).await?;
        if response.status() == 200 {
            return Ok(Ok(response));
        }
        Ok(Err(Failure::read(response).await))
    }

    async fn ask(&self, request: &Request) -> Result<Stream, ProviderError> {
        let mut answer = self.send(request, History::Whole).await?;
        if answer.as_ref().is_err_and(Failure::is_about_thinking) {
            // Better a model that has forgotten its reasoning than a session that is stuck.
            tracing::debug!("the reasoning of earlier messages was refused; sent again without it");
            answer = self.send(request, History::WithoutThinking).await?;
        }
        let response = answer.map_err(|failure| failure.into_error_for(&request.model.0))?;
        let kind = response.header("content-type").unwrap_or("text/event-stream");
        if !kind.starts_with("text/event-stream") {
            return Err(ProviderError::Fatal(format!(
                "{} answered with {kind:?} instead of a stream. Check ANTHROPIC_BASE_URL",
                response.host()
            )));
        }
        let decoder = Decoder::new(response.host());
        Ok(Stream { events: response.events(), decoder, ready: VecDeque::new(), over: false })
    }
}

impl Provider for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic"
    }

    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Box<dyn Chunks>, ProviderError>> {
        Box::pin(async move {
            let stream = self.ask(&request).await?;
            Ok(Box::new(stream) as Box<dyn Chunks>)
        })
    }
}

/// A reply that is coming in.
struct Stream {
    events: http::Events,
    decoder: Decoder,
    ready: VecDeque<Chunk>,
    over: bool,
}

impl Stream {
    async fn pull(&mut self) -> Option<Result<Chunk, ProviderError>> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Some(Ok(chunk));
            }
            if self.over || self.decoder.is_whole() {
                return None;
            }
            let read = match self.events.next().await {
                Some(Ok(event)) => self.decoder.read(&event.data, &mut self.ready),
                Some(Err(error)) => Err(error.into()),
                None => Err(self.decoder.cut()),
            };
            if let Err(error) = read {
                self.over = true;
                return Some(Err(error));
            }
        }
    }
}

impl Chunks for Stream {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Chunk, ProviderError>>> {
        Box::pin(self.pull())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let table = [
            ("https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
            ("http://127.0.0.1:80/", "http://127.0.0.1:80/v1/messages"),
            ("https://gate.example/claude/v1/", "https://gate.example/claude/v1/messages"),
        ];
        for (base, expected) in table {
            let settings = Settings { base_url: base.into(), ..Settings::new(Auth::None) };
            assert_eq!(Anthropic::new(settings).url(), expected, "{base}");
        }
    }

    #[test]
    fn no_secret_is_printed() {
        let settings = Settings {
            base_url: "https://user:pass-word@gate.example".into(),
            headers: vec![("x-gate".into(), "gate-secret".into())],
            ..Settings::new(Auth::Key("sk-secret".into()))
        };
        let shown = format!("{:?}", Anthropic::new(settings));
        for secret in ["pass-word", "gate-secret", "sk-secret"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("gate.example"), "{shown}");
    }

    #[test]
    fn a_key_with_a_line_break_says_so_and_not_the_key() {
        for key in [Auth::Key("sk\nsecret".into()), Auth::Bearer("sk\nsecret".into())] {
            let error = Anthropic::new(Settings::new(key)).headers().unwrap_err().to_string();
            assert!(error.contains("line break") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn without_a_key_nothing_is_sent() {
        let error = Anthropic::new(Settings::new(Auth::None)).headers().unwrap_err();
        assert!(matches!(&error, ProviderError::Auth(why) if why.contains("ANTHROPIC_API_KEY")));
    }
}
