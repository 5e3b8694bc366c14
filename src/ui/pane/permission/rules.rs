//! "Always…": which rules are to be kept, for whom, and what they would allow.

use crate::base::clock::Millis;
use crate::base::text;
use crate::protocol::{
    Decision, Op, PermissionOutcome, PermissionRequest, RequestId, RuleScope, RuleTried,
};
use crate::session::State;
use crate::ui::row::{Ink, Row};
use crate::ui::theme::Role;

/// For so long nothing changes before the rules are tried, in milliseconds.
const PAUSE: u64 = 150;

/// The rules that are offered, as the user made them.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    lines: Vec<Line>,
    pub(super) at: usize,
    scope: RuleScope,
    /// The line under the cursor before it began to be changed.
    before: Option<Line>,
    /// What they mean was shown: the next Enter keeps them.
    sure: bool,
    /// When they are to be tried; none where they were.
    due: Option<Millis>,
}

/// A rule for a part of the call.
#[derive(Debug, Clone)]
struct Line {
    /// The part.
    part: String,
    rule: String,
    on: bool,
    /// The part changes or deletes something.
    marked: bool,
}

/// What Enter came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Confirmed {
    /// Not yet: why.
    Not(&'static str),
    /// What it means was shown; Enter keeps them.
    Shown,
    /// This is the answer.
    Sent(PermissionOutcome),
}

impl Rules {
    /// What is offered for a question; none where "always" is not. A part that changes something is
    /// off until the user turns it on.
    pub(super) fn offered(request: &PermissionRequest, now: Millis) -> Option<Self> {
        let asked = request.parts.iter().filter(|part| part.decision == Decision::Ask);
        let mut lines: Vec<Line> = Vec::new();
        for part in asked {
            let Some(rule) = &part.always else { continue };
            let marked = !part.writes.is_empty() && request.cwd.is_some();
            match lines.iter_mut().find(|line| line.rule == *rule) {
                Some(line) => {
                    line.marked |= marked;
                    line.on &= !marked;
                }
                None => lines.push(Line {
                    part: part.text.clone(),
                    rule: rule.clone(),
                    on: !marked,
                    marked,
                }),
            }
        }
        if let (true, Some(rule)) = (lines.is_empty(), &request.rule) {
            let (part, marked) = (String::new(), false);
            lines.push(Line { part, rule: rule.clone(), on: true, marked });
        }
        let (at, scope, sure) = (0, RuleScope::Session, false);
        (!lines.is_empty()).then_some(Self { lines, at, scope, before: None, sure, due: Some(now) })
    }

    /// The rule under the cursor.
    pub(super) fn rule(&self) -> &str {
        self.lines.get(self.at).map_or("", |line| &line.rule)
    }

    /// The rule under the cursor begins to be changed.
    pub(super) fn begin(&mut self) {
        self.before = self.lines.get(self.at).cloned();
    }

    /// The rule under the cursor reads so now: it is on, unless it is empty.
    pub(super) fn write(&mut self, rule: &str, now: Millis) {
        if let Some(line) = self.lines.get_mut(self.at) {
            rule.trim().clone_into(&mut line.rule);
            line.on = !line.rule.is_empty();
        }
        self.changed(now);
    }

    /// The rule under the cursor is again what it was.
    pub(super) fn revert(&mut self, now: Millis) {
        if let (Some(line), Some(before)) = (self.lines.get_mut(self.at), self.before.take()) {
            *line = before;
        }
        self.changed(now);
    }

    /// On, or off.
    pub(super) fn toggle(&mut self) {
        if let Some(line) = self.lines.get_mut(self.at).filter(|line| !line.rule.is_empty()) {
            line.on = !line.on;
        }
        self.sure = false;
    }

    pub(super) fn step(&mut self, down: bool) {
        let last = self.lines.len().saturating_sub(1);
        self.at = if down { (self.at + 1).min(last) } else { self.at.saturating_sub(1) };
    }

    /// For others: this session, this project, all of the user's.
    pub(super) fn next_scope(&mut self) {
        self.sure = false;
        self.scope = match self.scope {
            RuleScope::Session => RuleScope::Project,
            RuleScope::Project => RuleScope::User,
            RuleScope::User => RuleScope::Session,
        };
    }

    fn changed(&mut self, now: Millis) {
        self.sure = false;
        self.due = Some(Millis(now.0.saturating_add(PAUSE)));
    }

    /// The engine did not take the question what they mean: it is asked again.
    pub(super) fn try_again(&mut self, now: Millis) {
        self.changed(now);
    }

    /// When they are to be tried next.
    pub(super) fn next_tick(&self) -> Option<Millis> {
        self.due
    }

    /// What to ask the engine now.
    pub(super) fn wanted(&mut self, request: &RequestId, now: Millis) -> Option<Op> {
        self.due.take_if(|due| *due <= now)?;
        let rules = self.texts();
        (!rules.is_empty()).then(|| Op::TryRules { request: request.clone(), rules })
    }

