//! Models by `streamGenerateContent` of Google's Gemini API (v1beta).
//!
//! Its pages: `ai.google.dev/api/generate-content`, `ai.google.dev/gemini-api/docs/thinking`,
//! `…/docs/thought-signatures` and `…/docs/function-calling`.
//!
//! **Signatures.** The service seals parts of what it said and wants each seal back on its own part.
//! A thought keeps it as the signature of its `Content::Thinking`. A call and a text have no place for
//! one: theirs stand in a `Content::Thinking` of no words, right before the call, or right after
//! the text and then with `text:` in front, which no seal has (they are base64).

mod decode;
mod encode;
mod schema;

use futures_util::future::BoxFuture;

use crate::provider::failure::Failure;
use crate::provider::post::{Home, Post};
use crate::provider::stream::Stream;
use crate::provider::{Chunks, Provider, ProviderError, Request, Service};

use decode::Decoder;
use encode::History;

const HOME: Home = Home {
    base_url: "https://generativelanguage.googleapis.com/v1beta",
    variable: "GEMINI_API_KEY",
    key_header: Some("x-goog-api-key"),
    wire: "Gemini API",
};

/// What marks the seal of a text.
const OF_TEXT: &str = "text:";

/// A service that speaks the Gemini API.
#[derive(Debug)]
pub struct Gemini {
    post: Post,
}

impl Gemini {
    /// A service. No connection is made before the first request.
    pub fn new(service: Service) -> Self {
        Self { post: Post::new(service, HOME) }
    }

    async fn ask(&self, request: &Request) -> Result<Stream<Decoder>, ProviderError> {
        let url = self.post.url(&path(&request.model.name));
        let mut answer = self.post.send(&url, &[], encode::body(request, History::Whole)?).await?;
        if answer.as_ref().is_err_and(Failure::is_about_thinking) {
            // Better a model that has forgotten its reasoning than a session that is stuck.
            tracing::debug!("the signatures of earlier messages were refused; sent without them");
            let body = encode::body(request, History::WithoutThinking)?;
            answer = self.post.send(&url, &[], body).await?;
        }
        let response = self.post.stream(answer, &request.model.name)?;
        let decoder = Decoder::new(response.host());
        Ok(Stream::new(request, response, decoder))
    }
}

/// Where a model is asked. Its name is one step of the path, whatever it holds.
fn path(model: &str) -> String {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let name = model.strip_prefix("models/").unwrap_or(model);
    let name: String = name
        .bytes()
        .map(|b| if fits(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    format!("/models/{name}:streamGenerateContent?alt=sse")
}

impl Provider for Gemini {
    fn name(&self) -> &'static str {
        "gemini"
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

    #[test]
    fn paths() {
        let table = [
            ("gemini-2.5-pro", "gemini-2.5-pro"),
            ("models/gemini-2.5-pro", "gemini-2.5-pro"),
            ("../x?y#z", "..%2Fx%3Fy%23z"),
            ("ä b", "%C3%A4%20b"),
        ];
        for (model, expected) in table {
            let expected = format!("/models/{expected}:streamGenerateContent?alt=sse");
            assert_eq!(path(model), expected);
        }
    }
}
