//! What confined commands can reach, as a file says it.

use anyhow::{Result, anyhow};
use serde::Deserialize;

use crate::config::source::Said;
use crate::exec::Network;

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "network is true, false, or a list of hosts")]
pub(super) enum Reachable {
    All(bool),
    Hosts(Vec<String>),
}

/// The network that is granted.
pub(super) fn network(Said { value, at }: Said<Reachable>) -> Result<Said<Network>> {
    let value = match value {
        Reachable::All(all) if all => Network::All,
        Reachable::All(_) => Network::None,
        Reachable::Hosts(hosts) => {
            let parsed = hosts.iter().map(|host| host.parse());
            let parsed: Result<_, String> = parsed.collect();
            Network::only(parsed.map_err(|why| anyhow!("{at}: in sandbox.network {why}"))?)
        }
    };
    Ok(Said { value, at })
}
