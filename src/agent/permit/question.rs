//! What is asked: the question to the user, made from what the policy found.

use crate::agent::Agent;
use crate::agent::permit::{Judged, script};
use crate::base::{cap, digest, text};
use crate::policy::{Finding, Policy, Verdict, Why};
use crate::protocol::{Covered, Decision, Mode, Part, PermissionRequest, RequestId, ToolCall};

/// Most parts of a question, and most paths of a part.
const MOST: (usize, usize) = (32, 12);
/// Most bytes of a part's text, of its reason, and of a path.
const LONGEST: usize = 400;
/// Earlier calls that a rule is tried on, and the bytes of their commands together.
const EARLIER: (usize, usize) = (200, 128 << 10);
/// Cells of an example.
const EXAMPLE: usize = 60;

pub(super) fn question(call: &ToolCall, why: &Why, judged: &Judged) -> PermissionRequest {
    let mode = judged.mode;
    let mut parts: Vec<_> =
        judged.parts.iter().map(|finding| part(finding.clone(), judged.offers)).collect();
    parts.sort_by_key(|part| part.decision == Decision::Allow);
    let unlisted = parts.len().saturating_sub(MOST.0);
    parts.truncate(MOST.0);
    let mut request = PermissionRequest {
        rule: why.offer.clone(),
        covers: judged.covers.clone(),
        edited: judged.edited,
        risky: why.risky,
        parts,
        more: unlisted,
        cwd: script(call).map(|script| script.cwd.clone()),
        sandbox: judged.held.clone(),
        ..PermissionRequest::new(RequestId::fresh(), call.id.clone(), by(why, mode))
    };
    request.hash = hash(call, &request);
    request
}

/// The hash of what a question shows and of what runs where it is allowed.
pub(super) fn hash(call: &ToolCall, request: &PermissionRequest) -> String {
    let PermissionRequest { id: _, call: _, hash: _, reason, rule, covers, .. } = request;
    let PermissionRequest { edited, risky, parts, more, cwd, sandbox, .. } = request;
    let ToolCall { id: _, name, input, verb, title, kind: _, access, preview } = call;
    let runs = (name, input, verb, title, access, preview);
    let shown = (reason, rule, covers, edited, risky, parts, more, cwd, sandbox);
    // A path that is no text cannot be spelled out, so it cannot be allowed: no hash is no match.
    serde_json::to_vec(&(runs, shown)).map_or_else(|_| String::new(), |all| digest::sha256(&all))
}

fn part(finding: Finding, offers: bool) -> Part {
    let Finding { atom, verdict, reads, writes, .. } = finding;
    let (decision, why) = match verdict {
        Verdict::Allow(why) => (Decision::Allow, why),
        Verdict::Ask(why) => (Decision::Ask, why),
        Verdict::Deny(why) => (Decision::Deny, why),
    };
    // Never wider than what the policy itself offers, and never for what is risky.
    let always = why.offer.clone().filter(|_| offers && decision == Decision::Ask && !why.risky);
    let unlisted = reads.len().saturating_sub(MOST.1) + writes.len().saturating_sub(MOST.1);
    let few = |paths: Vec<String>| paths.iter().take(MOST.1).map(|path| short(path)).collect();
    Part {
        text: short(&atom),
        decision,
        reason: short(&why.reason),
        rule: why.rule.as_deref().map(short),
        source: why.source.as_deref().map(short),
        reads: few(reads),
        writes: few(writes),
        unlisted,
        always,
    }
}

/// A text, or its beginning and how much is missing.
fn short(text: &str) -> String {
    let end = cap::floor(text, LONGEST);
    match text.len() - end {
        0 => text.to_owned(),
        cut => format!("{} [… {cut} more bytes]", &text[..end]),
    }
}

/// What else in this session the rule would have let run without a question.
pub(super) fn covered(agent: &Agent, call: &ToolCall, policy: &Policy, rule: &str) -> Covered {
    let earlier: Vec<_> = agent.journal.look(|state| {
        let ended = state.calls().rev().filter(|entry| entry.outcome.is_some());
        ended.take(EARLIER.0).map(|entry| entry.call.clone()).collect()
    });
    let mut room = EARLIER.1;
    let earlier =
        earlier.into_iter().filter(|earlier| earlier.id != call.id).take_while(|earlier| {
            let size = script(earlier).map_or(0, |script| script.command.len());
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        });
    let matching: Vec<_> = {
        let earlier: Vec<_> = earlier.collect();
        let which = policy.covered(rule, earlier.iter().map(|call| call.access.as_slice()));
        which.into_iter().filter_map(|at| earlier.get(at).cloned()).collect()
    };
    let mut examples: Vec<String> = Vec::new();
    for call in &matching {
        let example = text::truncate(&call.title, EXAMPLE);
        if examples.len() < 3 && !examples.contains(&example) {
            examples.push(example);
        }
    }
    Covered { count: matching.len(), examples }
}

/// The reason with the rule that decided and where it stands, else with what else decided.
pub(super) fn by(why: &Why, mode: Mode) -> String {
    let reason = &why.reason;
    match (why.rule.as_deref(), why.source.as_deref()) {
        (Some(rule), Some("session")) => format!("{reason}: {rule}, of this session"),
        (Some(rule), Some(source)) => format!("{reason}: {rule}, from {source}"),
        (Some(rule), None) => format!("{reason}: {rule}"),
        (None, Some("default")) => format!("{reason} ({})", mode.name()),
        (None, Some(source)) => format!("{reason} ({source})"),
        (None, None) => reason.clone(),
    }
}
