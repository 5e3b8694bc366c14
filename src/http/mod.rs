//! The one door to the network: a request goes out, a bounded and watched answer comes back.
//!
//! Made lazily and without certificates until a server shows one, so that claw starts at once.

pub mod address;
mod error;
pub mod form;
mod host;
mod response;
pub mod sse;
mod tls;

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

pub use error::{Error, Fault};
pub use host::{Authority, Host};
pub use response::{Body, Events, Response};
pub use tls::Tls;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(20);
/// How long a stream may be silent, unless told otherwise.
pub const IDLE: Duration = Duration::from_mins(2);
/// An upload this slow, in bytes a second, is still waited for.
const SLOWEST_UPLOAD: u64 = 16 * 1024;

/// Headers of a request. None of their values is ever printed.
#[derive(Debug, Clone, Default)]
pub struct Headers(HeaderMap);

impl Headers {
    /// Sets a header.
    ///
    /// # Errors
    ///
    /// [`Fault::Address`] where the name or the value holds what no header may hold.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let bad = |_| Error::bad_header(name);
        let key =
            HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| Error::bad_header(name))?;
        let mut value = HeaderValue::from_str(value.trim()).map_err(bad)?;
        value.set_sensitive(true);
        self.0.insert(key, value);
        Ok(())
    }

    /// Each name and its value, which may be a secret.
    pub fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// Sets a header whose value is a secret.
    pub fn set_secret(&mut self, name: &str, value: &SecretString) -> Result<(), Error> {
        self.set(name, value.expose_secret())
    }
}

/// A client with its pool of connections. One for each service.
#[derive(Debug)]
pub struct Client {
    idle: Duration,
    tls: Tls,
    /// For everything on this machine: a proxy could not reach it.
    local: OnceLock<reqwest::Client>,
    /// For everything else: by the system's proxy, where there is one.
    remote: OnceLock<reqwest::Client>,
}

impl Client {
    /// A client that gives a stream up after `idle` without a byte. Costs nothing until it is used.
    pub fn new(idle: Duration) -> Self {
        Self { idle, tls: Tls::default(), local: OnceLock::new(), remote: OnceLock::new() }
    }

    /// With these certificates.
    #[must_use]
    pub fn with(self, tls: Tls) -> Self {
        Self { tls, ..self }
    }

    /// Posts JSON. Any status is an answer, redirects too: they are not followed, because the
    /// request may carry a key.
    ///
    /// # Errors
    ///
    /// An [`Error`] where there was no answer; [`Error::passes`] says whether to try again.
    pub async fn post(
        &self,
        url: &str,
        headers: &Headers,
        body: Vec<u8>,
    ) -> Result<Response, Error> {
        let (url, host) = target(url)?;
        let patience = self.idle + Duration::from_secs(body.len() as u64 / SLOWEST_UPLOAD);
        let request = self
            .client(&url)?
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .headers(headers.0.clone())
            .body(body);
        self.send(request, host, patience).await
    }

    /// Gets what is at an address, by the same rules.
    ///
    /// # Errors
    ///
    /// As [`Client::post`].
    pub async fn get(&self, url: &str, headers: &Headers) -> Result<Response, Error> {
        let (url, host) = target(url)?;
        let request = self.client(&url)?.get(url).headers(headers.0.clone());
        self.send(request, host, self.idle).await
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        host: String,
        patience: Duration,
    ) -> Result<Response, Error> {
        // A stream that is packed comes in lumps.
        let request = request.header(ACCEPT_ENCODING, "identity");
        match tokio::time::timeout(patience, request.send()).await {
            Ok(Ok(inner)) => Ok(Response::new(inner, host, self.idle)),
            Ok(Err(error)) => Err(Error::from_send(&host, &error, CONNECT)),
            Err(_) => Err(Error::silent(&host, patience)),
        }
    }

    fn client(&self, url: &Url) -> Result<reqwest::Client, Error> {
        let local = is_local(url);
        let place = if local { &self.local } else { &self.remote };
        if let Some(client) = place.get() {
            return Ok(client.clone());
        }
        let tls =
            tls::config(&self.tls).map_err(|why| Error::no_tls(&host(url), &why.to_string()))?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("claw/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .tls_backend_preconfigured(tls);
        if local {
            builder = builder.no_proxy();
        }
        let client =
            builder.build().map_err(|error| Error::from_send(&host(url), &error, CONNECT))?;
        Ok(place.get_or_init(|| client).clone())
    }
}

/// An address that a request can go to, and its host.
fn target(url: &str) -> Result<(Url, String), Error> {
    let url = Url::parse(url).map_err(|why| Error::bad_address(url, &why.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Error::bad_address(url.as_str(), "it does not begin with http:// or https://"));
    }
    let host = host(&url);
    Ok((url, host))
}

/// The host of an address, with its port where that is not the scheme's own. Never a user name or
/// a password.
pub fn host_of(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "the server".to_owned(), |url| host(&url))
}

