//! What the service says instead of a reply, by what can be done about it.

use std::time::Duration;

use serde::Deserialize;

use crate::base::cap;
use crate::http::Response;
use crate::provider::ProviderError;

/// Most bytes of an error's body that are read.
const MAX_BODY: usize = 64 << 10;
/// Most bytes of the service's words that are shown.
const MAX_WORDS: usize = 500;

/// The words of an error: `{"type":"error","error":{"type":…,"message":…}}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Words {
    error: Inner,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Inner {
    #[serde(rename = "type")]
    kind: String,
    message: String,
}

/// An answer that is no reply.
#[derive(Debug)]
pub(super) struct Failure {
    host: String,
    /// None for an error in the middle of a stream.
    status: Option<u16>,
    kind: String,
    message: String,
    after: Option<Duration>,
    /// What the service itself says about trying again (`x-should-retry`).
    again: Option<bool>,
}

impl Failure {
    pub(super) async fn read(response: Response) -> Self {
        let (host, status) = (response.host().to_owned(), Some(response.status()));
        let after = response.retry_after();
        let again = response.header("x-should-retry").and_then(|text| text.parse().ok());
        let body = response.text(MAX_BODY).await;
        let Inner { kind, message } =
            serde_json::from_str::<Words>(&body).unwrap_or_default().error;
        // A gateway in between answers in its own words; its web pages help nobody.
        let plain = !body.trim_start().starts_with(['<', '{']);
        let message = if message.is_empty() && plain { body } else { message };
        Self { host, status, kind, message: short(&message), after, again }
    }

    pub(super) fn in_stream(host: &str, words: Words) -> Self {
        let Inner { kind, message } = words.error;
        let (host, message) = (host.to_owned(), short(&message));
        Self { host, status: None, kind, message, after: None, again: None }
    }

    /// Does it refuse the reasoning that was sent back?
    pub(super) fn is_about_thinking(&self) -> bool {
        let words = ["thinking", "signature"];
        self.status == Some(400) && words.iter().any(|word| self.message.contains(word))
    }

    /// As an error of the request. An error in a stream is told by its kind alone.
    pub(super) fn into_error(self) -> ProviderError {
        let what = match self.status {
            Some(status) => format!("{} answered {status}", self.host),
            None => format!("{} broke the reply off", self.host),
        };
        let said = match (self.message.as_str(), self.kind.as_str()) {
            ("", "") => what,
            ("", kind) => format!("{what}: {kind}"),
            (message, _) => format!("{what}: {message}"),
        };
        let retry = |why| ProviderError::Retry { why, after: self.after };
        match (self.status.unwrap_or_else(|| status_of(&self.kind)), self.again) {
            (401, _) => ProviderError::Auth(format!(
                "{said}. The key was not accepted: check ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN"
            )),
            (403, _) => ProviderError::Auth(format!(
                "{said}. The key may not do this: check ANTHROPIC_API_KEY or \
                 ANTHROPIC_AUTH_TOKEN and what its workspace allows"
            )),
            (413, _) => ProviderError::TooLong(said),
            (400, _) if is_too_long(&self.message) => ProviderError::TooLong(said),
            (300..=399, _) => ProviderError::Fatal(format!(
                "{said}: a redirect is not followed. Check ANTHROPIC_BASE_URL"
            )),
            (_, Some(false)) => ProviderError::Fatal(said),
            (_, Some(true)) | (408 | 409 | 429 | 500..=599, _) => retry(said),
            _ => ProviderError::Fatal(said),
        }
    }

    /// Is it an unknown model, or an address where nobody speaks this protocol?
    pub(super) fn into_error_for(self, model: &str) -> ProviderError {
        match (self.status, self.kind.as_str()) {
            (Some(404), "not_found_error") => ProviderError::Fatal(format!(
                "unknown model {model:?} at {} ({}). Choose another with --model",
                self.host, self.message
            )),
            (Some(404), _) => ProviderError::Fatal(format!(
                "{} has no Messages API at this address. Check ANTHROPIC_BASE_URL",
                self.host
            )),
            _ => self.into_error(),
        }
    }
}

/// The status that an error's kind stands for.
fn status_of(kind: &str) -> u16 {
    match kind {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        // A stream that had begun was a good request: what stops it passes.
        _ => 529,
    }
}

fn is_too_long(message: &str) -> bool {
    let message = message.to_lowercase();
    let words = ["prompt is too long", "context limit", "context window", "context length"];
    words.iter().any(|word| message.contains(word))
}

fn short(text: &str) -> String {
    let text = text.trim();
    text[..cap::floor(text, MAX_WORDS)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(error: &ProviderError) -> &'static str {
        match error {
            ProviderError::Retry { .. } => "retry",
            ProviderError::Unreachable(_) => "unreachable",
            ProviderError::TooLong(_) => "too long",
            ProviderError::Auth(_) => "auth",
            ProviderError::Fatal(_) => "fatal",
        }
    }

    #[rustfmt::skip]
    #[test]
    fn failures() {
        let table = [
            // status    kind                     message                                    again        what to do
            (Some(400), "invalid_request_error", "prompt is too long: 210000 tokens",       None,        "too long"),
            (Some(400), "invalid_request_error", "input length and `max_tokens` exceed context limit: 1", None, "too long"),
            (Some(400), "invalid_request_error", "Your credit balance is too low",          None,        "fatal"),
            (Some(401), "authentication_error",  "invalid x-api-key",                       None,        "auth"),
            (Some(403), "permission_error",      "no",                                      None,        "auth"),
            (Some(404), "not_found_error",       "model: x",                                None,        "fatal"),
            (Some(408), "",                      "",                                        None,        "retry"),
            (Some(409), "",                      "",                                        None,        "retry"),
            (Some(413), "request_too_large",     "",                                        None,        "too long"),
            (Some(418), "",                      "teapot",                                  None,        "fatal"),
            (Some(429), "rate_limit_error",      "slow down",                               None,        "retry"),
            (Some(429), "rate_limit_error",      "never",                                   Some(false), "fatal"),
            (Some(500), "api_error",             "",                                        None,        "retry"),
            (Some(529), "overloaded_error",      "Overloaded",                              None,        "retry"),
            (Some(302), "",                      "",                                        None,        "fatal"),
            (Some(422), "",                      "",                                        Some(true),  "retry"),
            (None,      "overloaded_error",      "Overloaded",                              None,        "retry"),
            (None,      "api_error",             "",                                        None,        "retry"),
            (None,      "brand_new_error",       "",                                        None,        "retry"),
            (None,      "authentication_error",  "",                                        None,        "auth"),
            (None,      "invalid_request_error", "prompt is too long",                      None,        "too long"),
            (None,      "invalid_request_error", "odd",                                     None,        "fatal"),
        ];
        for (status, kind, message, again, expected) in table {
            let failure = Failure {
                host: "h.example".into(), status, kind: kind.into(), message: message.into(), after: None, again,
            };
            let error = failure.into_error_for("m");
            assert_eq!(name(&error), expected, "{status:?} {kind} {message}: {error}");
            assert!(error.to_string().contains("h.example"), "{error}");
        }
    }
}
