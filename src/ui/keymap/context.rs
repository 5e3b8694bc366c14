//! Where a key holds.

/// Where a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere but in what lies over the screen.
    Global,
    /// The composer.
    Message,
    /// The composer, while something is offered to complete the draft.
    Completion,
    /// Any pane.
    Pane,
    /// The sessions.
    Sessions,
    /// Words for the list of sessions: a filter, a name.
    SessionWords,
    /// The turns of a session.
    Preview,
    /// The transcript.
    Transcript,
    /// The activity pane.
    Activity,
    /// The changes pane.
    Changes,
    /// A permission request that is armed.
    Permission,
    /// The words that go with a refusal.
    Words,
    /// A comment to a line of an edit.
    Comment,
    /// A command that the user changes.
    Command,
    /// The rules of "always".
    Rules,
    /// One of them, while it is changed.
    Rule,
    /// All questions of a kind, shown to be answered at once.
    Alike,
    /// The help.
    Help,
    /// A list to choose from.
    Picker,
    /// The models, to choose from.
    Models,
    /// What the session used and cost.
    Cost,
    /// The turns that can be gone back to.
    Rewind,
    /// What goes back to before the chosen one.
    RewindTo,
    /// What fills the window.
    Window,
    /// Why a line is as it is.
    Why,
    /// The line that says what is looked for.
    Find,
}

impl Context {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Global,
        Self::Message,
        Self::Completion,
        Self::Pane,
        Self::Sessions,
        Self::SessionWords,
        Self::Preview,
        Self::Transcript,
        Self::Activity,
        Self::Changes,
        Self::Permission,
        Self::Words,
        Self::Comment,
        Self::Command,
        Self::Rules,
        Self::Rule,
        Self::Alike,
        Self::Help,
        Self::Picker,
        Self::Models,
        Self::Cost,
        Self::Rewind,
        Self::RewindTo,
        Self::Window,
        Self::Why,
        Self::Find,
    ];

    /// The contexts that hold together with it, the most special first.
    pub fn chain(self) -> &'static [Self] {
        match self {
            Self::Global => &[Self::Global],
            Self::Message => &[Self::Message, Self::Global],
            Self::Completion => &[Self::Completion, Self::Message, Self::Global],
            Self::Pane => &[Self::Pane, Self::Global],
            Self::Sessions => &[Self::Sessions, Self::Pane, Self::Global],
            Self::SessionWords => &[Self::SessionWords],
            Self::Preview => &[Self::Preview],
            Self::Transcript => &[Self::Transcript, Self::Pane, Self::Global],
            Self::Activity => &[Self::Activity, Self::Pane, Self::Global],
            Self::Changes => &[Self::Changes, Self::Pane, Self::Global],
            Self::Permission => &[Self::Permission, Self::Global],
            Self::Words => &[Self::Words],
            Self::Comment => &[Self::Comment],
            Self::Command => &[Self::Command],
            Self::Rules => &[Self::Rules],
            Self::Rule => &[Self::Rule],
            Self::Alike => &[Self::Alike],
            Self::Help => &[Self::Help],
            Self::Picker => &[Self::Picker],
            Self::Models => &[Self::Models, Self::Picker],
            Self::Cost => &[Self::Cost],
            Self::Rewind => &[Self::Rewind],
            Self::RewindTo => &[Self::RewindTo, Self::Rewind],
            Self::Window => &[Self::Window],
            Self::Why => &[Self::Why],
            Self::Find => &[Self::Find],
        }
    }

    /// Is it a permission request, or a part of one?
    pub fn is_question(self) -> bool {
        self.is_question_text() || matches!(self, Self::Permission | Self::Rules | Self::Alike)
    }

    /// Does text go into a permission request?
    pub fn is_question_text(self) -> bool {
        matches!(self, Self::Words | Self::Comment | Self::Command | Self::Rule)
    }

    /// What the screen calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::Message => "Message",
            Self::Completion => "Completion",
            Self::Pane => "Panes",
            Self::Sessions => "Sessions",
            Self::SessionWords => "Filter or name",
            Self::Preview => "Preview",
            Self::Transcript => "Transcript",
            Self::Activity => "Activity",
            Self::Changes => "Changes",
            Self::Permission => "Permission",
            Self::Words => "Why not",
            Self::Comment => "Comment",
            Self::Command => "Edit the command",
            Self::Rules => "Always allow",
            Self::Rule => "Rule",
            Self::Alike => "All of a kind",
            Self::Help => "Help",
            Self::Picker => "List",
            Self::Models => "Models",
            Self::Cost => "Cost",
            Self::Rewind => "Rewind",
            Self::RewindTo => "Rewind to a turn",
            Self::Window => "Context",
            Self::Why => "Why",
            Self::Find => "Find",
        }
    }
}
