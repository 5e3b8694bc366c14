//! What files were before claw changed them: kept outside every repository, so that a session can go
//! back. The log names what is kept; log and contents together are enough.

mod blobs;
mod keeper;
mod restore;
mod step;
mod sweep;

pub use blobs::Blobs;
pub use keeper::{Changed, Keeper, Shot};
pub use restore::{Change, Look};
pub use step::{Step, steps, steps_forward};
pub use sweep::{Bounds, sweep};
