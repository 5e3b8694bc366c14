//! The command line: what was asked, with which settings, and by which face.

mod args;
mod audit;
mod cassette;
mod cost;
mod demo;
mod desk;
mod doctor;
mod input;
mod log;
#[cfg(feature = "tui")]
mod looks;
mod models;
mod offers;
mod plain;
mod policy;
mod print;
#[cfg(feature = "tui")]
mod replay;
mod sandbox;
#[cfg_attr(not(feature = "tui"), path = "no_screen.rs")]
mod screen;
mod services;
mod sessions;
mod setup;
#[cfg(feature = "tui")]
mod theme;
mod trust;
mod words;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::Parser as _;
use tokio::runtime::{Builder, Runtime};

use crate::base::clock;
use crate::base::redact;
use crate::base::text::{sanitise, sanitise_lines};
use crate::cli::args::{Command, Flags, Line};
use crate::cli::cassette::Tape;
use crate::cli::screen::Screen;
use crate::cli::services::NoModel;
use crate::cli::setup::Place;
use crate::config::{self, Paths};
use crate::engine::{Setup, Start};
use crate::headless::Form;
use crate::provider::Catalogue;

/// Why claw did not do what it was asked; each has its exit code.
#[derive(Debug)]
enum Wrong {
    /// The command line, or what it names, is not as it has to be.
    Usage(anyhow::Error),
    /// It was tried and failed.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Wrong {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// Does what the command line asks for.
///
/// The exit codes are part of the interface: 0 done, 1 failed, 2 wrong usage, 3 a permission was
/// needed and nobody could be asked, 4 a limit of the turn, 5 the budget, 6 an answer that is not valid
/// under its schema, 129, 130 and 143 stopped by a signal.
pub fn main() -> ExitCode {
    if let Some(code) = crate::exec::sandbox::helper() {
        return code;
    }
    std::panic::set_hook(Box::new(|crash| {
        let trace = std::backtrace::Backtrace::capture();
        tell(&format!("claw failed inside, which is a defect: {crash}"));
        if trace.status() == std::backtrace::BacktraceStatus::Captured {
            let _ = writeln!(io::stderr(), "{}", sanitise_lines(&redact::all(&trace.to_string())));
        }
    }));
    let line = match Line::try_parse() {
        Ok(line) => line,
        Err(error) => {
            if error.use_stderr() {
                tell(&sentence(&error.to_string()));
            } else {
                // Help is an "error" with code 0. Nobody there to read it is none.
                let _ = error.print();
            }
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let (error, code) = match run(line) {
        Ok(code) => return ExitCode::from(code),
        Err(Wrong::Usage(error)) => (error, 2),
        Err(Wrong::Failed(error)) => (error, 1),
    };
    tell(&format!("{error:#}"));
    ExitCode::from(code)
}

/// A sentence for people. Nobody there to read it is no error.
fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "claw: {}", sanitise(&redact::all(text)));
}

/// What is wrong with the command line, without the usage that clap writes below it.
fn sentence(error: &str) -> String {
    let lines = error.lines().map(str::trim);
    let lines =
        lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let told: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    let told = told.join(" ").replace(" tip: ", "; ");
    format!("{}; claw --help lists what there is", told.trim_start_matches("error: "))
}

fn run(line: Line) -> Result<u8, Wrong> {
    config::learn_secrets(std::env::vars_os());
    let Line { prompt, flags, command } = line;
    flags.check().map_err(Wrong::Usage)?;
    match command {
        Some(Command::Sessions { command: Some(command), .. }) => {
            sessions::run(&command, &Place::find(&flags)?)
        }
        Some(Command::Sessions { command: None, all }) => {
            let place = Place::find(&flags)?;
            let project = (!all).then_some(place.root.as_path());
            sessions::list(&place.store(), project, clock::now(), io::stdout(), io::stderr())?;
            Ok(0)
        }
        Some(Command::Cost { json, days }) => cost::run(json, days, &flags),
        #[cfg(feature = "tui")]
        Some(Command::Theme { what }) => theme::run(&what, &flags),
        #[cfg(not(feature = "tui"))]
        Some(Command::Theme { .. }) => {
            Err(Wrong::Usage(anyhow!("this build of claw has no screen, and no themes")))
        }
        #[cfg(feature = "tui")]
        Some(Command::Replay { what, text, size }) => replay::run(&what, text, size, &flags),
        #[cfg(not(feature = "tui"))]
        Some(Command::Replay { .. }) => Err(Wrong::Usage(anyhow!(
            "this build of claw has no screen, and nothing to play it on"
        ))),
        Some(Command::Models { filter, json, refresh }) => {
            models::run(filter.as_deref(), json, refresh.as_deref(), &flags)
        }
        Some(Command::Doctor { json }) => doctor::run(json, &flags),
        Some(Command::ResetTty) => reset_tty(),
        Some(Command::Sandbox { what }) => sandbox::run(what, &flags),
        Some(Command::Audit { command }) => Ok(audit::run(&command)?),
        Some(Command::Policy { command }) => policy::run(&command, &flags),
        Some(Command::Demo { fast }) => {
            needs_terminal(&flags)?;
            flags.check_demo().map_err(Wrong::Usage)?;
            runtime(&flags)?.block_on(demo::play(fast, prompt, &flags, None))
        }
        None => work(prompt, &flags),
    }
}

/// Gives a terminal that a crashed program left in disorder back to the shell.
#[cfg(feature = "tui")]
fn reset_tty() -> Result<u8, Wrong> {
    crate::ui::terminal::reset().map_err(Wrong::Usage)?;
    Ok(0)
}

#[cfg(not(feature = "tui"))]
fn reset_tty() -> Result<u8, Wrong> {
    Err(Wrong::Usage(anyhow!("this build of claw has no screen: run `reset` instead")))
}

/// Works on the user's project.
fn work(prompt: Option<String>, flags: &Flags) -> Result<u8, Wrong> {
    needs_terminal(flags)?;
    let mut place = Place::find(flags)?;
    place.paths.create()?;
    begin_log(&place.paths, flags)?;
    let session = place.wanted(flags)?;
    if let Some(session) = &session {
        place = place.of(session, flags)?;
    }
    let of_demo = session.as_ref().is_some_and(|session| &*session.model.0 == demo::MODEL);
    let runtime = runtime(flags)?;
    let mut tape = Tape::of(flags)?;
    let wanted = tape.chosen(&place, session.as_ref(), flags);
    let found = if of_demo {
        tape.check_demo().map_err(Wrong::Usage)?;
        let model = flags.model.as_deref().unwrap_or(demo::MODEL).into();
        Ok((demo::provider(false)?, model))
    } else {
        runtime.block_on(services::start(&mut place, wanted.clone(), &mut tape))
    };
    let (provider, model) = match found {
        Ok(found) => found,
        Err(NoModel::Usage(why)) => return Err(Wrong::Usage(why)),
        Err(NoModel::Key(why)) if flags.print => return Err(why.into()),
        Err(NoModel::Key(why)) if plain::wanted(flags) => {
            return Err(Wrong::Failed(why.context("to try it without a key: claw demo --plain")));
        }
        Err(NoModel::Key(why)) => return runtime.block_on(offer_demo(&place, &why, flags)),
    };
    let start = match &session {
        Some(session) => Start::Resume(session.id.clone()),
        None => Start::New,
    };
    if flags.print || plain::wanted(flags) {
        place.tell_untrusted();
        place.tell_proposed();
    }
    let prompt = if flags.print {
        for notice in &place.settings.notices {
            tell(notice);
        }
        Some(input::prompt(prompt.as_deref()).map_err(Wrong::Usage)?)
    } else {
        prompt
    };
    runtime.block_on(async {
        let Some((place, screen)) = looked_at(place, flags).await? else { return Ok(0) };
        // A folder that was trusted just now may have chosen another one.
        let now = tape.chosen(&place, session.as_ref(), flags);
        let model = match now.filter(|now| Some(now) != wanted.as_ref()) {
            Some(now) => Catalogue::current().lookup(&now.0).id.clone(),
            None => model,
        };
        let setup = place.setup(provider, model, flags)?;
        let ended = face(&place, setup, start, prompt, flags, screen).await;
        tape.end();
        ended
    })
}

/// Asks about a folder that is not trusted and has something to say, then about each rule that it
/// proposes; without a screen, neither has a say. None where the user leaves.
async fn looked_at(
    mut place: Place,
    flags: &Flags,
) -> Result<Option<(Place, Option<Screen>)>, Wrong> {
    let linear = flags.print || plain::wanted(flags);
    let mut screen = None;
    // What changes while the question stands is asked about again.
    while let Some(question) = place.question().filter(|_| !linear) {
        let taken = screen.take().map_or_else(|| Screen::enter(&place), Ok)?;
        let Some((taken, trusted)) = taken.ask_trust(question).await? else { return Ok(None) };
        screen = Some(taken);
        place = place.answered(trusted, flags)?;
    }
    let offers = if linear { Vec::new() } else { place.offers() };
    let mut answered = false;
    for offer in offers {
        let taken = screen.take().map_or_else(|| Screen::enter(&place), Ok)?;
        let Some((taken, answer)) = taken.ask_rule(offer.lines).await? else { return Ok(None) };
        screen = Some(taken);
        let Some(accepted) = answer else { break };
        place.answer(&offer.rule, accepted)?;
        answered = true;
    }
    if answered {
        place = place.again(flags)?;
    }
    place.tell_proposed();
    Ok(Some((place, screen)))
}

/// Without a model there is still something to see.
async fn offer_demo(place: &Place, why: &anyhow::Error, flags: &Flags) -> Result<u8, Wrong> {
    let screen = Screen::enter(place)?;
    match screen.offer_demo(&format!("{why:#}"), &place.root).await? {
        Some(screen) => demo::play(false, None, flags, Some(screen)).await,
        None => Err(Wrong::Failed(anyhow!("{why:#}"))),
    }
}

/// The screen cannot be drawn into a pipe.
fn needs_terminal(flags: &Flags) -> Result<(), Wrong> {
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if flags.print || plain::wanted(flags) || terminal {
        return Ok(());
    }
    let text =
        "the full-screen app needs a terminal: without one, use claw -p \"prompt\" or claw --plain";
    Err(Wrong::Usage(anyhow!(text)))
}

/// Begins the log where `--verbose` or `CLAW_LOG` asks for it.
fn begin_log(paths: &Paths, flags: &Flags) -> Result<(), Wrong> {
    let asked = crate::config::process("CLAW_LOG").filter(|filter| !filter.is_empty());
    match (asked, flags.verbose) {
        (Some(filter), _) => log::begin(&paths.logs, &filter.to_string_lossy()),
        (None, true) => log::begin(&paths.logs, "claw=debug"),
        (None, false) => Ok(()),
    }
    .map_err(Wrong::Usage)
}

/// A run without a screen is one thing after the other and starts faster on one thread; a screen
/// must not wait for a turn.
fn runtime(flags: &Flags) -> Result<Runtime, Wrong> {
    let mut builder =
        if flags.print { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    let runtime = builder.worker_threads(2).enable_all().build();
    Ok(runtime.context("starting the runtime")?)
}

/// Runs the face that the flags ask for, on a screen that is taken already where there is one.
/// The exit code.
async fn face(
    place: &Place,
    setup: Setup,
    start: Start,
    prompt: Option<String>,
    flags: &Flags,
    screen: Option<Screen>,
) -> Result<u8, Wrong> {
    if flags.print {
        let form =
            flags.json_schema.as_deref().map(Form::read).transpose().map_err(Wrong::Usage)?;
        return print::run(setup, start, prompt.unwrap_or_default(), form, flags).await;
    }
    let (left, code, said) = if plain::wanted(flags) {
        let (left, code) = plain::run(setup, start, prompt, place, flags).await?;
        (vec![left], code, String::new())
    } else {
        let screen = screen.map_or_else(|| Screen::enter(place), Ok)?;
        Box::pin(screen.run(place, setup, start, prompt, flags.trace.as_deref())).await?
    };
    let said = if said.is_empty() { said } else { format!("{said}\n\n") };
    // Nobody there to read it is no error.
    let _ = write!(io::stdout(), "{said}");
    for (at, session) in left.iter().enumerate() {
        let what = if at == 0 { "The session is kept" } else { "So is another one" };
        let _ = writeln!(io::stdout(), "{what}: claw --resume {session}");
    }
    Ok(code)
}

#[cfg(test)]
mod tests;
