//! What is kept of a login. It is printed by nobody.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use crate::base::clock::Millis;
use crate::base::redact;

/// A key, or what OAuth gives in place of one.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kept {
    /// A key: it holds until it is withdrawn.
    Key {
        /// The key.
        #[serde(serialize_with = "exposed")]
        key: SecretString,
    },
    /// Tokens: they are renewed.
    Tokens(Tokens),
}

/// What an authorization server gives (RFC 6749, 5.1).
#[derive(Clone, Serialize, Deserialize)]
pub struct Tokens {
    /// What requests are signed with.
    #[serde(serialize_with = "exposed")]
    pub access: SecretString,
    /// What a new one is asked for with.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed_some")]
    pub refresh: Option<SecretString>,
    /// Until when it holds; none where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Millis>,
}

impl Kept {
    /// What requests are signed with.
    pub fn secret(&self) -> &SecretString {
        match self {
            Self::Key { key } => key,
            Self::Tokens(tokens) => &tokens.access,
        }
    }

    /// From now on none of it is written by claw or shown to the model.
    pub(super) fn learn(&self) {
        redact::learn(self.secret().expose_secret());
        if let Self::Tokens(Tokens { refresh: Some(refresh), .. }) = self {
            redact::learn(refresh.expose_secret());
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { .. } => f.write_str("Key(..)"),
            Self::Tokens(tokens) => tokens.fmt(f),
        }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// The one way in which a secret is written: into the store.
fn exposed<S: Serializer>(secret: &SecretString, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(secret.expose_secret())
}

#[allow(clippy::ref_option, reason = "serde calls it so")]
fn exposed_some<S: Serializer>(secret: &Option<SecretString>, to: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ExposeSecret::expose_secret).serialize(to)
}
