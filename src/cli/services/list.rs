//! All models that are known here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, anyhow, ensure};

use crate::base::regular;
use crate::cli::setup::Place;
use crate::config::{self, ModelText, ServiceText, expand};
use crate::provider::catalogue::{Each, HOME, Price, Thinking, Vendor, Wire};
use crate::provider::learned::Learned;
use crate::provider::local::{self, Found};
use crate::provider::{Catalogue, Model};

/// Most bytes of a list of models.
pub(in crate::cli) const MAX_LIST: usize = 32 << 20;

/// Where the list of models is that was fetched.
pub(in crate::cli) fn fetched(place: &Place) -> PathBuf {
    place.paths.home.join("models.json")
}

/// Where it is kept what refusals taught of models.
pub(super) fn learned(place: &Place) -> PathBuf {
    place.paths.home.join("learned.json")
}

/// All models: those that come with claw, those that were fetched, and what the user says. The
/// sentences are for the user: a list that is damaged is left out.
///
/// # Errors
///
/// Where the user's settings name what is not there.
pub(in crate::cli) fn catalogue(place: &Place) -> Result<(Catalogue, Vec<String>)> {
    let mut all = (*Catalogue::bundled()).clone();
    let mut notices = Vec::new();
    let file = fetched(place);
    if file.exists() {
        match listed(&file) {
            Ok(newer) => all = all.with(newer),
            Err(why) => notices.push(format!("{why}; claw models --refresh fetches it anew")),
        }
    }
    let settings = &place.settings;
    if let Some(config::Said { value, at }) = &settings.catalogue {
        all = all.with(listed(value).map_err(|why| anyhow!("{at}: {why}"))?);
    }
    for (name, table) in &settings.services {
        all = with_table(all, name, table)?;
    }
    all = with_learned(all, place);
    for (name, said) in &settings.models {
        if all.owner(name).is_none() {
            return Err(anyhow!("{}: {}", said.at, no_vendor(&all, name)));
        }
        let model = overridden((*all.lookup(name)).clone(), said);
        all = all.with_model(model);
    }
    Ok((all, notices))
}

/// With what was learned at the addresses that count now.
fn with_learned(all: Catalogue, place: &Place) -> Catalogue {
    let settings = &place.settings;
    let addresses: Vec<_> = all
        .vendors()
        .map(|vendor| {
            let home = settings.base_url.clone().filter(|_| vendor.id == HOME);
            let address = home.or_else(|| vendor.api.clone());
            (vendor.id.clone(), address.and_then(|it| expand(&it, &config::process).ok()))
        })
        .collect();
    let address = |name: &str| {
        let found = addresses.iter().find(|(vendor, _)| vendor == name);
        found.and_then(|(_, address)| address.as_deref())
    };
    Learned::read(&learned(place)).over(all, address)
}

/// A list of models in a file.
fn listed(file: &Path) -> Result<Catalogue> {
    let doing = || format!("reading the models in {}", file.display());
    let real = file.canonicalize().map_err(|why| anyhow!("{}: {why}", doing()))?;
    let content = regular::read(&real, MAX_LIST).map_err(|why| anyhow!("{}: {why}", doing()))?;
    ensure!(!content.cut, "{}: it is longer than {} MiB", doing(), MAX_LIST >> 20);
    let text = String::from_utf8_lossy(&content.bytes);
    Catalogue::read(&text).map_err(|why| anyhow!("{}: {why}", doing()))
}

fn with_table(all: Catalogue, name: &str, table: &ServiceText) -> Result<Catalogue> {
    let wire = table.wire.map(|wire| match wire {
        config::Wire::Messages => Wire::Messages,
        config::Wire::Chat => Wire::Chat,
        config::Wire::Responses => Wire::Responses,
        config::Wire::Gemini => Wire::Gemini,
    });
    let mut vendor = match (all.vendor(name), wire, &table.base_url) {
        (Some(known), ..) => known.clone(),
        (None, Some(wire), Some(_)) => Vendor {
            id: name.to_owned(),
            title: name.to_owned(),
            wire,
            api: None,
            env: Vec::new(),
            models: Vec::new(),
        },
        (None, ..) => {
            return Err(anyhow!(
                "{}: claw does not know {name}: give its wire (messages, chat, responses or gemini) \
                 and its base_url",
                table.at
            ));
        }
    };
    vendor.wire = wire.unwrap_or(vendor.wire);
    vendor.api = table.base_url.clone().or(vendor.api);
    if let Some(name) = &table.key_env {
        vendor.env = vec![name.clone()];
    }
    Ok(all.with_vendor(vendor))
}

fn overridden(model: Model, said: &ModelText) -> Model {
    let window = said.window.unwrap_or(model.window);
    let price = said.price.map(|price| Price {
        each: Each {
            input: price.input,
            output: price.output,
            cache_read: price.cache_read.unwrap_or(price.input),
            cache_write: price.cache_write.unwrap_or(price.input),
        },
        tiers: Vec::new(),
    });
    let thinking = said.effort.clone().map(|efforts| match efforts.as_slice() {
        [] => Thinking::None,
        _ => Thinking::Effort(efforts),
    });
    Model {
        window,
        max_output: said.max_output.unwrap_or(model.max_output).min(window),
        price: price.or(model.price),
        images: said.images.unwrap_or(model.images),
        pdf: said.pdf.unwrap_or(model.pdf),
        tools: said.tools.unwrap_or(model.tools),
        thinking: thinking.unwrap_or(model.thinking),
        known: model.known || said.window.is_some(),
        ..model
    }
}

/// With the models of servers that run here.
pub(in crate::cli) fn with_found(mut all: Catalogue, found: &[Found]) -> Catalogue {
    for server in found {
        let Some(vendor) = all.vendor(server.vendor) else { continue };
        all = all.clone().with_vendor(Vendor {
            api: Some(server.base_url.clone()),
            models: Vec::new(),
            ..vendor.clone()
        });
        for served in server.models.iter().rev() {
            let model = (*all.lookup(&format!("{}/{}", server.vendor, served.name))).clone();
            if !model.known {
                all = all.with_model(served.over(model));
            }
        }
    }
    all
}

/// The servers that run on this machine, each where no table of the user's says another address.
pub(in crate::cli) async fn found(place: &Place) -> Vec<Found> {
    let host = config::process("OLLAMA_HOST").and_then(|host| host.into_string().ok());
    let mut found = match host {
        Some(host) => local::discover_by(&host).await,
        None => local::discover().await,
    };
    let tables = &place.settings.services;
    let elsewhere = |name| tables.get(name).is_some_and(|table| table.base_url.is_some());
    found.retain(|server| !elsewhere(server.vendor));
    found
}

/// What is wrong with a model's name whose vendor nobody knows.
pub(super) fn no_vendor(all: &Catalogue, name: &str) -> String {
    let vendor = name.split('/').next().unwrap_or_default();
    let known: Vec<_> = all.vendors().map(|vendor| vendor.id.as_str()).collect();
    format!(
        "there is no provider {vendor:?} for the model {name:?}: there are {}; another one is \
         described in [provider.{vendor}] of config.toml",
        known.join(", ")
    )
}

/// Who has a model of this name, where its own vendor has none.
pub(super) fn meant<'a>(all: &'a Catalogue, name: &str) -> Option<&'a Arc<Model>> {
    let known = all.lookup(name).known || name.contains('/');
    all.models().find(|model| !known && &*model.name == name)
}
