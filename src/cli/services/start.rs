//! What is asked at the start.

use std::sync::Arc;

use anyhow::anyhow;

use super::Services;
use super::list::{catalogue, found, learned, meant, no_vendor, with_found};
use crate::cli::cassette::Tape;
use crate::cli::setup::Place;
use crate::protocol::ModelId;
use crate::provider::local::{self, Served};
use crate::provider::{Provider, ProviderError, Router};

/// Why no model can be asked.
pub(in crate::cli) enum NoModel {
    /// What was set or asked for is wrong.
    Usage(anyhow::Error),
    /// There is no key: there is still the demo.
    Key(anyhow::Error),
}

/// Finds what is asked, and makes the table of models that of this process. `wanted` is the model
/// that somebody chose.
pub(in crate::cli) async fn start(
    place: &mut Place,
    wanted: Option<ModelId>,
    tape: &mut Tape,
) -> Result<(Arc<dyn Provider>, ModelId), NoModel> {
    let (mut all, notices) = catalogue(place).map_err(NoModel::Usage)?;
    place.settings.notices.extend(notices);
    all = tape.known(all);
    let services = Services::of(place);
    // What is kept in the file is taken out of all that is written from here on, used or not. Where
    // it cannot be read, who needs it says so.
    let _ = services.store().names();
    let name = match wanted {
        Some(name) => {
            let gateway = place.settings.base_url.is_some();
            if all.owner(&name.0).is_none() && !gateway {
                return Err(NoModel::Usage(anyhow!(no_vendor(&all, &name.0))));
            }
            if let Some(meant) = meant(&all, &name.0).filter(|_| !gateway) {
                let (title, id) = (&meant.vendor, &meant.id);
                return Err(NoModel::Usage(anyhow!(
                    "the model {name:?} is one of {title}: say {id}",
                    name = &*name.0
                )));
            }
            let model = all.lookup(&name.0);
            if local::is_local(&model.vendor) && !model.known && !tape.plays() {
                all = with_found(all, &found(place).await);
            }
            all.lookup(&name.0).id.clone()
        }
        None => match services.choose(&all) {
            Some(name) => name,
            None => {
                // Somebody set a key, and means it.
                let mend = services.bad(&all).is_some();
                let servers = if mend { Vec::new() } else { found(place).await };
                all = with_found(all, &servers);
                let speaks = |model: &&Served| !model.name.contains("embed");
                let first = servers.iter().find_map(|server| {
                    let model = server.models.iter().find(speaks)?;
                    Some((server.vendor, &model.name))
                });
                let Some((vendor, name)) = first else {
                    return Err(NoModel::Key(services.none_chosen(&all)));
                };
                let title = all.vendor(vendor).map_or(vendor, |vendor| &vendor.title);
                let notice = format!("there is no key: {name} is asked, which {title} serves here");
                place.settings.notices.push(notice);
                all.lookup(&format!("{vendor}/{name}")).id.clone()
            }
        },
    };
    let model = all.lookup(&name.0);
    if !tape.plays() {
        match services.find(&all, &model.vendor) {
            Ok(_) => {}
            Err(ProviderError::Auth(why)) => return Err(NoModel::Key(anyhow!(why))),
            Err(why) => return Err(NoModel::Usage(anyhow!("{why}"))),
        }
    }
    tape.begin(&model).map_err(NoModel::Usage)?;
    all.clone().install();
    let find = tape.services(move |name: &str| services.find(&all, name));
    let router = Router::new(find);
    // A recording teaches nothing about the servers of today.
    let learns = !tape.plays();
    Ok((Arc::new(if learns { router.learning(learned(place)) } else { router }), name))
}
