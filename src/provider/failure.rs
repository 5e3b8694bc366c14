//! What the service says instead of a reply, by what can be done about it.

use std::time::Duration;

use serde_json::Value;

use crate::base::cap;
use crate::http::Response;
use crate::provider::{ProviderError, Service};

/// Most bytes of an error's body that are read.
const MAX_BODY: usize = 64 << 10;
/// Most bytes of the service's words that are shown.
const MAX_WORDS: usize = 500;

/// The words of an error, as any service says them.
///
/// `{"error": {"type", "code", "status", "message"}}` (Anthropic, `OpenAI`, Google; Google may put
/// it into a list), `{"error": "…"}` (Ollama), `{"message": "…"}` and `{"detail": …}` (Mistral, vLLM).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// What sort of error: the most telling of `type`, `code` and `status`.
    pub kind: String,
    /// In a sentence.
    pub message: String,
}

impl Words {
    /// Reads a body; none where it says nothing in these forms.
    pub(super) fn read(body: &str) -> Option<Self> {
        Self::find(&serde_json::from_str(body).ok()?)
    }

    /// The same of a value, which may be an event of a stream.
    pub(super) fn find(value: &Value) -> Option<Self> {
        let value = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let inner = match value.get("error") {
            Some(Value::Null) | None => value,
            Some(Value::String(message)) => {
                return Some(Self { kind: String::new(), message: message.clone() });
            }
            Some(inner) => inner,
        };
        let said = |names: &[&str]| {
            names.iter().filter_map(|name| text(inner.get(name)?)).find(|text| !text.is_empty())
        };
        let message = said(&["message", "detail"])
            .or_else(|| inner.get("detail").filter(|it| !it.is_null()).map(ToString::to_string));
        // `code` tells an exceeded window where `type` says only that the request was bad.
        let kind = match said(&["code"]) {
            Some(code) if code.parse::<u16>().is_err() => Some(code),
            // A bare number is what OpenRouter has in the middle of a stream.
            code => said(&["type", "status"]).or(code),
        };
        (message.is_some() || kind.is_some() && value.get("error").is_some())
            .then(|| Self { kind: kind.unwrap_or_default(), message: message.unwrap_or_default() })
    }
}

/// An answer that is no reply.
#[derive(Debug)]
pub(super) struct Failure {
    host: String,
    /// None for an error in the middle of a stream.
    status: Option<u16>,
    words: Words,
    after: Option<Duration>,
    /// What the service itself says about trying again (`x-should-retry`).
    again: Option<bool>,
    /// What gives the key, and what says the address: for errors to name.
    key: String,
    address: String,
}

impl Failure {
    pub(super) async fn read(response: Response, service: &Service) -> Self {
        let (host, status) = (response.host().to_owned(), Some(response.status()));
        let after = response.retry_after();
        let again = response.header("x-should-retry").and_then(|text| text.parse().ok());
        let body = response.text(MAX_BODY).await;
        let after = after.or_else(|| retry_delay(&body));
        // A gateway in between answers in its own words; its web pages help nobody.
        let plain = !body.trim_start().starts_with(['<', '{', '[']);
        let words = Words::read(&body).unwrap_or_else(|| Words {
            kind: String::new(),
            message: if plain { body } else { String::new() },
        });
        let words = Words { message: short(&words.message), ..words };
        let key = match service.key_named() {
            Some(from) => from.to_owned(),
            None => format!("the key of [provider.{}]", service.name),
        };
        Self { host, status, words, after, again, key, address: service.address_named() }
    }

    /// What a service says in the middle of a stream.
    pub(super) fn in_stream(host: &str, words: Words) -> Self {
        let words = Words { message: short(&words.message), ..words };
        let (key, address) = ("the key".to_owned(), "the address".to_owned());
        Self { host: host.to_owned(), status: None, words, after: None, again: None, key, address }
    }

    /// Does it refuse the reasoning that was sent back?
    pub(super) fn is_about_thinking(&self) -> bool {
        let words =
            ["thinking", "signature", "encrypted_content", "encrypted content", "reasoning"];
        let said = self.words.message.to_lowercase();
        self.status == Some(400) && words.iter().any(|word| said.contains(word))
    }

