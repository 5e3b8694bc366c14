//! Parts of pictures that panes share.

pub mod diff_rows;
pub mod elapsed;
pub mod row;

pub use elapsed::elapsed;
