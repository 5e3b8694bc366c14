//! What is known of models: how much they take and say, what they can, and what they cost.
//!
//! The table is `assets/models.json`, in the schema of models.dev, so that its file can replace ours;
//! prices are those of the vendors' public lists in US dollars a million tokens, cache writes at the
//! price of the shortest life. Our own key beside theirs: `aliases`, the short names of a model.

mod edit;
mod file;
mod price;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use crate::protocol::{Effort, ModelId, Usage};

pub use file::BadCatalogue;
pub use price::{Each, Price};

/// What is assumed of a model that nobody knows.
const WINDOW: u32 = 128_000;
const MAX_OUTPUT: u32 = 8_192;

/// The vendor whose models are named without it.
pub const HOME: &str = "anthropic";

/// How a service is spoken with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// Anthropic's Messages.
    Messages,
    /// OpenAI's Chat Completions, and what is compatible with them.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Google's `streamGenerateContent`.
    Gemini,
}

/// How a model's reasoning is steered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Thinking {
    /// It does not reason, or that is not known.
    #[default]
    None,
    /// It reasons; how much cannot be said.
    Fixed,
    /// By these efforts, from the least.
    Effort(Vec<Effort>),
    /// By a budget of tokens, at least and at most.
    Budget(u32, u32),
}

/// A model.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "a table's row: each is a fact of its own")]
pub struct Model {
    /// Its name in a session: `claude-sonnet-5-5`, `openai/gpt-5`. An alias is resolved.
    pub id: ModelId,
    /// Whose it is: the name of a service.
    pub vendor: Arc<str>,
    /// What the service calls it.
    pub name: Arc<str>,
    /// Its name for people.
    pub title: String,
    /// Most tokens of a prompt and its reply together.
    pub window: u32,
    /// Most tokens of a reply.
    pub max_output: u32,
    /// May tools be offered to it?
    pub tools: bool,
    /// Does it see pictures?
    pub images: bool,
    /// Does it read PDF documents?
    pub pdf: bool,
    /// How its reasoning is steered.
    pub thinking: Thinking,
    /// What it costs; none where that is not known.
    pub price: Option<Price>,
    /// The table has it: its limits are facts.
    pub known: bool,
}

/// Who offers models.
#[derive(Debug, Clone, PartialEq)]
pub struct Vendor {
    /// Its name in a model's: `openai`.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// How it is spoken with.
    pub wire: Wire,
    /// Where it is, without the path of a request; none: where that wire's own vendor is.
    pub api: Option<String>,
    /// The variables that may hold its key, the first one that is set counts.
    pub env: Vec<String>,
    /// Its models, the newest first.
    pub models: Vec<Arc<Model>>,
}

static CURRENT: RwLock<Option<Arc<Catalogue>>> = RwLock::new(None);

/// All models that are known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    vendors: BTreeMap<String, Vendor>,
    /// Short names.
    aliases: BTreeMap<String, Arc<Model>>,
}

impl Catalogue {
    /// The table that comes with claw.
    pub fn bundled() -> Arc<Self> {
        static BUNDLED: OnceLock<Arc<Catalogue>> = OnceLock::new();
        let made = || {
            // The file is part of the binary, and a test reads it: it cannot fail at a user's.
            let read = Self::read(include_str!("../../../assets/models.json"));
            Arc::new(read.unwrap_or_default())
        };
        BUNDLED.get_or_init(made).clone()
    }

    /// The table that holds in this process: the one that was put in, else the one that comes with
    /// claw.
    pub fn current() -> Arc<Self> {
        let current = CURRENT.read().unwrap_or_else(PoisonError::into_inner).clone();
        current.unwrap_or_else(Self::bundled)
    }

    /// Makes this the table of the process. It is said once, before anything looks up a model;
    /// false where it was said before, and that holds.
    pub fn install(self) -> bool {
        let mut current = CURRENT.write().unwrap_or_else(PoisonError::into_inner);
        let first = current.is_none();
        current.get_or_insert_with(|| Arc::new(self));
        first
    }

    /// Puts this model in the place of one of its name, for the whole process.
    pub(super) fn correct(model: Model) {
        let mut current = CURRENT.write().unwrap_or_else(PoisonError::into_inner);
        let now = current.take().unwrap_or_else(Self::bundled);
        *current = Some(Arc::new((*now).clone().with_model(model)));
    }

