//! claw: a full-screen terminal coding agent. The model proposes, the harness decides, the user commands.
//!
//! The floors, from the ground up; a module uses only floors below its own.

// Tests may stop at the first thing that is not as it should be.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)
)]

// 0 · ground, no word of the domain
pub mod base;

// 1 · the words
pub mod protocol;

// 2 · pure machinery
pub mod bus;
pub mod diff;
pub mod shell;

// 3 · parts that know only the words
pub mod audit;
pub mod config;
pub mod exec;
pub mod http;
pub mod policy;
pub mod workspace;

// 4 · memory, and doors to the outside
pub mod auth;
pub mod desk;
pub mod provider;
pub mod session;

// 5 · what the model may call
pub mod tool;

// 6 · one turn
pub mod agent;

// 7 · all live sessions
pub mod engine;

// 8 · faces; none knows another
pub mod headless;
pub mod plain;
#[cfg(feature = "tui")]
pub mod ui;

// 9 · the command line
pub mod cli;
