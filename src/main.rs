//! The claw program: the exit code of the command line, and nothing else.

fn main() {}
