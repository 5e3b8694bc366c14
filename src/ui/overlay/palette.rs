//! All commands, to find one by its name: those of every pane, slash commands, modes, models and
//! themes.

use crate::protocol::Mode;
use crate::ui::action::Action;
use crate::ui::keymap::{Context, Keymap};
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};

/// Contexts whose commands can be run from anywhere, in the order in which they are listed after
/// that of the focus.
const PLACES: &[Context] = &[
    Context::Global,
    Context::Message,
    Context::Transcript,
    Context::Activity,
    Context::Changes,
    Context::Sessions,
];

/// What else can be found beside the commands of the keys.
#[derive(Debug, Default)]
pub struct More {
    /// The commands that were run from here before, the last one first.
    pub recent: Vec<(Context, Action)>,
    /// Slash commands that take something: with the slash, what they take, what they do.
    pub slash: Vec<(String, String, String)>,
    /// Models by name.
    pub models: Vec<String>,
    /// Themes by name.
    pub themes: Vec<String>,
}

/// The list. Moves and what answers a question are no commands.
pub fn palette(keymap: &Keymap, focus: Context, more: More) -> Picker {
    let mut items: Vec<Item> = Vec::new();
    let others = PLACES.iter().copied().filter(|place| *place != focus);
    let places: Vec<Context> = [focus].into_iter().chain(others).collect();
    for place in places {
        for row in keymap.bindings().iter().filter(|row| row.context == place) {
            let chosen = Some(Msg::Chosen(Chosen::Run(place, row.action)));
            let known = items.iter().any(|item| item.chosen == chosen);
            if !known && is_command(row.action) {
                let (label, group) = (row.label.to_owned(), place.name().to_owned());
                items.push(Item { label, right: row.keys(), group, chosen, ..Item::default() });
            }
        }
    }
    let recent = more.recent.iter().filter_map(|(place, action)| {
        let chosen = Some(Msg::Chosen(Chosen::Run(*place, *action)));
        let known = items.iter().find(|item| item.chosen == chosen)?;
        Some(Item { group: "Recent".to_owned(), ..known.clone() })
    });
    let recent: Vec<Item> = recent.collect();
    let slash = more.slash.into_iter().map(|(label, takes, about)| {
        let chosen = Some(Msg::Chosen(Chosen::Write(format!("{label} "))));
        let detail = format!("{takes}: {about}");
        Item { label, detail, group: "Commands".to_owned(), chosen, ..Item::default() }
    });
    let asked = [Mode::Default, Mode::AcceptEdits, Mode::Plan, Mode::Auto].map(|mode| {
        let chosen = Some(Msg::Chosen(Chosen::Mode(mode)));
        let label = mode.label().to_owned();
        Item { label, group: "Mode".to_owned(), chosen, ..Item::default() }
    });
    let models = more.models.into_iter().map(|label| {
        let chosen = Some(Msg::Chosen(Chosen::Model(label.as_str().into())));
        Item { label, group: "Model".to_owned(), chosen, ..Item::default() }
    });
    let themes = more.themes.into_iter().map(|label| {
        let chosen = Some(Msg::Chosen(Chosen::Theme(label.clone())));
        Item { label, group: "Theme".to_owned(), chosen, ..Item::default() }
    });
    let items =
        recent.into_iter().chain(items).chain(slash).chain(asked).chain(models).chain(themes);
    let write = |sign: char| (sign, Msg::Chosen(Chosen::Write(sign.to_string())));
    let signs = vec![write('@'), write('/'), write('!'), ('?', Msg::Act(Action::Help))];
    Picker::new("Commands", items.collect())
        .with_signs("@ file   / command   ! shell   ? help", signs)
}

/// Is it something to be done, not a step of a hand on the keys?
fn is_command(action: Action) -> bool {
    !matches!(
        action,
        Action::Palette
            | Action::Edit(_)
            | Action::Select(_)
            | Action::SelectUp
            | Action::SelectDown
            | Action::Escape
            | Action::Confirm
            | Action::Complete
            | Action::Newline
            | Action::HistoryPrevious
            | Action::HistoryNext
            | Action::Up
            | Action::Down
            | Action::ScrollUp
            | Action::ScrollDown
            | Action::HalfPageUp
            | Action::HalfPageDown
            | Action::PageUp
            | Action::PageDown
            | Action::Top
            | Action::Bottom
            | Action::Open
            | Action::Close
            | Action::Toggle
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::overlay::Layer as _;

    #[test]
    fn words_find_a_command() {
        let more = More { themes: vec!["paper".to_owned()], ..More::default() };
        let mut palette = palette(&Keymap::default(), Context::Message, more);
        assert_eq!(palette.count().0, palette.count().1);
        let _ = palette.write("zoom");
        let chosen = palette.current().and_then(|item| item.chosen.clone());
        assert_eq!(chosen, Some(Msg::Chosen(Chosen::Run(Context::Global, Action::Zoom))));
        let _ = palette.act(Action::Edit(crate::ui::action::Edit::DeleteToStart), &empty());
        let _ = palette.write("paper");
        let chosen = palette.current().and_then(|item| item.chosen.clone());
        assert_eq!(chosen, Some(Msg::Chosen(Chosen::Theme("paper".to_owned()))));
    }

    #[test]
    fn a_sign_leads_to_the_draft() {
        let mut palette = palette(&Keymap::default(), Context::Message, More::default());
        let answer = palette.write("@");
        assert!(answer.close);
        assert_eq!(answer.msgs, [Msg::Chosen(Chosen::Write("@".to_owned()))]);
    }

    fn empty() -> crate::session::State {
        crate::session::State::new("s".into())
    }
}
