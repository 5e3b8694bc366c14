//! The login with a code that is typed on another device (RFC 8628).

use std::fmt;
use std::future::Future;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::token::{self, Refused};
use super::{Issuer, Kind};
use crate::auth::{Kept, Tokens};
use crate::http;
use crate::http::form;

/// How long is waited between two questions where the server does not say (RFC 8628, 3.2).
const INTERVAL: Duration = Duration::from_secs(5);
/// How much longer where it is asked too often (RFC 8628, 3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// The least and the most that is waited between two questions.
const WAITS: [Duration; 2] = [Duration::from_millis(100), Duration::from_mins(1)];
/// The longest that a code holds, whatever the server says.
const LONGEST: Duration = Duration::from_mins(30);

/// A code that waits to be typed.
pub struct Code<'a> {
    issuer: &'a Issuer,
    device: SecretString,
    /// What the user types.
    pub user: String,
    /// Where.
    pub page: String,
    /// The same with the code in it; not every server has one.
    pub whole: Option<String>,
    expires: Duration,
    interval: Duration,
}

impl Issuer {
    /// Asks for a code.
    ///
    /// # Errors
    ///
    /// Where this issuer gives none.
    pub async fn device(&self) -> Result<Code<'_>> {
        let url = self.device_url.as_deref().filter(|_| self.kind == Kind::Standard);
        let url = url.ok_or_else(|| anyhow!("{} has no device codes", self.title))?;
        let scope = self.scopes.join(" ");
        let mut pairs = self.pairs(&[("client_id", &self.client_id)]);
        if !scope.is_empty() {
            pairs.push(("scope", &scope));
        }
        let client = http::Client::new(token::IDLE);
        let answer = token::said(&client, url, form::KIND, form::encode(pairs)).await;
        let answer = answer.with_context(|| format!("logging in to {}", self.title))?;
        self.code(&answer).ok_or_else(|| anyhow!("{} gave no device code", http::host_of(url)))
    }

    fn code(&self, answer: &Value) -> Option<Code<'_>> {
        let text = |name: &str| Some(answer.get(name)?.as_str()?.to_owned());
        let web = |url: &String| url.starts_with("https://") || http::is_loopback(url);
        let seconds = |name: &str, or: Duration| {
            let said = answer.get(name).and_then(Value::as_f64);
            said.and_then(|said| Duration::try_from_secs_f64(said).ok()).unwrap_or(or)
        };
        Some(Code {
            issuer: self,
            device: text("device_code")?.into(),
            user: text("user_code")?,
            // `verification_url` is what Google says.
            page: text("verification_uri").or_else(|| text("verification_url")).filter(web)?,
            whole: text("verification_uri_complete").filter(web),
            expires: seconds("expires_in", LONGEST).min(LONGEST),
            interval: seconds("interval", INTERVAL).clamp(WAITS[0], WAITS[1]),
        })
    }
}

impl Code<'_> {
    /// Waits until the user has typed it.
    ///
    /// # Errors
    ///
    /// Where the user or the service says no, or the code expires.
    pub async fn finish(self) -> Result<Kept> {
        let client = http::Client::new(token::IDLE);
        let asked = poll(self.expires, self.interval, || {
            token::ask(
                &client,
                &self.issuer.token_url,
                self.issuer.pairs(&[
                    ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                    ("device_code", self.device.expose_secret()),
                    ("client_id", &self.issuer.client_id),
                ]),
            )
        });
        let tokens = asked.await.with_context(|| format!("logging in to {}", self.issuer.title));
        Ok(Kept::Tokens(tokens?))
    }
}

impl fmt::Debug for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("page", &self.page).finish_non_exhaustive()
    }
}

