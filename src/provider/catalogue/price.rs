//! What a model costs.

use crate::protocol::Usage;

/// Prices of a model, in US dollars a million tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Price {
    /// What each kind of token costs.
    pub each: Each,
    /// The prices of long prompts: above so many tokens, from the lowest.
    pub tiers: Vec<(u64, Each)>,
}

/// What each kind of token costs, in US dollars a million.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Each {
    /// Input that is in no cache.
    pub input: f64,
    /// What the model says, its reasoning included.
    pub output: f64,
    /// Input from the cache.
    pub cache_read: f64,
    /// Input that goes into the cache.
    pub cache_write: f64,
    /// Input that goes into the cache for an hour.
    pub cache_write_hour: f64,
}

impl Each {
    /// What an hour in the cache costs where no table says it: as the one vendor that has it asks.
    pub fn hour(input: f64) -> f64 {
        2.0 * input
    }
}

impl Price {
    /// What one request cost, in US dollars.
    ///
    /// Some prices depend on the length of a single prompt: add costs, not usages.
    pub fn cost(&self, usage: &Usage) -> f64 {
        let long = self.tiers.iter().rev().find(|(above, _)| usage.prompt() > *above);
        let each = long.map_or(&self.each, |(_, each)| each);
        let hour = usage.cache_write_hour.min(usage.cache_write);
        let dollars = usage.input as f64 * each.input
            + usage.output as f64 * each.output
            + usage.cache_read as f64 * each.cache_read
            + (usage.cache_write - hour) as f64 * each.cache_write
            + hour as f64 * each.cache_write_hour;
        dollars / 1_000_000.0
    }
}
