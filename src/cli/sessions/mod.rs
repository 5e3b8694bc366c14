//! `claw sessions`: what there is, what was said in it, and what becomes of it.

mod change;
mod export;
mod import;
mod list;
mod look;
mod words;

use std::io::{self, Write};

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::base::clock;
use crate::cli::Wrong;
use crate::cli::args::Flags;
use crate::cli::setup::Place;
use crate::engine::Start;
use crate::provider::offers::price;
use crate::session::{Overview, Store, Summary};
use list::Wanted;
use words::SessionsCommand;

pub(in crate::cli) use words::SessionsArgs;

/// Does what was asked for. The exit code.
pub(super) fn run(args: SessionsArgs, flags: &Flags) -> Result<u8, Wrong> {
    let SessionsArgs { command, all, json } = args;
    let place = Place::find(flags)?;
    let (store, root) = (place.store(), place.root.as_path());
    let command = command.unwrap_or(SessionsCommand::List { archived: false, tag: None });
    let told = match command {
        SessionsCommand::List { archived, tag } => {
            let wanted = Wanted { project: (!all).then_some(root), archived, tag };
            if json {
                Told { text: Vec::new(), json: wanted.as_json(&store) }
            } else {
                list::list(&store, &wanted, clock::now(), io::stdout(), io::stderr())?;
                return Ok(0);
            }
        }
        SessionsCommand::Show { id } => look::show(&store, &id, root)?,
        SessionsCommand::Search { words, here, most } => {
            let here = here.then_some(root);
            look::search(&store, &words.join(" "), here, most.get() as usize)?
        }
        SessionsCommand::Export(args) => return export::run(&args, &place),
        SessionsCommand::Import(args) => return import::run(&args, &place),
        SessionsCommand::Reindex => look::reindex(&store)?,
        command => change::change(&store, command, &place)?,
    };
    told.print(json)?;
    Ok(0)
}

/// How a run begins: with a session or a new one.
///
/// # Errors
///
/// Where something is to be done with a session and none is named.
pub(super) fn start(session: Option<&Summary>, flags: &Flags) -> anyhow::Result<Start> {
    let Some(session) = session else {
        anyhow::ensure!(!flags.fork, "--fork is for a session: add --resume ID or --continue");
        anyhow::ensure!(!flags.watch, "--watch is for a session: add --resume ID or --continue");
        return Ok(Start::New);
    };
    let id = session.id.clone();
    Ok(match (flags.fork, flags.watch) {
        (true, _) => Start::Fork(id),
        (_, true) => Start::Watch(id),
        _ => Start::Resume(id),
    })
}

/// What is said in the end.
struct Told {
    text: Vec<String>,
    json: Value,
}

impl Told {
    fn print(&self, json: bool) -> Result<(), Wrong> {
        let mut out = io::stdout().lock();
        let written = if json {
            writeln!(out, "{:#}", self.json)
        } else {
            self.text.iter().try_for_each(|line| writeln!(out, "{line}"))
        };
        match written.and_then(|()| out.flush()) {
            // Nobody there to read it is no error.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Ok(Err(error).context("writing about sessions")?)
            }
            _ => Ok(()),
        }
    }
}

/// All that is known of sessions, as the help promises it.
fn as_json(one: &Overview) -> Value {
    json!({
        "id": one.id,
        "title": one.called(),
        "name": one.name,
        "tags": one.tags,
        "pinned": one.pinned,
        "archived": one.archived,
        "branch": one.branch,
        "project": one.cwd,
        "model": one.model,
        "touched": one.touched,
        "turns": one.turns,
        "context": one.context,
        "usd": one.dollars,
        "files": one.files,
        "added": one.added,
        "removed": one.removed,
        "parent": one.parent,
        "forked": one.forked,
        "damage": one.damage,
        "log": one.path,
    })
}

/// What is known of the session of a log.
fn overview(store: &Store, log: &std::path::Path, cwd: &std::path::Path) -> Option<Overview> {
    store.overviews(Some(cwd), &[], price).into_iter().find(|one| one.path == log)
}
