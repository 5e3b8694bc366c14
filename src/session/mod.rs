//! A session is a list of events, and its state is their fold.

mod state;

pub use state::{CallEntry, Entry, Live, OpenBlock, OpenMessage, State, Status};
