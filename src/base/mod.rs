//! Ground: clock, ids, text, caps, atomic files. No word of the domain.

pub mod atomic;
pub mod cap;
pub mod clock;
pub mod ids;
pub mod text;
