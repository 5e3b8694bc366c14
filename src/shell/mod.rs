//! Bash text, read strictly: what was understood is certain, the rest is said to be unclear.
//! No decision is made here.

mod arithmetic;
mod atoms;
mod compound;
mod expand;
mod loose;
mod parse;
mod print;
mod redirect;
mod simple;
pub mod syntax;
mod word;

#[cfg(test)]
mod tests;

pub use atoms::{binds, fed, leaves, lists, moves, only_command, operands};
pub use expand::{Dynamic, Field, Scope, Value};
pub use loose::{Loose, loose, names};
pub use parse::{Unclear, is_name, parse};
pub use print::{canonical, line, print, shown};
