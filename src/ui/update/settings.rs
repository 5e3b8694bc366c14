//! The settings of the screen: listed, changed at once, and kept in the user's own file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::text::below_home;
use crate::config::{Knob, Settings, Source};
use crate::ui::effect::{Effect, Effects};
use crate::ui::model::{Model, Motion};
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};
use crate::ui::update::{layer, split, theme};

/// What the settings of the screen say, and where.
#[derive(Debug, Clone, Default)]
pub struct Knobs {
    /// The user's own file; none where nothing is kept.
    file: Option<PathBuf>,
    words: BTreeMap<Knob, String>,
    places: BTreeMap<Knob, Source>,
}

impl Knobs {
    /// As the settings say, to be kept in this file.
    pub fn new(file: PathBuf, settings: &Settings) -> Self {
        let words = Knob::ALL.map(|knob| (knob, knob.word(settings)));
        Self { file: Some(file), words: words.into(), places: settings.places.clone() }
    }

    /// The user's own file.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What one says, in a word.
    pub fn word(&self, knob: Knob) -> &str {
        self.words.get(&knob).map_or("", String::as_str)
    }

    fn is_own(&self, at: &Source) -> bool {
        matches!(at, Source::File { file, .. } if Some(file) == self.file.as_ref())
    }

    /// Why it cannot be kept in the user's own file; none where it can.
    fn fixed(&self, knob: Knob) -> Option<String> {
        let at = self.places.get(&knob)?;
        match at {
            // Two themes would be lost for one.
            at if self.is_own(at) => {
                let pair = knob == Knob::Theme && self.word(knob).contains(", ");
                pair.then(|| format!("{at} names one for dark and one for light"))
            }
            Source::Flag => Some("said on the command line".to_owned()),
            at => Some(format!("{at} says it")),
        }
    }
}

/// What it is now, in a word.
fn word(model: &Model, knob: Knob) -> String {
    let switch = |on: bool| if on { "on" } else { "off" }.to_owned();
    match knob {
        Knob::Theme => model.theme.name().to_owned(),
        Knob::Glyphs => if model.theme.is_ascii() { "ascii" } else { "unicode" }.to_owned(),
        Knob::Mouse => switch(model.mouse),
        Knob::Vim => switch(model.composer.mode().is_some()),
        Knob::CopyOnSelect => switch(model.setting.copy_on_select),
        knob => model.knobs.word(knob).to_owned(),
    }
}

/// Where that was said.
fn source(model: &Model, knob: Knob) -> String {
    let said = model.knobs.word(knob);
    let other = !said.is_empty() && !said.split(", ").any(|one| one == word(model, knob));
    match model.knobs.places.get(&knob) {
        _ if other => "for now".to_owned(),
        None => "default".to_owned(),
        Some(at @ Source::File { file, line }) if model.knobs.is_own(at) => {
            format!("{}:{line}", file.file_name().unwrap_or_default().to_string_lossy())
        }
        Some(Source::File { .. }) => "another file".to_owned(),
        Some(at) => at.to_string(),
    }
}

/// All of them, as rows: `group` stands above them.
pub(super) fn items(model: &Model, group: &str) -> Vec<Item> {
    let row = |knob: Knob| {
        let fixed = model.knobs.fixed(knob);
        let chosen = fixed.is_none().then_some(Msg::Chosen(Chosen::Knob(knob)));
        Item {
            label: knob.name().to_owned(),
            right: format!("{}  {}", word(model, knob), source(model, knob)),
            detail: fixed.map_or_else(|| knob.about().to_owned(), |why| format!("fixed: {why}")),
            group: group.to_owned(),
            chosen,
            ..Item::default()
        }
    };
    let (sidebar, said) = match model.sidebar {
        None => ("auto", "default"),
        Some(true) => ("on", "this project"),
        Some(false) => ("off", "this project"),
    };
    let sidebar = Item {
        label: "sessions sidebar".to_owned(),
        detail: "auto: where there is room".to_owned(),
        right: format!("{sidebar}  {said}"),
        group: group.to_owned(),
        chosen: Some(Msg::Chosen(Chosen::Sidebar)),
        ..Item::default()
    };
    Knob::ALL.map(row).into_iter().chain([sidebar]).collect()
}

/// Lays the list of them over the screen.
pub(super) fn open(model: &mut Model) {
    let home = model.setting.home.as_deref();
    let place = model
        .knobs
        .file()
        .map_or_else(String::new, |file| format!(" in {}", below_home(file, home)));
    let picker = Picker::new(format!("Settings{place}"), items(model, "")).staying();
    layer::open(model, picker);
}

/// The lists of them show what they are now.
fn renew(model: &mut Model) {
    let items = items(model, "");
    for layer in &mut model.layers {
        layer.renew(&items);
    }
    model.dirty = true;
}

