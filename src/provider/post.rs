//! A request by POST, as most services take it: signed, sent again with a token that was renewed,
//! answered by a stream.

use secrecy::{ExposeSecret, SecretString};

use crate::http;
use crate::provider::cassette::Asking;
use crate::provider::failure::Failure;
use crate::provider::{Auth, Cassette, ProviderError, Service};

/// What holds for a wire unless a service says otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home {
    /// Where the wire's own vendor is.
    pub base_url: &'static str,
    /// The variable that holds a key for it.
    pub variable: &'static str,
    /// The header of a key; none: `authorization: Bearer`.
    pub key_header: Option<&'static str>,
    /// What the wire is called.
    pub wire: &'static str,
}

/// Headers of the wire's own: (name, value).
pub(super) type Own<'a> = &'a [(&'a str, &'a str)];

/// The way to one service.
#[derive(Debug)]
pub(super) struct Post {
    service: Service,
    client: http::Client,
    home: Home,
}

impl Post {
    /// No connection is made before the first request.
    pub(super) fn new(service: Service, home: Home) -> Self {
        let client = service.client();
        Self { service, client, home }
    }

    /// The service's name.
    pub(super) fn name(&self) -> &str {
        &self.service.name
    }

    /// Where the service is, without a `/` at the end.
    pub(super) fn base(&self) -> &str {
        let base = self.service.base_url.as_deref().unwrap_or(self.home.base_url);
        base.trim().trim_end_matches('/')
    }

