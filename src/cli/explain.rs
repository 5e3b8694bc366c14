//! `claw prompt`: what a model would be sent, and where each part of it comes from. Nothing is sent.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use crate::agent::prompt::{Around, Instructions, assemble, window};
use crate::agent::size;
use crate::audit::Audit;
use crate::base::amount::tokens;
use crate::base::clock;
use crate::base::redact;
use crate::base::text::sanitise_lines;
use crate::cli::args::Flags;
use crate::cli::setup::Place;
use crate::cli::{Wrong, runtime, tell};
use crate::config::{Imports, Standing};
use crate::engine::instructions;
use crate::exec::Helpers;
use crate::protocol::{Content, Envelope, Event, PartState, TurnId, Window, WindowPart};
use crate::provider::catalogue::HOME;
use crate::provider::{Catalogue, Input, Model};
use crate::session::{self, State};
use crate::tool::Registry;
use crate::workspace::notes::Places;

impl Place {
    /// Where notes are read from, but for the project's.
    pub(super) fn notes(&self) -> Places {
        let imports = Imports::new(self.paths.imports_file.clone());
        Places {
            managed: "/etc/claw".into(),
            owner: 0,
            config: self.paths.config.clone(),
            claude: self.paths.claude_file.parent().map(|dir| dir.join("CLAUDE.md")),
            home: std::env::home_dir(),
            project: None,
            vouched: self.look.standing == Standing::Trusted,
            // What cannot be read allows nothing; `/memory` says why.
            allowed: imports.allowed().unwrap_or_default().into(),
            imports: self.paths.imports_file.clone(),
        }
    }
}

/// A request that is not sent.
struct Request {
    state: State,
    instructions: Instructions,
    model: Arc<Model>,
    registry: Registry,
}

/// What `claw prompt` takes.
#[derive(Debug, Args)]
pub(super) struct PromptArgs {
    /// What you would say
    text: Option<String>,
    /// The whole request, part by part, with the source and the size of each
    #[arg(long, required = true)]
    explain: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Prints the request. The exit code.
pub(super) fn run(asked: &PromptArgs, flags: &Flags) -> Result<u8, Wrong> {
    let mut place = Place::find(flags)?;
    let session = place.wanted(flags)?;
    if let Some(session) = &session {
        place = place.of(session, flags)?;
    }
    place.paths.create()?;
    let runtime = runtime(flags)?;
    // Nobody is asked here: without a choice it is the first model of the home vendor.
    let all = Catalogue::current();
    let model = match place.chosen(session.as_ref(), flags) {
        Some(model) => all.lookup(&model.0),
        None => {
            let first = all.vendor(HOME).and_then(|home| home.models.first().cloned());
            first.unwrap_or_else(|| all.lookup(HOME))
        }
    };
    let mut state = State::new("new".into());
    if let Some(session) = &session {
        let found = session::read(&session.path).map_err(Wrong::Usage)?;
        state = State::new(session.id.clone());
        found.envelopes.iter().for_each(|envelope| state.apply(envelope));
    }
    place.tell_untrusted();
    for notice in &place.settings.notices {
        tell(notice);
    }
    let confinement = Arc::new(place.confinement(&place.policy()?));
    let helpers = Helpers::new(Arc::new(Audit::new(place.paths.audit.clone())), confinement);
    let notes = place.notes();
    let made = instructions(&place.root, &notes, place.trusted(), &helpers);
    let (instructions, notices) = runtime.block_on(made);
    for notice in notices {
        tell(&notice);
    }
    say(&mut state, asked.text.as_deref());
    let request = Request { state, instructions, model, registry: Registry::builtin() };
    let out = if asked.json { request.json() } else { request.text() };
    let out = redact::all(&out).into_owned();
    let out = if asked.json { out } else { sanitise_lines(&out).to_string() };
    match writeln!(io::stdout(), "{}", out.trim_end()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Wrong::Failed(anyhow::Error::new(error).context("printing the request")))
        }
        _ => Ok(0),
    }
}

/// Says the prompt in the session, as far as this run goes.
fn say(state: &mut State, text: Option<&str>) {
    let Some(text) = text else { return };
    let prompt = vec![Content::text(text)];
    let prompt = session::cited(state, prompt);
    let event = Event::TurnStarted { turn: TurnId::from("next"), prompt };
    let (session, seq) = (state.id.clone(), state.seq + 1);
    state.apply(&Envelope { session, seq, at: clock::now(), event });
}

