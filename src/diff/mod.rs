//! How a text differs from what it was: lines as hunks, words inside lines, and hunks put to use.
//!
//! A line ends at `\n`; a `\r` before it belongs to the line, so that a change of line endings is a
//! change. Where the last line of a side has no `\n`, the line [`NO_NEWLINE`] follows it in the
//! hunk, of the same kind, as in `diff -u`; it counts as no line.

mod apply;
mod change;
mod place;
mod select;
mod words;

pub use apply::apply;
pub use change::change;
pub use place::{fit, without};
pub use select::{backward, forward};
pub use words::Words;
pub use words::words;

/// Follows, in a hunk, a last line that has no newline at its end.
pub const NO_NEWLINE: &str = "\\ No newline at end of file";
