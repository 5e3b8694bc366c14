//! Where keys come from that stand in no variable.

mod command;

pub use command::KeyCommand;
