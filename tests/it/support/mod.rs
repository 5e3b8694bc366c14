//! What several integration tests stand on.

pub(crate) mod messages;
