//! What a run came to: the last line of `json` and `stream-json`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;

use crate::base::clock;
use crate::headless::{Ending, Signal};
use crate::protocol::{
    Budget, CallId, Envelope, Event, PermissionOutcome, SessionId, Spent, StopReason, ToolOutcome,
    ToolStatus, ToolUse, Usage, text_of,
};
use crate::provider::offers::price;
use crate::session::State;

/// Everything that a run came to so far. Filled by [`Report::observe`].
#[derive(Debug)]
pub struct Report {
    session: SessionId,
    since: Instant,
    signal: Option<Signal>,
    /// A permission was needed and nobody could be asked.
    refused: bool,
    stop: Option<StopReason>,
    /// The budget that is used up, and what was used.
    over: Option<(Budget, Spent)>,
    /// The last answer; one that was cut off and went on is one.
    text: String,
    /// It was cut off at the output limit.
    cut: bool,
    /// The answer as JSON of the form that it must have, or what is wrong with it; none where any
    /// answer will do.
    judged: Option<Result<Value, String>>,
    requests: u32,
    usage: Usage,
    /// In US dollars; none once a request's price was not known.
    cost: Option<f64>,
    uses: Vec<ToolUse>,
    results: Vec<Outcome>,
    denials: Vec<Denial>,
}

/// The report on the wire. Field names are those that scripts for agents of this kind look for.
#[derive(Serialize)]
struct Wire<'a> {
    r#type: &'static str,
    subtype: &'static str,
    is_error: bool,
    result: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    structured_output: Option<&'a Value>,
    error: Option<String>,
    session_id: &'a SessionId,
    stop: &'static str,
    num_turns: u32,
    duration_ms: u64,
    usage: Tokens,
    total_cost_usd: Option<f64>,
    permission_denials: &'a [Denial],
    tool_uses: &'a [ToolUse],
    tool_results: Vec<&'a Outcome>,
}

#[derive(Serialize)]
struct Tokens {
    #[serde(rename = "input_tokens")]
    input: u64,
    #[serde(rename = "output_tokens")]
    output: u64,
    #[serde(rename = "cache_read_input_tokens")]
    cache_read: u64,
    #[serde(rename = "cache_creation_input_tokens")]
    cache_write: u64,
}

#[derive(Debug, Clone, Serialize)]
struct Outcome {
    id: CallId,
    output: String,
    is_error: bool,
}

#[derive(Debug, Clone, Serialize)]
struct Denial {
    #[serde(rename = "tool_name")]
    name: String,
    #[serde(rename = "tool_use_id")]
    id: CallId,
    #[serde(rename = "tool_input")]
    input: Value,
}

impl Report {
    /// Of a run in `session` that begins now.
    pub fn new(session: SessionId) -> Self {
        Self {
            session,
            since: clock::instant(),
            signal: None,
            refused: false,
            stop: None,
            over: None,
            text: String::new(),
            cut: false,
            judged: None,
            requests: 0,
            usage: Usage::default(),
            cost: Some(0.0),
            uses: Vec::new(),
            results: Vec::new(),
            denials: Vec::new(),
        }
    }

    /// Takes an event in that `state`, the run's session, has folded already. Of other sessions
    /// (sub-agents) only refused permissions count.
    pub fn observe(&mut self, envelope: &Envelope, state: &State) {
        if let Event::PermissionResolved { outcome: PermissionOutcome::Deny { .. }, .. } =
            &envelope.event
        {
            self.refused = true;
        }
        if envelope.session != self.session {
            return;
        }
        match &envelope.event {
            Event::MessageFinished { message } => {
                self.requests += 1;
                self.usage.add(&message.usage);
                let cost = price(&message.model, &message.usage);
                self.cost = self.cost.zip(cost).map(|(sum, cost)| sum + cost);
                let cut = message.stop == StopReason::MaxTokens;
                let cut = cut && message.tool_uses().next().is_none();
                if !std::mem::replace(&mut self.cut, cut) {
                    self.text.clear();
                }
                self.text.push_str(&text_of(&message.content));
                self.uses.extend(message.tool_uses().cloned());
            }
            Event::ToolCallFinished { call, outcome, .. } => self.called(call, outcome, state),
            Event::BudgetReached { spent, budget } => self.over = Some((*budget, *spent)),
            Event::TurnFinished { stop, .. } => self.stop = Some(stop.clone()),
            _ => {}
        }
    }

    fn called(&mut self, id: &CallId, outcome: &ToolOutcome, state: &State) {
        let (output, is_error) = (outcome.text.clone(), outcome.is_error());
        self.results.push(Outcome { id: id.clone(), output, is_error });
        if let Some((_, entry)) = state.call(id).filter(|_| outcome.status == ToolStatus::Denied) {
            self.denials.push(Denial {
                name: entry.call.name.clone(),
                id: id.clone(),
                input: entry.call.input.clone(),
            });
        }
    }

    /// Notes a signal; false where there was one before.
    pub fn stopped_by(&mut self, signal: Signal) -> bool {
        self.signal.replace(signal).is_none()
    }

