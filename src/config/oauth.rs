//! Where a login to a service is asked for: `[provider.NAME.oauth]`.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use serde::Deserialize;
use toml::Spanned;

use crate::config::source::{Said, Source};
use crate::http;

/// What every request says itself: no setting says it instead.
const FIXED: &[&str] = &[
    "response_type",
    "grant_type",
    "client_id",
    "redirect_uri",
    "state",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "device_code",
    "refresh_token",
    "scope",
];

/// An authorization server, as the user's file describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthText {
    /// Where the user is sent.
    pub authorize_url: Option<String>,
    /// Where a code is exchanged and tokens are renewed.
    pub token_url: String,
    /// Where device codes are given.
    pub device_url: Option<String>,
    /// As which application claw asks.
    pub client_id: String,
    /// What it asks for.
    pub scopes: Vec<String>,
    /// More that each request says.
    pub params: BTreeMap<String, String>,
}

/// What may stand in `[provider.NAME.oauth]`.
#[derive(Debug, Deserialize)]
pub(super) struct OauthRow {
    authorize_url: Option<Spanned<String>>,
    token_url: Spanned<String>,
    device_url: Option<Spanned<String>>,
    client_id: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    params: BTreeMap<String, Spanned<String>>,
}

impl OauthRow {
    pub(super) fn read(self, name: &Said<String>, at: &impl Fn(usize) -> Source) -> Result<OauthText> {
        let web = |said: Spanned<String>| {
            let (at, url) = (at(said.span().start), said.into_inner());
            let safe = url.starts_with("https://")
                || url.starts_with("http://") && http::is_loopback(&url);
            ensure!(safe, "{at}: a login goes by https:// alone, unless it is on this machine");
            Ok(url)
        };
        let authorize_url = self.authorize_url.map(web).transpose()?;
        let device_url = self.device_url.map(web).transpose()?;
        ensure!(
            authorize_url.is_some() || device_url.is_some(),
            "{}: [provider.{}.oauth] needs an authorize_url or a device_url",
            name.at,
            name.value
        );
        let mut params = BTreeMap::new();
        for (param, value) in self.params {
            let at = at(value.span().start);
            ensure!(!FIXED.contains(&param.as_str()), "{at}: claw says `{param}` itself");
            params.insert(param, value.into_inner());
        }
        Ok(OauthText {
            authorize_url,
            token_url: web(self.token_url)?,
            device_url,
            client_id: self.client_id,
            scopes: self.scopes,
            params,
        })
    }
}
