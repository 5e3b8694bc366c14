//! The transcript: entries of a session as cells of rows, an index of their heights, a place in it.

mod anchor;
mod build;
mod call;
mod cell;
mod column;
mod divide;
mod find;
mod fold;
mod group;
mod guess;
mod height;
mod lay;
mod message;
mod paint;
mod select;
mod served;
mod source;
mod view;

pub use anchor::Place;
pub use build::{Moment, empty};
pub use call::sign;
pub use column::Column;
pub use find::{Hit, Search};
pub use fold::{Fold, Folded};
pub use lay::Price;
pub use select::{Grain, Selection, Spot, addresses, line_of, word};
pub use source::{markdown, part, parts, quoted, source};
pub use view::View;
