//! What the user says of models in `[models]`, in place of what the catalogue has.

use std::num::NonZeroU32;

use anyhow::{Result, anyhow, ensure};
use serde::Deserialize;
use toml::Spanned;

use crate::config::Layer;
use crate::config::named::{Named, Row};
use crate::config::service::beside;
use crate::config::source::{Said, Source};
use crate::protocol::Effort;

/// What the user says of a model. What it does not say is as the catalogue has it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelText {
    /// Most tokens of a prompt and its reply together.
    pub window: Option<u32>,
    /// Most tokens of a reply.
    pub max_output: Option<u32>,
    /// What it costs.
    pub price: Option<PriceText>,
    /// Does it see pictures?
    pub images: Option<bool>,
    /// Does it read PDF documents?
    pub pdf: Option<bool>,
    /// May tools be offered to it?
    pub tools: Option<bool>,
    /// How hard it can be told to think, from the least; empty where it cannot.
    pub effort: Option<Vec<Effort>>,
    /// Where it was said.
    pub at: Source,
}

/// Prices in US dollars a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct PriceText {
    /// Input that is in no cache.
    pub input: f64,
    /// What the model says.
    pub output: f64,
    /// Input from the cache; as other input where it is not said.
    pub cache_read: Option<f64>,
    /// Input that goes into the cache; as other input where it is not said.
    pub cache_write: Option<f64>,
}

/// What may stand in `[models."vendor/name"]`.
#[derive(Debug, Deserialize)]
pub(super) struct ModelRow {
    window: Option<NonZeroU32>,
    max_output: Option<NonZeroU32>,
    price: Option<Spanned<PriceText>>,
    images: Option<bool>,
    pdf: Option<bool>,
    tools: Option<bool>,
    effort: Option<Vec<Spanned<String>>>,
}

impl Row for ModelRow {
    const OWN: &'static [&'static str] = &["catalogue"];
}

impl Layer {
    /// Takes in what `[models]` says.
    pub(super) fn take_models(
        &mut self,
        mut said: Named<ModelRow>,
        at: &impl Fn(usize) -> Source,
    ) -> Result<()> {
        self.catalogue = said.take("catalogue").map(|path| {
            let said = Said { at: at(path.span().start), value: path.into_inner() };
            Said { value: beside(&said), at: said.at }
        });
        for (name, row) in said.rows {
            let place = at(name.span().start);
            self.models.insert(name.into_inner(), row.into_inner().read(place, at)?);
        }
        Ok(())
    }
}

impl ModelRow {
    fn read(self, place: Source, at: &impl Fn(usize) -> Source) -> Result<ModelText> {
        if let Some(price) = &self.price {
            let PriceText { input, output, cache_read, cache_write } = *price.get_ref();
            let all = [Some(input), Some(output), cache_read, cache_write];
            let sound = all.into_iter().flatten().all(|it| it.is_finite() && it >= 0.0);
            let at = at(price.span().start);
            ensure!(sound, "{at}: a price is a number of US dollars from 0 on");
        }
        let efforts = self.effort.map(|list| {
            let each = list.into_iter().map(|word| {
                let at = at(word.span().start);
                word.get_ref().parse::<Effort>().map_err(|why| anyhow!("{at}: {why}"))
            });
            let mut efforts = each.collect::<Result<Vec<_>>>()?;
            efforts.sort_unstable();
            efforts.dedup();
            Ok::<_, anyhow::Error>(efforts)
        });
        Ok(ModelText {
            window: self.window.map(NonZeroU32::get),
            max_output: self.max_output.map(NonZeroU32::get),
            price: self.price.map(Spanned::into_inner),
            images: self.images,
            pdf: self.pdf,
            tools: self.tools,
            effort: efforts.transpose()?,
            at: place,
        })
    }
}

impl ModelText {
    /// With what a later layer says in place of what it says too.
    pub(super) fn under(self, later: Self) -> Self {
        Self {
            window: later.window.or(self.window),
            max_output: later.max_output.or(self.max_output),
            price: later.price.or(self.price),
            images: later.images.or(self.images),
            pdf: later.pdf.or(self.pdf),
            tools: later.tools.or(self.tools),
            effort: later.effort.or(self.effort),
            at: later.at,
        }
    }
}
