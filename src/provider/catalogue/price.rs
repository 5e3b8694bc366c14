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
}

impl Price {
    /// What one request cost, in US dollars.
    ///
    /// Some prices depend on the length of a single prompt: add costs, not usages.
    pub fn cost(&self, usage: &Usage) -> f64 {
        let long = self.tiers.iter().rev().find(|(above, _)| usage.prompt() > *above);
        let each = long.map_or(&self.each, |(_, each)| each);
        let dollars = usage.input as f64 * each.input
            + usage.output as f64 * each.output
            + usage.cache_read as f64 * each.cache_read
            + usage.cache_write as f64 * each.cache_write;
        dollars / 1_000_000.0
    }
}
