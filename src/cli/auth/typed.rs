//! A line that is typed and not shown.

use std::io::{self, Read as _, Write as _};

use anyhow::{Context as _, Result, bail};
use secrecy::{SecretString, zeroize::Zeroizing};

/// The terminal as it was, when it ends.
#[cfg(unix)]
struct Quiet(rustix::termios::Termios);

#[cfg(unix)]
impl Quiet {
    /// Keys come one by one and are not shown. Ctrl+C comes as a key too: were it a signal, it
    /// would leave the terminal like this.
    fn begin() -> io::Result<Self> {
        use rustix::termios::{
            LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr,
        };
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

#[cfg(unix)]
impl Drop for Quiet {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // There is nothing else to be done about a terminal that is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
        let _ = writeln!(io::stderr());
    }
}

/// Asks for a line that is not shown.
///
/// # Errors
///
/// Where it is given up, or the terminal cannot hide it: then nothing is read.
#[cfg(unix)]
pub(super) fn line(prompt: &str) -> Result<SecretString> {
    // Hidden first: whoever sees the question may type.
    let quiet = Quiet::begin().context("hiding what is typed; pipe the key in instead")?;
    let mut out = io::stderr();
    out.write_all(prompt.as_bytes()).and_then(|()| out.flush()).context("asking for a key")?;
    let typed = read(io::stdin().lock().bytes());
    drop(quiet);
    typed
}

/// The same where no terminal can be told to hide it.
#[cfg(not(unix))]
pub(super) fn line(_: &str) -> Result<SecretString> {
    bail!("pipe the key in: what is typed would be shown here")
}

/// What is typed, up to Enter.
fn read(bytes: impl Iterator<Item = io::Result<u8>>) -> Result<SecretString> {
    const GIVEN_UP: &str = "given up; nothing was kept";
    let mut typed = Zeroizing::new(Vec::with_capacity(512));
    for byte in bytes {
        match byte.context("reading the key")? {
            b'\r' | b'\n' => {
                let text = std::str::from_utf8(&typed).context("reading the key")?;
                return Ok(SecretString::from(text));
            }
            0x03 => bail!(GIVEN_UP),
            0x04 if typed.is_empty() => bail!(GIVEN_UP),
            0x08 | 0x7f => {
                typed.pop();
            }
            // Ctrl+U
            0x15 => typed.clear(),
            byte if typed.len() < 16 << 10 => typed.push(byte),
            _ => {}
        }
    }
    bail!(GIVEN_UP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn keys() {
        let table: &[(&str, Option<&str>)] = &[
            ("abc\r", Some("abc")),
            ("abx\x7fc\nrest", Some("abc")),
            ("wrong\x15abc\n", Some("abc")),
            ("\x7fabc\n", Some("abc")),
            ("\n", Some("")),
            ("ab\x03c\n", None),
            ("\x04", None),
            ("abc", None),
        ];
        for (typed, expected) in table {
            let got = read(typed.bytes().map(Ok)).ok();
            assert_eq!(got.as_ref().map(ExposeSecret::expose_secret), *expected, "{typed:?}");
        }
    }
}
