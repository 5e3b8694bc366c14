//! Models by the Messages API (version 2023-06-01).

mod decode;
mod encode;

use futures_util::future::BoxFuture;

use crate::provider::failure::Failure;
use crate::provider::post::{Home, Own, Post};
use crate::provider::stream::Stream;
use crate::provider::{Chunks, Provider, ProviderError, Request, Service};

use decode::Decoder;
use encode::History;

const HOME: Home = Home {
    base_url: "https://api.anthropic.com",
    variable: "ANTHROPIC_API_KEY",
    key_header: Some("x-api-key"),
    wire: "Messages API",
};

/// The version of the API that is spoken.
const VERSION: Own<'static> = &[("anthropic-version", "2023-06-01")];

/// A service that speaks the Messages API.
#[derive(Debug)]
pub struct Anthropic {
    post: Post,
}

impl Anthropic {
    /// A service. No connection is made before the first request.
    pub fn new(service: Service) -> Self {
        Self { post: Post::new(service, HOME) }
    }

    fn url(&self) -> String {
        let base = self.post.base();
        let base = base.strip_suffix("/v1").unwrap_or(base);
        format!("{base}/v1/messages")
    }

    async fn ask(&self, request: &Request) -> Result<Stream<Decoder>, ProviderError> {
        let url = self.url();
        let body = encode::body(request, History::Whole)?;
        let mut answer = self.post.send(&url, VERSION, body).await?;
        if answer.as_ref().is_err_and(Failure::is_about_thinking) {
            // Better a model that has forgotten its reasoning than a session that is stuck.
            tracing::debug!("the reasoning of earlier messages was refused; sent again without it");
            let body = encode::body(request, History::WithoutThinking)?;
            answer = self.post.send(&url, VERSION, body).await?;
        }
        let response = self.post.stream(answer, &request.model.name)?;
        let decoder = Decoder::new(response.host());
        Ok(Stream::new(request, response, decoder))
    }
}

impl Provider for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic"
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
            ("https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
            ("http://127.0.0.1:80/", "http://127.0.0.1:80/v1/messages"),
            ("https://gate.example/claude/v1/", "https://gate.example/claude/v1/messages"),
        ];
        for (base, expected) in table {
            let base_url = Some(base.into());
            let service = Service { base_url, ..Service::new("anthropic", Wire::Messages) };
            assert_eq!(Anthropic::new(service).url(), expected, "{base}");
        }
    }
}
