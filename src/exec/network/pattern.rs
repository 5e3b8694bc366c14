//! Hosts that a user grants: a name, all names below one, or an address.

use std::fmt;
use std::str::FromStr;

use crate::http::Authority;
use crate::http::Host;
use crate::http::address;
use crate::http::address::Reach;

/// The ports of the web: granted where a pattern names none.
const WEB: [u16; 2] = [80, 443];

/// A grant: `docs.rs`, `*.docs.rs` (what is below, not itself), `docs.rs:8443`, `127.0.0.1:8080`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    name: Name,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Exactly(Host),
    Below(String),
}

impl HostPattern {
    /// Does it grant this port of this host?
    pub fn grants(&self, host: &Host, port: u16) -> bool {
        let named = match (&self.name, host) {
            (Name::Exactly(name), host) => name == host,
            (Name::Below(apex), Host::Name(name)) => is_below(name, apex),
            (Name::Below(_), Host::Address(_)) => false,
        };
        named && self.port.map_or(WEB.contains(&port), |own| own == port)
    }

    /// What both of them grant; none where that is nothing.
    pub(super) fn meet(&self, other: &Self) -> Option<Self> {
        let name = match (&self.name, &other.name) {
            (one, other) if one == other => one,
            (Name::Below(apex), inner @ Name::Exactly(Host::Name(name)))
            | (inner @ Name::Exactly(Host::Name(name)), Name::Below(apex))
                if is_below(name, apex) =>
            {
                inner
            }
            (Name::Below(a), inner @ Name::Below(b)) if is_below(b, a) => inner,
            (inner @ Name::Below(a), Name::Below(b)) if is_below(a, b) => inner,
            _ => return None,
        };
        let port = match (self.port, other.port) {
            (one, other) if one == other => one,
            (Some(port), None) | (None, Some(port)) if WEB.contains(&port) => Some(port),
            _ => return None,
        };
        Some(Self { name: name.clone(), port })
    }

    /// Is it this name of this machine?
    #[cfg(target_os = "linux")]
    pub(super) fn is_on_loopback(&self, name: &str) -> bool {
        match &self.name {
            Name::Exactly(Host::Name(own)) => own == name,
            Name::Exactly(Host::Address(ip)) => ip.to_string() == name,
            Name::Below(_) => false,
        }
    }
}

/// Is `name` below `apex`, on a dot's boundary?
fn is_below(name: &str, apex: &str) -> bool {
    name.strip_suffix(apex).is_some_and(|below| below.len() > 1 && below.ends_with('.'))
}

impl FromStr for HostPattern {
    type Err = String;

    /// Reads a pattern. The error is a sentence for the user, without its full stop.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| Err(format!("`{}` {why}", text.escape_debug()));
        if text.contains("://") {
            return wrong("has a scheme: give the host alone, as `docs.rs`");
        }
        let (below, rest) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if rest.contains('*') {
            return wrong("has a `*` that is no first label: give `*.docs.rs`, or network = true");
        }
        let Authority { host, port } = match Authority::parse(rest) {
            Ok(read) => read,
            Err(why) => {
                return wrong(&format!("{why}: give a host, as `docs.rs` or `docs.rs:8443`"));
            }
        };
        let (local, never) = match &host {
            Host::Name(name) => (name == "localhost", None),
            Host::Address(ip) => match address::reach(*ip) {
                Reach::Public => (false, None),
                Reach::Loopback | Reach::Private => (true, None),
                other => (false, Some(other.name())),
            },
        };
        if let Some(what) = never {
            return wrong(&format!("is {what}, which no command may reach"));
        }
        if local && port.is_none() {
            return wrong(
                "is on this machine or its network: name the port too, as `127.0.0.1:8080`",
            );
        }
        let name = match host {
            Host::Name(apex) if below && apex.contains('.') => Name::Below(apex),
            _ if below => return wrong("is too wide: name at least two labels, as `*.docs.rs`"),
            host => Name::Exactly(host),
        };
        Ok(Self { name, port })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Name::Exactly(host) => host.fmt(f)?,
            Name::Below(apex) => write!(f, "*.{apex}")?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}
