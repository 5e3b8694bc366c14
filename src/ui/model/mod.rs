//! What the screen knows. `update` changes it, `view` draws it.

mod arrange;
mod seat;
mod setting;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::base::clock::Millis;
use crate::protocol::SessionId;
use crate::session::{State, Status};
use crate::ui::action::Action;
use crate::ui::composer::Composer;
use crate::ui::composer::complete::Completer;
use crate::ui::keymap::{Chord, Context, Keymap};
use crate::ui::layout::{self, Layout, PaneId, Place, Shares, Splitter, WIDE};
use crate::ui::overlay::Layer;
use crate::ui::overlay::toast::Toasts;
use crate::ui::overlay::which_key;
use crate::ui::pane::activity::ActivityPane;
use crate::ui::pane::changes::ChangesPane;
use crate::ui::pane::permission::PermissionPane;
use crate::ui::pane::sessions::SessionsPane;
use crate::ui::pane::transcript::TranscriptPane;
use crate::ui::pane::{Look, Pane};
use crate::ui::spent::Spent;
use crate::ui::theme::Theme;
use crate::ui::update::{Asked, Burst, Kept, Knobs, Ladder, Local, Told, Wanted};

pub use seat::{Seat, Seats};
pub use setting::Setting;

/// A frame of the spinner, in milliseconds: eight a second.
const SPIN: u64 = 125;
/// A second, for timers that stand still otherwise.
const SECOND: u64 = 1000;

/// How much may move by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Motion {
    /// Spinners turn.
    #[default]
    Full,
    /// Spinners stand; timers count seconds.
    Reduced,
}

/// What has the focus under all that lies over the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// The composer.
    Message,
    /// A pane.
    Pane(PaneId),
}

/// The panes. This is the one place that names them.
#[derive(Default)]
pub struct Panes {
    /// All sessions.
    pub sessions: SessionsPane,
    /// What was said and done.
    pub transcript: TranscriptPane,
    /// What runs.
    pub activity: ActivityPane,
    /// What differs.
    pub changes: ChangesPane,
    /// What is asked; over the others while it is open.
    pub permission: PermissionPane,
}

impl Panes {
    /// A pane by its name.
    pub fn get(&self, id: PaneId) -> &dyn Pane {
        match id {
            PaneId::Sessions => &self.sessions,
            PaneId::Transcript => &self.transcript,
            PaneId::Activity => &self.activity,
            PaneId::Changes => &self.changes,
        }
    }

    /// A pane by its name, to be told something.
    pub fn get_mut(&mut self, id: PaneId) -> &mut dyn Pane {
        match id {
            PaneId::Sessions => &mut self.sessions,
            PaneId::Transcript => &mut self.transcript,
            PaneId::Activity => &mut self.activity,
            PaneId::Changes => &mut self.changes,
        }
    }

    /// All of them.
    pub fn all_mut(&mut self) -> [&mut dyn Pane; 5] {
        let Self { sessions, transcript, activity, changes, permission } = self;
        [sessions, transcript, activity, changes, permission]
    }
}

