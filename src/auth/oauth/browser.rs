//! The login with a browser: a code, bound to this process by PKCE and `state`.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::callback::{Callback, Expected};
use super::{Issuer, Kind, token};
use crate::auth::Kept;
use crate::http;
use crate::http::form;

/// How long the user may take.
const PATIENCE: Duration = Duration::from_mins(5);

/// A login that waits for its user. Dropping it gives it up.
pub struct Begun<'a> {
    issuer: &'a Issuer,
    callback: Callback,
    expected: Expected,
    redirect: String,
    /// Never leaves this process before the code is exchanged.
    verifier: SecretString,
    url: String,
}

impl Issuer {
    /// Begins a login: a port waits from here on.
    ///
    /// # Errors
    ///
    /// Where this issuer knows no browser, or there is no port or no randomness.
    pub async fn begin(&self) -> Result<Begun<'_>> {
        let authorize = self
            .authorize_url
            .as_deref()
            .ok_or_else(|| anyhow!("{} has no authorize_url: log in with --device", self.title))?;
        let (state, verifier) = (random()?, random()?);
        let challenge = challenge(&verifier);
        let callback = Callback::open().await?;
        let port = callback.port();
        let scope = self.scopes.join(" ");
        let pkce = [("code_challenge", &*challenge), ("code_challenge_method", "S256")];
        let (redirect, expected, own) = match self.kind {
            Kind::Standard => (
                format!("http://127.0.0.1:{port}/callback"),
                Expected { path: "/callback".to_owned(), state: Some(state.clone()) },
                vec![
                    ("response_type", "code"),
                    ("client_id", &*self.client_id),
                    ("state", &*state),
                ],
            ),
            // It keeps no `state`; a path that nobody knows is as good. It wants this name for
            // 127.0.0.1.
            Kind::OpenRouter => (
                format!("http://localhost:{port}/callback/{state}"),
                Expected { path: format!("/callback/{state}"), state: None },
                Vec::new(),
            ),
        };
        let name = if self.kind == Kind::Standard { "redirect_uri" } else { "callback_url" };
        let mut pairs = self.pairs(&own);
        pairs.insert(0, (name, &redirect));
        pairs.extend(pkce);
        if !scope.is_empty() {
            pairs.push(("scope", &scope));
        }
        let url = form::address(authorize, pairs)?;
        Ok(Begun { issuer: self, callback, expected, redirect, verifier: verifier.into(), url })
    }
}

impl Begun<'_> {
    /// Where the user says yes.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits for the user and exchanges what the browser brings.
    ///
    /// # Errors
    ///
    /// Where the user or the service says no, or five minutes pass.
    pub async fn finish(self) -> Result<Kept> {
        let code = tokio::time::timeout(PATIENCE, self.callback.code(&self.expected)).await;
        let code = code.map_err(|_| {
            let minutes = PATIENCE.as_secs() / 60;
            anyhow!("nobody logged in within {minutes} minutes: log in again")
        })??;
        let client = http::Client::new(token::IDLE);
        let verifier = self.verifier.expose_secret();
        let doing = || format!("logging in to {}", self.issuer.title);
        if self.issuer.kind == Kind::OpenRouter {
            let key = token::key(&client, &self.issuer.token_url, &code, verifier).await;
            return Ok(Kept::Key { key: key.with_context(doing)? });
        }
        let pairs = self.issuer.pairs(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &self.redirect),
            ("client_id", &self.issuer.client_id),
            ("code_verifier", verifier),
        ]);
        let tokens = token::ask(&client, &self.issuer.token_url, pairs).await;
        Ok(Kept::Tokens(tokens.with_context(doing)?))
    }
}

impl fmt::Debug for Begun<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("issuer", &self.issuer.title).finish_non_exhaustive()
    }
}

/// 32 random bytes in 43 letters (RFC 7636, 4.1).
fn random() -> Result<String> {
    let mut bytes = [0; 32];
    let filled = getrandom::fill(&mut bytes);
    filled.map_err(|error| anyhow!("there is no randomness to log in with: {error}"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is sent of a verifier before it is itself (RFC 7636, 4.2: S256).
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = concat!("dBjftJeZ4CVP-mB92K27uhbUJU1p1r", "_wW1gFWFOEjXk");
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(random().unwrap().len(), 43);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_waited_for_for_ever() {
        let issuer = Issuer::built_in("openrouter").unwrap();
        let begun = issuer.begin().await.unwrap();
        assert!(
            begun
                .url()
                .starts_with("https://openrouter.ai/auth?callback_url=http%3A%2F%2Flocalhost%3A")
        );
        let shown = format!("{begun:?}");
        let verifier = begun.verifier.expose_secret().to_owned();
        assert!(!shown.contains(&verifier) && !begun.url().contains(&verifier));
        let error = begun.finish().await.unwrap_err().to_string();
        assert!(error.contains("within 5 minutes"), "{error}");
    }
}
