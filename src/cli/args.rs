//! What may stand on the command line.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::cli::sessions::SessionsCommand;
use crate::cli::words::{FormatArg, ModeArg, MotionArg};
use crate::cli::words::{Picture, dollars, from_one, picture, size, speed, tokens};
use crate::exec::HostPattern;
use crate::protocol::{Budget, Mode, ModelId};
use crate::provider::Catalogue;

/// A full-screen terminal coding agent that keeps its user in command.
#[derive(Debug, Parser)]
#[command(
    name = "claw",
    version,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a permission was needed and nobody could be \
                  asked, 4 a limit of the turn was reached, 5 the budget is used up, 6 the answer is not \
                  valid under the schema, 129, 130 or 143 ended by a \
                  signal.\n\
                  Without a key: claw demo"
)]
pub(super) struct Line {
    /// What to do: filled in, ready to be sent; with -p sent at once.
    pub(super) prompt: Option<String>,
    #[command(flatten)]
    pub(super) flags: Flags,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// What claw does other than work on the project it was started in.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Play a story in a project of its own: no key, no network, nothing of yours is touched
    Demo {
        /// Without the pauses of a model that thinks
        #[arg(long)]
        fast: bool,
    },
    /// Look at the log of every decision and every command that was started
    Audit {
        /// What to do with it
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Ask the policy: what it would say, why, and by which rules
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Look again at what was: the frames of a trace, or the turns of a session. Nothing runs
    Replay {
        /// A trace (claw --trace FILE), a session's log, the beginning of a session's id, or
        /// `latest`
        what: String,
        /// Print one frame (from 1) or turn (from 0, the beginning) as text instead, without a
        /// terminal: its number, or `last`
        #[arg(
            long,
            value_name = "N",
            num_args = 0..=1,
            default_missing_value = "last",
            value_parser = picture
        )]
        text: Option<Picture>,
        /// Draw at this size instead: 120x40
        #[arg(long, value_name = "COLUMNSxROWS", value_parser = size)]
        size: Option<(u16, u16)>,
    },
    /// List the sessions of this project, the last one first
    Sessions {
        #[command(subcommand)]
        command: Option<SessionsCommand>,
        /// Those of all projects
        #[arg(long)]
        all: bool,
    },
    /// What all sessions used and cost, for each day and model
    Cost {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Of the last N days, today included
        #[arg(long, value_name = "N", default_value = "30", value_parser = from_one, allow_negative_numbers = true)]
        days: NonZeroU32,
    },
    /// The themes of the screen: list them, look at one, check that it can be read
    Theme {
        #[command(subcommand)]
        what: ThemeCommand,
    },
    /// List the models: what each takes, says and costs, and whether there is a key for it here
    Models {
        /// Only those whose name or vendor holds this
        filter: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Read the list anew from a file or an address, in the form of models.dev
        /// (<https://models.dev/api.json>)
        #[arg(long, value_name = "FILE|URL", conflicts_with = "filter")]
        refresh: Option<String>,
    },
    /// Say what the terminal can do, what is set and what is missing, with the lines to add
    Doctor {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Switch off all that a crashed program may have left on in this terminal
    ResetTty,
    /// Where the commands of the model run: try it, look at it, use it
    Sandbox {
        #[command(subcommand)]
        what: SandboxCommand,
    },
}

/// What can be done with themes.
#[derive(Debug, Subcommand)]
pub(super) enum ThemeCommand {
    /// List the themes: those that are built in, yours, and those of a trusted project
    List,
    /// Show every role of a theme as it looks
    Show {
        /// The theme
        name: String,
    },
    /// Check that every role can be read (WCAG contrast); exit code 1 where one cannot
    Check {
        /// Names, or files of themes; all themes where none is given
        themes: Vec<String>,
    },
}

/// What can be done with the sandbox.
#[derive(Debug, Subcommand)]
pub(super) enum SandboxCommand {
    /// Which layers hold here, and what is open and hidden inside
    Status,
    /// Try everything that must not be possible inside, and say what came of it
    Selftest,
    /// Run a command inside, as the model's commands are run
    Run {
        /// Something else that it shall not see
        #[arg(long, value_name = "PATH")]
        hide: Vec<PathBuf>,
        /// A host that it may reach: docs.rs, *.docs.rs, docs.rs:8443, 127.0.0.1:8080
        #[arg(long, value_name = "HOST")]
        allow_host: Vec<HostPattern>,
        /// The command and its arguments
        #[arg(required = true, last = true)]
        command: Vec<String>,
    },
}

