//! Changes to a table: another one over it, one vendor, one model.

use std::sync::Arc;

use super::{Catalogue, HOME, Model, Vendor};

impl Catalogue {
    /// Puts another table's vendors and models in place of those of the same name, and beside the
    /// others. Where a vendor is and how it is spoken with stays: a list of models does not say
    /// where a key goes.
    #[must_use]
    pub fn with(mut self, newer: Self) -> Self {
        for (id, vendor) in newer.vendors {
            match self.vendors.get_mut(&id) {
                Some(known) => known.take(vendor),
                None => drop(self.vendors.insert(id, vendor)),
            }
        }
        self.aliases.extend(newer.aliases);
        self.settled()
    }

    /// Puts one vendor in the place of one of this name; models that are known of it stay.
    #[must_use]
    pub fn with_vendor(mut self, vendor: Vendor) -> Self {
        match self.vendors.get_mut(&vendor.id) {
            Some(known) => {
                let Vendor { title, wire, api, env, .. } = vendor.clone();
                known.take(vendor);
                *known = Vendor { title, wire, api, env, ..known.clone() };
            }
            None => drop(self.vendors.insert(vendor.id.clone(), vendor)),
        }
        self.settled()
    }

    /// Puts one model in the place of one of this name, before the others; nothing where its vendor
    /// is not known.
    #[must_use]
    pub fn with_model(mut self, model: Model) -> Self {
        if let Some(vendor) = self.vendors.get_mut(&*model.vendor) {
            match vendor.models.iter_mut().find(|it| it.name == model.name) {
                Some(known) => *known = Arc::new(model),
                None => vendor.models.insert(0, Arc::new(model)),
            }
        }
        self.settled()
    }

    /// With short names for the models as they are now.
    fn settled(mut self) -> Self {
        for model in self.aliases.values_mut() {
            let vendor = self.vendors.get(&*model.vendor);
            let now = vendor.and_then(|it| it.models.iter().find(|it| it.name == model.name));
            if let Some(now) = now {
                *model = now.clone();
            }
        }
        self
    }

    /// Whose a model is, by its name; none where that names a vendor that is not known.
    pub fn owner(&self, name: &str) -> Option<&Vendor> {
        match name.split_once('/') {
            Some((vendor, _)) if !self.aliases.contains_key(name) => self.vendors.get(vendor),
            _ => self.vendors.get(self.aliases.get(name).map_or(HOME, |model| &*model.vendor)),
        }
    }
}

impl Vendor {
    /// Takes in what is said newer.
    fn take(&mut self, newer: Self) {
        let known = |model: &Arc<Model>| newer.models.iter().any(|it| it.name == model.name);
        let older: Vec<_> = self.models.drain(..).filter(|model| !known(model)).collect();
        self.models = newer.models.iter().cloned().chain(older).collect();
        let more: Vec<_> = newer.env.into_iter().filter(|name| !self.env.contains(name)).collect();
        self.env.extend(more);
        self.title = newer.title;
    }
}
