//! Ground: clock, ids, text, caps, files read up to a bound and written whole. No word of the domain.

pub mod amount;
pub mod atomic;
pub mod cap;
pub mod clock;
pub mod digest;
pub mod ids;
pub mod picture;
pub mod redact;
pub mod regular;
pub mod text;