    /// What it says, in small letters, where it refuses the request's form.
    pub(super) fn refused(&self) -> Option<String> {
        matches!(self.status, Some(400 | 422)).then(|| self.words.message.to_lowercase())
    }

    /// Does it refuse a summary of the reasoning? Some give one only to accounts they know.
    pub(super) fn is_about_summaries(&self) -> bool {
        let said = self.words.message.to_lowercase();
        let words = ["reasoning summar", "reasoning.summary"];
        matches!(self.status, Some(400 | 403)) && words.iter().any(|word| said.contains(word))
    }

    /// As an error of the request. An error in a stream is told by its kind alone.
    pub(super) fn into_error(self) -> ProviderError {
        let what = match self.status {
            Some(status) => format!("{} answered {status}", self.host),
            None => format!("{} broke the reply off", self.host),
        };
        let said = match (self.words.message.as_str(), self.words.kind.as_str()) {
            ("", "") => what,
            ("", kind) => format!("{what}: {kind}"),
            (message, _) => format!("{what}: {message}"),
        };
        let (key, address) = (&self.key, &self.address);
        let retry = |why| ProviderError::Retry { why, after: self.after };
        match (self.status.unwrap_or_else(|| status_of(&self.words.kind)), self.again) {
            _ if self.words.is_too_long() => ProviderError::TooLong(said),
            _ if self.words.is_about_pictures() => ProviderError::NoPictures(said),
            // No waiting helps: the account has to be filled first.
            (402, _) => ProviderError::Fatal(said),
            (429, _) if self.words.kind == "insufficient_quota" => ProviderError::Fatal(said),
            (status, _) if status == 401 || self.words.is_about_key() => {
                ProviderError::Auth(format!("{said}. The key was not accepted: check {key}"))
            }
            (403, _) => ProviderError::Auth(format!(
                "{said}. The key may not do this: check {key} and what its account allows"
            )),
            (413, _) => ProviderError::TooLong(said),
            (300..=399, _) => {
                ProviderError::Fatal(format!("{said}: a redirect is not followed. Check {address}"))
            }
            (_, Some(false)) => ProviderError::Fatal(said),
            (_, Some(true)) | (408 | 409 | 429 | 500..=599, _) => retry(said),
            _ => ProviderError::Fatal(said),
        }
    }

    /// Is it an unknown model, or an address where nobody speaks this protocol?
    pub(super) fn into_error_for(self, model: &str, wire: &str) -> ProviderError {
        let named = matches!(
            self.words.kind.as_str(),
            "not_found_error" | "model_not_found" | "NOT_FOUND" | "invalid_model"
        ) || self.words.message.to_lowercase().contains("model");
        match self.status {
            // OpenRouter's: none of its servers sees.
            Some(404) if self.words.is_about_pictures() => self.into_error(),
            Some(404) if named => ProviderError::Fatal(format!(
                "unknown model {model:?} at {} ({}). Choose another with --model",
                self.host, self.words.message
            )),
            Some(404 | 405) => ProviderError::Fatal(format!(
                "{} has no {wire} at this address. Check {}",
                self.host, self.address
            )),
            _ => self.into_error(),
        }
    }
}

/// The status that an error's kind stands for.
fn status_of(kind: &str) -> u16 {
    match kind {
        "invalid_request_error" | "invalid_prompt" | "INVALID_ARGUMENT" | "FAILED_PRECONDITION" => {
            400
        }
        "authentication_error" | "invalid_api_key" | "UNAUTHENTICATED" => 401,
        "billing_error" | "insufficient_quota" => 402,
        "permission_error" | "PERMISSION_DENIED" => 403,
        "not_found_error" | "model_not_found" | "NOT_FOUND" => 404,
        "request_too_large" => 413,
        "rate_limit_error" | "rate_limit_exceeded" | "RESOURCE_EXHAUSTED" => 429,
        // A picture that is not taken: OpenAI has a kind for each of its faults.
        kind if kind.contains("image") => 400,
        // A stream that had begun was a good request: what stops it passes.
        other => other.parse().unwrap_or(529),
    }
}