/// The next value: it holds at once, and is kept. Of the theme, the list of all.
pub(super) fn cycle(model: &mut Model, knob: Knob) -> Effects {
    if knob == Knob::Theme {
        theme::pick(model);
        return Effects::new();
    }
    let (now, words) = (word(model, knob), knob.words());
    let at = words.iter().position(|word| *word == now).map_or(0, |at| (at + 1) % words.len());
    let Some(next) = words.get(at) else { return Effects::new() };
    let mut effects = Effects::new();
    match knob {
        Knob::Motion => {
            model.setting.motion = if *next == "full" { Motion::Full } else { Motion::Reduced };
        }
        Knob::Glyphs => model.theme = model.theme.clone().with_ascii(*next == "ascii"),
        Knob::Mouse => {
            model.mouse = *next == "on";
            effects.push(Effect::Mouse(model.mouse));
        }
        Knob::Vim => {
            let _ = model.composer.toggle_vim();
        }
        Knob::CopyOnSelect => model.setting.copy_on_select = *next == "on",
        // Of the others only the world knows, and the end of the screen.
        _ => {}
    }
    effects.extend(save(model, knob, next));
    effects
}

/// The sidebar is shown by the screen's size, always, or never.
pub(super) fn sidebar(model: &mut Model) -> Effects {
    model.sidebar = match model.sidebar {
        None => Some(true),
        Some(true) => Some(false),
        Some(false) => None,
    };
    renew(model);
    split::keep(model)
}

/// Keeps what holds now in the user's own file; what it was said elsewhere, only now.
pub(super) fn save(model: &mut Model, knob: Knob, word: &str) -> Effects {
    let name = knob.name();
    let text = match (model.knobs.fixed(knob), model.knobs.file()) {
        (Some(why), _) => format!("{name}: {word}, for now: {why}"),
        (None, None) => format!("{name}: {word}"),
        (None, Some(_)) => {
            model.knobs.words.insert(knob, word.to_owned());
            renew(model);
            return vec![Effect::Save(knob, word.to_owned())];
        }
    };
    model.toasts.say(text, model.now);
    renew(model);
    Effects::new()
}

