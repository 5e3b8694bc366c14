//! The transcript: entries of a session as cells of rows, an index of their heights, a place in it.

mod anchor;
mod build;
mod call;
mod cell;
mod column;
mod fold;
mod group;
mod guess;
mod height;
mod message;
mod paint;
mod view;

pub use anchor::Place;
pub use build::{Moment, empty};
pub use call::sign;
pub use column::Column;
pub use fold::{Fold, source};
pub use view::View;