/// Asks again and again, as slowly as the server wants (RFC 8628, 3.4 and 3.5).
async fn poll<F: Future<Output = Result<Tokens, Refused>>>(
    expires: Duration,
    mut interval: Duration,
    ask: impl Fn() -> F,
) -> Result<Tokens> {
    const OVER: &str = "the code has expired: log in again";
    let asked = async {
        loop {
            tokio::time::sleep(interval).await;
            match ask().await {
                Ok(tokens) => return Ok(tokens),
                Err(Refused::Said { code, words }) => match code.as_str() {
                    "authorization_pending" => {}
                    "slow_down" => interval = (interval + SLOWER).min(WAITS[1]),
                    "access_denied" => bail!("you, or the service, said no"),
                    "expired_token" => bail!(OVER),
                    _ => bail!(words),
                },
                // RFC 8628, 3.5: where there is no answer, less often.
                Err(Refused::Silent(error)) if error.passes() => {
                    interval = (interval * 2).min(WAITS[1]);
                }
                Err(error) => return Err(error.into()),
            }
        }
    };
    tokio::time::timeout(expires, asked).await.unwrap_or_else(|_| Err(anyhow!(OVER)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    type Row = (&'static [&'static str], Result<u64, &'static str>);

    #[tokio::test(start_paused = true)]
    async fn it_is_asked_as_often_as_the_server_wants() {
        #[rustfmt::skip]
        let table: &[Row] = &[
            // what it says, one after the other                             seconds, or what is said
            (&["ok"],                                                        Ok(5)),
            (&["authorization_pending", "authorization_pending", "ok"],      Ok(15)),
            (&["slow_down", "authorization_pending", "ok"],                  Ok(5 + 10 + 10)),
            (&["slow_down", "slow_down", "ok"],                              Ok(5 + 10 + 15)),
            (&["authorization_pending", "access_denied"],                    Err("said no")),
            (&["expired_token"],                                             Err("has expired")),
            (&["invalid_client"],                                            Err("the words")),
            (&[],                                                            Err("has expired")),
        ];
        for (said, expected) in table {
            let rest = RefCell::new(said.iter());
            let begun = tokio::time::Instant::now();
            let ask = || async {
                match *rest.borrow_mut().next().unwrap_or(&"authorization_pending") {
                    "ok" => Ok(Tokens { access: "a".into(), refresh: None, expires: None }),
                    code => Err(Refused::Said { code: code.into(), words: "the words".into() }),
                }
            };
            let got = poll(Duration::from_mins(10), INTERVAL, ask).await;
            match (got, expected) {
                (Ok(_), Ok(seconds)) => assert_eq!(begun.elapsed().as_secs(), *seconds, "{said:?}"),
                (Err(error), Err(words)) => {
                    assert!(error.to_string().contains(words), "{said:?}: {error}");
                }
                (got, _) => panic!("{said:?}: {got:?}"),
            }
        }
    }

    #[test]
    fn codes() {
        let issuer = Issuer { kind: Kind::Standard, ..Issuer::built_in("openrouter").unwrap() };
        let code = |text: &str| issuer.code(&serde_json::from_str(text).unwrap());
        let whole = r#"{"device_code":"secret-d","user_code":"AB-CD","verification_uri":"https://a.example/d",
            "verification_uri_complete":"https://a.example/d?c=AB-CD","expires_in":60,"interval":0}"#;
        let got = code(whole).unwrap();
        assert_eq!((&*got.user, &*got.page), ("AB-CD", "https://a.example/d"));
        assert_eq!((got.expires, got.interval), (Duration::from_mins(1), WAITS[0]));
        assert!(got.whole.is_some() && !format!("{got:?}").contains("secret-d"));
        let short = whole.replace("\"interval\":0", "\"interval\":1e9").replace("60", "1e9");
        let got = code(&short).unwrap();
        assert_eq!((got.expires, got.interval), (LONGEST, WAITS[1]));
        assert!(code(&whole.replace("https://a.example/d\"", "file:///etc\"")).is_none());
        assert!(code(r#"{"user_code":"AB"}"#).is_none());
    }
}
