//! Markdown to rows. The only place that knows `pulldown_cmark`.

mod block;
mod code;
mod inline;
mod render;
mod stream;
mod table;

use std::sync::Arc;

use pulldown_cmark::Options;

use crate::ui::highlight::Lines;

pub use code::rows as code_rows;
pub use stream::Stream;

/// Gives the roles of a finished code block's lines, where they are known: language, code.
pub type Paint<'a> = &'a mut dyn FnMut(&str, &str) -> Option<Arc<Lines>>;

/// What of markdown is understood, beyond `CommonMark`.
const OPTIONS: Options =
    Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_TASKLISTS);

#[cfg(test)]
mod tests;
