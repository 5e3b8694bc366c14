//! The file of models.dev: `{ vendor: { id, name, env, npm, api, models: { id: … } } }`.
//!
//! Source: its schema (`packages/core/src/schema.ts`). What we do not use is passed over, so that
//! a newer file does no harm.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::price::{Each, Price};
use super::{Catalogue, MAX_OUTPUT, Model, Thinking, Vendor, WINDOW, Wire, named};
use crate::protocol::Effort;

/// A table that is none.
#[derive(Debug, thiserror::Error)]
#[error("this is no list of models as models.dev has it: {0}")]
pub struct BadCatalogue(#[from] serde_json::Error);

#[derive(Deserialize)]
struct VendorRow {
    #[serde(default)]
    name: String,
    #[serde(default)]
    env: Vec<String>,
    #[serde(default)]
    npm: String,
    api: Option<String>,
    #[serde(default)]
    models: BTreeMap<String, ModelRow>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ModelRow {
    name: String,
    aliases: Vec<String>,
    attachment: bool,
    reasoning: bool,
    reasoning_options: Vec<ReasoningRow>,
    tool_call: Option<bool>,
    release_date: String,
    modalities: Modalities,
    limit: Limit,
    status: String,
    cost: Option<Cost>,
}

#[derive(Deserialize)]
struct ReasoningRow {
    #[serde(rename = "type")]
    kind: String,
    /// A value may be null: the model's own.
    #[serde(default)]
    values: Vec<Option<String>>,
    min: Option<u32>,
    max: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Modalities {
    input: Vec<String>,
    output: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Limit {
    context: u64,
    output: u64,
}

#[derive(Deserialize)]
struct Cost {
    #[serde(flatten)]
    each: CostRow,
    #[serde(default)]
    tiers: Vec<TierRow>,
    context_over_200k: Option<CostRow>,
}

#[derive(Clone, Copy, Deserialize)]
struct CostRow {
    input: f64,
    output: f64,
    cache_read: Option<f64>,
    cache_write: Option<f64>,
    cache_write_1h: Option<f64>,
}

#[derive(Deserialize)]
struct TierRow {
    #[serde(flatten)]
    each: CostRow,
    tier: Tier,
}

#[derive(Deserialize)]
struct Tier {
    #[serde(rename = "type")]
    kind: String,
    size: u64,
}

pub(super) fn read(json: &str) -> Result<Catalogue, BadCatalogue> {
    let rows: BTreeMap<String, VendorRow> = serde_json::from_str(json)?;
    let mut catalogue = Catalogue::default();
    for (id, row) in rows {
        let Some(wire) = wire(&id, &row) else { continue };
        let mut models = Vec::new();
        for (name, model) in row.models {
            // What speaks no text is of no use here.
            let speaks = model.modalities.output.is_empty()
                || model.modalities.output.iter().any(|kind| kind == "text");
            if !speaks || model.status == "deprecated" {
                continue;
            }
            let aliases = model.aliases.clone();
            let age = (!aliases.is_empty(), model.release_date.clone());
            let model = Arc::new(model.read(&id, &name));
            for alias in aliases {
                catalogue.aliases.insert(alias, model.clone());
            }
            models.push((age, model));
        }
        // Who has a short name is the present one of its kind, also where its date is not known.
        models.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.name.cmp(&other.name)));
        let models = models.into_iter().map(|(_, model)| model).collect();
        let title = if row.name.is_empty() { id.clone() } else { row.name };
        let api = row.api.filter(|api| !api.is_empty());
        let vendor = Vendor { id: id.clone(), title, wire, api, env: row.env, models };
        catalogue.vendors.insert(id, vendor);
    }
    Ok(catalogue)
}

/// How a vendor is spoken with, by the package that others use for it; none: not by claw.
fn wire(id: &str, row: &VendorRow) -> Option<Wire> {
    match row.npm.as_str() {
        "@ai-sdk/anthropic" => Some(Wire::Messages),
        "@ai-sdk/openai" if id == "openai" => Some(Wire::Responses),
        "@ai-sdk/google" => Some(Wire::Gemini),
        "@ai-sdk/openai"
        | "@ai-sdk/openai-compatible"
        | "@ai-sdk/cerebras"
        | "@ai-sdk/deepinfra"
        | "@ai-sdk/groq"
        | "@ai-sdk/mistral"
        | "@ai-sdk/perplexity"
        | "@ai-sdk/togetherai"
        | "@ai-sdk/xai"
        | "@openrouter/ai-sdk-provider" => Some(Wire::Chat),
        _ => None,
    }
}

impl ModelRow {
    fn read(self, vendor: &str, name: &str) -> Model {
        let limit = |said: u64, other: u32| {
            if said == 0 { other } else { u32::try_from(said).unwrap_or(u32::MAX) }
        };
        let sees = |kind: &str| self.modalities.input.iter().any(|it| it == kind);
        let thinking = self.thinking();
        Model {
            id: named(vendor, name),
            vendor: vendor.into(),
            name: name.into(),
            window: limit(self.limit.context, WINDOW),
            max_output: limit(self.limit.output, MAX_OUTPUT),
            tools: self.tool_call.unwrap_or(true),
            images: sees("image") || self.attachment && self.modalities.input.is_empty(),
            pdf: sees("pdf"),
            thinking,
            price: self.cost.map(Cost::read),
            known: true,
            title: if self.name.is_empty() { name.to_owned() } else { self.name },
        }
    }

    fn thinking(&self) -> Thinking {
        if !self.reasoning {
            return Thinking::None;
        }
        let of = |kind: &str| self.reasoning_options.iter().find(|row| row.kind == kind);
        if let Some(row) = of("effort") {
            let mut known: Vec<Effort> =
                row.values.iter().flatten().filter_map(|it| it.parse().ok()).collect();
            known.sort_unstable();
            known.dedup();
            if !known.is_empty() {
                return Thinking::Effort(known);
            }
        }
        match of("budget_tokens") {
            Some(row) => Thinking::Budget(row.min.unwrap_or(1024), row.max.unwrap_or(32_768)),
            None => Thinking::Fixed,
        }
    }
}

impl Cost {
    fn read(self) -> Price {
        let mut tiers: Vec<_> = self
            .tiers
            .iter()
            .filter(|row| row.tier.kind == "context")
            .map(|row| (row.tier.size, row.each.read()))
            .collect();
        if let Some(long) = self.context_over_200k.filter(|_| tiers.is_empty()) {
            tiers.push((200_000, long.read()));
        }
        tiers.sort_by_key(|(above, _)| *above);
        Price { each: self.each.read(), tiers }
    }
}

impl CostRow {
    /// What is not said of the cache costs as other input does.
    fn read(self) -> Each {
        Each {
            input: self.input,
            output: self.output,
            cache_read: self.cache_read.unwrap_or(self.input),
            cache_write: self.cache_write.unwrap_or(self.input),
            cache_write_hour: self.cache_write_1h.unwrap_or(Each::hour(self.input)),
        }
    }
}
