//! Everything a key can do. The key table gives each a chord; hints and help are derived from it.

use serde::{Deserialize, Serialize};

/// Something the user asks of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Say it: a prompt, or steering while a turn runs.
    Send,
    /// While a turn runs: say it after the turn.
    Queue,
    /// Take the last queued prompt back into the composer.
    Unqueue,
    /// A line break in the composer.
    Newline,
    /// The previous prompt of the history, where the caret is in the first row.
    HistoryPrevious,
    /// The next prompt of the history, where the caret is in the last row.
    HistoryNext,
    /// Leave what is open, stop what runs, give the focus back: the ladder of `Esc`.
    Escape,
    /// Interrupt, clear, quit: the ladder of `Ctrl+C`.
    Interrupt,
    /// End of input: quit where the composer is empty.
    EndOfInput,
    /// Quit.
    Quit,
    /// Give the shell the terminal until `fg`.
    Suspend,
    /// Draw everything again.
    Repaint,
    /// The next mode.
    CycleMode,
    /// What the keys do.
    Help,
    /// All commands.
    Palette,
    /// Every key, to search.
    AllKeys,
    /// What was said in passing.
    Messages,
    /// Choose the model.
    ModelPicker,
    /// Choose how hard models think.
    EffortPicker,
    /// Think harder, with the model that is chosen; from the hardest to none.
    MoreEffort,
    /// Think less.
    LessEffort,
    /// A summary in place of the older part of the session.
    Compact,
    /// What the session used and cost.
    ShowCost,
    /// What fills the window.
    ShowContext,
    /// Take a part out of the context, or back into it.
    DropPart,
    /// Hold a part in the context, whatever is compacted, or let it be.
    PinPart,
    /// Take the completion under the cursor.
    Complete,
    /// Focus the composer.
    FocusMessage,
    /// Show and focus the sessions; where they have the focus, hide them.
    FocusSessions,
    /// Show the sidebar with the sessions, or hide it.
    ToggleSessions,
    /// Begin a session.
    NewSession,
    /// Go to the session of the project that was last touched, beside this one.
    LastSession,
    /// To the one before that.
    SecondLastSession,
    /// To the one before those.
    ThirdLastSession,
    /// Begin a session as a copy of this one.
    ForkSession,
    /// Call the session something.
    RenameSession,
    /// Put the session above the others, or back.
    PinSession,
    /// Put the session away, or have it back.
    ArchiveSession,
    /// Delete the session; the second press does.
    DeleteSession,
    /// Have the session back that was deleted last.
    UndeleteSession,
    /// The turns of the session.
    PreviewSession,
    /// The sessions of all projects, or of this one.
    AllSessions,
    /// Show only some sessions.
    FilterSessions,
    /// The pane gets larger.
    Grow,
    /// The pane gets smaller.
    Shrink,
    /// Borders go back to where they were.
    ResetLayout,
    /// Focus the transcript.
    FocusTranscript,
    /// Show and focus the activity pane; where it has the focus, hide it.
    FocusActivity,
    /// Show and focus the changes pane; where it has the focus, hide it.
    FocusChanges,
    /// Focus the next pane.
    FocusNext,
    /// Focus the previous pane.
    FocusPrevious,
    /// Focus the pane to the left.
    FocusLeft,
    /// Focus the pane below.
    FocusDown,
    /// Focus the pane above.
    FocusUp,
    /// Focus the pane to the right.
    FocusRight,
    /// The focused pane takes the whole width, and back.
    Zoom,
    /// Turn the mouse on or off.
    ToggleMouse,
    /// The settings of the screen.
    Settings,
    /// Choose a theme; it is seen while one chooses.
    PickTheme,
    /// Copy the model's last answer as markdown.
    CopyAnswer,
    /// The transcript a page up, wherever the focus is.
    TranscriptPageUp,
    /// The transcript a page down, wherever the focus is.
    TranscriptPageDown,
    /// The transcript to its first row, wherever the focus is.
    TranscriptTop,
    /// The transcript to its last row, wherever the focus is.
    TranscriptBottom,
    /// A row up.
    Up,
    /// A row down.
    Down,
    /// A notch of the wheel up: the view moves, the cursor stays where it can.
    ScrollUp,
    /// A notch of the wheel down.
    ScrollDown,
    /// Half a page up.
    HalfPageUp,
    /// Half a page down.
    HalfPageDown,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first row.
    Top,
    /// To the last row; follow what comes.
    Bottom,
    /// The previous prompt, file or group.
    PreviousSection,
    /// The next prompt, file or group.
    NextSection,
    /// The previous hunk.
    PreviousHunk,
    /// The next hunk.
    NextHunk,
    /// Open, unfold.
    Open,
    /// Fold.
    Close,
    /// Fold or unfold.
    Toggle,
    /// Unfold all.
    OpenAll,
    /// Fold all.
    CloseAll,
    /// Copy what is selected.
    Copy,
    /// The whole output of a call, and back.
    OpenLog,
    /// Copy what was run and what it printed.
    CopyLog,
    /// Stop the running call under the cursor.
    Stop,
    /// Stop all running calls, at the second press.
    StopAll,
    /// The next call that failed.
    NextFailed,
    /// The previous call that failed.
    PreviousFailed,
    /// The changes take the whole screen, and back.
    ChangesFull,
    /// Compare with something else.
    ChooseBaseline,
    /// Begin or end a selection of lines.
    SelectLines,
    /// Select the lines of the hunk.
    SelectHunk,
    /// Put the selected lines, the hunk or the file into git's index.
    Stage,
    /// Take them out of it.
    Unstage,
    /// Take the selected lines, the hunk or the file back; at the second press.
    Revert,
    /// Undo the last that was taken back.
    UndoRevert,
    /// Copy the hunk as a patch.
    CopyPatch,
    /// What brought this line.
    ShowWhy,
    /// Put the lines into the message, to ask about them.
    AskAbout,
    /// Open the file at this line in the editor.
    EditFile,
    /// Let the pane stand still, or go on.
    PauseWatch,
    /// Go to the newest change, and to those that come.
    FollowLive,
    /// Compare anew.
    RefreshChanges,
    /// All changes are seen.
    MarkSeen,
    /// Old and new beside each other, or in one column.
    ToggleSplit,
    /// Words that differ stand out, or do not.
    ToggleWords,
    /// Long lines to the left.
    ScrollLeft,
    /// Long lines to the right.
    ScrollRight,
    /// Copy the whole turn as markdown; of a selection, patches with their signs.
    CopyTurn,
    /// Select turns with the cursor.
    SelectTurns,
    /// What is selected goes into the draft as a quote.
    Quote,
    /// Open the link or the file under the cursor.
    OpenAt,
    /// Look for words.
    Find,
    /// The next place where they are found.
    FindNext,
    /// The previous place where they are found.
    FindPrevious,
    /// The next tool call.
    NextTool,
    /// The previous tool call.
    PreviousTool,
    /// The next error.
    NextError,
    /// The previous error.
    PreviousError,
    /// The list of turns.
    TurnList,
    /// Wrap long lines of what tools print, or cut them.
    ToggleWrap,
    /// Say when something was said and done, or do not.
    ToggleTimes,
    /// All details, or none.
    ToggleDetails,
    /// Print the transcript into the terminal's own scrollback.
    PrintTranscript,
    /// Save the screen as a text, for a report.
    SaveScreen,
    /// Bring the waiting question to the front and arm it.
    NextWaiting,
    /// Allow once.
    AllowOnce,
    /// Allow from now on: opens the rules, and what they would allow.
    Always,
    /// Change the command or the file that it writes, and be asked again.
    ChangeFirst,
    /// Allow all questions of this kind that wait, once they were shown.
    AllowAlike,
    /// Refuse all questions of this kind that wait, once they were shown.
    DenyAlike,
    /// The answer of that number, from 1.
    Answer(u8),
    /// Choose all hunks again.
    ChooseAll,
    /// Say something to the line under the cursor.
    Comment,
    /// Old and new beside each other, or below each other.
    Split,
    /// Show what differs inside lines, or do not.
    WordDiff,
    /// From the lines to the answers, and back.
    NextField,
    /// Spell out why it is asked.
    Explain,
    /// Change the rule under the cursor.
    EditRule,
    /// The rules hold for others.
    NextScope,
    /// Refuse; the agent goes on.
    Deny,
    /// Refuse, with words for the model.
    DenyWithWords,
    /// The choice under the cursor, or what Enter means here.
    Confirm,
    /// The question takes the whole screen.
    FullScreen,
    /// A change to the draft, or a move of its caret.
    Edit(Edit),
    /// A move of the caret that selects.
    Select(Edit),
    /// Select up by a row.
    SelectUp,
    /// Select down by a row.
    SelectDown,
    /// Turn vim's keys on or off in the composer.
    ToggleVim,
    /// The turns that can be gone back to.
    OpenRewind,
    /// Undo the last turn: what was said, and what it did to files.
    UndoTurn,
    /// Take the last rewind back.
    RedoTurn,
    /// What was said goes back, files stay.
    RewindTalk,
    /// Files go back, what was said stays.
    RewindFiles,
    /// Look for a prompt among those before.
    SearchHistory,
    /// Put the draft aside, or bring back what was.
    Stash,
    /// Write the draft in the editor of the user's choice.
    EditExternally,
    /// Paste a picture or a text from the clipboard.
    PasteClipboard,
    /// Put the paste that the caret stands on in the place of its label.
    ExpandPaste,
    /// The list of prompts that wait.
    OpenQueue,
}

/// A change to a text, or a move of its caret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// The caret one character to the left.
    Left,
    /// The caret one character to the right.
    Right,
    /// The caret one word to the left.
    WordLeft,
    /// The caret one word to the right.
    WordRight,
    /// The caret to the start of the line.
    LineStart,
    /// The caret to the end of the line.
    LineEnd,
    /// Select all of it.
    All,
    /// Delete the character before the caret.
    DeleteBefore,
    /// Delete the character at the caret.
    DeleteAt,
    /// Delete the word before the caret.
    DeleteWordBefore,
    /// Delete the word after the caret.
    DeleteWordAfter,
    /// Delete to the start of the line.
    DeleteToStart,
    /// Delete to the end of the line.
    DeleteToEnd,
    /// Put back what was deleted last.
    Yank,
    /// Take the last change back.
    Undo,
    /// Make it again.
    Redo,
}
