//! Keys from the environment. They are held so that no log, message or crash shows them.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Result, ensure};
use secrecy::SecretString;

use crate::base::redact;
use crate::config::Env;
use crate::config::env;

/// What signs requests to the provider.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// Sent as the provider's API key.
    pub api_key: Option<SecretString>,
    /// Sent as a bearer token.
    pub auth_token: Option<SecretString>,
}

impl Credentials {
    /// Reads the key from the variable `key_env`, or where that is none from `CLAW_API_KEY`, else
    /// `ANTHROPIC_API_KEY`; the token from `CLAW_AUTH_TOKEN`, else `ANTHROPIC_AUTH_TOKEN`.
    ///
    /// # Errors
    ///
    /// Where a value cannot be part of an HTTP header. The message does not show it.
    pub fn read(env: Env, key_env: Option<&str>) -> Result<Self> {
        let keys = match key_env {
            Some(name) => vec![name],
            None => vec!["CLAW_API_KEY", "ANTHROPIC_API_KEY"],
        };
        Ok(Self {
            api_key: first(env, &keys)?,
            auth_token: first(env, &["CLAW_AUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN"])?,
        })
    }

    /// Is there nothing to sign with?
    pub fn is_empty(&self) -> bool {
        self.api_key.is_none() && self.auth_token.is_none()
    }
}

/// From now on the values of variables that hold a key, a token or a password by their name are
/// taken out of what claw writes and of what tools show to the model.
pub fn learn_secrets(vars: impl IntoIterator<Item = (OsString, OsString)>) {
    const ENDS: &[&str] = &["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE"];
    for (name, value) in vars {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
        let name = name.to_ascii_uppercase();
        // A place of a key is no key, and a short word may stand anywhere.
        let plain = value.len() < 12 || Path::new(value).is_absolute() || value.contains(' ');
        if ENDS.iter().any(|end| name.ends_with(end)) && !plain {
            redact::learn(value);
        }
    }
}

/// The first of these variables that is set.
fn first(env: Env, names: &[&str]) -> Result<Option<SecretString>> {
    for name in names {
        if let Some(value) = env::text(env, name)? {
            let plain = value.bytes().all(|b| b.is_ascii_graphic());
            ensure!(plain, "reading ${name}: a key has only visible ASCII characters; set it anew");
            redact::learn(&value);
            return Ok(Some(value.into()));
        }
    }
    Ok(None)
}
