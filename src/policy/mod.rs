//! What may be done: decided here, below the model, by rules that the user wrote.

mod verdict;

pub use verdict::{Verdict, Why};
