//! What things look like. Code names a role; only a theme knows a colour.

mod role;

pub use role::Role;

use std::collections::HashMap;

use ratatui::style::Style;

/// The look of every role, for one terminal's colours.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    name: String,
    styles: HashMap<Role, Style>,
}

impl Theme {
    /// A theme of these looks.
    #[cfg(test)]
    pub(crate) fn from_styles(name: &str, styles: HashMap<Role, Style>) -> Self {
        Self { name: name.to_owned(), styles }
    }

    /// The theme's file name without ending: `claw-dark`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(&role).copied().unwrap_or_default()
    }
}
