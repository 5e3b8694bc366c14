//! All commands, to find one by its name.

use crate::ui::action::Action;
use crate::ui::keymap::{Context, Keymap};
use crate::ui::msg::Msg;
use crate::ui::overlay::picker::{Item, Picker};

/// The commands of a context, each once; moves of the caret are no commands.
pub fn palette(keymap: &Keymap, context: Context) -> Picker {
    let mut items: Vec<Item> = Vec::new();
    for row in keymap.within(context) {
        let chosen = Some(Msg::Act(row.action));
        let known = items.iter().any(|item| item.chosen == chosen);
        let own = matches!(
            row.action,
            Action::Palette
                | Action::Edit(_)
                | Action::Select(_)
                | Action::SelectUp
                | Action::SelectDown
        );
        if !known && !own {
            let label = format!("{}: {}", row.context.name(), row.label);
            items.push(Item { label, right: row.keys(), chosen, ..Item::default() });
        }
    }
    Picker::new("Commands", items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::overlay::Layer as _;

    #[test]
    fn words_find_a_command() {
        let mut palette = palette(&Keymap::default(), Context::Message);
        assert_eq!(palette.count().0, palette.count().1);
        let _ = palette.write("next theme");
        let chosen = palette.current().and_then(|item| item.chosen.clone());
        assert_eq!(chosen, Some(Msg::Act(Action::NextTheme)));
    }
}
