//! The credential of a login: read when it is needed, renewed by one process for all.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use crate::auth::oauth::{self, Issuer, Refused};
use crate::auth::{Found, Kept, Store, Tokens};
use crate::base::clock::{self, Millis};
use crate::provider::{Credential, ProviderError};

/// How long before its end a token is renewed.
const EARLY: Duration = Duration::from_mins(1);

/// What `claw auth login` kept for a service.
pub struct Login {
    service: String,
    store: Store,
    /// Who renews its tokens.
    issuer: Option<Issuer>,
    found: Found,
    /// What was used last. Held while it is renewed: requests at the same time renew it once.
    held: Mutex<Option<Kept>>,
}

impl Login {
    /// That of `service`, which was found in the store.
    pub fn new(service: &str, store: Store, found: Found, issuer: Option<Issuer>) -> Self {
        Self { service: service.to_owned(), store, issuer, found, held: Mutex::default() }
    }

    /// What the user can do.
    fn again(&self, why: &str) -> ProviderError {
        let service = &self.service;
        ProviderError::Auth(format!("{why}: claw auth login {service}"))
    }

    async fn kept(&self) -> Result<Kept, ProviderError> {
        let kept = self.store.get(&self.service).await;
        let kept = kept.map_err(|why| ProviderError::Auth(format!("{why:#}")))?;
        kept.ok_or_else(|| self.again(&format!("you have logged out of {}", self.service)))
    }

    /// The tokens that hold now, where `old` do not or not much longer.
    async fn renewed(&self, old: &Tokens, refused: bool) -> Result<Kept, ProviderError> {
        let alone = self.store.alone(&self.service).await;
        let _alone = alone.map_err(|why| ProviderError::Auth(format!("{why:#}")))?;
        // Another process may have been faster, or the user has logged in anew.
        let now = clock::now();
        let tokens = match self.kept().await? {
            Kept::Tokens(tokens) => tokens,
            key @ Kept::Key { .. } => return Ok(key),
        };
        let same = tokens.access.expose_secret() == old.access.expose_secret();
        if !same && !tokens.ends_by(now, EARLY) {
            return Ok(Kept::Tokens(tokens));
        }
        // It may still do for this once.
        let dead = refused && same || tokens.ends_by(now, Duration::ZERO);
        let (Some(refresh), Some(issuer)) = (&tokens.refresh, &self.issuer) else {
            let why = format!("the login to {} is over", self.service);
            return if dead { Err(self.again(&why)) } else { Ok(Kept::Tokens(tokens)) };
        };
        match oauth::refresh(issuer, refresh).await {
            Ok(fresh) => {
                let fresh = Kept::Tokens(fresh);
                let put = self.store.put(&self.service, &fresh, self.found.place).await;
                put.map_err(|why| ProviderError::Auth(format!("{why:#}")))?;
                Ok(fresh)
            }
            Err(Refused::Said { code, words }) if code == "invalid_grant" => {
                Err(self.again(&format!("the login to {} is over ({words})", self.service)))
            }
            Err(_) if !dead => Ok(Kept::Tokens(tokens)),
            Err(Refused::Silent(error)) => Err(error.into()),
            Err(error) => {
                let why = format!("the login to {} could not be renewed: {error}", self.service);
                Err(self.again(&why))
            }
        }
    }
}

impl Tokens {
    /// Are they of no use any more `early` after `now`?
    fn ends_by(&self, now: Millis, early: Duration) -> bool {
        self.expires.is_some_and(|end| end.since(now) <= early)
    }
}

impl Credential for Login {
    fn secret(&self, refused: bool) -> BoxFuture<'_, Result<SecretString, ProviderError>> {
        Box::pin(async move {
            let mut held = self.held.lock().await;
            let kept = match held.clone() {
                Some(kept) => kept,
                None => self.kept().await?,
            };
            let kept = match &kept {
                Kept::Tokens(tokens) if refused || tokens.ends_by(clock::now(), EARLY) => {
                    self.renewed(tokens, refused).await?
                }
                Kept::Key { key } if refused => {
                    let now = self.kept().await?;
                    if now.secret().expose_secret() == key.expose_secret() {
                        let why = format!("{} did not accept the key of your login", self.service);
                        return Err(self.again(&why));
                    }
                    now
                }
                _ => kept,
            };
            Ok(held.insert(kept).secret().clone())
        })
    }

    fn is_key(&self) -> bool {
        !self.found.tokens
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("service", &self.service).finish_non_exhaustive()
    }
}