    fn texts(&self) -> Vec<String> {
        let texts = self.lines.iter().map(|line| &line.rule).filter(|rule| !rule.is_empty());
        texts.cloned().collect()
    }

    /// Enter: shows what the rules mean; pressed again, keeps them and allows the call.
    pub(super) fn confirm(&mut self, session: &State, request: &PermissionRequest) -> Confirmed {
        let mut rules: Vec<String> = Vec::new();
        for line in self.lines.iter().filter(|line| line.on) {
            match tried(line, session, request) {
                None => return Confirmed::Not("what it would allow is not known yet: wait"),
                Some(RuleTried { refused: Some(_), .. }) => {
                    return Confirmed::Not("a rule cannot be kept as it is: change it, or Space");
                }
                Some(_) if rules.contains(&line.rule) => {}
                Some(_) => rules.push(line.rule.clone()),
            }
        }
        if rules.is_empty() {
            return Confirmed::Not("no rule is on: Space turns one on, Esc goes back");
        }
        if !std::mem::replace(&mut self.sure, true) {
            return Confirmed::Shown;
        }
        let plain = self.scope == RuleScope::Session && request.rule.as_ref() == rules.first();
        Confirmed::Sent(if plain && rules.len() == 1 {
            PermissionOutcome::AllowSession
        } else {
            PermissionOutcome::Always { rules, scope: self.scope }
        })
    }

    /// What Enter does next.
    pub(super) fn note(&self) -> String {
        let count = self.lines.iter().filter(|line| line.on).count();
        let rules = if count == 1 { "the rule".to_owned() } else { format!("{count} rules") };
        let scope = match self.scope {
            RuleScope::Session => "for this session",
            RuleScope::Project => "for this project, in your own settings",
            RuleScope::User => "for all your sessions",
        };
        if self.sure {
            format!("Enter again keeps {rules} {scope}, and allows this call")
        } else {
            "Read what they would allow; then Enter, and Enter again keeps them".to_owned()
        }
    }

    /// Are they kept by the next Enter?
    pub(super) fn is_sure(&self) -> bool {
        self.sure
    }

    /// The rows, and which of them belongs to the rule under the cursor.
    pub(super) fn rows(
        &self,
        session: &State,
        request: &PermissionRequest,
        cells: usize,
    ) -> (Vec<Row>, usize) {
        let mut rows = vec![Row::new("Allow always, without a question:", Role::Heading)];
        let mut selected = 0;
        for (at, line) in self.lines.iter().enumerate() {
            let (mark, role) = if line.on { ("[x] ", Role::Ok) } else { ("[ ] ", Role::Muted) };
            let words = text::sanitise_exact_line(&line.rule);
            let mut row = Row::new(if at == self.at { "› " } else { "  " }, Role::Text)
                .with(mark, role)
                .with(words, Ink::exact(if line.on { Role::Code } else { Role::Muted }));
            if line.marked {
                row = row.with("  ! it changes or deletes", Role::RiskChange);
            }
            if at == self.at {
                selected = rows.len();
            }
            rows.extend(row.wrapped(cells, 6));
            for (words, role) in self.means(line, session, request) {
                let below = Row::new(text::sanitise(&words), role);
                let room = cells.saturating_sub(6).max(1);
                rows.extend(below.wrapped(room, 2).into_iter().map(|row| row.indented(6)));
            }
        }
        let mut row = Row::new("  For  ", Role::Muted);
        for (scope, words) in [
            (RuleScope::Session, "this session"),
            (RuleScope::Project, "this project (your own settings)"),
            (RuleScope::User, "all your sessions"),
        ] {
            let (open, close, role) = if scope == self.scope {
                ("[", "]", Role::Accent)
            } else {
                (" ", " ", Role::Muted)
            };
            row = row.with(open, role).with(words, role).with(close, role).with(" ", Role::Text);
        }
        rows.extend(row.wrapped(cells, 7));
        (rows, selected)
    }

    /// What a line's rule would allow, in sentences.
    fn means(
        &self,
        line: &Line,
        session: &State,
        request: &PermissionRequest,
    ) -> Vec<(String, Role)> {
        let mut said = Vec::new();
        if !line.part.is_empty() && self.lines.len() > 1 {
            said.push((format!("for  {}", line.part), Role::Muted));
        }
        if line.rule.is_empty() {
            return said;
        }
        let Some(tried) = tried(line, session, request) else {
            said.push(("what it would allow is being looked up…".to_owned(), Role::Wait));
            return said;
        };
        if let Some(why) = tried.refused {
            said.push((format!("not possible: {why}"), Role::Err));
            return said;
        }
        let (count, examples) = (tried.covers.count, tried.covers.examples.join(", "));
        let rest = if tried.covers.examples.len() < count { ", …" } else { "" };
        said.push(match count {
            0 => ("matches none of the last 200 calls but this one".to_owned(), Role::Muted),
            _ => (format!("matches {count} of the last 200 calls: {examples}{rest}"), Role::Text),
        });
        if !tried.also.is_empty() {
            let also = tried.also.join(", ");
            said.push((format!("would also allow: {also}"), Role::Wait));
        }
        said
    }
}

