//! A session is a list of events, and its state is their fold.

mod cite;
mod draft;
pub mod export;
pub mod import;
mod index;
mod journal;
mod log;
mod overview;
mod prompts;
mod repair;
mod scan;
mod spending;
mod state;
mod store;

pub use cite::{cited, is_citation, uncited};
pub use draft::{Atom, Body, Draft};
pub use index::{find_in, turns_of};
pub use journal::Journal;
pub use log::{Found, VERSION, each, read};
pub use overview::{Overview, Price, TurnLine, turns};
pub use prompts::{Prompt, Prompts};
pub use repair::repairs;
pub use spending::{Spending, Sum};
pub use state::{CallEntry, Entry, Live, OpenBlock, OpenMessage, State, Status};
pub use store::{Store, Summary};
