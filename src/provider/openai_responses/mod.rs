//! Models by the Responses API of `OpenAI`.
//!
//! Its pages: `platform.openai.com/docs/api-reference/responses/create`, `…/responses-streaming`,
//! `platform.openai.com/docs/guides/reasoning` and `…/guides/function-calling`. Nothing is kept at
//! the service (`store: false`): each request holds all that was said, the reasoning as the service
//! sealed it.

mod decode;
mod encode;
mod seal;

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;

use crate::provider::post::{Home, Post};
use crate::provider::stream::Stream;
use crate::provider::{Chunks, Provider, ProviderError, Request, Service};

use decode::Decoder;
use encode::Form;

const HOME: Home = Home {
    base_url: "https://api.openai.com/v1",
    variable: "OPENAI_API_KEY",
    key_header: None,
    wire: "Responses API",
};

/// A service that speaks the Responses API.
#[derive(Debug)]
pub struct Responses {
    post: Post,
    /// Are summaries of the reasoning given to this account? Not every one may have them.
    summaries: AtomicBool,
}

impl Responses {
    /// A service. No connection is made before the first request.
    pub fn new(service: Service) -> Self {
        Self { post: Post::new(service, HOME), summaries: AtomicBool::new(true) }
    }

    async fn ask(&self, request: &Request) -> Result<Stream<Decoder>, ProviderError> {
        let mut form = Form { reasoning: true, summary: self.summaries.load(Ordering::Relaxed) };
        let url = self.post.url("/responses");
        let answer = loop {
            let answer = self.post.send(&url, &[], encode::body(request, form)?).await?;
            match answer {
                Err(failure) if form.summary && failure.is_about_summaries() => {
                    tracing::debug!("summaries of the reasoning were refused; none are asked for");
                    self.summaries.store(false, Ordering::Relaxed);
                    form.summary = false;
                }
                // Better a model that has forgotten its reasoning than a session that is stuck.
                Err(failure) if form.reasoning && failure.is_about_thinking() => {
                    tracing::debug!("earlier reasoning was refused; sent again without it");
                    form.reasoning = false;
                }
                answer => break answer,
            }
        };
        let response = self.post.stream(answer, &request.model.name)?;
        let decoder = Decoder::new(response.host());
        Ok(Stream::new(request, response, decoder))
    }
}

impl Provider for Responses {
    fn name(&self) -> &'static str {
        "openai_responses"
    }

    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Box<dyn Chunks>, ProviderError>> {
        Box::pin(async move {
            let stream = self.ask(&request.for_its_model()).await?;
            Ok(Box::new(stream) as Box<dyn Chunks>)
        })
    }
}