    /// Reads a table in the schema of models.dev (`api.json`). Vendors that are spoken with in no
    /// way claw knows are left out; what a model does not say is assumed with care.
    ///
    /// # Errors
    ///
    /// Where it is no such table: what is wrong, and where.
    pub fn read(json: &str) -> Result<Self, BadCatalogue> {
        file::read(json)
    }

    /// Everybody who offers models.
    pub fn vendors(&self) -> impl Iterator<Item = &Vendor> {
        self.vendors.values()
    }

    /// Who is called so.
    pub fn vendor(&self, id: &str) -> Option<&Vendor> {
        self.vendors.get(id)
    }

    /// All models, those of the home vendor first.
    pub fn models(&self) -> impl Iterator<Item = &Arc<Model>> {
        let home = self.vendors.get(HOME).into_iter();
        let others = self.vendors.values().filter(|vendor| vendor.id != HOME);
        home.chain(others).flat_map(|vendor| &vendor.models)
    }

    /// The model of this name: `vendor/name`, a name of the home vendor's, one with the date of a
    /// snapshot, or a short name (`opus`, `sonnet`, `haiku`).
    ///
    /// One that nobody knows gets limits that nearly any model keeps, and no price.
    pub fn lookup(&self, name: &str) -> Arc<Model> {
        if let Some(model) = self.aliases.get(name) {
            return model.clone();
        }
        let (vendor, rest) = match name.split_once('/') {
            Some((vendor, rest)) if self.vendors.contains_key(vendor) => (vendor, rest),
            _ => (HOME, name),
        };
        self.of_vendor(vendor, rest)
    }

    /// The vendor's model that it calls so.
    pub(super) fn of_vendor(&self, vendor: &str, name: &str) -> Arc<Model> {
        let found = self.vendors.get(vendor).and_then(|vendor| vendor.find(name));
        found.unwrap_or_else(|| Arc::new(Model::unknown(vendor, name)))
    }
}

impl Vendor {
    /// The model of this name; with a date, it keeps that.
    fn find(&self, name: &str) -> Option<Arc<Model>> {
        if let Some(model) = self.models.iter().find(|model| &*model.name == name) {
            return Some(model.clone());
        }
        let dated = |model: &Model| {
            let snapshot = name.strip_prefix(&*model.name).and_then(|rest| rest.strip_prefix('-'));
            let digits = snapshot.map(|date| date.replace('-', ""));
            digits.is_some_and(|it| it.len() == 8 && it.bytes().all(|b| b.is_ascii_digit()))
        };
        let model = self.models.iter().find(|model| dated(model))?;
        Some(Arc::new(Model { id: named(&self.id, name), name: name.into(), ..(**model).clone() }))
    }
}

impl Model {
    /// A model that nobody knows.
    fn unknown(vendor: &str, name: &str) -> Self {
        Self {
            id: named(vendor, name),
            vendor: vendor.into(),
            name: name.into(),
            title: name.to_owned(),
            window: WINDOW,
            max_output: MAX_OUTPUT,
            tools: true,
            // Whether it sees is found out by showing it something.
            images: true,
            pdf: false,
            thinking: Thinking::None,
            price: None,
            known: false,
        }
    }

    /// What one request cost, in US dollars; none where its price is not known.
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        self.price.as_ref().map(|price| price.cost(usage))
    }

    /// The effort that it takes for what is wished; none where it takes none.
    pub fn effort(&self, wished: Effort) -> Option<Effort> {
        match &self.thinking {
            Thinking::Effort(known) => wished.nearest(known),
            Thinking::Budget(..) => Some(wished),
            Thinking::None | Thinking::Fixed => None,
        }
    }

    /// The efforts that it knows apart, from the least; none where how hard it thinks cannot be
    /// said.
    pub fn efforts(&self) -> Vec<Effort> {
        Effort::ALL.into_iter().filter(|effort| self.effort(*effort) == Some(*effort)).collect()
    }
}

/// A model's name in a session.
fn named(vendor: &str, name: &str) -> ModelId {
    if vendor == HOME { name.into() } else { format!("{vendor}/{name}").as_str().into() }
}

#[cfg(test)]
mod tests;
