//! The sessions of the project that were last touched, to be taken up again by a key.

use std::path::Path;

use crate::base::clock::Millis;
use crate::base::text::sanitise;
use crate::protocol::SessionId;
use crate::session::Overview;
use crate::ui::action::Action;
use crate::ui::keymap::{Context, Keymap};
use crate::ui::pane::sessions::SessionsPane;
use crate::ui::pane::sessions::view::age;
use crate::ui::pane::transcript::Offer;

/// What goes to each of them, the last one first.
pub const LAST: [Action; 3] =
    [Action::LastSession, Action::SecondLastSession, Action::ThirdLastSession];

impl SessionsPane {
    /// The list is needed in this frame, also where it is not seen.
    pub fn want(&mut self) {
        self.shown = true;
    }

    /// The project's sessions beside `seen` in which something was said, the last touched first;
    /// none where the list is not known yet.
    pub fn recent<'a>(
        &'a self,
        seen: &'a SessionId,
        project: &'a Path,
    ) -> Option<impl Iterator<Item = &'a Overview> + use<'a>> {
        let fits = move |one: &&Overview| {
            let own = one.cwd == *project && one.parent.is_none() && one.damage.is_none();
            own && one.turns > 0 && one.id != *seen
        };
        let mut recent: Vec<_> = self.listed.as_ref()?.iter().filter(fits).collect();
        recent.sort_by_key(|one| std::cmp::Reverse(one.touched));
        Some(recent.into_iter())
    }

    /// The same, for an empty transcript: each with its key.
    pub fn offers(
        &self,
        seen: &SessionId,
        project: &Path,
        keymap: &Keymap,
        now: Millis,
    ) -> Vec<Offer> {
        let recent = self.recent(seen, project).into_iter().flatten().zip(LAST);
        let offer = |(one, action): (&Overview, Action)| {
            let key = keymap.binding(action, Context::Message)?.keys();
            let age = age(now.since(one.touched).as_secs());
            Some(Offer { key, title: sanitise(one.called()), age })
        };
        recent.filter_map(offer).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Start;
    use crate::ui::effect::Effect;
    use crate::ui::library::{Answer, Request};
    use crate::ui::msg::{Loaded, Msg};
    use crate::ui::pane::sessions::tests::sessions;
    use crate::ui::tests::{Stage, golden, is_kept, text};
    use crate::ui::update::update;

    fn answered(stage: &mut Stage, sessions: Vec<Overview>) {
        let answer = Answer::Listed { all: false, sessions };
        let _ = update(&mut stage.model, Msg::Loaded(Loaded::Library(answer)));
    }

    fn noon() -> Stage {
        let mut stage = Stage::new((120, 40));
        stage.wait(20 * 86_400_000 + 86_400_000 / 2 - stage.model.now.0);
        stage
    }

    fn seen(stage: &mut Stage) -> String {
        text(&stage.drawn().0)
    }

    fn pressed(stage: &mut Stage, key: &str) -> Vec<Effect> {
        let mut effects = stage.keys(&[key]);
        effects.retain(|effect| !is_kept(effect));
        effects
    }

    #[test]
    fn an_empty_session_offers_the_last_three() {
        let mut stage = noon();
        let _ = seen(&mut stage);
        let wanted = stage.model.panes.sessions.wanted();
        assert_eq!(wanted, [Effect::Library(Request::List { all: false, live: Vec::new() })]);
        assert!(!seen(&mut stage).contains("F7"), "nothing is known yet");
        let mut all = sessions();
        all[0].turns = 0;
        all[2].cwd = "/home/u/src/other".into();
        answered(&mut stage, all);
        golden("empty-recent-120x40", &mut stage);

        stage.turn("hello");
        assert!(!seen(&mut stage).contains("F7"), "only where nothing was said");
        assert_eq!(stage.model.panes.sessions.wanted(), [], "nor is it asked for again");
    }

    #[test]
    fn a_key_opens_each_of_them() {
        let mut stage = noon();
        assert_eq!(pressed(&mut stage, "F7"), []);
        let said = |stage: &Stage| stage.model.toasts.texts().collect::<Vec<_>>().join("; ");
        assert_eq!(said(&stage), "the list of sessions is not here yet: try again");
        let wanted = stage.model.panes.sessions.wanted();
        assert_eq!(
            wanted,
            [Effect::Library(Request::List { all: false, live: Vec::new() })],
            "it is asked for"
        );

        answered(&mut stage, sessions());
        let table = [("F7", "a4"), ("F8", "a5"), ("F9", "a6")];
        for (at, (key, id)) in (1..).zip(table) {
            assert_eq!(pressed(&mut stage, key), [Effect::Open(at, Start::Resume(id.into()))]);
        }
        answered(&mut stage, Vec::new());
        assert_eq!(pressed(&mut stage, "F9"), []);
        assert!(said(&stage).contains("there is no such session"), "{}", said(&stage));
    }
}
