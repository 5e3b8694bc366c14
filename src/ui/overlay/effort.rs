//! How hard models think, to choose.

use crate::protocol::Effort;
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};

/// The efforts that a model takes, and none; that of the session is under the cursor.
pub fn efforts(takes: &[Effort], wished: Option<Effort>) -> Picker {
    let now = wished.and_then(|wished| wished.nearest(takes));
    let all = std::iter::once(None).chain(takes.iter().copied().map(Some));
    let item = |effort: Option<Effort>| Item {
        label: effort.map_or("auto", Effort::name).to_owned(),
        detail: about(effort).to_owned(),
        right: if effort == now { "now".to_owned() } else { String::new() },
        chosen: Some(Msg::Chosen(Chosen::Effort(effort))),
        ..Item::default()
    };
    Picker::new("Effort", all.map(item).collect()).at(|item| !item.right.is_empty())
}

/// What one is, in a few words.
pub fn about(effort: Option<Effort>) -> &'static str {
    match effort {
        None => "as the model does by itself",
        Some(Effort::None) => "answers at once",
        Some(Effort::Minimal) => "thinks as little as it can",
        Some(Effort::Low) => "thinks a little: quick and cheap",
        Some(Effort::Medium) => "thinks as the task needs",
        Some(Effort::High) => "thinks much",
        Some(Effort::XHigh) => "thinks very much",
        Some(Effort::Max) => "thinks as much as it can: slow and costly",
    }
}
