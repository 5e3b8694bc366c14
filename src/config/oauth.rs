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
    pub(super) fn read(
        self,
        name: &Said<String>,
        at: &impl Fn(usize) -> Source,
    ) -> Result<OauthText> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layer, Scope, merge};
    use std::path::Path;

    const HEAD: &str = "[provider.gate]\nwire = 'chat'\nbase_url = 'https://gate.example'\n";

    fn layer(rows: &str) -> Result<Layer> {
        Layer::parse(Path::new("c.toml"), &format!("{HEAD}[provider.gate.oauth]\n{rows}"))
    }

    const WHOLE: &str = "authorize_url = 'https://id.example/auth'\ntoken_url = 'https://id.example/token'\n\
        device_url = 'http://127.0.0.1:8/device'\nclient_id = 'claw'\nscopes = ['a', 'b']\n\
        params = { audience = 'gate' }\n";

    #[test]
    fn a_login_is_described() {
        let layer = layer(WHOLE).unwrap();
        let oauth = layer.services["gate"].oauth.clone().unwrap();
        assert_eq!(oauth.authorize_url.as_deref(), Some("https://id.example/auth"));
        assert_eq!(oauth.device_url.as_deref(), Some("http://127.0.0.1:8/device"));
        assert_eq!((&*oauth.token_url, &*oauth.client_id), ("https://id.example/token", "claw"));
        assert_eq!((oauth.scopes.len(), &*oauth.params["audience"]), (2, "gate"));
    }

    #[test]
    fn a_project_describes_none() {
        let settings = merge([(Scope::Project, layer(WHOLE).unwrap())]);
        assert!(settings.services.is_empty());
        assert!(settings.notices[0].contains("provider.gate"), "{:?}", settings.notices);
    }

    #[rustfmt::skip]
    #[test]
    fn what_cannot_be_is_said_with_its_line() {
        let table = [
            (WHOLE.replace("https://id.example/token", "http://id.example/token"), "c.toml:6: a login goes by https://"),
            (WHOLE.replace("http://127", "http://user@10"),                        "c.toml:7: a login goes by https://"),
            (WHOLE.replace("audience", "code_challenge"),                          "c.toml:10: claw says `code_challenge` itself"),
            (WHOLE.replace("scopes", "scope"),                                     "c.toml:9: there is no setting `scope` in [provider.gate.oauth]; did you mean `scopes`?"),
            ("token_url = 'https://a.example'\nclient_id = 'c'".to_owned(),        "c.toml:1: [provider.gate.oauth] needs an authorize_url or a device_url"),
            ("token_url = 'https://a.example'".to_owned(),                         "missing field `client_id`"),
        ];
        for (rows, expected) in table {
            let error = format!("{:#}", layer(&rows).unwrap_err());
            assert!(error.contains(expected), "{rows}: {error}");
        }
    }
}