/// What `claw audit` does.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Check that no record was edited, removed, moved or cut off; exit code 1 where one was
    Verify,
    /// Show the records, the first one first
    Show {
        /// Only those of one session: its id, or the beginning of it
        #[arg(long, value_name = "ID")]
        session: Option<String>,
        /// As lines of JSON, as they are kept
        #[arg(long)]
        json: bool,
    },
}

/// What the policy can be asked.
#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Say what each piece of a command touches, and what is decided about it
    Explain {
        /// The command, as one argument
        command: String,
    },
    /// Run the cases of a corpus; exit code 1 where one fails
    Test {
        /// A file of JSON lines
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Answer records from standard input, one line of JSON each
    Check {
        /// Read the records from standard input
        #[arg(long, required = true)]
        stdin: bool,
    },
    /// List the rules that hold here, and where each stands
    List,
}

/// What holds for both faces.
#[derive(Debug, Default, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Flags {
    /// Answer the prompt (or standard input) without a screen, then end
    #[arg(short, long, global = true)]
    pub(super) print: bool,
    /// With -p: how the answer is written
    #[arg(long, value_name = "FORMAT", global = true)]
    pub(super) output_format: Option<FormatArg>,
    /// With -p: the answer is JSON that is valid under the JSON schema in FILE; one that is not is
    /// asked for again, at most three times
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) json_schema: Option<PathBuf>,
    /// With -p and stream-json: messages also while they are being said
    #[arg(long, global = true)]
    pub(super) include_partial_messages: bool,
    /// The model to ask: vendor/name, or a short name; `claw models` lists them
    #[arg(long, value_name = "NAME", global = true)]
    pub(super) model: Option<String>,
    /// How much is done without asking
    #[arg(long, alias = "permission-mode", value_name = "MODE", global = true)]
    pub(super) mode: Option<ModeArg>,
    /// Do everything without asking: the same as --mode bypass
    #[arg(long, conflicts_with = "mode", global = true)]
    pub(super) dangerously_skip_permissions: bool,
    /// For this run, let the project's own settings and notes have a say
    #[arg(long, global = true)]
    pub(super) trust: bool,
    /// Confine every command, whatever the settings say: it writes only in the project, sees no
    /// secrets, has no network
    #[arg(long, global = true)]
    pub(super) sandbox: bool,
    /// Run commands as you, not confined, whatever the settings say
    #[arg(long, conflicts_with = "sandbox", global = true)]
    pub(super) no_sandbox: bool,
    /// Go on with the last session of this project
    #[arg(short, long = "continue", conflicts_with = "resume", global = true)]
    pub(super) continue_last: bool,
    /// Go on with a session: the beginning of its id, or `latest`
    #[arg(short, long, value_name = "ID", global = true)]
    pub(super) resume: Option<String>,
    /// Most requests to the model in one turn
    #[arg(long, value_name = "N", value_parser = from_one, allow_negative_numbers = true, global = true)]
    pub(super) max_turns: Option<NonZeroU32>,
    /// Most US dollars of a session's requests in all: then the turn waits for you; with -p it ends
    #[arg(long, value_name = "DOLLARS", value_parser = dollars, allow_negative_numbers = true, global = true)]
    pub(super) max_budget_usd: Option<f64>,
    /// Most tokens of a session's prompts and replies in all, cached ones too
    #[arg(long, value_name = "N", value_parser = tokens, allow_negative_numbers = true, global = true)]
    pub(super) max_budget_tokens: Option<u64>,
    /// Who goes on in a turn where the model does not answer; may be given several times
    #[arg(long, value_name = "NAME", global = true)]
    pub(super) fallback_model: Vec<String>,
    /// Rules of what is done without asking, separated by commas or blanks: "Edit,Bash(cargo test:*)"
    #[arg(long, alias = "allowedTools", value_name = "RULES", global = true)]
    pub(super) allowed_tools: Vec<String>,
    /// Rules of what is never done
    #[arg(long, alias = "disallowedTools", value_name = "RULES", global = true)]
    pub(super) disallowed_tools: Vec<String>,
    /// The project's directory, instead of the current one
    #[arg(long, value_name = "DIR", global = true)]
    pub(super) cwd: Option<PathBuf>,
    /// The colours: a name that `claw theme list` lists
    #[arg(long, value_name = "NAME", global = true)]
    pub(super) theme: Option<String>,
    /// Lines in, lines out, for screen readers: nothing is drawn, questions are numbered lists
    #[arg(long, global = true, conflicts_with = "print")]
    pub(super) plain: bool,
    /// Lines in, lines out, in colours: no other screen and no panes, all of it in the terminal's
    /// own scrollback
    #[arg(long, global = true, conflicts_with_all = ["print", "plain"])]
    pub(super) inline: bool,
    /// Draw with ASCII alone
    #[arg(long, global = true)]
    pub(super) ascii: bool,
    /// How much moves on the screen
    #[arg(long, value_name = "HOW", global = true)]
    pub(super) motion: Option<MotionArg>,
    /// Leave the mouse to the terminal
    #[arg(long, global = true)]
    pub(super) no_mouse: bool,
    /// Write all that the screen is told to FILE, for `claw replay` and for reports: also what you
    /// type, key by key. Known secrets are left out; only you can read it
    #[arg(long, value_name = "FILE", global = true, conflicts_with_all = ["print", "plain", "inline"])]
    pub(super) trace: Option<PathBuf>,
    /// Keep what is said with models' servers in FILE, without keys, for --replay and for reports.
    /// Only you can read it
    #[arg(long, value_name = "FILE", global = true, conflicts_with = "replay")]
    pub(super) record: Option<PathBuf>,
    /// Let what --record kept in FILE answer in the place of every server: no key, no network. The
    /// session is a new one, and tools do run (`claw replay` only shows what was)
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) replay: Option<PathBuf>,
    /// How many times as fast as it was the recording plays; 0: without any pause
    #[arg(long, value_name = "N", value_parser = speed, requires = "replay", allow_negative_numbers = true, global = true)]
    pub(super) replay_speed: Option<f64>,
    /// Write what claw does to its log file
    #[arg(long, global = true)]
    pub(super) verbose: bool,
}

