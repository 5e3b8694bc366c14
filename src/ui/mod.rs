//! The full-screen face, in the Elm way: messages in, effects out, the screen is a function of the model.

pub mod action;
pub mod composer;
pub mod effect;
pub mod frame;
pub mod highlight;
mod inline;
pub mod input;
pub mod keymap;
pub mod layout;
pub mod library;
pub mod link;
pub mod markdown;
pub mod model;
pub mod msg;
pub mod overlay;
pub mod pane;
pub mod perform;
pub mod replay;
pub mod row;
pub mod runtime;
pub mod shot;
pub mod signal;
pub mod spent;
pub mod terminal;
pub mod theme;
pub mod trace;
pub mod transcript;
pub mod update;
pub mod view;
pub mod widget;

pub use inline::dressed;
pub use overlay::choice::Choice;
pub use runtime::{Exit, Screen, Start, Themes, Trace, play, run};
pub use update::{Knobs, LOOKS_ON, offers, why_held};

#[cfg(test)]
pub(crate) mod tests;
