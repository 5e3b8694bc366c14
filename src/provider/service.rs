//! One service: where it is, how it is spoken with, and who asks.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::http;
use crate::provider::catalogue::{HOME, Wire};
use crate::provider::{Auth, Cassette, Provider, anthropic, gemini, openai_chat, openai_responses};

/// A service that is asked.
#[derive(Clone)]
pub struct Service {
    /// Its name in a model's: `openai`.
    pub name: Arc<str>,
    /// How it is spoken with.
    pub wire: Wire,
    /// Where it is, without the path of a request; none: where the wire's own vendor is.
    pub base_url: Option<String>,
    /// Who asks.
    pub auth: Auth,
    /// The variable or the command that gives the key: what errors tell to check.
    pub key_from: String,
    /// More headers for each request: (name, value).
    pub headers: Vec<(String, SecretString)>,
    /// How long it may be silent.
    pub idle: Duration,
    /// Whom its connections trust, and who they say they are.
    pub tls: http::Tls,
    /// What keeps its exchanges, or answers in its place.
    pub cassette: Option<Cassette>,
}

impl Service {
    /// A service of this name, at its vendor's own place, asked by nobody.
    pub fn new(name: &str, wire: Wire) -> Self {
        Self {
            name: name.into(),
            wire,
            base_url: None,
            auth: Auth::None,
            key_from: String::new(),
            headers: Vec::new(),
            idle: http::IDLE,
            tls: http::Tls::default(),
            cassette: None,
        }
    }

    /// A client for it.
    pub(super) fn client(&self) -> http::Client {
        http::Client::new(self.idle).with(self.tls.clone())
    }

    /// What gives its key, as errors name it; none where nobody said.
    pub(super) fn key_named(&self) -> Option<&str> {
        match (self.key_from.as_str(), &*self.name) {
            ("", HOME) => Some("ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN"),
            ("", _) => None,
            (from, _) => Some(from),
        }
    }

    /// What says its address, as errors name it.
    pub(super) fn address_named(&self) -> String {
        match &*self.name {
            HOME => "ANTHROPIC_BASE_URL".to_owned(),
            name => format!("base_url in [provider.{name}]"),
        }
    }

    /// The way to it. No connection is made before the first request.
    pub fn open(self) -> Arc<dyn Provider> {
        match self.wire {
            Wire::Messages => Arc::new(anthropic::Anthropic::new(self)),
            Wire::Chat => Arc::new(openai_chat::Chat::new(self)),
            Wire::Responses => Arc::new(openai_responses::Responses::new(self)),
            Wire::Gemini => Arc::new(gemini::Gemini::new(self)),
        }
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        let host = self.base_url.as_deref().map(http::host_of);
        f.debug_struct("Service")
            .field("name", &self.name)
            .field("wire", &self.wire)
            .field("host", &host)
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}
