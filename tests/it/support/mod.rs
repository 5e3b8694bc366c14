//! What several tests need.

#[cfg(target_os = "linux")]
pub(crate) mod crash;
pub mod exchange;
pub(crate) mod issuer;
pub mod messages;
pub mod model;
pub(crate) mod published;
pub mod run;
pub mod session;
pub(crate) mod story;
#[allow(dead_code, reason = "the benches, which share it, need more of it")]
pub mod terminal;
pub(crate) mod wires;
