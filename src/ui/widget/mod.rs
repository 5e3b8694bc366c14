//! Parts of pictures that panes share.

pub mod badge;
pub mod diff_rows;
pub mod elapsed;
pub mod frame;
pub mod hints;
pub mod scrollbar;

pub use elapsed::elapsed;
