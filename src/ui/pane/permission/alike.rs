//! The same answer for all questions of a kind that wait now, after all of them were shown.

use crate::base::text;
use crate::protocol::{Op, PermissionOutcome, PermissionRequest, RequestId};
use crate::session::State;
use crate::ui::effect::{Effect, Effects};
use crate::ui::pane::permission::content::{self, Content, Sight};
use crate::ui::pane::permission::pick::Picks;
use crate::ui::pane::permission::{PermissionPane, Stage};
use crate::ui::row::Row;
use crate::ui::theme::Role;

/// A question and what was shown of it.
pub(super) type Shown = (RequestId, String);

/// The questions of the same kind as `front`, itself first; for "allow" without what is risky.
fn alike<'s>(
    session: &'s State,
    front: &'s PermissionRequest,
    allow: bool,
) -> impl Iterator<Item = &'s PermissionRequest> {
    let kind =
        |request: &PermissionRequest| session.call(&request.call).map(|(_, entry)| entry.call.kind);
    let same = move |request: &&PermissionRequest| {
        request.id != front.id
            && kind(request).is_some()
            && kind(request) == kind(front)
            && !(allow && request.risky)
    };
    std::iter::once(front).chain(session.pending.iter().filter(same))
}

impl PermissionPane {
    /// `Y` or `N`: shows all questions of this kind; pressed again, answers them.
    pub(super) fn answer_alike(&mut self, allow: bool, session: &State) -> Effects {
        if !self.can_answer() {
            return Effects::new();
        }
        match self.stage {
            Stage::Choosing => {
                let Some(front) = self.front(session) else { return Effects::new() };
                let all = alike(session, front, allow);
                let all: Vec<_> = all.map(|it| (it.id.clone(), it.hash.clone())).collect();
                self.refused = if allow && front.risky {
                    Some("what is marked is allowed one by one: y")
                } else if all.len() < 2 {
                    Some("no other question of this kind waits")
                } else {
                    self.alike = all;
                    self.stage = Stage::Alike(allow);
                    (self.built, self.scroll, self.read) = (None, 0, false);
                    None
                };
                Effects::new()
            }
            Stage::Alike(shown) if shown == allow => self.send_alike(allow, session),
            _ => Effects::new(),
        }
    }

    /// How many questions `Y` or `N` would show.
    pub(super) fn count_alike(&self, session: &State) -> usize {
        let front = self.front(session).filter(|_| self.stage == Stage::Choosing);
        front.map_or(0, |front| alike(session, front, !front.risky).count())
    }

    fn send_alike(&mut self, allow: bool, session: &State) -> Effects {
        let Some(asked) = self.asked.clone() else { return Effects::new() };
        let outcome = if allow {
            PermissionOutcome::AllowOnce
        } else {
            PermissionOutcome::Deny { message: None }
        };
        // What asks something else by now was not shown like that.
        let is_same = |(id, hash): &Shown| {
            session.pending.iter().any(|request| request.id == *id && request.hash == *hash)
        };
        let all: Vec<Shown> = std::mem::take(&mut self.alike).into_iter().filter(is_same).collect();
        self.decided.extend(all.iter().map(|(id, _)| id.clone()).filter(|id| *id != asked.id));
        self.sent();
        let decide = |(request, hash)| {
            let op = Op::Decide { request, hash, outcome: outcome.clone() };
            Effect::Send(asked.session.clone(), op)
        };
        all.into_iter().map(decide).collect()
    }

    /// What `Y` or `N` would answer.
    pub(super) fn alike_words(&self, allow: bool) -> String {
        let (key, verb) = if allow { ("Y", "allows") } else { ("N", "denies") };
        format!("{key} again {verb} these {} once · Esc goes back", self.alike.len())
    }

    /// All of them: to be allowed whole, to be denied in a line each.
    pub(super) fn alike_content(&self, allow: bool, session: &State, cells: usize) -> Content {
        let mut content = Content::default();
        let verb = if allow { "Allow" } else { "Deny" };
        let words = text::sanitise(&format!("{verb} all {} of this kind", self.alike.len()));
        content.rows.push(Row::new(words, Role::Heading));
        let requests = self.alike.iter().filter_map(|(id, hash)| {
            session.pending.iter().find(|request| request.id == *id && request.hash == *hash)
        });
        let (all, none) = (session.pending.len(), Picks::default());
        for (at, request) in requests.enumerate() {
            let Some((_, entry)) = session.call(&request.call) else { continue };
            let call = entry.call.as_ref();
            let words = format!("{:>3}  {} {}", at + 1, call.verb, call.title);
            if allow {
                content.rows.push(Row::default());
            }
            let words = text::sanitise_exact_line(&words);
            content.rows.extend(Row::new(words, Role::Strong).wrapped(cells, 5));
            if allow {
                let sight = Sight { picks: &none, ..self.sight(session, request, cells) };
                content::arguments(&mut content, &sight, call);
                // Here is nothing to choose from.
                content.stops.clear();
            }
        }
        let left = all.saturating_sub(self.alike.len());
        if left > 0 {
            let words = format!("{left} more wait that are of another kind, or marked");
            content.rows.push(Row::default());
            content.rows.push(Row::new(text::sanitise(&words), Role::Muted).truncated(cells));
        }
        content
    }
}
