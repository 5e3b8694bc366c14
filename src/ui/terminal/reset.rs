//! A terminal that a crashed program left in disorder, put in order again.

use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, Result, bail};

use super::put;

/// Off with all that may be on, also what claw never switches on.
const RESET: &str = "\x1b[?2026l\x1b[<99u\x1b[=0u\x1b[>4;0m\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1005l\
                     \x1b[?1002l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[?2031l\x1b[?1l\x1b>\x1b[?7h\x1b[r\
                     \x1b[?1049l\x1b[<99u\x1b[=0u\x1b(B\x0f\x1b[0m\x1b[0 q\x1b[?25h\x1b]9;4;0\x1b\\\r\x1b[K";

/// Switches off everything that a program which crashed may have left on, and gives the terminal its
/// lines back.
///
/// # Errors
///
/// Fails where output is no terminal, or it is gone.
pub fn reset() -> Result<()> {
    if !io::stdout().is_terminal() {
        bail!("resetting the terminal: output has to be one; run `claw reset-tty` in it");
    }
    put(RESET.as_bytes())?;
    sane().context("resetting the terminal's lines")
}

/// Lines are edited and shown by the terminal again, and Ctrl+C is a signal.
#[cfg(unix)]
fn sane() -> io::Result<()> {
    use rustix::termios::{
        InputModes, LocalModes, OptionalActions, OutputModes, tcgetattr, tcsetattr,
    };
    let stdout = io::stdout();
    let mut modes = tcgetattr(&stdout)?;
    modes.input_modes |= InputModes::BRKINT | InputModes::ICRNL | InputModes::IXON;
    modes.input_modes -= InputModes::IGNCR | InputModes::INLCR;
    modes.output_modes |= OutputModes::OPOST | OutputModes::ONLCR;
    modes.local_modes |= LocalModes::ICANON
        | LocalModes::ISIG
        | LocalModes::IEXTEN
        | LocalModes::ECHO
        | LocalModes::ECHOE
        | LocalModes::ECHOK;
    Ok(tcsetattr(&stdout, OptionalActions::Now, &modes)?)
}

#[cfg(not(unix))]
fn sane() -> io::Result<()> {
    crossterm::terminal::disable_raw_mode()
}
