//! What other agents' files become.
