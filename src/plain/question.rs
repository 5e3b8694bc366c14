//! A question to the user as numbered lines, answered by a number.

use crate::base::text::sanitise;
use crate::plain::say::{diff_line, title};
use crate::protocol::{
    Changed, Decision, EditPart, Hunk, LineAt, LineComment, LineKind, Op, PermissionOutcome,
    PermissionRequest, Preview, RuleScope, ToolCall,
};

/// What the next line that the user writes is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Awaits {
    /// A number of the list.
    Choice,
    /// The words of a refusal.
    Words,
    /// Another command line.
    Command,
    /// For whom the rules hold.
    Scope(Vec<String>),
    /// The numbers of the hunks to apply.
    Hunks,
    /// The comment to a hunk that is left out; those to come after it.
    Comment { part: EditPart, left: Vec<usize> },
}

/// A question that is open.
#[derive(Debug)]
pub(super) struct Question {
    request: PermissionRequest,
    call: ToolCall,
    awaits: Awaits,
}

/// What comes of an answer.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Something is to be said; the question stays.
    Say(Vec<String>),
    /// It is answered.
    Answer(Op),
    /// It is put aside.
    Later,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Once,
    Always,
    Hunks,
    Edit,
    Deny,
    Words,
    Later,
}

impl Question {
    pub(super) fn new(request: PermissionRequest, call: ToolCall) -> Self {
        Self { request, call, awaits: Awaits::Choice }
    }

    /// Is it the question of that name?
    pub(super) fn is(&self, id: &crate::protocol::RequestId) -> bool {
        self.request.id == *id
    }

    fn choices(&self) -> Vec<(Choice, &'static str)> {
        let mut list = vec![(Choice::Once, "allow once")];
        if !self.rules().is_empty() {
            list.push((Choice::Always, "always allow, with a rule that is shown first"));
        }
        if self.hunks().len() > 1 || !self.hunks().is_empty() {
            list.push((Choice::Hunks, "choose hunks, and say why the others are left out"));
        }
        if matches!(self.call.preview, Some(Preview::Command { .. })) {
            list.push((Choice::Edit, "change the command, then be asked again"));
        }
        list.extend([
            (Choice::Deny, "deny; the agent goes on without it"),
            (Choice::Words, "deny and say why"),
            (Choice::Later, "later; /ask asks again"),
        ]);
        list
    }

    /// The rules that could be kept: those of the pieces, else that of the whole.
    fn rules(&self) -> Vec<String> {
        let asked = self.request.parts.iter().filter(|part| part.decision == Decision::Ask);
        let rules: Vec<String> = asked.filter_map(|part| part.always.clone()).collect();
        if rules.is_empty() { self.request.rule.clone().into_iter().collect() } else { rules }
    }

    fn hunks(&self) -> &[Hunk] {
        match &self.call.preview {
            Some(Preview::Diff { change }) => &change.hunks,
            _ => &[],
        }
    }

