//! What several tests need.

pub mod messages;
pub mod model;
pub mod run;
pub mod session;
pub mod terminal;