/// How long to wait, as Google says it in the body: `{"error": {"details": [{"retryDelay": "7.5s"}]}}`
/// (`google.rpc.RetryInfo`).
fn retry_delay(body: &str) -> Option<Duration> {
    let value: Value = serde_json::from_str(body).ok()?;
    let value = value.as_array().and_then(|list| list.first()).unwrap_or(&value);
    let mut details = value.get("error")?.get("details")?.as_array()?.iter();
    let delay = details.find_map(|it| it.get("retryDelay")?.as_str())?;
    Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
}

impl Words {
    /// A wrong key, which Google calls a wrong argument.
    fn is_about_key(&self) -> bool {
        let said = self.message.to_lowercase();
        self.kind == "INVALID_ARGUMENT"
            && ["api key not valid", "api key expired"].iter().any(|words| said.contains(words))
    }

    /// The model sees no pictures, in any service's words.
    fn is_about_pictures(&self) -> bool {
        let message = self.message.to_lowercase();
        NO_PICTURES.iter().any(|words| message.contains(words))
    }

    /// The prompt does not fit, in any service's words.
    fn is_too_long(&self) -> bool {
        if matches!(self.kind.as_str(), "context_length_exceeded" | "exceed_context_size_error") {
            return true;
        }
        let message = self.message.to_lowercase();
        TOO_LONG.iter().any(|words| message.contains(words))
    }
}

/// How services say that a prompt is longer than the model's window.
const TOO_LONG: &[&str] = &[
    // Anthropic
    "prompt is too long",
    "exceed context limit",
    // OpenAI, vLLM, Mistral, DeepSeek, Groq, OpenRouter
    "maximum context length",
    "context window",
    "context length",
    "reduce the length of the messages",
    // Google
    "input token count exceeds",
    "exceeds the maximum number of tokens",
    // xAI
    "maximum prompt length",
    // llama.cpp, LM Studio, Ollama
    "exceeds the available context size",
    "context size has been exceeded",
    "input length exceeds",
];

/// How services say that a model sees no pictures. What is wrong with one picture is another thing.
const NO_PICTURES: &[&str] = &[
    // OpenAI
    "image_url is only supported by certain models",
    // OpenRouter
    "endpoints found that support image input",
    // DeepSeek, and others that are written in Rust
    "unknown variant `image_url`",
    // vLLM
    "is not a multimodal model",
    // llama.cpp, xAI, Google
    "image input is not supported",
    "image inputs are not supported",
    "image input modality is not enabled",
    // Mistral
    "image input is not enabled for this model",
    // LM Studio, Ollama, gateways
    "does not support image",
    "do not support image",
    "doesn't support image",
    "missing data required for image input",
    "not a vision model",
];

/// What stands before the size of the window, or after it, where an error says it. What was sent is
/// often said, too: it stands elsewhere.
const WINDOW_AFTER: &[&str] = &[
    // OpenAI, vLLM, Mistral, DeepSeek, Groq, OpenRouter
    "maximum context length is ",
    "context length is only ",
    "context length of ",
    "context window of ",
    "context limit of ",
    // xAI
    "maximum prompt length is ",
    // Google
    "maximum number of tokens allowed (",
    "maximum number of tokens allowed ",
    // Anthropic
    "tokens > ",
    // llama.cpp
    "available context size (",
];

/// The model's window as the words of an error say it.
pub(super) fn window(why: &str) -> Option<u32> {
    let why = why.to_lowercase();
    let after = WINDOW_AFTER.iter().filter_map(|words| {
        let (_, rest) = why.split_once(words)?;
        number(rest)
    });
    after.into_iter().next().or_else(|| {
        // Anthropic: `input length and max_tokens exceed context limit: 199000 + 8000 > 200000`.
        let (_, rest) = why.split_once("exceed context limit: ")?;
        number(rest.split_once(" > ")?.1)
    })
}

