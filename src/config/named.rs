//! A table that holds settings of its own beside one table for each name.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use toml::Spanned;

/// What stands under a name.
pub(super) trait Row: DeserializeOwned {
    /// The settings that stand beside the names: texts.
    const OWN: &'static [&'static str];
}

/// Such a table, with the place of each part.
#[derive(Debug)]
pub(super) struct Named<R> {
    own: Vec<(String, Spanned<String>)>,
    /// In the order in which they stand.
    pub(super) rows: Vec<(Spanned<String>, Spanned<R>)>,
}

impl<R> Named<R> {
    /// A setting of its own; it is given once.
    pub(super) fn take(&mut self, key: &str) -> Option<Spanned<String>> {
        let at = self.own.iter().position(|(name, _)| name == key)?;
        Some(self.own.swap_remove(at).1)
    }
}

impl<R> Default for Named<R> {
    fn default() -> Self {
        Self { own: Vec::new(), rows: Vec::new() }
    }
}

impl<'de, R: Row> Deserialize<'de> for Named<R> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each<R>(PhantomData<R>);

        impl<'de, R: Row> Visitor<'de> for Each<R> {
            type Value = Named<R>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<R>, A::Error> {
                let mut named = Named::default();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    if R::OWN.contains(&key.get_ref().as_str()) {
                        named.own.push((key.into_inner(), map.next_value()?));
                    } else {
                        named.rows.push((key, map.next_value()?));
                    }
                }
                Ok(named)
            }
        }

        from.deserialize_map(Each(PhantomData))
    }
}
