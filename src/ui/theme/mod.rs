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
    /// A theme of these styles; a role without one looks like the terminal's own text.
    pub fn from_styles(name: impl Into<String>, styles: HashMap<Role, Style>) -> Self {
        Self { name: name.into(), styles }
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
