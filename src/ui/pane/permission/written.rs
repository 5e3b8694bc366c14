//! The file that an edit would leave behind, written otherwise by the user in their own editor.

use std::path::Path;
use std::sync::Arc;

use crate::base::clock::Millis;
use crate::protocol::{Changed, Op, PermissionOutcome, PermissionRequest, Preview, RequestId};
use crate::session::State;
use crate::ui::effect::{Effect, Effects};
use crate::ui::pane::permission::{PermissionPane, Stage};

/// What the editor is asked under begins so.
const KEY: &str = "question ";
/// The longest ending of a file's name that the editor is told.
const ENDING: usize = 12;

/// The file's text on its way to the editor.
#[derive(Debug, Clone, Default)]
pub(super) enum Written {
    /// Nobody wants it.
    #[default]
    No,
    /// The engine was asked for it.
    Asked,
    /// It is there: this opens the editor.
    Here(Effect),
}

impl PermissionPane {
    /// Asks the engine for the text.
    pub(super) fn write(&mut self) -> Effects {
        let Some(asked) = &self.asked else { return Effects::new() };
        self.written = Written::Asked;
        let op = Op::TellText { request: asked.id.clone() };
        vec![Effect::Send(asked.session.clone(), op)]
    }

    /// The engine did not take the question for the text.
    pub fn not_told(&mut self) {
        self.written = Written::No;
    }

    /// The text came: it goes to the editor where it is of what is shown, and still wanted.
    pub(super) fn told(
        &mut self,
        request: &RequestId,
        hash: &str,
        text: Option<&Arc<str>>,
        session: &State,
    ) {
        let is_it = self.asked.as_ref().is_some_and(|it| it.id == *request && it.hash == hash);
        if !is_it || self.stage != Stage::Choosing || !matches!(self.written, Written::Asked) {
            return;
        }
        self.written = match text {
            Some(text) => Written::Here(Effect::EditText {
                key: key(request, hash),
                text: text.to_string(),
                suffix: self.front(session).map(|it| suffix(session, it)).unwrap_or_default(),
            }),
            None => {
                self.refused = Some("it leaves no text behind that could be edited");
                Written::No
            }
        };
    }

    /// Opens the editor, where its text is there.
    pub(super) fn editor(&mut self) -> Option<Effect> {
        match std::mem::take(&mut self.written) {
            Written::Here(effect) => Some(effect),
            other => {
                self.written = other;
                None
            }
        }
    }

    /// The editor is done: what to do, and to tell the user. Nothing is written by it: the engine
    /// shows what would be, and asks again.
    pub fn written(
        &mut self,
        key_of: &str,
        text: Option<&str>,
        session: &State,
    ) -> (Effects, Option<&'static str>) {
        let (true, Some(text)) = (key_of.starts_with(KEY), text) else {
            return (Effects::new(), None);
        };
        self.follow(session, Millis::default());
        let asked = self.asked.as_ref().filter(|it| key(&it.id, &it.hash) == key_of);
        if asked.is_none() || self.stage != Stage::Choosing {
            // It was made of a file that is another one by now.
            let said = "the question changed while you wrote: your text is on the clipboard";
            return (vec![Effect::Copy(text.to_owned())], Some(said));
        }
        let changed = Changed::File { text: text.to_owned() };
        (self.decide(PermissionOutcome::Change { changed }), None)
    }
}

fn key(request: &RequestId, hash: &str) -> String {
    format!("{KEY}{request} {hash}")
}

/// Would the call leave a text behind that can be written otherwise?
pub(super) fn is_text(preview: Option<&Preview>) -> bool {
    matches!(preview, Some(Preview::Diff { change }) if change.note.is_none())
}

/// How the file's name ends: the editor colours it so.
fn suffix(session: &State, request: &PermissionRequest) -> String {
    let call = session.call(&request.call).map(|(_, entry)| &entry.call);
    let Some(Preview::Diff { change }) = call.and_then(|call| call.preview.as_ref()) else {
        return String::new();
    };
    let ending = Path::new(&change.path).extension().and_then(|ending| ending.to_str());
    let plain = |it: &&str| it.len() <= ENDING && it.chars().all(|c| c.is_ascii_alphanumeric());
    ending.filter(plain).map(|ending| format!(".{ending}")).unwrap_or_default()
}
