//! One integration binary: it links once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a test may stop at the first thing that is not as it should be"
)]

mod acts;
mod architecture;
mod asked;
mod audited;
mod auth;
mod bad_input;
mod beside;
mod cassettes;
mod compaction;
#[cfg(target_os = "linux")]
mod crash;
#[cfg(target_os = "linux")]
mod disk_full;
mod doctor;
mod door;
mod governed;
mod hostile;
mod laws;
mod learned;
mod lent;
mod live;
mod parity;
mod partial;
mod plain;
mod policy;
mod print;
#[cfg(target_os = "linux")]
mod proxied;
mod recorded;
mod resume;
mod rewind;
#[cfg(target_os = "linux")]
mod sandbox;
mod screen;
#[cfg(target_os = "linux")]
mod secured;
mod services;
mod sessions;
mod shelf;
mod spend;
#[cfg(feature = "json-schema")]
mod structured;
mod support;
mod switching;
mod turns;
mod wire;
mod wire_chat;
mod wire_gemini;
mod wire_responses;
mod wires_alike;
