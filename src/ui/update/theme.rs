//! Themes: chosen from a list that shows them, and read again when their files change.

use crate::config::Knob;
use crate::ui::effect::Effects;
use crate::ui::model::Model;
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};
use crate::ui::theme::Entry;
use crate::ui::update::{layer, settings};

/// Lays the list of all themes over the screen, with the cursor on the one that is seen.
pub(super) fn pick(model: &mut Model) {
    let now = model.theme.name().to_owned();
    let items = model.setting.themes.list().into_iter().map(item).collect();
    let left = Msg::Chosen(Chosen::Preview(now.clone()));
    let picker = Picker::new("Theme", items).at(|item| item.label == now).or_else(left);
    layer::open(model, picker);
}

fn item(Entry { name, path, found }: Entry) -> Item {
    let group = if path.is_some() { "In files" } else { "Built in" }.to_owned();
    match found {
        Ok((title, kind)) => Item {
            label: name.clone(),
            detail: title,
            right: kind.name().to_owned(),
            group,
            chosen: Some(Msg::Chosen(Chosen::Theme(name.clone()))),
            seen: Some(Msg::Chosen(Chosen::Preview(name))),
            ..Item::default()
        },
        Err(why) => Item { label: name, detail: why, group, ..Item::default() },
    }
}

/// Takes a theme; none, and what is wrong, where it cannot be used.
pub(super) fn set(model: &mut Model, name: &str) -> Result<(), String> {
    let theme = model.setting.themes.load(name, model.setting.depth);
    let theme = theme.map_err(|error| format!("{error:#}"))?;
    model.theme = theme.with_ascii(model.theme.is_ascii());
    model.dirty = true;
    Ok(())
}

/// Takes the theme that was chosen, and keeps it.
pub(super) fn choose(model: &mut Model, name: &str) -> Effects {
    match set(model, name) {
        Ok(()) => settings::save(model, Knob::Theme, name),
        Err(why) => {
            model.toasts.fail(why, model.now);
            Effects::new()
        }
    }
}

/// Shows a theme.
pub(super) fn preview(model: &mut Model, name: &str) {
    if let Err(why) = set(model, name) {
        model.toasts.fail(why, model.now);
    }
}

/// Files of themes changed. The theme that is seen is read again; where it cannot be, it stays as
/// it was, and it is said why.
pub(super) fn changed(
    model: &mut Model,
    themes: crate::ui::theme::Shelf,
    failed: Vec<String>,
) -> Effects {
    model.setting.themes = themes;
    let name = model.theme.name().to_owned();
    let known = model.setting.themes.names().contains(&name.as_str());
    let again = if known { set(model, &name) } else { Err(format!("the theme {name} is gone")) };
    for why in failed.into_iter().chain(again.err()) {
        model.toasts.fail(format!("{why}; the look stays as it was"), model.now);
    }
    model.dirty = true;
    Effects::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::action::Action;
    use crate::ui::msg::Loaded;
    use crate::ui::tests::Stage;
    use crate::ui::theme::{Role, Shelf, ThemeFile};
    use crate::ui::update::update;
    use ratatui::style::Color;

    fn shelf(name: &str, rest: &str) -> Shelf {
        let text = format!("schema = 1\nname = \"T\"\nkind = \"any\"\n{rest}");
        let (name, path) = (name.to_owned(), "/t/own.toml".to_owned());
        Shelf::new(vec![ThemeFile { name, path, text }], Vec::new())
    }

    fn tell(stage: &mut Stage, msg: Msg) {
        let effects = update(&mut stage.model, msg);
        assert_eq!(effects, []);
    }

    #[test]
    fn the_list_shows_each_theme_and_leaving_it_takes_the_look_back() {
        let mut stage = Stage::new((120, 40));
        let name = |stage: &Stage| stage.model.theme.name().to_owned();
        tell(&mut stage, Msg::Act(Action::PickTheme));
        tell(&mut stage, Msg::Act(Action::Down));
        tell(&mut stage, Msg::Act(Action::Down));
        assert_eq!(name(&stage), "midnight");
        tell(&mut stage, Msg::Act(Action::Escape));
        assert_eq!((name(&stage).as_str(), stage.model.layers.len()), ("claw-dark", 0));

        tell(&mut stage, Msg::Act(Action::PickTheme));
        tell(&mut stage, Msg::Act(Action::Down));
        tell(&mut stage, Msg::Act(Action::Confirm));
        assert_eq!((name(&stage).as_str(), stage.model.layers.len()), ("claw-light", 0));
    }

    #[test]
    fn a_file_that_changes_is_seen_and_a_broken_one_keeps_the_last_good_look() {
        let mut stage = Stage::new((120, 40));
        let text = |stage: &Stage| stage.model.theme.style(Role::Text).fg;
        let load = |stage: &mut Stage, rest: &str| {
            let themes = shelf("own", rest);
            tell(stage, Msg::Loaded(Loaded::Themes(themes, Vec::new())));
        };
        load(&mut stage, "[roles]\n\"ui.text\" = { fg = \"ansi:red\" }\n");
        tell(&mut stage, Msg::Chosen(Chosen::Theme("own".to_owned())));
        assert_eq!(text(&stage), Some(Color::Red));
        load(&mut stage, "[roles]\n\"ui.text\" = { fg = \"ansi:blue\" }\n");
        assert_eq!(text(&stage), Some(Color::Blue));
        for broken in ["[roles]\n\"ui.text\" = { fg = \"nope\" }\n", "[roles"] {
            load(&mut stage, broken);
            assert_eq!(text(&stage), Some(Color::Blue));
            let seen = crate::ui::tests::text(&stage.drawn().0);
            assert!(seen.contains("/t/own.toml:"), "{seen}");
        }
        tell(&mut stage, Msg::Loaded(Loaded::Themes(Shelf::default(), Vec::new())));
        assert_eq!(text(&stage), Some(Color::Blue), "also where the file is gone");
    }
}
