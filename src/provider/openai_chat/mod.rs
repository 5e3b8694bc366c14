//! Models by OpenAI's Chat Completions, which most other services speak too.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat>; where a service differs, its row
//! in `quirks`.

mod decode;
mod encode;
mod quirks;

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;

use crate::http;
use crate::provider::failure::Failure;
use crate::provider::post::{Home, Post};
use crate::provider::stream::Stream;
use crate::provider::{Chunks, Provider, ProviderError, Request, Service};

use decode::Decoder;
use quirks::{Back, Cache, Quirks};

const HOME: Home = Home {
    base_url: "https://api.openai.com/v1",
    variable: "OPENAI_API_KEY",
    key_header: None,
    wire: "Chat Completions",
};
/// How often a request is changed to what the service says it wants.
const MENDS: usize = 3;

/// A service that speaks Chat Completions.
#[derive(Debug)]
pub struct Chat {
    post: Post,
    quirks: Quirks,
    /// What a model's refusals have taught. One model is asked at a time, mostly.
    learned: Mutex<Option<(Arc<str>, Quirks)>>,
}

impl Chat {
    /// A service. No connection is made before the first request.
    pub fn new(service: Service) -> Self {
        let quirks = Quirks::of(&service.name);
        Self { post: Post::new(service, HOME), quirks, learned: Mutex::default() }
    }

    fn url(&self) -> String {
        const PATH: &str = "/chat/completions";
        let base = self.post.base();
        let base = base.strip_suffix(PATH).unwrap_or(base);
        let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
        let version = if rest.contains('/') { "" } else { self.quirks.version };
        format!("{base}{version}{PATH}")
    }

    /// Sends a request; a refusal is a value, because some of them can be mended.
    async fn send(
        &self,
        request: &Request,
        quirks: Quirks,
    ) -> Result<Result<http::Response, Failure>, ProviderError> {
        let session = match quirks.cache {
            Cache::Header(name) => Some((name, request.session.as_str())),
            Cache::Alone | Cache::Key | Cache::Marks(_) => None,
        };
        let accept = ("accept", "text/event-stream");
        let own: Vec<_> = [accept].into_iter().chain(session).collect();
        self.post.send(&self.url(), &own, encode::body(request, quirks)?).await
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
        let response = self.post.stream(answer, &request.model.name)?;
        let decoder = Decoder::new(response.host(), quirks.back == Back::Details);
        Ok(Stream::new(request, response, decoder))
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
        self.post.name()
    }

    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Box<dyn Chunks>, ProviderError>> {
        Box::pin(async move {
            let stream = self.ask(&request.for_its_model()).await?;
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
}
