//! What services' refusals taught of their models: a window that is smaller than was thought, no eyes
//! for pictures. It holds for the process and, where there is a file, for later sessions.
//!
//! The file: `{"HOST/PATH": {"MODEL": {"window": 8192, "images": false}}}`. Who deletes it lets claw
//! learn anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::regular;
use crate::config::write_private;
use crate::provider::catalogue::{Catalogue, Model};
use crate::provider::{ProviderError, failure};

/// Most bytes of the file.
const MAX_FILE: usize = 1 << 20;
/// Windows outside of this are none.
const WINDOWS: std::ops::RangeInclusive<u32> = 512..=100_000_000;

/// What is known of one model at one address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// Most tokens of a prompt and its reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,
    /// Whether it sees pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<bool>,
}

impl Lesson {
    /// What an error teaches of the model that was asked; none where it teaches nothing new.
    pub fn of(error: &ProviderError, model: &Model) -> Option<Self> {
        match error {
            ProviderError::TooLong(why) => {
                let window = failure::window(why).filter(|size| WINDOWS.contains(size))?;
                // A fact is only ever corrected downwards: a larger figure may be another limit.
                let news = if model.known { window < model.window } else { window != model.window };
                news.then_some(Self { window: Some(window), images: None })
            }
            ProviderError::NoPictures(_) if model.images => {
                Some(Self { window: None, images: Some(false) })
            }
            _ => None,
        }
    }

    /// The model with what was learned of it.
    #[must_use]
    pub fn over(self, model: Model) -> Model {
        let window = self.window.filter(|size| WINDOWS.contains(size));
        let known = model.known || window.is_some();
        let window = window.unwrap_or(model.window);
        let max_output = model.max_output.min(window);
        let images = self.images.unwrap_or(model.images);
        Model { window, max_output, images, known, ..model }
    }
}

/// Lessons, by the address and the model's name there.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Learned(BTreeMap<String, BTreeMap<String, Lesson>>);

impl Learned {
    /// What a file keeps; nothing where it is not there or no such file.
    pub fn read(file: &Path) -> Self {
        let content = regular::read(file, MAX_FILE).ok().filter(|content| !content.cut);
        content.and_then(|it| serde_json::from_slice(&it.bytes).ok()).unwrap_or_default()
    }

    /// The table with what was learned of the models at these addresses: a vendor's, by its name.
    #[must_use]
    pub fn over<'a>(
        &self,
        mut all: Catalogue,
        address: impl Fn(&str) -> Option<&'a str>,
    ) -> Catalogue {
        let vendors: Vec<String> = all.vendors().map(|vendor| vendor.id.clone()).collect();
        for vendor in vendors {
            let lessons = self.0.get(&place(address(&vendor), &vendor));
            for (name, lesson) in lessons.into_iter().flatten() {
                let model = (*all.of_vendor(&vendor, name)).clone();
                all = all.with_model(lesson.over(model));
            }
        }
        all
    }

    fn add(&mut self, place: String, model: &str, lesson: Lesson) {
        let known = self.0.entry(place).or_default().entry(model.to_owned()).or_default();
        known.window = lesson.window.or(known.window);
        known.images = lesson.images.or(known.images);
    }
}

/// Adds a lesson to the file. What other processes learned meanwhile stays.
pub(super) async fn keep(file: PathBuf, address: Option<&str>, model: &Model, lesson: Lesson) {
    let (place, name) = (place(address, &model.vendor), model.name.clone());
    let written = tokio::task::spawn_blocking(move || {
        let mut all = Learned::read(&file);
        all.add(place, &name, lesson);
        write_private(&file, &serde_json::to_vec_pretty(&all)?)
    });
    if let Ok(Err(why)) = written.await {
        tracing::debug!(%why, "what was learned of a model is not kept");
    }
}

/// An address without what may be secret in it; the vendor's name where it is the vendor's own.
fn place(address: Option<&str>, vendor: &str) -> String {
    let Some(address) = address else { return vendor.to_owned() };
    let rest = address.trim().split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let end = rest.find('/').unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    format!("{host}{}", rest[end..].trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_errors_teach() {
        let all = Catalogue::bundled();
        let (known, unknown) = (all.lookup("sonnet"), all.lookup("ollama/never-heard-of"));
        let long = |why: &str| ProviderError::TooLong(why.to_owned());
        let window = |size| Some(Lesson { window: Some(size), images: None });
        let blind = Some(Lesson { window: None, images: Some(false) });
        let none = ProviderError::NoPictures("no".into());
        let table = [
            (long("maximum context length is 8192 tokens"), &unknown, window(8_192)),
            (long("maximum context length is 262144 tokens"), &unknown, window(262_144)),
            (long("maximum context length is 9 tokens"), &unknown, None),
            (long("too long"), &unknown, None),
            (long("prompt is too long: 210000 tokens > 200000 maximum"), &known, window(200_000)),
            (long("prompt is too long: 21000000 tokens > 20000000 maximum"), &known, None),
            (none.clone(), &unknown, blind),
            (none, &known, blind),
            (ProviderError::Fatal("maximum context length is 8192".into()), &unknown, None),
        ];
        for (error, model, expected) in table {
            let lesson = Lesson::of(&error, model);
            assert_eq!(lesson, expected, "{error}");
            if let Some(lesson) = lesson {
                let model = lesson.over((**model).clone());
                assert_eq!(Lesson::of(&error, &model), None, "{error}");
                assert!(model.max_output <= model.window);
            }
        }
    }

    #[test]
    fn addresses_keep_no_secret() {
        let table = [
            (None, "ollama"),
            (Some("http://127.0.0.1:11434/v1/"), "127.0.0.1:11434/v1"),
            (Some("https://me:pass@gate.example/a@b?key=k"), "gate.example/a@b"),
            (Some("gate.example"), "gate.example"),
        ];
        for (address, expected) in table {
            assert_eq!(place(address, "ollama"), expected);
        }
    }

    #[tokio::test]
    async fn lessons_are_kept_for_the_address_that_taught_them() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("learned.json");
        let all = Catalogue::bundled();
        let model = all.lookup("ollama/qwen/mine");
        let (one, other) = ("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1");
        let window = Lesson { window: Some(8_192), images: None };
        keep(file.clone(), Some(one), &model, window).await;
        keep(file.clone(), Some(other), &model, Lesson { window: Some(4_096), images: None }).await;
        keep(file.clone(), Some(one), &model, Lesson { window: None, images: Some(false) }).await;
        let learned = Learned::read(&file);
        let at = |address| {
            let all =
                learned.over((*all).clone(), |vendor| (vendor == "ollama").then_some(address));
            let model = all.lookup("ollama/qwen/mine");
            (model.window, model.images)
        };
        assert_eq!(at(one), (8_192, false));
        assert_eq!(at(other), (4_096, true));
        assert_eq!(at("http://127.0.0.1:3"), (model.window, true));
        for damaged in ["", "[]", "{\"a\":7}", "{\"127.0.0.1:1/v1\":{\"m\":{\"window\":-1}}}"] {
            std::fs::write(&file, damaged).unwrap();
            assert_eq!(Learned::read(&file), Learned::default(), "{damaged}");
        }
        assert_eq!(Learned::read(dir.path()), Learned::default());
    }
}
