//! `claw sessions import`: sessions of Claude Code and Codex, to be gone on with here.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};

use crate::base::clock::{self, Millis, ago};
use crate::base::text::sanitise;
use crate::cli::Wrong;
use crate::cli::setup::Place;
use crate::config;
use crate::protocol::ModelId;
use crate::provider::Catalogue;
use crate::session::import::{Agent, Homes, Imported, Offer, import};

/// Which session, and whose.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ImportArgs {
    /// Its file, or a part of the file's name as --list shows it; without this, --list
    what: Option<String>,
    /// Whose it is; where this is not given, as the file says
    #[arg(long, value_name = "AGENT")]
    from: Option<AgentArg>,
    /// List what there is to import, the last one first
    #[arg(long, conflicts_with = "what")]
    list: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum AgentArg {
    /// Claude Code
    Claude,
    /// Codex
    Codex,
}

/// Does it. The exit code.
pub(super) fn run(args: &ImportArgs, place: &Place) -> Result<u8, Wrong> {
    let agent = args.from.map(|from| match from {
        AgentArg::Claude => Agent::Claude,
        AgentArg::Codex => Agent::Codex,
    });
    let homes = homes(&config::process);
    let Some(what) = args.what.as_deref().filter(|_| !args.list) else {
        let offers = homes.offers(agent, None);
        list(&offers, clock::now(), io::stdout().lock(), io::stderr())?;
        return Ok(0);
    };
    let path = found(what, agent, &homes).map_err(Wrong::Usage)?;
    let done = import(&place.store(), &path, agent, named).map_err(Wrong::Usage)?;
    let told = said(&done);
    match told.iter().try_for_each(|line| writeln!(io::stdout(), "{line}")) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Wrong::Failed(anyhow!(error).context("writing what was imported")))
        }
        _ => Ok(0),
    }
}

/// Where the other agents keep their sessions.
fn homes(env: &dyn Fn(&str) -> Option<std::ffi::OsString>) -> Homes {
    let dir = |name: &str| env(name).filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let below = |name: &str| dir("HOME").map(|home| home.join(name));
    Homes {
        claude: dir("CLAUDE_CONFIG_DIR").or_else(|| below(".claude")),
        codex: dir("CODEX_HOME").or_else(|| below(".codex")),
    }
}

/// What claw calls a model; nothing where it has no name.
fn named(name: &str) -> ModelId {
    if name.is_empty() { ModelId::from("") } else { Catalogue::current().lookup(name).id.clone() }
}

/// The file that is meant: a path, or a part of the name of one that is listed.
fn found(what: &str, agent: Option<Agent>, homes: &Homes) -> Result<PathBuf> {
    let path = Path::new(what);
    if path.exists() {
        return std::path::absolute(path).context("finding the current directory");
    }
    if what.contains(std::path::MAIN_SEPARATOR) {
        bail!("there is no file {what}");
    }
    let mut fitting = homes.offers(agent, None).into_iter();
    let mut fitting = fitting.by_ref().filter(|offer| stem(&offer.path).contains(what));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one.path),
        (None, _) => bail!(
            "there is no file {what}, and no session of that name: `claw sessions import --list` \
             lists them"
        ),
        (Some(_), Some(_)) => bail!("several sessions are called like {what}: give more of it"),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or(OsStr::new("")).to_string_lossy().into_owned()
}

/// Writes what there is: name, age, whose, where, how it begins.
fn list(offers: &[Offer], now: Millis, mut out: impl Write, mut err: impl Write) -> Result<()> {
    let line = |offer: &Offer| {
        let place = offer.cwd.as_deref().map(Path::to_string_lossy).unwrap_or_default();
        format!(
            "{}  {:>11}  {:<11}  {}  {}",
            sanitise(&stem(&offer.path)),
            ago(now.since(offer.touched)),
            offer.agent.name(),
            sanitise(&place),
            sanitise(&offer.title)
        )
    };
    let written = if offers.is_empty() {
        writeln!(err, "claw: there are no sessions of Claude Code or Codex here")
    } else {
        offers.iter().try_for_each(|offer| writeln!(out, "{}", line(offer)))
    };
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("writing the list")
        }
        _ => Ok(()),
    }
}

fn said(done: &Imported) -> Vec<String> {
    let turns = if done.turns == 1 { "turn" } else { "turns" };
    let (count, agent) = (done.turns, done.agent.name());
    let first = if done.again {
        format!("It is there already, with {count} {turns} of {agent}: nothing was changed")
    } else {
        let left = done.counts.words();
        let left = if left.is_empty() { left } else { format!(" ({left})") };
        format!("Imported {count} {turns} of {agent}{left}")
    };
    vec![first, format!("Go on with it: claw --resume {}", done.id)]
}
