//! Who offers models here, and whether they can be asked: for lists to choose from.

use std::sync::Arc;

use super::catalogue::{Catalogue, HOME, Model, Vendor};
use super::local::{Found, Served};
use crate::base::amount::rate;
use crate::protocol::{ModelId, Usage};

/// The models of one vendor.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The vendor's name in a model's: `openai`.
    pub vendor: String,
    /// Its name for people.
    pub title: String,
    /// Whether its models can be asked.
    pub standing: Standing,
    /// Its models, the newest first; at least one.
    pub models: Vec<Arc<Model>>,
}

/// Whether a vendor's models can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is a key.
    Ready,
    /// Its server runs on this machine: it wants none.
    Local,
    /// There is no key: what to do, in a few words.
    Missing(String),
}

impl Offer {
    /// What is to be done before its models can be asked; none where nothing is.
    pub fn missing(&self) -> Option<&str> {
        match &self.standing {
            Standing::Missing(what) => Some(what),
            Standing::Ready | Standing::Local => None,
        }
    }

    /// What a model of it costs, input and output a million tokens: `$2 / $10`.
    pub fn price(&self, model: &Model) -> String {
        match &model.price {
            _ if self.standing == Standing::Local => "local, free".to_owned(),
            None => "price unknown".to_owned(),
            Some(price) if price.each.input == 0.0 && price.each.output == 0.0 => "free".to_owned(),
            Some(price) => format!("{} / {}", rate(price.each.input), rate(price.each.output)),
        }
    }
}

/// What one request cost in US dollars, where prices are known. This machine's own servers are
/// free.
pub fn price(model: &ModelId, usage: &Usage) -> Option<f64> {
    let catalogue = Catalogue::current();
    let model = catalogue.lookup(&model.0);
    let local = || catalogue.vendor(&model.vendor).is_some_and(is_local);
    model.cost(usage).or_else(|| local().then_some(0.0))
}

/// The vendors that have models: those that can be asked come first, the home vendor before its
/// like. Servers of one's own are not among them: whether they run is found out by asking.
pub fn offers(catalogue: &Catalogue, has_key: impl Fn(&Vendor) -> bool) -> Vec<Offer> {
    let some = catalogue.vendors().filter(|vendor| !vendor.models.is_empty());
    let offer = |vendor: &Vendor| {
        let standing = if is_local(vendor) {
            Standing::Local
        } else if has_key(vendor) {
            Standing::Ready
        } else {
            let key = vendor.env.first().map_or("a key", String::as_str);
            Standing::Missing(format!("set {key}"))
        };
        Offer {
            vendor: vendor.id.clone(),
            title: vendor.title.clone(),
            standing,
            models: vendor.models.clone(),
        }
    };
    let mut offers: Vec<Offer> = some.map(offer).collect();
    offers.sort_by_key(|offer| (offer.missing().is_some(), offer.vendor != HOME));
    offers
}

/// What the servers offer that were found on this machine.
pub fn found(catalogue: &Catalogue, servers: Vec<Found>) -> Vec<Offer> {
    let offer = |server: Found| {
        let vendor = server.vendor;
        let model = |served: Served| {
            let model = catalogue.lookup(&format!("{vendor}/{}", served.name));
            Arc::new(served.over((*model).clone()))
        };
        Offer {
            vendor: vendor.to_owned(),
            title: catalogue.vendor(vendor).map_or(vendor, |vendor| &vendor.title).to_owned(),
            standing: Standing::Local,
            models: server.models.into_iter().map(model).collect(),
        }
    };
    servers.into_iter().map(offer).filter(|offer| !offer.models.is_empty()).collect()
}

/// Is it a server of one's own on this machine? What it says costs nothing.
pub fn is_local(vendor: &Vendor) -> bool {
    let here = |api: &String| {
        ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"]
            .iter()
            .any(|place| api.starts_with(place))
    };
    vendor.env.is_empty() && vendor.api.as_ref().is_some_and(here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_can_be_asked_comes_first() {
        let all = Catalogue::bundled();
        let table: [(&[&str], &[&str]); 3] = [
            (&["openai", "anthropic"], &["anthropic", "openai"]),
            (&["google"], &["google"]),
            (&[], &[]),
        ];
        for (keys, ready) in table {
            let offers = offers(&all, |vendor| keys.contains(&vendor.id.as_str()));
            let names: Vec<&str> = offers.iter().map(|offer| offer.vendor.as_str()).collect();
            assert_eq!(&names[..ready.len()], ready);
            assert!(offers[ready.len()..].iter().all(|offer| offer.missing().is_some()));
            // The home vendor leads its like.
            let home = offers.iter().position(|offer| offer.vendor == HOME).unwrap();
            assert!(home == 0 || home == ready.len(), "{names:?}");
        }
        let missing = offers(&all, |_| false);
        assert_eq!(missing[0].missing(), Some("set ANTHROPIC_API_KEY"));
    }

    #[test]
    fn what_is_said_of_prices() {
        let all = Catalogue::bundled();
        let server = Found {
            vendor: "ollama",
            base_url: "http://127.0.0.1:11434/v1".to_owned(),
            models: vec![Served::new("qwen3:8b", Some(40_960)), Served::new("other", None)],
        };
        let empty = Found {
            vendor: "vllm",
            base_url: "http://127.0.0.1:8000/v1".to_owned(),
            models: vec![],
        };
        let local = found(&all, vec![empty, server]);
        let [ollama] = local.as_slice() else { panic!("{local:?}") };
        let [qwen, other] = ollama.models.as_slice() else { panic!("{local:?}") };
        assert_eq!((&*qwen.id.0, qwen.window, qwen.known), ("ollama/qwen3:8b", 40_960, true));
        assert!(!other.known);
        assert_eq!(ollama.price(qwen), "local, free");
        assert_eq!(all.vendors().filter(|vendor| is_local(vendor)).count(), 4);
        let vendors = offers(&all, |_| true);
        for (id, expected) in
            [("claude-sonnet-5-5", "$2 / $10"), ("openai/gpt-6-sol", "price unknown")]
        {
            let model = all.lookup(id);
            let offer = vendors.iter().find(|offer| *offer.vendor == *model.vendor).unwrap();
            assert_eq!(offer.price(&model), expected, "{id}");
        }
    }
}
