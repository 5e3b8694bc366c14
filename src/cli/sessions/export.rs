//! `claw sessions export`: a session as markdown, JSON or a web page.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;

use crate::base::text::sanitise;
use crate::cli::Wrong;
use crate::cli::setup::Place;
use crate::provider::offers::price;
use crate::session::export::{self, Form};
use crate::session::{State, each};

/// Which session, and where it goes.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ExportArgs {
    /// The beginning of its id, or `latest`
    id: String,
    /// How it is written; where this is not given, as the file's name says, else markdown
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormArg>,
    /// Into a new file that only you can read, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Also over a file that is there
    #[arg(long, requires = "output")]
    force: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FormArg {
    /// For readers
    Md,
    /// For programs
    Json,
    /// A web page of one file
    Html,
}

/// Writes it. The exit code.
pub(super) fn run(args: &ExportArgs, place: &Place) -> Result<u8, Wrong> {
    let found = place.store().find(&args.id, &place.root).map_err(Wrong::Usage)?;
    let mut state = State::new(found.id.clone());
    let damage = each(&found.path, |envelope| state.apply(&envelope))?;
    if let Some(damage) = damage {
        crate::cli::tell(&damage);
    }
    let form = match args.format {
        Some(FormArg::Md) => Form::Markdown,
        Some(FormArg::Json) => Form::Json,
        Some(FormArg::Html) => Form::Html,
        None => args.output.as_deref().and_then(Form::of).unwrap_or_default(),
    };
    let text = export::export(&state, &found.title, price, form)?;
    let Some(path) = &args.output else {
        return Ok(print(&text)?);
    };
    export::write(path, &text, args.force).map_err(Wrong::Usage)?;
    if io::stderr().is_terminal() {
        crate::cli::tell(&format!("written to {}", sanitise(&path.to_string_lossy())));
    }
    Ok(0)
}

fn print(text: &str) -> anyhow::Result<u8> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Nobody there to read it is no error.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("writing the session")
        }
        _ => Ok(0),
    }
}