    /// All of it: what will run, what was found, and the answers.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("Waiting: may this run? {}", title(&self.call))];
        if self.request.edited {
            lines.push("Edited by you".to_owned());
        }
        match &self.call.preview {
            Some(Preview::Command { command, timeout, .. }) => {
                lines.extend(command.lines().map(|line| {
                    format!("  command: {}", crate::base::text::sanitise_exact_line(line))
                }));
                lines.push(format!("  at most {} s", timeout.as_secs()));
            }
            Some(Preview::Diff { .. }) => {
                for (at, hunk) in self.hunks().iter().enumerate() {
                    lines.push(self.hunk_title(at, hunk));
                    lines.extend(hunk.lines.iter().map(diff_line));
                }
            }
            None => {}
        }
        for (at, part) in self.request.parts.iter().enumerate() {
            let mark = match part.decision {
                Decision::Allow => "allowed",
                Decision::Ask => "asks",
                Decision::Deny => "denied",
            };
            let (text, reason) = (sanitise(&part.text), sanitise(&part.reason));
            lines.push(format!("  part {}: {text}, {mark}: {reason}", at + 1));
        }
        if self.request.more > 0 {
            lines.push(format!("  and {} more parts", self.request.more));
        }
        lines.push(format!("  because: {}", sanitise(&self.request.reason)));
        if let Some(cwd) = &self.request.cwd {
            lines.push(format!("  in: {}", sanitise(&cwd.to_string_lossy())));
        }
        if self.request.risky {
            lines.push("  Careful: it changes or deletes, or leaves the project".to_owned());
        }
        lines.extend(self.menu());
        lines
    }

    fn hunk_title(&self, at: usize, hunk: &Hunk) -> String {
        let count = |kind| hunk.lines.iter().filter(|line| line.kind == kind).count();
        let (added, removed) = (count(LineKind::Added), count(LineKind::Removed));
        let all = self.hunks().len();
        format!(
            "  Hunk {} of {all}, from line {}, {added} added, {removed} removed",
            at + 1,
            hunk.old_start.max(1)
        )
    }

    fn menu(&self) -> Vec<String> {
        let choices = self.choices();
        let mut lines: Vec<String> = choices
            .iter()
            .enumerate()
            .map(|(at, (_, word))| format!("  {} {word}", at + 1))
            .collect();
        lines.push("Type a number and press Enter".to_owned());
        lines
    }

    /// The user wrote a line.
    pub(super) fn answer(&mut self, line: &str) -> Step {
        let line = line.trim();
        match std::mem::replace(&mut self.awaits, Awaits::Choice) {
            Awaits::Choice => self.choose(line),
            Awaits::Words => {
                let message = (!line.is_empty()).then(|| line.to_owned());
                self.decide(PermissionOutcome::Deny { message })
            }
            Awaits::Command if line.is_empty() => self.say("Nothing was changed"),
            Awaits::Command => {
                let command = line.to_owned();
                self.decide(PermissionOutcome::Change { changed: Changed::Command { command } })
            }
            Awaits::Scope(rules) => match line {
                "1" => self.always(rules, RuleScope::Session),
                "2" => self.always(rules, RuleScope::Project),
                "3" => self.always(rules, RuleScope::User),
                _ => self.say("No rule was kept"),
            },
            Awaits::Hunks => self.part(line),
            Awaits::Comment { part, left } => self.comment(part, left, line),
        }
    }

    fn choose(&mut self, line: &str) -> Step {
        let chosen = line.parse::<usize>().ok().and_then(|at| at.checked_sub(1));
        let Some((choice, _)) = chosen.and_then(|at| self.choices().get(at).copied()) else {
            return self.say("That is no number of the list");
        };
        let ask = |text: &str| Step::Say(vec![text.to_owned()]);
        match choice {
            Choice::Once => self.decide(PermissionOutcome::AllowOnce),
            Choice::Deny => self.decide(PermissionOutcome::Deny { message: None }),
            Choice::Later => Step::Later,
            Choice::Words => {
                self.awaits = Awaits::Words;
                ask("Waiting: write why, for the agent, and press Enter")
            }
            Choice::Edit => {
                self.awaits = Awaits::Command;
                ask("Waiting: write the command that shall run instead; nothing keeps the old one")
            }
            Choice::Hunks => {
                self.awaits = Awaits::Hunks;
                ask("Waiting: write the numbers of the hunks to apply, like 1,3")
            }
            Choice::Always => {
                let rules = self.rules();
                let mut lines: Vec<String> =
                    rules.iter().map(|rule| format!("Rule: {}", sanitise(rule))).collect();
                lines.extend(
                    [
                        "  1 this session",
                        "  2 this project, in your own settings",
                        "  3 all your projects",
                        "  0 back",
                    ]
                    .map(str::to_owned),
                );
                self.awaits = Awaits::Scope(rules);
                Step::Say(lines)
            }
        }
    }

    fn always(&self, rules: Vec<String>, scope: RuleScope) -> Step {
        self.decide(PermissionOutcome::Always { rules, scope })
    }

    /// The hunks that were named are applied; about each other one the user is asked.
    fn part(&mut self, line: &str) -> Step {
        let numbers: Option<Vec<usize>> = line
            .split([',', ' '])
            .filter(|word| !word.is_empty())
            .map(|word| word.parse().ok().filter(|n| (1..=self.hunks().len()).contains(n)))
            .collect();
        let Some(chosen) = numbers.filter(|numbers| !numbers.is_empty()) else {
            self.awaits = Awaits::Hunks;
            let most = self.hunks().len();
            return Step::Say(vec![format!(
                "Numbers from 1 to {most}, like 1,3; nothing was applied"
            )]);
        };
        let left: Vec<usize> =
            (0..self.hunks().len()).filter(|at| !chosen.contains(&(at + 1))).collect();
        let mut part = EditPart::default();
        for &hunk in &left {
            let lines = self.hunks()[hunk].lines.iter().enumerate();
            let changed = lines.filter(|(_, line)| line.kind != LineKind::Context);
            part.left_out.extend(changed.map(|(line, _)| LineAt { file: 0, hunk, line }));
        }
        self.next_comment(part, left)
    }

    fn next_comment(&mut self, part: EditPart, left: Vec<usize>) -> Step {
        let Some(hunk) = left.first().map(|at| at + 1) else {
            let whole = part.left_out.is_empty() && part.comments.is_empty();
            return self.decide(if whole {
                PermissionOutcome::AllowOnce
            } else {
                PermissionOutcome::AllowPart { part }
            });
        };
        self.awaits = Awaits::Comment { part, left };
        Step::Say(vec![format!("Waiting: why not hunk {hunk}? Press Enter for no comment")])
    }

    fn comment(&mut self, mut part: EditPart, mut left: Vec<usize>, line: &str) -> Step {
        let hunk = left.remove(0);
        let first = part.left_out.iter().find(|at| at.hunk == hunk).copied();
        if let Some(at) = first.filter(|_| !line.is_empty()) {
            part.comments.push(LineComment { at, text: line.to_owned() });
        }
        self.next_comment(part, left)
    }

    fn say(&self, text: &str) -> Step {
        let mut lines = vec![text.to_owned()];
        lines.extend(self.menu());
        Step::Say(lines)
    }

    fn decide(&self, outcome: PermissionOutcome) -> Step {
        let (request, hash) = (self.request.id.clone(), self.request.hash.clone());
        Step::Answer(Op::Decide { request, hash, outcome })
    }
}
