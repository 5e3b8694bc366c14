//! What the vendors' published schemas ask of a request, as far as they say it. Each validator lists
//! what is wrong with a body.

mod chat;
mod gemini;
mod messages;
mod responses;

use claw::provider::catalogue::Wire;
use serde_json::Value;

/// Complaints about a request.
#[derive(Default)]
pub(crate) struct Wrong(pub(crate) Vec<String>);

impl Wrong {
    fn unless(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }

    /// Only these fields, all of `required` among them.
    fn fields(&mut self, value: &Value, required: &[&str], more: &[&str]) {
        let Some(map) = value.as_object() else {
            self.0.push(format!("no object: {value}"));
            return;
        };
        for name in required {
            self.unless(map.contains_key(*name), || format!("{name} is missing in {value}"));
        }
        for name in map.keys() {
            let known = required.iter().chain(more).any(|it| it == name);
            self.unless(known, || format!("the field {name} is unknown in {value}"));
        }
    }

    fn name(&mut self, value: &Value, most: usize, more: &str) {
        let name = value.as_str().unwrap_or_default();
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c) || more.contains(c);
        let holds = (1..=most).contains(&name.len()) && name.chars().all(fits);
        self.unless(holds, || format!("{value} is no name of at most {most}"));
    }

    fn words(&mut self, value: &Value) {
        let holds = value.as_str().is_some_and(|text| !text.trim().is_empty());
        self.unless(holds, || format!("blank words: {value}"));
    }

    fn object_in_words(&mut self, value: &Value) {
        let object = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        self.unless(object.is_some_and(|it| it.is_object()), || format!("no object: {value}"));
    }

    fn picture(&mut self, kind: &Value, data: &Value) {
        let kinds = ["image/png", "image/jpeg", "image/gif", "image/webp"];
        let holds = kind.as_str().is_some_and(|kind| kinds.contains(&kind));
        self.unless(holds, || format!("a picture of the kind {kind}"));
        let data = data.as_str().unwrap_or_default();
        let base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/=".contains(&b);
        self.unless(!data.is_empty() && data.bytes().all(base64), || "no base64".to_owned());
    }

    fn data_url(&mut self, url: &Value) {
        let parts = url.as_str().and_then(|url| url.strip_prefix("data:")?.split_once(";base64,"));
        match parts {
            Some((kind, data)) => self.picture(&kind.into(), &data.into()),
            None => self.0.push(format!("no data URL: {url}")),
        }
    }
}

/// What is wrong with the body of a request.
pub(crate) fn complaints(wire: Wire, body: &Value) -> Vec<String> {
    let mut wrong = Wrong::default();
    match wire {
        Wire::Messages => messages::check(body, &mut wrong),
        Wire::Chat => chat::check(body, &mut wrong),
        Wire::Responses => responses::check(body, &mut wrong),
        Wire::Gemini => gemini::check(body, &mut wrong),
    }
    wrong.0
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