/// What the screen knows.
#[allow(clippy::struct_excessive_bools, reason = "each is switched on and off by itself")]
pub struct Model {
    /// The session that is seen.
    pub session: State,
    /// The sessions out of sight.
    pub others: HashMap<SessionId, State>,
    /// How those were looked at.
    pub seats: Seats,
    /// The panes.
    pub panes: Panes,
    /// What the user writes.
    pub composer: Composer,
    /// What is offered to complete the draft.
    pub completer: Completer,
    /// What lies over the screen, the top one last.
    pub layers: Vec<Box<dyn Layer>>,
    /// Commands that were chosen from the list of all, the last one first.
    pub recent: Vec<(Context, Action)>,
    /// What has the focus below that.
    pub focus: Focus,
    /// The pane that had the focus last, and that is seen where only one is.
    pub front: PaneId,
    /// The pane in front takes the whole width.
    pub zoom: bool,
    /// The sidebar is shown or hidden, where the user said so.
    pub sidebar: Option<bool>,
    /// What the columns share.
    pub shares: Shares,
    /// What of the layout is remembered.
    pub laid: layout::Kept,
    /// The border that is being dragged.
    pub drag: Option<Splitter>,
    /// The activity pane is shown.
    pub activity: bool,
    /// The changes pane is shown.
    pub changes: bool,
    /// The keys.
    pub keymap: Keymap,
    /// The looks.
    pub theme: Theme,
    /// What does not change.
    pub setting: Setting,
    /// What the settings of the screen say.
    pub knobs: Knobs,
    /// The servers that were found on this machine, when they were asked for last.
    pub local: Local,
    /// What the session cost so far.
    pub spent: Spent,
    /// Short messages.
    pub toasts: Toasts,
    /// What is shown as soon as it is known what fills the window.
    pub wanted: Option<Wanted>,
    /// The chords of a sequence so far, and when the last of them came.
    pub leader: (Vec<Chord>, Millis),
    /// Where the user stands on the ladders of Esc and Ctrl+C.
    pub ladder: Ladder,
    /// What the terminal was told last.
    pub told: Told,
    /// Queued prompts that were asked back and did not come yet.
    pub unqueued: Vec<Asked>,
    /// What of the draft is written down.
    pub kept: Kept,
    /// Characters that come faster than fingers.
    pub burst: Burst,
    /// Clicks before this time only gave the terminal the focus.
    pub deaf: Millis,
    /// The mouse is reported.
    pub mouse: bool,
    /// The terminal has the focus.
    pub awake: bool,
    /// The clock, as the last tick told it.
    pub now: Millis,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Where everything stood in the last frame.
    pub layout: Layout,
    /// Where the permission request lay in the last frame.
    pub question: Option<Place>,
    /// Something in sight changed.
    pub dirty: bool,
}

impl Model {
    /// The screen of a session, before its first event.
    pub fn new(session: State, theme: Theme, setting: Setting) -> Self {
        let now = session.touched;
        let mut model = Self {
            session,
            others: HashMap::new(),
            seats: Seats::default(),
            panes: Panes::default(),
            composer: Composer::default(),
            completer: Completer::default(),
            layers: Vec::new(),
            recent: Vec::new(),
            focus: Focus::Message,
            front: PaneId::Transcript,
            zoom: false,
            sidebar: None,
            shares: Shares::default(),
            laid: layout::Kept::default(),
            drag: None,
            activity: true,
            changes: true,
            keymap: Keymap::default(),
            theme,
            setting,
            knobs: Knobs::default(),
            local: Local::default(),
            spent: Spent::default(),
            toasts: Toasts::default(),
            wanted: None,
            leader: (Vec::new(), Millis(0)),
            ladder: Ladder::default(),
            told: Told::default(),
            unqueued: Vec::new(),
            kept: Kept::default(),
            burst: Burst::default(),
            deaf: Millis(0),
            mouse: true,
            awake: true,
            now,
            size: (80, 24),
            layout: Layout::default(),
            question: None,
            dirty: true,
        };
        let Self { panes, session, now, .. } = &mut model;
        panes.permission.tick(*now, session);
        model
    }

    /// What takes the keys: exactly one thing.
    pub fn context(&self) -> Context {
        let permission = &self.panes.permission;
        if let Some(layer) = self.layers.last() {
            return layer.context();
        }
        if permission.is_open(&self.session) && permission.armed() {
            return permission.context();
        }
        match self.focus {
            Focus::Message if self.completer.offer().is_some() => Context::Completion,
            Focus::Message => Context::Message,
            Focus::Pane(PaneId::Sessions) if self.panes.sessions.is_writing() => {
                Context::SessionWords
            }
            Focus::Pane(PaneId::Sessions) => Context::Sessions,
            Focus::Pane(PaneId::Transcript) if self.panes.transcript.is_finding() => Context::Find,
            Focus::Pane(PaneId::Transcript) => Context::Transcript,
            Focus::Pane(PaneId::Activity) => Context::Activity,
            Focus::Pane(PaneId::Changes) => Context::Changes,
        }
    }

