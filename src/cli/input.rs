//! The prompt of a run without a screen: an argument, standard input, or both.

use std::io::{self, IsTerminal as _, Read};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

/// Most bytes that are read from standard input.
const MOST: u64 = 10 << 20;

/// How long a pipe is waited for that may have been inherited and never says anything.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is to be done.
///
/// Standard input is read where no prompt is given, and also where one is given and something is
/// piped in: then it follows the prompt.
///
/// # Errors
///
/// Where there is nothing to do, or more than claw takes.
pub(super) fn prompt(given: Option<&str>) -> Result<String> {
    let piped = match given {
        Some(_) if !is_piped() => Vec::new(),
        Some(_) => read(io::stdin(), Some(PATIENCE))?,
        None if io::stdin().is_terminal() => Vec::new(),
        None => read(io::stdin(), None)?,
    };
    join(given.unwrap_or_default(), &piped)
}

fn join(given: &str, piped: &[u8]) -> Result<String> {
    ensure!(
        piped.len() as u64 <= MOST,
        "standard input is longer than {} MB: put it into a file and name that in the prompt",
        MOST >> 20
    );
    let piped = String::from_utf8_lossy(piped);
    match (given.trim(), piped.trim()) {
        ("", "") => {
            bail!("there is nothing to do: give a prompt, as in claw -p \"explain main.rs\"")
        }
        (given, "") => Ok(given.to_owned()),
        ("", piped) => Ok(piped.to_owned()),
        (given, piped) => Ok(format!("{given}\n\n{piped}")),
    }
}

/// A pipe or a file, not a terminal and not nothing.
#[cfg(unix)]
fn is_piped() -> bool {
    use rustix::fs::FileType;

    let stat = rustix::fs::fstat(rustix::stdio::stdin());
    let kind = stat.map(|stat| FileType::from_raw_mode(stat.st_mode));
    matches!(kind, Ok(FileType::Fifo | FileType::RegularFile))
}

/// A pipe or a file, not a terminal.
#[cfg(not(unix))]
fn is_piped() -> bool {
    !io::stdin().is_terminal()
}

/// Everything up to one byte more than [`MOST`]; nothing where nothing came within `patience`.
fn read(from: impl Read + Send + 'static, patience: Option<Duration>) -> Result<Vec<u8>> {
    let (send, receive) = sync_channel(1);
    std::thread::spawn(move || {
        let mut from = from.take(MOST + 1);
        let mut all = vec![0; 1 << 16];
        let got = from.read(&mut all).and_then(|first| {
            all.truncate(first);
            // The reader waits no longer with an eye on the clock.
            let _ = send.send(Ok(Vec::new()));
            if first > 0 { from.read_to_end(&mut all) } else { Ok(0) }
        });
        // Whoever waited may have given up.
        let _ = send.send(got.map(|_| all));
    });
    let began = match patience {
        Some(patience) => receive.recv_timeout(patience),
        None => receive.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    match began {
        Ok(Ok(_)) => receive.recv().map_err(io::Error::other).flatten(),
        Ok(Err(error)) => Err(error),
        Err(_) => Ok(Vec::new()),
    }
    .context("reading standard input")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    #[test]
    fn prompts() {
        let table: [(&str, &[u8], Option<&str>); 6] = [
            ("do it", b"",           Some("do it")),
            ("",      b" piped\n",   Some("piped")),
            ("do it", b"a log\n",    Some("do it\n\na log")),
            ("do it", b"\xff\n",     Some("do it\n\n\u{fffd}")),
            (" ",     b"\n",         None),
            ("",      b"",           None),
        ];
        for (given, piped, expected) in table {
            assert_eq!(join(given, piped).ok().as_deref(), expected, "{given:?} {piped:?}");
        }
        let long = join("", &vec![b'x'; (10 << 20) + 1]).unwrap_err().to_string();
        assert!(long.contains("longer than 10 MB"), "{long}");
    }

    #[test]
    fn all_is_read_and_a_silent_pipe_is_given_up() {
        let text = vec![b'x'; 200_000];
        assert_eq!(read(io::Cursor::new(text.clone()), None).unwrap(), text);
        assert_eq!(read(io::empty(), Some(PATIENCE)).unwrap(), b"");

        let (silent, _held) = io::pipe().unwrap();
        assert_eq!(read(silent, Some(Duration::from_millis(1))).unwrap(), b"");
    }
}
