//! Why there is no answer, in a sentence that says what to do next.

use std::error::Error as StdError;
use std::io::ErrorKind;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::cap;

/// What went wrong between here and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The address or a header is none.
    Address,
    /// The host's name was not found.
    Name,
    /// Nothing listens there.
    Refused,
    /// No connection, or no byte, in time.
    TimedOut,
    /// No secure connection.
    Tls,
    /// The proxy did not let it through.
    Proxy,
    /// No connection, for another reason.
    Unreachable,
    /// The connection broke in the middle.
    Cut,
    /// One event is larger than may be kept.
    TooLarge,
    /// The recording that answers instead of a server has no answer to this.
    Unrecorded,
}

/// Why there is no answer. Names the host, never the whole address, and no header.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{text}")]
pub struct Error {
    fault: Fault,
    text: String,
}

impl Error {
    /// What went wrong.
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// May the same request succeed later?
    pub fn passes(&self) -> bool {
        !matches!(self.fault, Fault::Address | Fault::Tls | Fault::TooLarge | Fault::Unrecorded)
    }

    /// Was there no way to the server at all? Then nothing was asked, and the cause is likely here.
    pub fn unreachable(&self) -> bool {
        matches!(self.fault, Fault::Name | Fault::Refused | Fault::Proxy | Fault::Unreachable)
    }

    /// A fault in these words, which name no secret.
    pub fn new(fault: Fault, text: String) -> Self {
        Self { fault, text }
    }

    pub(super) fn bad_address(url: &str, why: &str) -> Self {
        // An address may hold a password before the host.
        let shown = url.rsplit('@').next().unwrap_or_default();
        let shown = &shown[..cap::floor(shown, 200)];
        Self::new(
            Fault::Address,
            format!("{shown} is no address to send to: {why}. Check the base URL"),
        )
    }

    pub(super) fn bad_header(name: &str) -> Self {
        let name = &name[..cap::floor(name, 100)];
        let text = format!(
            "the header {name:?} has a name or a value that no header may have. Check the key and \
             the custom headers for line breaks and other invisible characters"
        );
        Self::new(Fault::Address, text)
    }

    pub(super) fn no_tls(host: &str, detail: &str) -> Self {
        let text = format!(
            "no secure connection to {host}: {detail}. Check the certificates (SSL_CERT_FILE, or \
             ca_file, client_cert and client_key of the provider in config.toml) and the clock"
        );
        Self::new(Fault::Tls, text)
    }

    pub(super) fn silent(host: &str, waited: Duration) -> Self {
        let text = format!("{host} was silent for {} s and was given up", waited.as_secs());
        Self::new(Fault::TimedOut, text)
    }

    pub(super) fn too_large(host: &str, most: usize) -> Self {
        let text = format!("{host} sent one event of more than {} MiB", most >> 20);
        Self::new(Fault::TooLarge, text)
    }

    pub(super) fn cut(host: &str, error: &reqwest::Error) -> Self {
        let detail = deepest(error);
        Self::new(Fault::Cut, format!("the connection to {host} broke in the middle: {detail}"))
    }

    pub(super) fn from_send(host: &str, error: &reqwest::Error, connect: Duration) -> Self {
        let detail = deepest(error);
        match fault(error) {
            Fault::Name => Self::new(
                Fault::Name,
                format!("no answer from {host}: name not found. Check the network or HTTPS_PROXY"),
            ),
            Fault::Refused => Self::new(
                Fault::Refused,
                format!(
                    "no answer from {host}: connection refused. Is the server running, and are \
                     the base URL and HTTPS_PROXY right?"
                ),
            ),
            Fault::TimedOut => Self::new(
                Fault::TimedOut,
                format!(
                    "no connection to {host} within {} s. Check the network or HTTPS_PROXY",
                    connect.as_secs()
                ),
            ),
            Fault::Tls => Self::no_tls(host, &detail),
            Fault::Proxy => Self::new(
                Fault::Proxy,
                format!("no way to {host} by the proxy: {detail}. Check HTTPS_PROXY and NO_PROXY"),
            ),
            Fault::Address => Self::new(Fault::Address, format!("no request to {host}: {detail}")),
            Fault::Cut => {
                Self::new(Fault::Cut, format!("{host} broke off before it answered: {detail}"))
            }
            fault => {
                Self::new(fault, format!("no connection to {host}: {detail}. Check the network"))
            }
        }
    }
}

/// Every error below and with `error`. What an `io::Error` wraps does not stand in its `source`.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> Vec<&'a (dyn StdError + 'static)> {
    let mut all = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next.filter(|_| all.len() < 32) {
        all.push(error);
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = wrapped.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source());
    }
    all
}

fn deepest(error: &reqwest::Error) -> String {
    let text = chain(error).last().map_or_else(String::new, ToString::to_string);
    text[..cap::floor(&text, 200)].to_owned()
}

fn fault(error: &reqwest::Error) -> Fault {
    let chain = chain(error);
    let says = |words: &[&str]| {
        chain.iter().skip(1).any(|error| {
            let text = error.to_string().to_lowercase();
            words.iter().any(|word| text.contains(word))
        })
    };
    let io = |kind| {
        let mut kinds = chain.iter().filter_map(|error| error.downcast_ref::<std::io::Error>());
        kinds.any(|error| error.kind() == kind)
    };
    // A proxy's trouble wraps the others: it is asked first.
    if says(&["tunnel", "proxy", "socks"]) {
        Fault::Proxy
    } else if chain.iter().any(|error| error.is::<rustls::Error>()) {
        Fault::Tls
    } else if error.is_dns() || says(&["dns error", "failed to lookup"]) {
        Fault::Name
    } else if io(ErrorKind::ConnectionRefused) {
        Fault::Refused
    } else if error.is_timeout() {
        Fault::TimedOut
    } else if error.is_connect() {
        Fault::Unreachable
    } else if error.is_builder() {
        Fault::Address
    } else {
        Fault::Cut
    }
}
