//! Where keys come from that stand in no variable: a program of the user's, a login.

mod command;
mod kept;
mod login;
pub mod oauth;
mod ring;
mod store;

pub use command::KeyCommand;
pub use kept::{Kept, Tokens};
pub use login::Login;
pub use ring::Ring;
pub use store::{Found, Place, Store};