impl Flags {
    /// The mode that was asked for.
    pub(super) fn mode(&self) -> Option<Mode> {
        let bypass = self.dangerously_skip_permissions.then_some(Mode::Bypass);
        bypass.or(self.mode.map(Mode::from))
    }

    /// What a session may use in all.
    pub(super) fn budget(&self) -> Budget {
        Budget { usd: self.max_budget_usd, tokens: self.max_budget_tokens }
    }

    /// Who goes on where the model does not answer: a short name is its full one.
    pub(super) fn fallback(&self) -> Vec<ModelId> {
        let known = Catalogue::current();
        self.fallback_model.iter().map(|name| known.lookup(name).id.clone()).collect()
    }

    /// What is wrong between the flags, where `clap` does not see it.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let format = self.output_format;
        anyhow::ensure!(
            format.is_none() || self.print,
            "--output-format is for runs without a screen: add -p"
        );
        anyhow::ensure!(
            self.json_schema.is_none() || self.print,
            "--json-schema is for runs without a screen: add -p"
        );
        anyhow::ensure!(
            !self.include_partial_messages || format == Some(FormatArg::StreamJson),
            "--include-partial-messages needs -p and --output-format stream-json"
        );
        Ok(())
    }

    /// What is wrong between the flags and the demo, which has a project and a model of its own.
    pub(super) fn check_demo(&self) -> anyhow::Result<()> {
        let other = [
            ("--model", self.model.is_some()),
            ("--cwd", self.cwd.is_some()),
            ("--trust", self.trust),
            ("--continue", self.continue_last),
            ("--resume", self.resume.is_some()),
            ("--record", self.record.is_some()),
            ("--replay", self.replay.is_some()),
        ];
        let given = other.iter().find(|(_, given)| *given).map(|(name, _)| name);
        given.map_or(Ok(()), |name| {
            Err(anyhow::anyhow!("the demo has no use for {name}: leave it out"))
        })
    }
}

/// Splits rules at commas and blanks, but not inside parentheses.
pub(super) fn rules(texts: &[String]) -> Vec<String> {
    let mut rules = Vec::new();
    for text in texts {
        let (mut rule, mut depth) = (String::new(), 0_u32);
        for c in text.chars() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && (c == ',' || c.is_whitespace()) {
                rules.push(std::mem::take(&mut rule));
            } else {
                rule.push(c);
            }
        }
        rules.push(rule);
    }
    rules.retain(|rule| !rule.is_empty());
    rules
}
