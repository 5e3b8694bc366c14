//! The models, to choose one.

use crate::protocol::ModelId;
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};

/// The models that are known by name, the present one under the cursor. It stands among them where
/// it is not known.
pub fn models(names: Vec<String>, present: &ModelId) -> Picker {
    let present = present.0.to_string();
    let known = names.contains(&present);
    let own = (!known).then(|| present.clone());
    let items: Vec<Item> = own
        .into_iter()
        .chain(names)
        .map(|name| Item {
            right: if name == present { "now".to_owned() } else { String::new() },
            chosen: Some(Msg::Chosen(Chosen::Model(ModelId::from(name.as_str())))),
            label: name,
            ..Item::default()
        })
        .collect();
    Picker::new("Model", items).at(|item| item.label == present)
}
