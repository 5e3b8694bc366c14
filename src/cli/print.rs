//! `claw -p`: one prompt, an answer, an exit code.

use std::io::{self, BufWriter, IsTerminal as _};

use anyhow::Context as _;

use crate::cli::Wrong;
use crate::cli::args::Flags;
use crate::engine::{Handle, Setup, Start};
use crate::headless::{self, Form, Format, Output};

/// Runs the prompt without a screen. The exit code.
pub(super) async fn run(
    setup: Setup,
    start: Start,
    prompt: String,
    form: Option<Form>,
    flags: &Flags,
) -> Result<u8, Wrong> {
    let stop = headless::signals().context("listening for signals")?;
    let output = Output {
        out: BufWriter::new(io::stdout().lock()),
        err: io::stderr(),
        format: flags.output_format.map_or(Format::Text, Into::into),
        partial: flags.include_partial_messages,
        terminal: io::stdout().is_terminal(),
    };
    let engine = Handle::new(setup);
    let ended = headless::run(&engine, start, prompt, form, output, stop).await;
    engine.close().await;
    Ok(ended?.code())
}