impl Request {
    fn window(&self) -> (Window, Vec<String>) {
        let tools = self.registry.specs();
        let around = Around { instructions: &self.instructions, tools: &tools, model: &self.model };
        let texts = tools
            .iter()
            .map(|tool| format!("{}\n{}", tool.description.trim(), pretty(&tool.schema)));
        (window(&self.state, &around), texts.collect())
    }

    /// For people: a line that says what a part is and where it comes from, then the part.
    fn text(&self) -> String {
        let (window, tools) = self.window();
        let mut out = format!(
            "{}: {} of {} tokens, {} kept for the answer\n",
            self.model.id,
            tokens(window.used()),
            tokens(window.size),
            tokens(window.reserved)
        );
        let pieces = self.instructions.pieces.iter().map(|piece| piece.text.clone());
        let texts: Vec<_> = pieces.chain(tools).collect();
        for (part, text) in window.parts.iter().zip(&texts) {
            out.push_str(&head(part));
            if part.state == PartState::Dropped {
                continue;
            }
            out.push_str(text.trim());
            out.push('\n');
        }
        for (source, input) in assemble(&self.state, &self.instructions).messages {
            let size = tokens(size::input(&input));
            // Writing to a String cannot fail.
            let _ = writeln!(out, "\n──── {}, from {source}, ~{size} tokens", kind(&input));
            out.push_str(said(&input).trim());
            out.push('\n');
        }
        out
    }

    /// For programs.
    fn json(&self) -> String {
        let (window, _) = self.window();
        let assembled = assemble(&self.state, &self.instructions);
        let system: Vec<Value> = self
            .instructions
            .pieces
            .iter()
            .zip(&window.parts)
            .map(|(piece, part)| {
                json!({
                    "title": piece.title,
                    "source": piece.source,
                    "tokens": part.tokens,
                    "state": part.state,
                    "text": piece.text,
                })
            })
            .collect();
        let messages: Vec<Value> = assembled
            .messages
            .iter()
            .map(|(source, input)| {
                let size = size::input(input);
                json!({ "role": kind(input), "source": source, "tokens": size, "content": content(input) })
            })
            .collect();
        let said = json!({
            "model": self.model.id,
            "window": window.size,
            "max_output": self.model.max_output,
            "tokens": window.used(),
            "system": &*assembled.system,
            "system_parts": system,
            "tools": &*self.registry.specs(),
            "messages": messages,
        });
        pretty(&said)
    }
}

fn head(part: &WindowPart) -> String {
    let dropped =
        if part.state == PartState::Dropped { ", taken out by you: not sent" } else { "" };
    let (group, title, source) = (part.group.words(), &part.title, &part.source);
    let size = tokens(part.tokens);
    format!("\n──── {group}: {title}, from {source}, ~{size} tokens{dropped}\n")
}

fn pretty(value: &Value) -> String {
    // A value that is one can always be written.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn kind(input: &Input) -> &'static str {
    match input {
        Input::User(_) => "user",
        Input::Assistant(_) => "assistant",
        Input::Result { .. } => "result",
    }
}

fn content(input: &Input) -> Value {
    match input {
        Input::User(content) => json!(content),
        Input::Assistant(message) => json!(message.content),
        Input::Result { call, name, outcome } => {
            json!({ "call": call, "tool": name, "text": outcome.text, "error": outcome.is_error() })
        }
    }
}

fn said(input: &Input) -> String {
    match input {
        Input::Result { outcome, .. } => outcome.text.clone(),
        Input::User(content) => parts(content),
        Input::Assistant(message) => parts(&message.content),
    }
}

fn parts(content: &[Content]) -> String {
    let part = |part: &Content| match part {
        Content::Text { text } => text.clone(),
        Content::Thinking { text, .. } => format!("(thinking) {text}"),
        Content::RedactedThinking { .. } => {
            "(thinking that the service keeps to itself)".to_owned()
        }
        Content::Image(image) => format!("(a picture, {} bytes of base64)", image.data.len()),
        Content::Served { block } => format!("(done by the provider) {block}"),
        Content::Citations { all } => format!("({} sources)", all.len()),
        Content::ToolUse(asked) => format!("(calls {}) {}", asked.name, asked.input),
    };
    content.iter().map(part).collect::<Vec<_>>().join("\n")
}
