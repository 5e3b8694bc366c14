//! What lies over the screen and takes the keys while it is there.

pub mod choice;
pub mod help;
pub mod palette;
pub mod toast;
pub mod which_key;

use help::Help;
use palette::Palette;

/// What lies over the screen.
#[derive(Debug)]
pub enum Overlay {
    /// What the keys do.
    Help(Help),
    /// All commands.
    Palette(Palette),
}
