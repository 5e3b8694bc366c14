//! What may stand behind `claw sessions`.

use std::num::NonZeroU32;

use clap::{Args, Subcommand};

use super::{export, import};

/// `claw sessions`.
#[derive(Debug, Args)]
#[command(after_help = "\
An ID is the beginning of a session's id, or `latest`.
With --json: an array of sessions, each with id, title, name, tags, pinned, archived, branch, project, model, \
touched (milliseconds since 1970), turns, context (tokens), usd, files, added, removed, parent, forked, damage, \
log. `show` gives one of them with its turns; `search` gives id, title, project, log, at, said (title, prompt, \
answer, tool), text, marks (pairs of bytes in text) and places (in how many it was found); what changes \
something gives id and log. New fields may come; these stay.")]
pub(in crate::cli) struct SessionsArgs {
    /// What to do; without it, they are listed
    #[command(subcommand)]
    pub(super) command: Option<SessionsCommand>,
    /// Those of all projects
    #[arg(long, global = true)]
    pub(super) all: bool,
    /// As JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// What can be done with sessions.
#[derive(Debug, Subcommand)]
pub(super) enum SessionsCommand {
    /// List those of this project, the last one first
    List {
        /// Those that were put away
        #[arg(long)]
        archived: bool,
        /// Only those with this tag
        #[arg(long, value_name = "TAG")]
        tag: Option<String>,
    },
    /// What a session did, turn by turn
    Show {
        /// Which
        id: String,
    },
    /// Find words in prompts, answers, tool output and titles, in all projects; the best first
    Search {
        /// Words, which may also be the beginning of longer ones; "in quotes" they stand together
        #[arg(required = true, num_args = 1..)]
        words: Vec<String>,
        /// Only in this project
        #[arg(long)]
        here: bool,
        /// At most so many sessions
        #[arg(long, value_name = "N", default_value = "20")]
        most: NonZeroU32,
    },
    /// Write a session as markdown, JSON or a web page of one file; known secrets are left out
    Export(export::ExportArgs),
    /// Take over a session of Claude Code or Codex, to go on with it here
    Import(import::ImportArgs),
    /// Begin a new session as a copy of another; prints its id
    Fork {
        /// Of which
        id: String,
        /// As it was after turn N, counted from 1
        #[arg(long, value_name = "N")]
        at: Option<NonZeroU32>,
    },
    /// Give a session a name; without one, it is called by its first prompt again
    Rename {
        /// Which
        id: String,
        /// How it is called
        name: Option<String>,
    },
    /// Give a session tags; without any, they are listed
    Tag {
        /// Which
        id: String,
        /// Words
        tags: Vec<String>,
        /// Take this one away; may be given several times
        #[arg(long, value_name = "TAG")]
        remove: Vec<String>,
    },
    /// Put a session above the others
    Pin {
        /// Which
        id: String,
        /// Put it back
        #[arg(long)]
        undo: bool,
    },
    /// Put a session away: lists leave it out, searches do not
    Archive {
        /// Which
        id: String,
        /// Have it back
        #[arg(long)]
        undo: bool,
    },
    /// Delete sessions; they can be had back for 30 days
    Delete {
        /// Which
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Have a deleted session back: the last one, where none is named
    Undelete {
        /// Which
        id: Option<String>,
    },
    /// Make the index of the search anew from the logs
    Reindex,
}