/// One was kept, or why not. An answer to another value than it is now says nothing.
pub(super) fn saved(
    model: &mut Model,
    knob: Knob,
    word: &str,
    done: Result<Vec<(Knob, Source)>, String>,
) -> Effects {
    let (name, present) = (knob.name(), model.knobs.word(knob) == word);
    match done {
        Ok(places) => {
            let knobs = &model.knobs;
            let mut all = knobs.places.clone();
            all.retain(|_, at| !knobs.is_own(at));
            for (knob, at) in places {
                // Who has the last word keeps it.
                all.entry(knob).or_insert(at);
            }
            model.knobs.places = all;
            if let Some(file) = model.knobs.file().filter(|_| present) {
                let when = if knob == Knob::Osc7501 { " from the next start" } else { "" };
                let file = below_home(file, model.setting.home.as_deref());
                let text = format!("{name}: {word}{when}, saved in {file}");
                model.toasts.say(text, model.now);
            }
        }
        Err(why) if present => {
            model.toasts.fail(format!("{name}: {word} is not saved: {why}"), model.now);
        }
        Err(_) => {}
    }
    renew(model);
    Effects::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layer, Scope, merge};
    use crate::ui::action::Action;
    use crate::ui::msg::Loaded;
    use crate::ui::tests::{Stage, text};
    use crate::ui::update::update;

    fn layer(text: &str) -> Layer {
        Layer::parse(Path::new("/home/u/c/config.toml"), text).unwrap()
    }

    /// A screen of which the user's file says this, and the command line that.
    fn stage(file: &str, flags: Layer) -> Stage {
        let settings = merge([(Scope::User, layer(file)), (Scope::Flags, flags)]);
        let mut stage = Stage::new((120, 40));
        stage.model.knobs = Knobs::new("/home/u/c/config.toml".into(), &settings);
        stage
    }

    fn row(stage: &Stage, knob: Knob) -> (String, bool) {
        let items = items(&stage.model, "");
        let item = items.into_iter().find(|item| item.label == knob.name()).unwrap();
        (item.right, item.chosen.is_some())
    }

    fn choose(stage: &mut Stage, knob: Knob) -> Effects {
        update(&mut stage.model, Msg::Chosen(Chosen::Knob(knob)))
    }

    fn saved(stage: &mut Stage, knob: Knob, word: &str, done: Result<&str, &str>) {
        let places = |file: &str| -> Vec<_> {
            let settings = merge([(Scope::User, layer(file))]);
            settings.places.into_iter().collect()
        };
        let (word, done) = (word.to_owned(), done.map(places).map_err(str::to_owned));
        let effects = update(&mut stage.model, Msg::Loaded(Loaded::Saved { knob, word, done }));
        assert_eq!(effects, []);
    }

    #[test]
    fn each_setting_holds_at_once_and_is_saved() {
        let table = [
            (Knob::Motion, "reduced"),
            (Knob::Glyphs, "ascii"),
            (Knob::Mouse, "off"),
            (Knob::CopyOnSelect, "on"),
            (Knob::Vim, "on"),
            (Knob::Notify, "off"),
            (Knob::TmuxPassthrough, "on"),
            (Knob::Osc7501, "on"),
            (Knob::PrintOnExit, "all"),
        ];
        assert_eq!(table.len() + 1, Knob::ALL.len(), "the theme has a list of its own");
        let mut stage = stage("", Layer::default());
        for (knob, wanted) in table {
            let effects = choose(&mut stage, knob);
            let save = Effect::Save(knob, wanted.to_owned());
            assert_eq!(effects.last(), Some(&save), "{knob:?}");
            assert_eq!(row(&stage, knob), (format!("{wanted}  default"), true));
        }
        let model = &stage.model;
        assert!(model.theme.is_ascii() && !model.mouse && model.setting.copy_on_select);
        assert!(model.composer.mode().is_some() && model.setting.motion == Motion::Reduced);
    }

    #[test]
    fn the_list_stays_open_and_tells_where_a_value_is_from() {
        let mut stage = stage("\n[ui]\nmouse = true\n", Layer::default());
        let _ = stage.keys(&["Ctrl+X", ","]);
        let seen = text(&stage.drawn().0);
        assert!(seen.contains("Settings in ~/c/config.toml") && seen.contains("on  config.toml:3"));
        stage.write("mouse");
        let effects = stage.keys(&["Space"]);
        assert_eq!(effects, [Effect::Mouse(false), Effect::Save(Knob::Mouse, "off".into())]);
        saved(&mut stage, Knob::Mouse, "off", Ok("[ui]\nmouse = false"));
        let seen = text(&stage.drawn().0);
        assert!(seen.contains("off  config.toml:2"), "{seen}");
        assert!(seen.contains("ui.mouse: off, saved in ~/c/config.toml"), "{seen}");
        // An answer that is not to the present value is no news.
        let _ = stage.keys(&["Enter"]);
        saved(&mut stage, Knob::Mouse, "off", Err("late"));
        saved(&mut stage, Knob::Mouse, "on", Err("the disk is full"));
        let seen = text(&stage.drawn().0);
        assert!(seen.contains("on is not saved: the disk is full"), "{seen}");
        assert!(!seen.contains("late"), "{seen}");
        assert_eq!(stage.model.layers.len(), 1);
    }

    #[test]
    fn what_is_said_elsewhere_is_fixed_and_never_saved() {
        let flags = Layer { mouse: Some(false.into()), ..Layer::default() };
        let mut stage = stage("theme = { dark = 'midnight', light = 'paper' }", flags);
        assert!(!row(&stage, Knob::Mouse).1);
        let effects = choose(&mut stage, Knob::Mouse);
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Save(..))), "{effects:?}");
        let effects = update(&mut stage.model, Msg::Chosen(Chosen::Theme("mono".into())));
        assert_eq!((effects, stage.model.theme.name()), (vec![], "mono"));
        let seen = text(&stage.drawn().0);
        assert!(seen.contains("for now") && seen.contains("config.toml:1"), "{seen}");
        // What the file says does not become the place of what the command line says.
        saved(&mut stage, Knob::Vim, "on", Ok("[ui]\nvim = true\nmouse = true"));
        assert_eq!(stage.model.knobs.places[&Knob::Mouse], Source::Flag);
    }

    #[test]
    fn a_theme_that_is_chosen_is_saved() {
        let mut stage = stage("", Layer::default());
        let _ = stage.keys(&["Ctrl+X", ","]);
        let _ = stage.keys(&["Enter"]);
        assert_eq!(stage.model.layers.len(), 2, "the themes over the settings");
        stage.write("paper");
        let effects = stage.keys(&["Enter"]);
        assert_eq!(effects, [Effect::Save(Knob::Theme, "paper".into())]);
        assert_eq!(stage.model.layers.len(), 1);
        assert!(text(&stage.drawn().0).contains("paper  default"));
    }

    #[test]
    fn the_palette_lists_them_and_the_sidebar_is_one() {
        let mut stage = stage("", Layer::default());
        let _ = stage.keys(&["Ctrl+P"]);
        stage.write("ui.vim");
        assert!(text(&stage.drawn().0).contains(": ui.vim"), "{}", text(&stage.drawn().0));
        assert_eq!(stage.model.layers.len(), 1);
        let _ = stage.keys(&["Esc"]);
        for wanted in [Some(true), Some(false), None] {
            let effects = update(&mut stage.model, Msg::Chosen(Chosen::Sidebar));
            assert_eq!((stage.model.sidebar, effects.len()), (wanted, 1));
        }
        let _ = update(&mut stage.model, Msg::Act(Action::Settings));
        assert_eq!(stage.model.layers.len(), 1);
    }
}