/// The number at the start; commas may stand in it.
fn number(text: &str) -> Option<u32> {
    let digits: String = text
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == ',')
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
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
            ProviderError::NoPictures(_) => "no pictures",
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
            (Some(400), "context_length_exceeded", "",                                      None,        "too long"),
            (Some(400), "INVALID_ARGUMENT",      "The input token count exceeds the maximum number of tokens allowed 1048576.", None, "too long"),
            (Some(400), "exceed_context_size_error", "the request exceeds the available context size", None, "too long"),
            (Some(400), "INVALID_ARGUMENT",      "API key not valid. Please pass a valid API key.", None, "auth"),
            (Some(404), "",                      "No endpoints found that support image input", None,    "no pictures"),
            (Some(400), "",                      "unknown variant `image_url`, expected `text`", None,   "no pictures"),
            (Some(500), "",                      "image input is not supported - hint: you may need the mmproj", None, "no pictures"),
            (Some(400), "invalid_request_error", "image exceeds 5 MB maximum",              None,        "fatal"),
            (Some(402), "",                      "pay first",                               None,        "fatal"),
            (Some(429), "insufficient_quota",    "You exceeded your current quota",         None,        "fatal"),
            (Some(429), "RESOURCE_EXHAUSTED",    "Quota exceeded",                          None,        "retry"),
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
                host: "h.example".into(), status, words: Words { kind: kind.into(), message: message.into() }, after: None, again, key: "$K".into(), address: "$U".into(),
            };
            let error = failure.into_error_for("m", "Messages API");
            assert_eq!(name(&error), expected, "{status:?} {kind} {message}: {error}");
            assert!(error.to_string().contains("h.example"), "{error}");
        }
    }

    #[test]
    fn windows_in_every_services_words() {
        let table = [
            ("prompt is too long: 210000 tokens > 200000 maximum", Some(200_000)),
            (
                "input length and `max_tokens` exceed context limit: 199000 + 8000 > 200000, decrease",
                Some(200_000),
            ),
            (
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
                Some(8_192),
            ),
            (
                "This endpoint's maximum context length is 131,072 tokens. However, you requested about 140000",
                Some(131_072),
            ),
            (
                "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
                Some(1_048_576),
            ),
            (
                "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
                Some(131_072),
            ),
            (
                "request (9001 tokens) exceeds the available context size (4096 tokens), try increasing it",
                Some(4_096),
            ),
            ("Your input exceeds the context window of this model.", None),
            ("maximum context length is 99999999999999 tokens", None),
            ("maximum context length is tokens", None),
            ("", None),
        ];
        for (why, expected) in table {
            assert_eq!(window(&format!("h.example:8080 answered 400: {why}")), expected, "{why}");
        }
    }

    #[test]
    fn a_delay_in_the_body() {
        let said = |delay: &str| {
            format!(r#"{{"error":{{"details":[{{"@type":"x"}},{{"retryDelay":"{delay}"}}]}}}}"#)
        };
        let table = [
            (said("7s"), Some(Duration::from_secs(7))),
            (format!("[{}]", said("0.5s")), Some(Duration::from_millis(500))),
            (said("-1s"), None),
            (said("1e300s"), None),
            (said("7"), None),
            (r#"{"error":"busy"}"#.to_owned(), None),
            ("busy".to_owned(), None),
        ];
        for (body, expected) in table {
            assert_eq!(retry_delay(&body), expected, "{body}");
        }
    }

    #[test]
    fn words_of_every_service() {
        let table = [
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#,
                "overloaded_error",
                "m",
            ),
            (
                r#"{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}"#,
                "context_length_exceeded",
                "m",
            ),
            (r#"{"error":{"message":"m","type":"tokens","code":null}}"#, "tokens", "m"),
            (
                r#"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}"#,
                "RESOURCE_EXHAUSTED",
                "m",
            ),
            (
                r#"[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]"#,
                "INVALID_ARGUMENT",
                "m",
            ),
            (r#"{"error":"model 'x' not found"}"#, "", "model 'x' not found"),
            (
                r#"{"object":"error","message":"m","type":"BadRequestError","code":400}"#,
                "BadRequestError",
                "m",
            ),
            (r#"{"detail":[{"msg":"field required"}]}"#, "", r#"[{"msg":"field required"}]"#),
        ];
        for (body, kind, message) in table {
            let words = Words::read(body).unwrap();
            assert_eq!((words.kind.as_str(), words.message.as_str()), (kind, message), "{body}");
        }
        for body in ["", "{}", "[]", "<html>", r#"{"choices":[]}"#, r#"{"error":null}"#, "7"] {
            assert_eq!(Words::read(body), None, "{body}");
        }
    }
}
