//! The claw program: the exit code of the command line, and nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    claw::cli::main()
}
