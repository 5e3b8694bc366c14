//! What network a confined command gets: none, some hosts by way of a proxy in claw, or the user's.

#[cfg(target_os = "linux")]
mod idle;
mod pattern;
#[cfg(target_os = "linux")]
mod proxy;
#[cfg(target_os = "linux")]
mod refusal;

use std::fmt;

use crate::protocol::Reach;

pub use pattern::HostPattern;

#[cfg(target_os = "linux")]
pub(super) use proxy::Serving;

/// The port of the proxy on the loopback interface of a command that has one.
#[cfg(target_os = "linux")]
pub(super) const PORT: u16 = 3128;

/// The network of a confined command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Network {
    /// None, but a loopback interface of its own.
    #[default]
    None,
    /// The hosts that one of these names, by way of a proxy; nothing else.
    Hosts(Vec<HostPattern>),
    /// The user's own.
    All,
}

impl Network {
    /// These hosts alone: without any there is no network.
    pub fn only(hosts: Vec<HostPattern>) -> Self {
        if hosts.is_empty() { Self::None } else { Self::Hosts(hosts) }
    }

    /// These hosts too.
    #[must_use]
    pub fn with(self, more: Vec<HostPattern>) -> Self {
        match self {
            Self::None => Self::only(more),
            Self::Hosts(hosts) => Self::only([hosts, more].concat()),
            Self::All => Self::All,
        }
    }

    /// The same in the words of the protocol.
    pub(super) fn reach(&self) -> Reach {
        match self {
            Self::None => Reach::Nothing,
            // There is no network of its own to put the proxy into.
            Self::Hosts(_) if !cfg!(target_os = "linux") => Reach::Nothing,
            Self::Hosts(hosts) => Reach::Hosts(hosts.iter().map(ToString::to_string).collect()),
            Self::All => Reach::All,
        }
    }

    /// What both of them grant.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::None, _) | (_, Self::None) => Self::None,
            (Self::All, one) | (one, Self::All) => one.clone(),
            (Self::Hosts(ours), Self::Hosts(theirs)) => {
                let met = theirs.iter().flat_map(|wanted| {
                    let met: Vec<_> = ours.iter().filter_map(|own| own.meet(wanted)).collect();
                    // What one grants as it stands needs no parts of it beside.
                    if met.contains(wanted) { vec![wanted.clone()] } else { met }
                });
                Self::only(met.collect())
            }
        }
    }

    /// The variables by which programs find the proxy, on top of those of `env`, of which the ones
    /// that lead to another proxy are taken away.
    #[cfg(target_os = "linux")]
    pub(super) fn surround(&self, env: &mut Vec<(String, String)>) {
        let Self::Hosts(hosts) = self else { return };
        env.retain(|(name, _)| !name.to_ascii_lowercase().ends_with("_proxy"));
        let proxy = format!("http://127.0.0.1:{PORT}");
        let names = [
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "npm_config_proxy",
            "npm_config_https_proxy",
        ];
        // What was granted on this machine is behind the proxy; the rest is the command's own.
        let own = ["localhost", "127.0.0.1", "::1"];
        let own =
            own.into_iter().filter(|name| !hosts.iter().any(|host| host.is_on_loopback(name)));
        let own = own.collect::<Vec<_>>().join(",");
        let mut set = |name: &str, value: &str| env.push((name.to_owned(), value.to_owned()));
        for name in names {
            set(name, &proxy);
        }
        for name in &names[..3] {
            set(&name.to_ascii_uppercase(), &proxy);
        }
        set("no_proxy", &own);
        set("NO_PROXY", &own);
        set("NODE_USE_ENV_PROXY", "1");
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none, but its own loopback"),
            // There is no network of its own to put the proxy into.
            Self::Hosts(_) if !cfg!(target_os = "linux") => {
                f.write_str("none: single hosts can be allowed on Linux only")
            }
            Self::Hosts(hosts) => {
                let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
                write!(f, "by proxy: {}", hosts.join(", "))
            }
            Self::All => f.write_str("the user's own"),
        }
    }
}

#[cfg(test)]
mod tests;
