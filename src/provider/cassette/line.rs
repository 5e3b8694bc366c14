//! A cassette, line by line: each is one JSON object.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::redact;
use crate::http;
use crate::provider::catalogue::Wire;

/// The version of the format.
pub(super) const VERSION: u32 = 1;

/// Headers of a request that hold no secret.
const SENT: &[&str] =
    &["accept", "anthropic-beta", "anthropic-version", "content-type", "openai-beta"];
/// Headers of a response that say how it is meant.
const CAME: &[&str] =
    &["content-type", "request-id", "retry-after", "x-request-id", "x-should-retry"];

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line<'a> {
    /// The first one.
    Cassette(Head),
    /// An exchange begins.
    Request(Asked),
    /// Its answer begins.
    Response(Answered),
    /// The answer goes on.
    Chunk(#[serde(borrow)] Piece<'a>),
    /// It is over.
    End(Ended),
}

/// What was recorded, and by whom.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    /// The version of the format.
    pub version: u32,
    /// The version of claw.
    pub claw: String,
    /// The model that the session began with.
    pub model: String,
    /// Its window and the most it says at once, in tokens.
    pub window: u32,
    pub max_output: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    /// Its number, from 1. Exchanges may go on at the same time.
    pub exchange: u32,
    /// The service's name.
    pub service: String,
    /// How it is spoken with.
    pub wire: Wire,
    /// Where it is.
    pub base: String,
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answered {
    pub exchange: u32,
    /// Milliseconds since the request.
    pub at: u64,
    pub status: u16,
    pub headers: Vec<(String, String)>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Piece<'a> {
    pub exchange: u32,
    /// Milliseconds since the request.
    pub at: u64,
    #[serde(flatten, borrow)]
    pub bytes: Kept<'a>,
}

/// Bytes, readable where they are text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kept<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Base64(Cow<'a, str>),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ended {
    pub exchange: u32,
    /// Milliseconds since the request.
    pub at: u64,
    pub how: How,
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum How {
    /// By the server, as a whole.
    Whole,
    /// By claw, which had read enough, or was stopped.
    Left,
    /// By a fault on the way.
    Failed { fault: http::Fault, text: String },
}

impl Kept<'_> {
    pub(super) fn of(bytes: &[u8]) -> Kept<'_> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Kept::Text(text.into()),
            Err(_) => Kept::Base64(BASE64.encode(bytes).into()),
        }
    }

    pub(super) fn bytes(&self) -> Result<Bytes, base64::DecodeError> {
        match self {
            Self::Text(text) => Ok(Bytes::copy_from_slice(text.as_bytes())),
            Self::Base64(text) => BASE64.decode(text.as_bytes()).map(Bytes::from),
        }
    }
}

/// The headers of a request: of those that may hold a secret only the name.
pub(super) fn sent<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    let all = all.map(|(name, value)| {
        let value = if SENT.contains(&name) { redact::all(value) } else { redact::MARK.into() };
        (name.to_owned(), value.into_owned())
    });
    all.collect()
}

/// The headers of a response that matter.
pub(super) fn came(response: &http::Response) -> Vec<(String, String)> {
    let all = CAME.iter().filter_map(|name| {
        let value = redact::all(response.header(name)?).into_owned();
        Some(((*name).to_owned(), value))
    });
    all.collect()
}

/// A request's body, each of its texts without secrets.
pub(super) fn body(bytes: &[u8]) -> Value {
    let mut body = serde_json::from_slice(bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()));
    each_text(&mut body, &mut |text| {
        if let Cow::Owned(changed) = redact::all(text) {
            *text = changed;
        }
    });
    body
}

/// Every text of a value, at any depth. (The depth is what `serde_json` reads, at most 128.)
pub(super) fn each_text(value: &mut Value, with: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => with(text),
        Value::Array(all) => all.iter_mut().for_each(|value| each_text(value, with)),
        Value::Object(all) => all.values_mut().for_each(|value| each_text(value, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