    /// The model's last words.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is written where only the answer is: of one that must have a form, the JSON alone.
    pub fn answer(&self) -> Cow<'_, str> {
        match &self.judged {
            None => Cow::Borrowed(&self.text),
            Some(Ok(value)) => Cow::Owned(value.to_string()),
            Some(Err(_)) => Cow::Borrowed(""),
        }
    }

    /// Has the model said all it wanted to say?
    pub fn answered(&self) -> bool {
        self.stop == Some(StopReason::EndTurn)
    }

    /// Notes whether the answer has its form.
    pub fn judged(&mut self, value: anyhow::Result<Value>) {
        self.judged = Some(value.map_err(|why| why.to_string()));
    }

    /// How it ended.
    pub fn ending(&self) -> Ending {
        match (&self.stop, self.signal) {
            // A signal that came when all was said has stopped nothing.
            (Some(StopReason::EndTurn), _) if self.refused => Ending::PermissionNeeded,
            (Some(StopReason::EndTurn), _) if self.faults().is_some() => Ending::Misfit,
            (Some(StopReason::EndTurn), _) => Ending::Done,
            (_, Some(signal)) => Ending::Stopped(signal),
            (Some(StopReason::PermissionNeeded), _) => Ending::PermissionNeeded,
            (Some(StopReason::TurnLimit), _) => Ending::Limit,
            (Some(StopReason::Budget), _) => Ending::Budget,
            (Some(StopReason::Cancelled | StopReason::Interrupted) | None, _) => {
                Ending::Stopped(Signal::Interrupt)
            }
            (Some(_), _) => Ending::Failed,
        }
    }

    /// What went wrong and what to do next, in a sentence; none where all went well.
    pub fn error(&self) -> Option<String> {
        let text = match self.ending() {
            Ending::Done | Ending::ReaderGone => return None,
            Ending::PermissionNeeded => {
                "a call needed a permission and nobody could be asked: allow it with \
                 --allowed-tools or --mode, or run claw without -p"
            }
            Ending::Limit => {
                "the limit of requests per turn was reached: raise it with --max-turns, or go on \
                 with --continue"
            }
            Ending::Budget => {
                let used = self.over.map(|(budget, spent)| budget.words(&spent));
                let used = used.map(|words| format!(" ({words})")).unwrap_or_default();
                return Some(format!(
                    "the session's budget is used up{used}: give it more with --max-budget-{}, and \
                     go on with --continue",
                    self.budget()
                ));
            }
            Ending::Misfit => {
                let faults = self.faults().unwrap_or_default().replace("\n- ", "; ");
                return Some(format!(
                    "the answer is not valid under the schema of --json-schema: {}",
                    faults.trim_start_matches("- ")
                ));
            }
            Ending::Stopped(_) => "stopped before the turn was over: go on with --continue",
            Ending::Failed => match &self.stop {
                Some(StopReason::Failed { error }) => error,
                Some(StopReason::MaxTokens) => {
                    "the answer was cut off at the model's output limit: ask it to go on with \
                     --continue"
                }
                Some(StopReason::ContextFull) => {
                    "the prompt does not fit the model's window: say less, or begin a new session"
                }
                Some(StopReason::Refusal) => {
                    "the model refused to answer: say it differently, or ask another with --model"
                }
                Some(StopReason::Repeated) => {
                    "the model made the same call again and again with the same result: say it \
                     differently, or ask another with --model"
                }
                _ => "the turn ended without an answer: try again",
            },
        };
        Some(text.to_owned())
    }

    /// What is wrong with the form of the answer.
    fn faults(&self) -> Option<&str> {
        self.judged.as_ref()?.as_ref().err().map(String::as_str)
    }

    /// Which budget is used up.
    fn budget(&self) -> &'static str {
        match self.over {
            Some((budget, spent)) if !budget.out_of_usd(&spent) => "tokens",
            _ => "usd",
        }
    }

    /// As the calls were asked for: those that only read end in any order.
    fn results_in_order(&self) -> Vec<&Outcome> {
        let asked: HashMap<_, _> = self.uses.iter().map(|asked| &asked.id).zip(0..).collect();
        let mut results: Vec<_> = self.results.iter().collect();
        results.sort_by_key(|result| asked.get(&result.id).copied().unwrap_or(usize::MAX));
        results
    }

    /// As one JSON object.
    pub fn wire(&self) -> impl Serialize + '_ {
        let ending = self.ending();
        let (subtype, stop) = match ending {
            Ending::Done => ("success", "end_turn"),
            Ending::PermissionNeeded => ("error_permission_needed", "permission_needed"),
            Ending::Limit => ("error_max_turns", "turn_limit"),
            Ending::Budget if self.budget() == "tokens" => ("error_max_budget_tokens", "budget"),
            Ending::Budget => ("error_max_budget_usd", "budget"),
            Ending::Misfit => ("error_max_structured_output_retries", "end_turn"),
            Ending::Stopped(_) | Ending::ReaderGone => ("error_interrupted", "cancelled"),
            Ending::Failed => match &self.stop {
                Some(StopReason::MaxTokens) => ("error_during_execution", "max_tokens"),
                Some(StopReason::ContextFull) => ("error_during_execution", "context_full"),
                Some(StopReason::Refusal) => ("error_during_execution", "refusal"),
                Some(StopReason::Repeated) => ("error_during_execution", "repeated"),
                _ => ("error_during_execution", "failed"),
            },
        };
        Wire {
            r#type: "result",
            subtype,
            is_error: ending != Ending::Done,
            result: &self.text,
            structured_output: self.judged.as_ref().and_then(|judged| judged.as_ref().ok()),
            error: self.error(),
            session_id: &self.session,
            stop,
            num_turns: self.requests,
            duration_ms: u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX),
            usage: Tokens {
                input: self.usage.input,
                output: self.usage.output,
                cache_read: self.usage.cache_read,
                cache_write: self.usage.cache_write,
            },
            total_cost_usd: self.cost,
            permission_denials: &self.denials,
            tool_uses: &self.uses,
            tool_results: self.results_in_order(),
        }
    }
}
