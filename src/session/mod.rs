//! A session is a list of events, and its state is their fold.

mod journal;
mod log;
mod repair;
mod state;
mod store;

pub use journal::Journal;
pub use log::{Found, VERSION, read};
pub use repair::repairs;
pub use state::{CallEntry, Entry, Live, OpenBlock, OpenMessage, State, Status};
pub use store::{Store, Summary};
