//! Models by OpenAI's Chat Completions, which most other services speak too.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat>; where a service differs, its row
//! in `quirks`.

mod decode;
mod encode;
mod quirks;

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};

use crate::http;
use crate::provider::failure::Failure;
use crate::provider::stream::Stream;
use crate::provider::{Auth, Chunks, Provider, ProviderError, Request, Service};

use decode::Decoder;
use quirks::{Back, Cache, Quirks};

/// Where the service itself is.
pub const BASE_URL: &str = "https://api.openai.com/v1";
/// How often a request is changed to what the service says it wants.
const MENDS: usize = 3;

/// A service that speaks Chat Completions.
#[derive(Debug)]
pub struct Chat {
    service: Service,
    client: http::Client,
    quirks: Quirks,
    /// What a model's refusals have taught. One model is asked at a time, mostly.
    learned: Mutex<Option<(Arc<str>, Quirks)>>,
}

impl Chat {
    /// A service. No connection is made before the first request.
    pub fn new(service: Service) -> Self {
        let client = service.client();
        let quirks = Quirks::of(&service.name);
        Self { service, client, quirks, learned: Mutex::default() }
    }

    fn base(&self) -> &str {
        self.service.base_url.as_deref().unwrap_or(BASE_URL)
    }

    fn url(&self) -> String {
        const PATH: &str = "/chat/completions";
        let base = self.base().trim().trim_end_matches('/');
        let base = base.strip_suffix(PATH).unwrap_or(base);
        let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
        let version = if rest.contains('/') { "" } else { self.quirks.version };
        format!("{base}{version}{PATH}")
    }

    async fn headers(&self, session: &str, refused: bool) -> Result<http::Headers, ProviderError> {
        let mut headers = http::Headers::default();
        headers.set("accept", "text/event-stream")?;
        let bearer = |token: &SecretString| {
            SecretString::from(format!("Bearer {}", token.expose_secret().trim()))
        };
        match &self.service.auth {
            Auth::Key(token) | Auth::Bearer(token) => {
                headers.set_secret("authorization", &bearer(token))?;
            }
            Auth::Renewed(credential) => {
                let token = credential.secret(refused).await?;
                headers.set_secret("authorization", &bearer(&token))?;
            }
            Auth::None if self.base() == BASE_URL => {
                return Err(ProviderError::Auth(
                    "there is no key for api.openai.com. Set OPENAI_API_KEY".to_owned(),
                ));
            }
            Auth::None => {}
        }
        if let Cache::Header(name) = self.quirks.cache {
            headers.set(name, session)?;
        }
        for (name, value) in &self.service.headers {
            headers.set_secret(name, value)?;
        }
        Ok(headers)
    }

    /// Sends a request; a refusal is a value, because some of them can be mended.
    async fn send(
        &self,
        request: &Request,
        quirks: Quirks,
    ) -> Result<Result<http::Response, Failure>, ProviderError> {
        let session = request.session.as_str();
        let body = encode::body(request, quirks)?;
        let headers = self.headers(session, false).await?;
        let mut response = self.client.post(&self.url(), &headers, body.clone()).await?;
        if response.status() == 401 && matches!(self.service.auth, Auth::Renewed(_)) {
            let headers = self.headers(session, true).await?;
            response = self.client.post(&self.url(), &headers, body).await?;
        }
        if response.status() == 200 {
            return Ok(Ok(response));
        }
        Ok(Err(Failure::read(response, &self.service).await))
    }

    async fn ask(&self, request: &Request) -> Result<Stream<Decoder>, ProviderError> {
        let mut quirks = self.quirks_for(&request.model.name);
        let mut answer = self.send(request, quirks).await?;
        for _ in 0..MENDS {
            let Err(failure) = &answer else { break };
            if let Some(mended) = failure.refused().and_then(|said| quirks.mended(&said)) {
                tracing::debug!(?mended, "a field was refused; sent again without it");
                quirks = mended;
                self.learn(&request.model.name, quirks);
            } else if failure.is_about_thinking() && quirks.back != Back::Never {
                // Better a model that has forgotten its reasoning than a session that is stuck.
                tracing::debug!("the reasoning of earlier messages was refused; sent without it");
                quirks.back = Back::Never;
            } else {
                break;
            }
            answer = self.send(request, quirks).await?;
        }
        let response = answer
            .map_err(|failure| failure.into_error_for(&request.model.name, "Chat Completions"))?;
        let kind = response.header("content-type").unwrap_or("text/event-stream");
        if !kind.starts_with("text/event-stream") {
            return Err(ProviderError::Fatal(format!(
                "{} answered with {kind:?} instead of a stream. Check the service's base_url",
                response.host()
            )));
        }
        let decoder = Decoder::new(response.host(), quirks.back == Back::Details);
        Ok(Stream::new(response, decoder))
    }

    fn quirks_for(&self, model: &str) -> Quirks {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.as_ref().filter(|(name, _)| &**name == model).map_or(self.quirks, |(_, row)| *row)
    }

    fn learn(&self, model: &Arc<str>, quirks: Quirks) {
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((model.clone(), quirks));
    }
}

impl Provider for Chat {
    fn name(&self) -> &str {
        &self.service.name
    }

    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Box<dyn Chunks>, ProviderError>> {
        Box::pin(async move {
            let stream = self.ask(&request).await?;
            Ok(Box::new(stream) as Box<dyn Chunks>)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::catalogue::Wire;

    #[test]
    fn addresses() {
        let table = [
            ("openai", None, "https://api.openai.com/v1/chat/completions"),
            ("x", Some("https://h.example/v1"), "https://h.example/v1/chat/completions"),
            ("x", Some("https://h.example/v1/"), "https://h.example/v1/chat/completions"),
            ("x", Some("https://h.example"), "https://h.example/v1/chat/completions"),
            ("x", Some("http://127.0.0.1:8080/"), "http://127.0.0.1:8080/v1/chat/completions"),
            ("x", Some("https://h.example/api/v4"), "https://h.example/api/v4/chat/completions"),
            (
                "x",
                Some("https://h.example/v1/chat/completions"),
                "https://h.example/v1/chat/completions",
            ),
            (
                "deepseek",
                Some("https://api.deepseek.com"),
                "https://api.deepseek.com/chat/completions",
            ),
        ];
        for (name, base, expected) in table {
            let base_url = base.map(str::to_owned);
            let service = Service { base_url, ..Service::new(name, Wire::Chat) };
            assert_eq!(Chat::new(service).url(), expected, "{name} {base:?}");
        }
    }

    #[test]
    fn no_secret_is_printed() {
        let service = Service {
            base_url: Some("https://user:pass-word@gate.example".into()),
            headers: vec![("x-gate".into(), "gate-secret".into())],
            auth: Auth::Key("key-secret".into()),
            ..Service::new("gate", Wire::Chat)
        };
        let shown = format!("{:?}", Chat::new(service));
        for secret in ["pass-word", "gate-secret", "key-secret"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("gate.example"), "{shown}");
    }

    #[tokio::test]
    async fn without_a_key_nothing_is_sent_to_the_service_itself() {
        let chat = Chat::new(Service::new("openai", Wire::Chat));
        let error = chat.headers("s", false).await.unwrap_err();
        assert!(matches!(&error, ProviderError::Auth(why) if why.contains("OPENAI_API_KEY")));
        let base_url = Some("http://127.0.0.1:9/v1".to_owned());
        let own = Chat::new(Service { base_url, ..Service::new("vllm", Wire::Chat) });
        assert!(own.headers("s", false).await.is_ok());
    }
}