    /// The address of a path that begins with `/`.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base())
    }

    async fn headers(&self, own: Own<'_>, refused: bool) -> Result<http::Headers, ProviderError> {
        let mut headers = http::Headers::default();
        for (name, value) in own {
            headers.set(name, value)?;
        }
        let bearer = |token: &SecretString| {
            SecretString::from(format!("Bearer {}", token.expose_secret().trim()))
        };
        match (&self.service.auth, self.home.key_header) {
            (Auth::Key(key), Some(name)) => headers.set_secret(name, key)?,
            (Auth::Renewed(credential), Some(name)) if credential.is_key() => {
                headers.set_secret(name, &credential.secret(refused).await?)?;
            }
            (Auth::Key(token) | Auth::Bearer(token), _) => {
                headers.set_secret("authorization", &bearer(token))?;
            }
            (Auth::Renewed(credential), _) => {
                let token = credential.secret(refused).await?;
                headers.set_secret("authorization", &bearer(&token))?;
            }
            (Auth::None, _) if self.base() == self.home.base_url => {
                let from = self.service.key_named().unwrap_or(self.home.variable);
                let host = http::host_of(self.base());
                let why = format!("there is no key for {host}. Set {from}");
                return Err(ProviderError::Auth(why));
            }
            (Auth::None, _) => {}
        }
        for (name, value) in &self.service.headers {
            headers.set_secret(name, value)?;
        }
        Ok(headers)
    }

    /// Sends a request; a refusal is a value, because some of them can be mended.
    pub(super) async fn send(
        &self,
        url: &str,
        own: Own<'_>,
        body: Vec<u8>,
    ) -> Result<Result<http::Response, Failure>, ProviderError> {
        let mut response = self.exchange(url, own, &body, false).await?;
        if response.status() == 401 && self.is_renewed(url, &body) {
            response = self.exchange(url, own, &body, true).await?;
        }
        if response.status() == 200 {
            return Ok(Ok(response));
        }
        Ok(Err(Failure::read(response, &self.service).await))
    }

    /// Sends a request once, past the cassette where there is one.
    async fn exchange(
        &self,
        url: &str,
        own: Own<'_>,
        body: &[u8],
        refused: bool,
    ) -> Result<http::Response, ProviderError> {
        let cassette = self.service.cassette.as_ref();
        // Where nothing is sent nobody is asked for a key.
        let headers = match cassette.and_then(Cassette::player) {
            Some(_) => http::Headers::default(),
            None => self.headers(own, refused).await?,
        };
        let sent = self.client.post(url, &headers, body.to_vec());
        let Some(cassette) = cassette else { return Ok(sent.await?) };
        let (service, base) = (&self.service, self.base());
        let asking = Asking { service, base, url, headers: &headers, body };
        Ok(cassette.exchange(asking, sent).await?)
    }

    /// Is a request that was refused for its key sent again with another one?
    fn is_renewed(&self, url: &str, body: &[u8]) -> bool {
        match self.service.cassette.as_ref().and_then(Cassette::player) {
            Some(player) => player.has_again(url, body),
            None => matches!(self.service.auth, Auth::Renewed(_)),
        }
    }

    /// The stream that answers; a refusal becomes an error of the request for this model.
    pub(super) fn stream(
        &self,
        answer: Result<http::Response, Failure>,
        model: &str,
    ) -> Result<http::Response, ProviderError> {
        let response = answer.map_err(|it| it.into_error_for(model, self.home.wire))?;
        let kind = response.header("content-type").unwrap_or("text/event-stream");
        if !kind.starts_with("text/event-stream") {
            return Err(ProviderError::Fatal(format!(
                "{} answered with {kind:?} instead of a stream. Check {}",
                response.host(),
                self.service.address_named()
            )));
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::catalogue::{HOME as HOME_VENDOR, Wire};

    const HOME: Home = Home {
        base_url: "https://home.example/v1",
        variable: "HOME_KEY",
        key_header: None,
        wire: "API",
    };

    fn service(auth: Auth) -> Service {
        Service { auth, ..Service::new("s", Wire::Responses) }
    }

    #[test]
    fn addresses() {
        let table = [
            (None, "https://home.example/v1/x"),
            (Some("http://127.0.0.1:80/"), "http://127.0.0.1:80/x"),
            (Some(" https://gate.example/v1 "), "https://gate.example/v1/x"),
        ];
        for (base, expected) in table {
            let service = Service { base_url: base.map(str::to_owned), ..service(Auth::None) };
            assert_eq!(Post::new(service, HOME).url("/x"), expected);
        }
    }

    #[tokio::test]
    async fn without_a_key_nothing_is_sent_to_the_vendor() {
        for (from, expected) in [("", "HOME_KEY"), ("$GATE_KEY", "$GATE_KEY")] {
            let service = Service { key_from: from.into(), ..service(Auth::None) };
            let error = Post::new(service, HOME).headers(&[], false).await.unwrap_err();
            let ProviderError::Auth(why) = &error else { panic!("{error}") };
            assert!(why.contains("home.example") && why.contains(expected), "{why}");
        }
        let own = Service { base_url: Some("http://127.0.0.1:1".into()), ..service(Auth::None) };
        assert!(Post::new(own, HOME).headers(&[], false).await.is_ok());
    }

    #[tokio::test]
    async fn the_home_vendor_has_two_variables() {
        let service = Service::new(HOME_VENDOR, Wire::Messages);
        let error = Post::new(service, HOME).headers(&[], false).await.unwrap_err().to_string();
        assert!(error.contains("ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN"), "{error}");
    }

    #[tokio::test]
    async fn a_key_with_a_line_break_says_so_and_not_the_key() {
        for auth in [Auth::Key("k\nsecret".into()), Auth::Bearer("k\nsecret".into())] {
            for key_header in [None, Some("x-key")] {
                let post = Post::new(service(auth.clone()), Home { key_header, ..HOME });
                let error = post.headers(&[], false).await.unwrap_err().to_string();
                assert!(error.contains("line break") && !error.contains("secret"), "{error}");
            }
        }
    }

    #[test]
    fn no_secret_is_printed() {
        let service = Service {
            base_url: Some("https://user:pass-word@gate.example".into()),
            headers: vec![("x-gate".into(), "gate-secret".into())],
            ..service(Auth::Key("key-secret".into()))
        };
        let shown = format!("{:?}", Post::new(service, HOME));
        for secret in ["pass-word", "gate-secret", "key-secret"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("gate.example"), "{shown}");
    }
}
