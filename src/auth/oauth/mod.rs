//! Logins by OAuth: with a browser on this machine, or with a code that is typed elsewhere.
//!
//! RFC 6749 and RFC 6750 as OAuth 2.1 narrows them (draft-ietf-oauth-v2-1): public clients, PKCE
//! (RFC 7636), a redirect to loopback (RFC 8252, 7.3), device codes (RFC 8628), refresh tokens.

mod browser;
mod callback;
mod device;
mod token;

pub use browser::Begun;
pub use device::Code;
pub(super) use token::{Refused, refresh};

use crate::config::OauthText;

/// Who is asked for a login, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Whose login it is: the name that people know.
    pub title: String,
    /// Where the user is sent; none where only a device code is given.
    pub authorize_url: Option<String>,
    /// Where a code is exchanged and tokens are renewed.
    pub token_url: String,
    /// Where device codes are given; none where they are not.
    pub device_url: Option<String>,
    /// As which application claw asks.
    pub client_id: String,
    /// What it asks for.
    pub scopes: Vec<String>,
    /// More that each request says: an audience, a resource.
    pub params: Vec<(String, String)>,
    /// How it speaks.
    pub kind: Kind,
}

/// How an authorization server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// As the standards have it; it gives tokens.
    Standard,
    /// As `OpenRouter` does: PKCE without a client, and in the end a key
    /// (<https://openrouter.ai/docs/guides/overview/auth/oauth>).
    OpenRouter,
}

impl Issuer {
    /// That of a service which claw knows.
    pub fn built_in(service: &str) -> Option<Self> {
        (service == "openrouter").then(|| Self {
            title: "OpenRouter".to_owned(),
            authorize_url: Some("https://openrouter.ai/auth".to_owned()),
            token_url: "https://openrouter.ai/api/v1/auth/keys".to_owned(),
            device_url: None,
            client_id: String::new(),
            scopes: Vec::new(),
            params: Vec::new(),
            kind: Kind::OpenRouter,
        })
    }

    /// That which the user describes in `[provider.NAME.oauth]`.
    pub fn described(title: &str, text: &OauthText) -> Self {
        Self {
            title: title.to_owned(),
            authorize_url: text.authorize_url.clone(),
            token_url: text.token_url.clone(),
            device_url: text.device_url.clone(),
            client_id: text.client_id.clone(),
            scopes: text.scopes.clone(),
            params: text.params.clone().into_iter().collect(),
            kind: Kind::Standard,
        }
    }

    /// These pairs, and those that each request has.
    fn pairs<'a>(&'a self, own: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut pairs = own.to_vec();
        pairs.extend(self.params.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        pairs
    }
}
