//! A session is a list of events, and its state is their fold.

pub mod checkpoint;
mod cite;
mod draft;
pub mod export;
mod fork;
pub mod import;
#[cfg(feature = "index")]
mod index;
mod journal;
mod listing;
mod log;
mod marks;
mod overview;
mod prompts;
mod repair;
mod scan;
mod search;
mod spending;
mod state;
mod store;
mod tail;
mod trash;

pub use cite::{cited, is_citation, uncited};
pub use draft::{Atom, Body, Draft};
pub use fork::fork;
pub use journal::Journal;
pub use listing::turns_of;
pub use log::{Found, Held, VERSION, each, read};
pub use overview::{Overview, Price, TurnLine, turns};
pub use prompts::{Prompt, Prompts};
pub use repair::repairs;
pub use search::{Hit, Progress, Query, Said, Searched, Snippet, find_in};
pub use spending::{Spending, Sum};
pub use state::{CallEntry, Chosen, Entry, Live, OpenBlock, OpenMessage, Past, State, Status};
pub use store::{Store, Summary};
pub use tail::Tail;
pub use trash::Deleted;
