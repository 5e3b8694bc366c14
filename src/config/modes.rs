//! What is asked in which mode: `[modes.plan]`.

use serde::Deserialize;
use toml::Spanned;

use crate::config::source::{Said, Source};
use crate::protocol::Mode;

/// What may stand in `[modes]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModesRow {
    default: Option<ModeRow>,
    accept_edits: Option<ModeRow>,
    plan: Option<ModeRow>,
    auto: Option<ModeRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModeRow {
    model: Option<Spanned<String>>,
}

impl ModesRow {
    /// The model of each mode that has one.
    pub(super) fn read(self, at: &impl Fn(usize) -> Source) -> Vec<(Mode, Said<String>)> {
        let rows = [
            (Mode::Default, self.default),
            (Mode::AcceptEdits, self.accept_edits),
            (Mode::Plan, self.plan),
            (Mode::Auto, self.auto),
        ];
        let said = rows.into_iter().filter_map(|(mode, row)| {
            let name = row?.model?;
            Some((mode, Said { at: at(name.span().start), value: name.into_inner() }))
        });
        said.collect()
    }
}
