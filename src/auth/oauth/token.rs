//! What an authorization server is asked for tokens, and what it answers (RFC 6749, 5).

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::Issuer;
use crate::auth::Tokens;
use crate::base::cap;
use crate::base::clock::{self, Millis};
use crate::base::redact;
use crate::http::{self, form};

/// How long a server may be silent.
pub(super) const IDLE: Duration = Duration::from_secs(30);
/// Most bytes of an answer.
const MAX_BODY: usize = 256 << 10;
/// Most bytes of its words that are shown.
const SHOWN: usize = 300;
/// The longest that a token is believed to hold, in seconds.
const LONGEST: f64 = 10.0 * 365.0 * 86400.0;

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub(in crate::auth) enum Refused {
    /// The server says so: its word for why, and a sentence.
    #[error("{words}")]
    Said {
        /// As RFC 6749, 5.2 and RFC 8628, 3.5 have it.
        code: String,
        /// For people.
        words: String,
    },
    /// It did not answer.
    #[error(transparent)]
    Silent(#[from] http::Error),
    /// It answered with something else.
    #[error("{0}")]
    Odd(String),
}

/// Asks with these pairs.
pub(super) async fn ask<'a>(
    client: &http::Client,
    url: &str,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Tokens, Refused> {
    let answer = said(client, url, form::KIND, form::encode(pairs)).await?;
    tokens(&answer, &http::host_of(url), clock::now())
}

/// Exchanges a code for a key, as `OpenRouter` does.
pub(super) async fn key(
    client: &http::Client,
    url: &str,
    code: &str,
    verifier: &str,
) -> Result<SecretString, Refused> {
    let body = json!({"code": code, "code_verifier": verifier, "code_challenge_method": "S256"});
    let answer = said(client, url, "application/json", body.to_string()).await?;
    secret(&answer, "key", &http::host_of(url))
}

/// New tokens for a refresh token; the old one stays where none comes with them (RFC 6749, 6).
pub(in crate::auth) async fn refresh(
    issuer: &Issuer,
    refresh: &SecretString,
) -> Result<Tokens, Refused> {
    let pairs = issuer.pairs(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.expose_secret()),
        ("client_id", &issuer.client_id),
    ]);
    let fresh = ask(&http::Client::new(IDLE), &issuer.token_url, pairs).await?;
    Ok(Tokens { refresh: fresh.refresh.or_else(|| Some(refresh.clone())), ..fresh })
}

/// What the server answers, where that is no error.
pub(super) async fn said(
    client: &http::Client,
    url: &str,
    kind: &str,
    body: String,
) -> Result<Value, Refused> {
    let mut headers = http::Headers::default();
    headers.set("content-type", kind)?;
    headers.set("accept", "application/json")?;
    let response = client.post(url, &headers, body.into_bytes()).await?;
    let (host, status) = (response.host().to_owned(), response.status());
    read(&host, status, &response.text(MAX_BODY).await)
}

fn read(host: &str, status: u16, text: &str) -> Result<Value, Refused> {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    // Some say 200 to an error.
    match text("error") {
        Some(code) => {
            let words = text("error_description").unwrap_or(code);
            let words = redact::all(words);
            let words = format!("{host} says: {}", &words[..cap::floor(&words, SHOWN)]);
            Err(Refused::Said { code: code.to_owned(), words })
        }
        None if status == 200 && value.is_object() => Ok(value),
        None if status == 200 => {
            Err(Refused::Odd(format!("{host} answered with something that is no JSON object")))
        }
        None => Err(Refused::Odd(format!("{host} answered with {status}"))),
    }
}

fn secret(answer: &Value, name: &str, host: &str) -> Result<SecretString, Refused> {
    let fits = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    let text = answer.get(name).and_then(Value::as_str).filter(fits);
    text.map(SecretString::from).ok_or_else(|| Refused::Odd(format!("{host} gave no {name}")))
}

fn tokens(answer: &Value, host: &str, now: Millis) -> Result<Tokens, Refused> {
    let kind = answer.get("token_type").and_then(Value::as_str).unwrap_or("bearer");
    if !kind.eq_ignore_ascii_case("bearer") {
        return Err(Refused::Odd(format!(
            "{host} gave a token of the kind {kind:?}: claw has no use for it"
        )));
    }
    let access = secret(answer, "access_token", host)?;
    let refresh = answer.get("refresh_token").filter(|it| !it.is_null());
    let refresh = refresh.map(|_| secret(answer, "refresh_token", host)).transpose()?;
    let seconds = answer.get("expires_in");
    // Some say it as text.
    let seconds = seconds.and_then(|it| it.as_f64().or_else(|| it.as_str()?.parse().ok()));
    let millis = |seconds: f64| (seconds.clamp(0.0, LONGEST) * 1000.0) as u64;
    let expires = seconds.map(|seconds| Millis(now.0.saturating_add(millis(seconds))));
    Ok(Tokens { access, refresh, expires })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    #[test]
    fn answers() {
        let table = [
            // status, body                                                       until, or what is said
            (200, r#"{"access_token":"a","token_type":"Bearer","expires_in":60}"#, Ok(Some(61_000))),
            (200, r#"{"access_token":"a","expires_in":"60"}"#,                     Ok(Some(61_000))),
            (200, r#"{"access_token":"a","token_type":"bearer"}"#,                 Ok(None)),
            (200, r#"{"access_token":"a","refresh_token":null,"expires_in":-5}"#,  Ok(Some(1000))),
            (200, r#"{"access_token":"a","expires_in":1e300}"#,                    Ok(Some(315_360_001_000))),
            (200, r#"{"access_token":"a","token_type":"mac"}"#,                    Err("kind \"mac\"")),
            (200, r#"{"access_token":"two words"}"#,                               Err("no access_token")),
            (200, r#"{"access_token":"a","refresh_token":"x\ny"}"#,                Err("no refresh_token")),
            (200, r#"{"access_token":7}"#,                                         Err("no access_token")),
            (200, r#"{"error":"invalid_grant"}"#,                                  Err("h says: invalid_grant")),
            (400, r#"{"error":"invalid_grant","error_description":"it is used"}"#, Err("h says: it is used")),
            (200, "[]",                                                            Err("no JSON object")),
            (200, "<html>",                                                        Err("no JSON object")),
            (503, "<html>",                                                        Err("answered with 503")),
            (302, "{}",                                                            Err("answered with 302")),
        ];
        for (status, body, expected) in table {
            let got = read("h", status, body).and_then(|value| tokens(&value, "h", Millis(1000)));
            match (got, expected) {
                (Ok(got), Ok(until)) => assert_eq!(got.expires.map(|it| it.0), until, "{body}"),
                (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{body}: {error}"),
                (got, _) => panic!("{body}: {got:?}"),
            }
        }
    }
}