/// An address without a user's name, a password, and what stands behind `?` but for `alt`, which
/// says in which form the answer shall come.
pub fn plain(url: &str) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    let alt =
        url.query_pairs().find(|(name, _)| name == "alt").map(|(_, value)| value.into_owned());
    url.set_query(alt.map(|alt| format!("alt={alt}")).as_deref());
    url.set_fragment(None);
    Some(url.into())
}

/// The path of an address.
pub fn path_of(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|url| url.path().to_owned())
}

/// Does an address lead to this machine and no other?
pub fn is_loopback(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| is_local(&url))
}

/// The variables that name a proxy, or a file of authorities, and which are set: without values,
/// that may hold a password, but for the list of hosts and the files.
pub fn surroundings(get: impl Fn(&str) -> Option<String>) -> Vec<(&'static str, String)> {
    let proxies =
        ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    let plain = ["NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];
    let set = |name: &'static str| Some((name, get(name).filter(|value| !value.is_empty())?));
    let proxies = proxies.into_iter().filter_map(set).map(|(name, value)| {
        let whole = if value.contains("://") { value } else { format!("http://{value}") };
        (name, host_of(&whole))
    });
    proxies.chain(plain.into_iter().filter_map(set)).collect()
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or("the server");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn is_local(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_without_its_secrets() {
        let table = [
            ("https://api.anthropic.com/v1", "api.anthropic.com"),
            ("https://user:secret@gate.example:8443/x", "gate.example:8443"),
            ("http://[::1]:80/", "[::1]"),
            ("nonsense", "the server"),
        ];
        for (url, expected) in table {
            assert_eq!(host_of(url), expected, "{url}");
        }
    }

    #[test]
    fn a_plain_address_has_no_secret() {
        let table = [
            (
                "https://u:p@h.example:8443/v1/x?key=k&alt=sse#f",
                "https://h.example:8443/v1/x?alt=sse",
            ),
            ("http://127.0.0.1:9/v1?token=t", "http://127.0.0.1:9/v1"),
        ];
        for (url, expected) in table {
            assert_eq!(plain(url).as_deref(), Some(expected), "{url}");
        }
        assert_eq!(path_of("https://h.example/v1/x?alt=sse").as_deref(), Some("/v1/x"));
        assert_eq!(plain("nonsense"), None);
    }

    #[test]
    fn only_this_machine_is_local() {
        let table = [
            ("http://127.0.0.1:9", true),
            ("http://[::1]:9", true),
            ("http://localhost/", true),
            ("https://example.org/", false),
            ("http://10.0.0.1/", false),
        ];
        for (url, expected) in table {
            assert_eq!(is_local(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn the_surroundings_are_named_without_secrets() {
        let get = |name: &str| match name {
            "HTTPS_PROXY" => Some("http://me:secret@gate.example:3128".to_owned()),
            "http_proxy" => Some("me:secret@other.example:80".to_owned()),
            "NO_PROXY" => Some("a.example,b.example".to_owned()),
            "SSL_CERT_FILE" => Some(String::new()),
            _ => None,
        };
        let told = [
            ("HTTPS_PROXY", "gate.example:3128".to_owned()),
            ("http_proxy", "other.example".to_owned()),
            ("NO_PROXY", "a.example,b.example".to_owned()),
        ];
        assert_eq!(surroundings(get), told);
        assert!(is_loopback("http://127.0.0.1:1/x") && !is_loopback("http://a.example"));
    }

    #[test]
    fn no_header_is_printed() {
        let mut headers = Headers::default();
        headers.set_secret("x-api-key", &"sk-secret".into()).unwrap();
        assert!(!format!("{headers:?}").contains("sk-secret"));
        let error = headers.set_secret("x-api-key", &"sk\nsecret".into()).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[tokio::test]
    async fn an_address_that_is_none_says_so() {
        let client = Client::new(IDLE);
        for url in ["nonsense", "file:///etc/passwd"] {
            let error = client.post(url, &Headers::default(), Vec::new()).await.unwrap_err();
            assert_eq!(error.fault(), Fault::Address, "{url}");
            assert!(!error.passes());
        }
    }

    #[tokio::test]
    async fn a_refused_connection_says_so() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let client = Client::new(IDLE);
        let url = format!("http://{free}/v1");
        let error = client.post(&url, &Headers::default(), Vec::new()).await.unwrap_err();
        assert_eq!(error.fault(), Fault::Refused, "{error}");
        assert!(error.passes() && error.unreachable());
        assert!(error.to_string().contains(&free.to_string()), "{error}");
    }
}
