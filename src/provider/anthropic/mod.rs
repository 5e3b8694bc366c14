//! Models by the Messages API (version 2023-06-01).

mod decode;
mod encode;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};

use crate::http;
use crate::provider::failure::Failure;
use crate::provider::stream::Stream;
use crate::provider::{Auth, Chunks, Provider, ProviderError, Request, Service};

use decode::Decoder;
use encode::History;

/// Where the service itself is.
pub const BASE_URL: &str = "https://api.anthropic.com";

/// A service that speaks the Messages API.
#[derive(Debug)]
pub struct Anthropic {
    service: Service,
    client: http::Client,
}

impl Anthropic {
    /// A service. No connection is made before the first request.
    pub fn new(service: Service) -> Self {
        let client = service.client();
        Self { service, client }
    }

    fn base(&self) -> &str {
        self.service.base_url.as_deref().unwrap_or(BASE_URL)
    }

    fn url(&self) -> String {
        let base = self.base().trim().trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base);
        format!("{base}/v1/messages")
    }

    async fn headers(&self, refused: bool) -> Result<http::Headers, ProviderError> {
        let mut headers = http::Headers::default();
        headers.set("anthropic-version", "2023-06-01")?;
        let bearer = |token: &SecretString| {
            SecretString::from(format!("Bearer {}", token.expose_secret().trim()))
        };
        match &self.service.auth {
            Auth::Key(key) => headers.set_secret("x-api-key", key)?,
            Auth::Bearer(token) => headers.set_secret("authorization", &bearer(token))?,
            Auth::Renewed(credential) if credential.is_key() => {
                headers.set_secret("x-api-key", &credential.secret(refused).await?)?;
            }
            Auth::Renewed(credential) => {
                let token = credential.secret(refused).await?;
                headers.set_secret("authorization", &bearer(&token))?;
            }
            Auth::None if self.base() == BASE_URL => {
                return Err(ProviderError::Auth(
                    "there is no key for api.anthropic.com. Set ANTHROPIC_API_KEY or \
                     ANTHROPIC_AUTH_TOKEN"
                        .to_owned(),
                ));
            }
            Auth::None => {}
        }
        for (name, value) in &self.service.headers {
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
        let headers = self.headers(false).await?;
        let mut response = self.client.post(&self.url(), &headers, body.clone()).await?;
        if response.status() == 401 && matches!(self.service.auth, Auth::Renewed(_)) {
            let headers = self.headers(true).await?;
            response = self.client.post(&self.url(), &headers, body).await?;
        }
        if response.status() == 200 {
            return Ok(Ok(response));
        }
        Ok(Err(Failure::read(response, &self.service).await))
    }

    async fn ask(&self, request: &Request) -> Result<Stream<Decoder>, ProviderError> {
        let mut answer = self.send(request, History::Whole).await?;
        if answer.as_ref().is_err_and(Failure::is_about_thinking) {
            // Better a model that has forgotten its reasoning than a session that is stuck.
            tracing::debug!("the reasoning of earlier messages was refused; sent again without it");
            answer = self.send(request, History::WithoutThinking).await?;
        }
        let response = answer
            .map_err(|failure| failure.into_error_for(&request.model.name, "Messages API"))?;
        let kind = response.header("content-type").unwrap_or("text/event-stream");
        if !kind.starts_with("text/event-stream") {
            return Err(ProviderError::Fatal(format!(
                "{} answered with {kind:?} instead of a stream. Check the service's base_url",
                response.host()
            )));
        }
        let decoder = Decoder::new(response.host());
        Ok(Stream::new(response, decoder))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::catalogue::Wire;

    fn service(auth: Auth) -> Service {
        Service { auth, ..Service::new("anthropic", Wire::Messages) }
    }

    #[test]
    fn addresses() {
        let table = [
            ("https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
            ("http://127.0.0.1:80/", "http://127.0.0.1:80/v1/messages"),
            ("https://gate.example/claude/v1/", "https://gate.example/claude/v1/messages"),
        ];
        for (base, expected) in table {
            let service = Service { base_url: Some(base.into()), ..service(Auth::None) };
            assert_eq!(Anthropic::new(service).url(), expected, "{base}");
        }
    }

    #[test]
    fn no_secret_is_printed() {
        let service = Service {
            base_url: Some("https://user:pass-word@gate.example".into()),
            headers: vec![("x-gate".into(), "gate-secret".into())],
            ..service(Auth::Key("sk-secret".into()))
        };
        let shown = format!("{:?}", Anthropic::new(service));
        for secret in ["pass-word", "gate-secret", "sk-secret"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("gate.example"), "{shown}");
    }

    #[tokio::test]
    async fn a_key_with_a_line_break_says_so_and_not_the_key() {
        for auth in [Auth::Key("sk\nsecret".into()), Auth::Bearer("sk\nsecret".into())] {
            let anthropic = Anthropic::new(service(auth));
            let error = anthropic.headers(false).await.unwrap_err().to_string();
            assert!(error.contains("line break") && !error.contains("secret"), "{error}");
        }
    }

    #[tokio::test]
    async fn without_a_key_nothing_is_sent() {
        let error = Anthropic::new(service(Auth::None)).headers(false).await.unwrap_err();
        let says = |why: &str| why.contains("ANTHROPIC_API_KEY");
        assert!(matches!(&error, ProviderError::Auth(why) if says(why)));
    }
}
