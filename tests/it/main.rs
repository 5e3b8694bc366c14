//! One integration binary: it links once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a test may stop at the first thing that is not as it should be"
)]

mod architecture;
mod asked;
mod audited;
mod bad_input;
mod door;
mod governed;
mod hostile;
mod live;
mod parity;
mod plain;
mod policy;
mod print;
#[cfg(target_os = "linux")]
mod proxied;
mod recorded;
mod resume;
#[cfg(target_os = "linux")]
mod sandbox;
mod screen;
mod support;
mod turns;
mod wire;
