//! Bash text, read strictly: what was understood is certain, the rest is said to be unclear.
//! No decision is made here.

mod loose;
mod plain;

pub use loose::{Loose, loose, names};
pub use plain::{Command, Unclear, Word, parse};
