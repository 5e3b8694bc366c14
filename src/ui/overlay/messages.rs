//! What was said in passing: every toast since the start.

use crate::base::clock::Millis;
use crate::ui::overlay::picker::{Item, Picker};
use crate::ui::overlay::toast::Toasts;
use crate::ui::widget::elapsed;

/// The toasts, the latest first.
pub fn said(toasts: &Toasts, now: Millis) -> Picker {
    let items = toasts.kept().map(|(text, error, at)| Item {
        label: text.to_owned(),
        detail: if error { "error".to_owned() } else { String::new() },
        right: format!("{} ago", elapsed::whole(now.since(at))),
        ..Item::default()
    });
    Picker::new("Messages", items.collect())
}
