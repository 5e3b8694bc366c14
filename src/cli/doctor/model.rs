//! The model that would be asked, the keys that are there, and the way to it.

use crate::cli::args::Flags;
use crate::cli::doctor::{Finding, State};
use crate::cli::models::of;
use crate::cli::runtime;
use crate::cli::services::{self, Key, Services};
use crate::cli::setup::Place;
use crate::config;
use crate::http;
use crate::provider::catalogue::HOME;
use crate::provider::{Catalogue, local};

const AREA: &str = "Model";

/// Looks at all of it. Only this machine is asked.
pub(super) fn look(place: &Place, flags: &Flags) -> Vec<Finding> {
    let all = match services::catalogue(place) {
        Ok((all, _)) => all,
        Err(why) => return vec![Finding::new(AREA, "models", State::Broken, format!("{why:#}"))],
    };
    let services = Services::of(place);
    let mut found = Vec::new();
    let chosen = place.settings.model.clone();
    let local = match runtime(flags) {
        Ok(runtime) => runtime.block_on(services::found(place)),
        Err(_) => Vec::new(),
    };
    let name = chosen.or_else(|| services.choose(&all)).map(|name| name.0.to_string());
    let served = || {
        let server = local.iter().find(|server| !server.models.is_empty())?;
        Some(format!("{}/{}", server.vendor, server.models.first()?.name))
    };
    let all = services::with_found(all, &local);
    let model = all.lookup(name.or_else(served).as_deref().unwrap_or("sonnet"));
    found.extend(key(&all, &services, &model.vendor, place));
    found.push(Finding::new(AREA, "model", State::Ok, model.id.to_string()));
    for server in &local {
        let said = format!("{} runs here with {} models", server.vendor, server.models.len());
        found.push(Finding::new(AREA, "local server", State::Ok, said));
    }
    let others = all.vendors().filter(|vendor| *vendor.id != *model.vendor);
    for vendor in others.filter(|vendor| !local::is_local(&vendor.id)) {
        let key = services.key(vendor);
        if let Key::Bad(why) = key {
            found.push(Finding::new(
                AREA,
                "another key",
                State::Note,
                format!("{}: {why}", vendor.id),
            ));
        } else if key.is_there() {
            let said = format!("{}: {}", vendor.title, of(&key));
            found.push(Finding::new(AREA, "another key", State::Ok, said));
        }
    }
    found.extend(network(place));
    found
}

/// The key of the model that would be asked, and where that is.
fn key(all: &Catalogue, services: &Services, name: &str, place: &Place) -> Vec<Finding> {
    let Some(vendor) = all.vendor(name) else { return Vec::new() };
    let key = match services.key(vendor) {
        Key::Variable(name) if name.ends_with("AUTH_TOKEN") => {
            Finding::new(AREA, "key", State::Ok, "a token is set")
        }
        Key::Variable(_) => Finding::new(AREA, "key", State::Ok, "a key is set"),
        Key::Command => Finding::new(AREA, "key", State::Ok, "its key_command prints it"),
        Key::Login(_) => Finding::new(AREA, "key", State::Ok, "you are logged in"),
        Key::Free => Finding::new(AREA, "key", State::Ok, "none; it may need none"),
        Key::Bad(why) => Finding::new(AREA, "key", State::Broken, why),
        Key::Missing(names) => {
            let variable = names.last().map_or("key_env", String::as_str);
            let said = format!("there is none in {variable}");
            Finding::new(AREA, "key", State::Broken, said).with(&[
                &format!("claw auth login {name}"),
                &format!("export {variable}=..."),
                "or try without one: claw demo",
            ])
        }
    };
    let service = services.find(all, name);
    let address = match &service {
        Ok(service) => service.base_url.clone(),
        Err(_) => place.settings.base_url.clone().filter(|_| name == HOME).or(vendor.api.clone()),
    };
    let address = address.unwrap_or_else(|| "the provider's own address".to_owned());
    // A password in an address is a key too.
    let address = address.rsplit_once('@').map_or(address.as_str(), |(_, host)| host);
    let mut found = vec![key];
    found.push(Finding::new(AREA, "address", State::Ok, format!("{address}; it was not called")));
    if let Err(why) = service
        && services.key(vendor).is_there()
    {
        found.push(Finding::new(AREA, "service", State::Broken, why.to_string()));
    }
    found
}

/// Proxies, and whom connections trust beside the system's authorities.
fn network(place: &Place) -> Vec<Finding> {
    const AREA: &str = "Network";
    let get = |name: &str| config::process(name).and_then(|value| value.into_string().ok());
    let set = http::surroundings(get);
    let mut found: Vec<_> =
        set.into_iter().map(|(name, value)| Finding::new(AREA, name, State::Ok, value)).collect();
    for (name, table) in &place.settings.services {
        let client = table.client.as_ref().map(|(certificate, key)| (&**certificate, &**key));
        if table.ca_file.is_none() && client.is_none() {
            continue;
        }
        found.push(match http::Tls::read(table.ca_file.as_deref(), client) {
            Ok(tls) => {
                let said = format!("{name}: {} more authorities", tls.roots());
                let own = if client.is_some() { ", a certificate of its own" } else { "" };
                Finding::new(AREA, "certificates", State::Ok, format!("{said}{own}"))
            }
            Err(why) => Finding::new(AREA, "certificates", State::Broken, format!("{name}: {why}")),
        });
    }
    if found.is_empty() {
        let said = "no proxy; the system's certificates";
        found.push(Finding::new(AREA, "way out", State::Ok, said));
    }
    found
}