    /// Does a turn run?
    pub fn is_busy(&self) -> bool {
        self.session.status() != Status::Idle
    }

    /// How a pane is looked at in this frame.
    pub fn look(&self, focused: bool) -> Look<'_> {
        look(&self.theme, self.now, self.setting.motion, focused)
    }

    /// Has a pane the focus, with nothing over it?
    pub fn is_focused(&self, id: PaneId) -> bool {
        self.focus == Focus::Pane(id) && self.pane_context()
    }

    /// Is the focus on the composer, with nothing over it?
    pub fn is_writing(&self) -> bool {
        matches!(self.context(), Context::Message | Context::Completion)
    }

    fn pane_context(&self) -> bool {
        match self.context() {
            Context::Sessions | Context::SessionWords | Context::Find => true,
            context => {
                matches!(context, Context::Transcript | Context::Activity | Context::Changes)
            }
        }
    }

    /// Has the sidebar a place, or is it in front?
    pub fn has_sidebar(&self) -> bool {
        let focused = self.focus == Focus::Pane(PaneId::Sessions);
        match self.size.0 {
            ..crate::ui::layout::ROOMY => focused,
            columns => self.sidebar.unwrap_or(columns >= WIDE) || focused,
        }
    }

    /// Questions that wait for the user, in all sessions.
    pub fn waiting(&self) -> usize {
        let others = self.others.values().map(|state| state.pending.len());
        self.session.pending.len() + others.sum::<usize>()
    }

    /// The terminal's title: the project, and a word where something is to be known.
    pub fn title(&self) -> String {
        let project = self.session.cwd.file_name().unwrap_or_default().to_string_lossy();
        let word = match self.session.status() {
            Status::Idle => "",
            Status::Running => " · running",
            Status::Waiting => " · waiting for you",
        };
        crate::base::text::sanitise(&format!("claw: {project}{word}")).into_string()
    }

    /// When the next tick is needed; none on a screen at rest.
    pub fn next_tick(&self) -> Option<Millis> {
        let after = |ms: u64| Millis(self.now.0.saturating_add(ms));
        let animated = self.is_animated().then(|| match (self.setting.motion, self.awake) {
            (Motion::Full, true) => Millis((self.now.0 / SPIN + 1) * SPIN),
            _ => Millis((self.now.0 / SECOND + 1) * SECOND),
        });
        let leader = (!self.leader.0.is_empty() && !self.shows_leader())
            .then(|| Millis(self.leader.1.0.saturating_add(which_key::DELAY)));
        let permission = self.panes.permission.is_open(&self.session);
        let arming = self.panes.permission.next_tick().filter(|_| permission);
        let kept = self.kept.next_tick();
        let search = self.panes.transcript.is_searching(&self.session).then(|| after(1));
        let drag = self.panes.transcript.next_drag();
        let (toasts, ladder) = (self.toasts.next_tick(), self.ladder.next_tick());
        [animated, search, drag, leader, arming, kept, toasts, ladder]
            .into_iter()
            .flatten()
            .min()
            // What was due already is due now, but never at once again and again.
            .map(|at| at.max(after(1)))
    }

    /// Has the user waited for the list of what may follow the leader?
    pub fn shows_leader(&self) -> bool {
        let (chords, at) = &self.leader;
        !chords.is_empty() && self.now.0 >= at.0.saturating_add(which_key::DELAY)
    }

    /// Does something in sight move with time?
    pub fn is_animated(&self) -> bool {
        let panes = self.layout.panes.iter();
        let panes = panes.map(|(id, _)| self.panes.get(*id)).any(|p| p.is_animated(&self.session));
        let question = self.question.is_some() && self.panes.permission.is_animated(&self.session);
        panes || question
    }
}

fn look(theme: &Theme, now: Millis, motion: Motion, focused: bool) -> Look<'_> {
    let phase = match motion {
        Motion::Full => usize::try_from(now.0 / SPIN).unwrap_or(0),
        Motion::Reduced => 0,
    };
    Look { theme, now, phase, focused }
}
