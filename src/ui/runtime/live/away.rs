//! What is heeded while the user's editor has the terminal.

use crate::ui::input::Incoming;
use crate::ui::msg::{Loaded, Msg};
use crate::ui::runtime::editor;
use crate::ui::runtime::live::Live;

impl Live<'_> {
    /// While the user's editor has the terminal, its keys for the system are not for us.
    pub(super) fn heeded(&mut self, incoming: Incoming) -> Option<Incoming> {
        match incoming {
            Incoming::Quit(code) if self.away && code == editor::INTERRUPTED => None,
            Incoming::Stop if self.away => {
                editor::stop();
                None
            }
            // What was typed while the terminal changed hands was meant for the editor.
            Incoming::Msg(Msg::Key(_) | Msg::Paste(_) | Msg::Mouse(_)) | Incoming::Continue
                if self.away =>
            {
                None
            }
            incoming => Some(incoming),
        }
    }

    /// What comes of an answer: an editor that is done gives the terminal back.
    pub(super) fn answered(&mut self, done: Loaded) -> Incoming {
        let ended = matches!(done, Loaded::TextEdited { .. } | Loaded::EditorClosed);
        if self.away && ended {
            self.away = false;
            if self.screen.tty.back().is_err() {
                return Incoming::Quit(editor::HUNG_UP);
            }
        }
        Incoming::Msg(Msg::Loaded(done))
    }
}
