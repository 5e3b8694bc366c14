//! The update, by messages.

