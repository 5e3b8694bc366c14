//! The roles: what a thing on the screen is.

macro_rules! roles {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a thing on the screen is. Its name in a theme file is given by [`Role::name`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Role { $($(#[$doc])* $variant,)* }

        impl Role {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in theme files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

roles! {
    /// The empty screen.
    Background = "ui.background",
    /// Plain text.
    Text = "ui.text",
    /// What matters less.
    Muted = "ui.text.muted",
    /// The border of a pane.
    Border = "ui.border",
    /// The border of what has the focus.
    BorderFocus = "ui.border.focus",
    /// What is selected.
    Selection = "ui.selection",
    /// The row of the cursor.
    CursorLine = "ui.cursor.line",
    /// What a search found.
    Match = "ui.match",
    /// The status bar.
    Status = "ui.status",
    /// A key in a hint.
    Key = "ui.key",
    /// What stands out.
    Accent = "ui.accent",
    /// The user's words.
    Prompt = "ui.prompt",
    /// Mode: ask.
    ModeAsk = "mode.ask",
    /// Mode: accept edits.
    ModeEdits = "mode.edits",
    /// Mode: plan.
    ModePlan = "mode.plan",
    /// Mode: auto.
    ModeAuto = "mode.auto",
    /// Mode: all checks skipped.
    ModeBypass = "mode.bypass",
    /// Went well.
    Ok = "state.ok",
    /// Is running.
    Run = "state.run",
    /// Went wrong.
    Err = "state.err",
    /// Waits for the user.
    Wait = "state.wait",
    /// Changes something.
    RiskChange = "risk.change",
    /// Dangerous.
    RiskSevere = "risk.severe",
    /// An added line.
    DiffAdd = "diff.add",
    /// A removed line.
    DiffDel = "diff.del",
    /// A word that was added to a line.
    DiffAddWord = "diff.add.word",
    /// A word that was removed from a line.
    DiffDelWord = "diff.del.word",
    /// How many lines were added.
    DiffAddCount = "diff.add.count",
    /// How many lines were removed.
    DiffDelCount = "diff.del.count",
    /// Line numbers.
    DiffGutter = "diff.gutter",
    /// A heading.
    Heading = "md.heading",
    /// Inline code.
    Code = "md.code",
    /// A link.
    Link = "md.link",
    /// A quotation.
    Quote = "md.quote",
    /// Strong emphasis.
    Strong = "md.strong",
    /// Emphasis.
    Emphasis = "md.emphasis",
    /// Keywords of code.
    SyntaxKeyword = "syntax.keyword",
    /// Strings of code.
    SyntaxString = "syntax.string",
    /// Numbers of code.
    SyntaxNumber = "syntax.number",
    /// Types of code.
    SyntaxType = "syntax.type",
    /// Comments of code.
    SyntaxComment = "syntax.comment",
    /// Functions of code.
    SyntaxFunction = "syntax.function",
}
