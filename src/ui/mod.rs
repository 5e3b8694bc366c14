//! The full-screen face, in the Elm way: messages in, effects out, the screen is a function of the model.

pub mod action;
pub mod effect;
pub mod highlight;
pub mod markdown;
pub mod msg;
pub mod pane;
pub mod row;
pub mod theme;
pub mod transcript;