/// What the rule of a line means, where that is known of the line as it stands.
fn tried(line: &Line, session: &State, request: &PermissionRequest) -> Option<RuleTried> {
    if let Some((id, tried)) = &session.live.tried
        && *id == request.id
        && let Some(found) = tried.iter().find(|tried| tried.rule == line.rule)
    {
        return Some(found.clone());
    }
    // The question knows of its own rule from the start.
    let own = request.rule.as_ref() == Some(&line.rule);
    let covers = request.covers.clone().filter(|_| own)?;
    Some(RuleTried { rule: line.rule.clone(), refused: None, covers, also: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Covered, Event, Part};
    use crate::ui::pane::tests::{event, session};

    fn part(text: &str, always: Option<&str>, writes: bool) -> Part {
        Part {
            text: text.into(),
            decision: Decision::Ask,
            reason: String::new(),
            rule: None,
            source: None,
            reads: Vec::new(),
            writes: if writes { vec!["/w/x".into()] } else { Vec::new() },
            unlisted: 0,
            always: always.map(Into::into),
        }
    }

    fn request(rule: Option<&str>, parts: Vec<Part>) -> PermissionRequest {
        let covers = rule.map(|_| Covered { count: 1, examples: vec!["ls".into()] });
        let rule = rule.map(Into::into);
        let id: RequestId = "r".into();
        PermissionRequest {
            rule,
            covers,
            parts,
            cwd: Some("/w".into()),
            ..PermissionRequest::new(id, "c".into(), "?")
        }
    }

    fn tried(rules: &[(&str, Option<&str>)]) -> Event {
        let rules = rules.iter().map(|(rule, refused)| RuleTried {
            rule: (*rule).into(),
            refused: refused.map(Into::into),
            covers: Covered::default(),
            also: Vec::new(),
        });
        Event::RulesTried { request: "r".into(), rules: rules.collect() }
    }

    #[test]
    fn what_is_marked_is_off_and_what_is_not_offered_is_not_there() {
        let asked = vec![
            part("cargo build", Some("Bash(cargo build:*)"), false),
            part("rm x", Some("Bash(rm:*)"), true),
            part("curl x", None, false),
        ];
        let rules = Rules::offered(&request(None, asked), Millis(0)).unwrap();
        let got: Vec<_> = rules.lines.iter().map(|line| (line.rule.as_str(), line.on)).collect();
        assert_eq!(got, [("Bash(cargo build:*)", true), ("Bash(rm:*)", false)]);
        assert!(Rules::offered(&request(None, vec![part("x", None, false)]), Millis(0)).is_none());
        let plain = Rules::offered(&request(Some("Bash(ls)"), Vec::new()), Millis(0)).unwrap();
        assert_eq!(plain.texts(), ["Bash(ls)"]);
    }

    #[test]
    fn nothing_is_kept_before_it_was_shown_what_it_means() {
        let mut state = session();
        let request = request(None, vec![part("a", Some("A"), false), part("b", Some("B"), true)]);
        let mut rules = Rules::offered(&request, Millis(1_000)).unwrap();
        let not = |confirmed: Confirmed| matches!(confirmed, Confirmed::Not(_));
        assert!(not(rules.confirm(&state, &request)), "it was not tried yet");
        assert!(matches!(rules.wanted(&request.id, Millis(1_000)), Some(Op::TryRules { .. })));
        assert_eq!(rules.wanted(&request.id, Millis(9_000)), None, "it was asked for already");
        state.apply(&event(&state, 1, tried(&[("A", None), ("B", Some("too wide"))])));
        assert_eq!(rules.confirm(&state, &request), Confirmed::Shown);
        let (at, scope) = (rules.at, RuleScope::Project);
        rules.next_scope();
        assert_eq!(rules.confirm(&state, &request), Confirmed::Shown, "a change begins again");
        let outcome = PermissionOutcome::Always { rules: vec!["A".into()], scope };
        assert_eq!(rules.confirm(&state, &request), Confirmed::Sent(outcome));
        rules.step(true);
        rules.toggle();
        assert!(not(rules.confirm(&state, &request)), "what is refused is not kept");
        rules.write("B2", Millis(2_000));
        assert!(not(rules.confirm(&state, &request)), "an answer to other words is none");
        assert_eq!(rules.wanted(&request.id, Millis(2_100)), None, "not at each key");
        assert!(rules.wanted(&request.id, Millis(2_150)).is_some());
        rules.write("", Millis(3_000));
        rules.at = at;
        rules.toggle();
        assert!(not(rules.confirm(&state, &request)), "nothing is on");
    }

    #[test]
    fn the_question_s_own_rule_for_the_session_is_the_plain_answer() {
        let state = session();
        let request = request(Some("Bash(ls)"), Vec::new());
        let mut rules = Rules::offered(&request, Millis(0)).unwrap();
        assert_eq!(rules.confirm(&state, &request), Confirmed::Shown);
        let sent = Confirmed::Sent(PermissionOutcome::AllowSession);
        assert_eq!(rules.confirm(&state, &request), sent);
    }
}
