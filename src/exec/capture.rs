//! The output of a command, however long: its two ends in memory, all of it in a file.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use crate::base::ids;

/// Bytes kept of the beginning, and as many of the end.
const END: usize = 16 << 10;

/// Bytes written to a file, at most.
const FILE: u64 = 256 << 20;

/// Lines and bytes of the end that are shown while a command runs.
const SHOWN: (usize, usize) = (20, 4 << 10);

/// What was printed so far.
#[derive(Debug)]
pub(super) struct Capture {
    dir: PathBuf,
    head: Vec<u8>,
    /// What came after the head: all of it while there is no file, then the last bytes.
    tail: Vec<u8>,
    total: u64,
    file: Spill,
}

/// Where the whole output goes.
#[derive(Debug)]
enum Spill {
    /// It fits into memory until now.
    None,
    Open(PathBuf, File),
    Failed(io::Error),
}

impl Capture {
    /// Nothing yet; what becomes too long goes to a new file in `dir`.
    pub(super) fn new(dir: &Path) -> Self {
        let (head, tail) = (Vec::new(), Vec::new());
        Self { dir: dir.to_owned(), head, tail, total: 0, file: Spill::None }
    }

    /// Bytes so far.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Takes what came next.
    pub(super) async fn push(&mut self, bytes: &[u8]) {
        self.spill(bytes).await;
        self.total += bytes.len() as u64;
        let (head, rest) = bytes.split_at(bytes.len().min(END - self.head.len()));
        self.head.extend_from_slice(head);
        if rest.len() >= END {
            self.tail.clear();
        }
        self.tail.extend_from_slice(&rest[rest.len().saturating_sub(END)..]);
        // Moved only now and then: each byte at most once more.
        if self.tail.len() > 2 * END {
            self.tail.drain(..self.tail.len() - END);
        }
    }

    /// Writes `bytes`, which are not yet counted, where memory does not hold all.
    async fn spill(&mut self, bytes: &[u8]) {
        let total = self.total + bytes.len() as u64;
        if matches!(self.file, Spill::None) && total > 2 * END as u64 {
            self.file = match open(&self.dir).await {
                Ok((path, mut file)) => {
                    let begun = async {
                        file.write_all(&self.head).await?;
                        file.write_all(&self.tail).await
                    };
                    match begun.await {
                        Ok(()) => Spill::Open(path, file),
                        Err(error) => Spill::Failed(error),
                    }
                }
                Err(error) => Spill::Failed(error),
            };
        }
        if let Spill::Open(_, file) = &mut self.file {
            let room = FILE.saturating_sub(self.total).min(bytes.len() as u64) as usize;
            if let Err(error) = file.write_all(&bytes[..room]).await {
                self.file = Spill::Failed(error);
            }
        }
    }

    /// The last lines, to watch.
    pub(super) fn recent(&self) -> String {
        let (lines, bytes) = SHOWN;
        let mut end = self.tail[self.tail.len().saturating_sub(bytes)..].to_vec();
        if matches!(self.file, Spill::None) && end.len() < bytes {
            let from = self.head.len().saturating_sub(bytes - end.len());
            end.splice(..0, self.head[from..].iter().copied());
        }
        let text = decode(&end);
        let text = text.trim_end_matches('\n');
        let start = text.rmatch_indices('\n').nth(lines - 1).map_or(0, |(at, _)| at + 1);
        // A progress bar draws over its line: what stands there is what came last.
        let drawn = text[start..].split('\n').map(|line| {
            let line = line.trim_end_matches('\r');
            line.rsplit('\r').next().unwrap_or(line)
        });
        drawn.collect::<Vec<_>>().join("\n")
    }

    /// The text for the model, and the file that has all of it where the text has not.
    pub(super) async fn finish(mut self) -> (String, Option<PathBuf>) {
        if self.total <= 2 * END as u64 {
            self.head.append(&mut self.tail);
            return (String::from_utf8_lossy(&self.head).into_owned(), None);
        }
        if let Spill::Open(_, file) = &mut self.file
            && let Err(error) = file.flush().await
        {
            self.file = Spill::Failed(error);
        }
        self.tail.drain(..self.tail.len() - END.min(self.tail.len()));
        let mut text = decode(&self.head);
        let cut = self.total - (self.head.len() + self.tail.len()) as u64;
        // Writing to a String cannot fail.
        let _ = write!(text, "\n[… {cut} bytes left out; ");
        let path = match self.file {
            Spill::Open(path, _) => {
                let what = if self.total > FILE { "the first 256 MiB" } else { "the whole output" };
                let _ = write!(text, "{what}: {}", path.display());
                Some(path)
            }
            Spill::Failed(error) => {
                let _ = write!(text, "they could not be kept in a file: {error}");
                None
            }
            Spill::None => None,
        };
        let _ = write!(text, " …]\n{}", decode(&self.tail));
        (text, path)
    }
}

/// A new file that only this user reads.
async fn open(dir: &Path) -> io::Result<(PathBuf, File)> {
    tokio::fs::create_dir_all(dir).await?;
    let path = dir.join(format!("{}.txt", ids::fresh()));
    let mut options = tokio::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(&path).await?;
    Ok((path, file))
}

/// As text. A character that was cut at either end is left out, not shown as broken.
fn decode(bytes: &[u8]) -> String {
    let start = bytes.iter().take(3).take_while(|&&byte| byte & 0xC0 == 0x80).count();
    let mut bytes = &bytes[start..];
    if let Some(last) = bytes.utf8_chunks().last()
        && last.invalid().first().is_some_and(|&byte| byte >= 0xC2)
        && bytes.ends_with(last.invalid())
    {
        bytes = &bytes[..bytes.len() - last.invalid().len()];
    }
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[tokio::test]
    async fn what_is_short_stays_whole_and_makes_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut capture = Capture::new(&dir.path().join("spill"));
        capture.push(b"\xffa").await;
        capture.push(&vec![b'b'; 2 * END - 2]).await;
        let (text, file) = capture.finish().await;
        assert_eq!(text, format!("\u{fffd}a{}", "b".repeat(2 * END - 2)));
        assert_eq!(file, None);
        assert!(!dir.path().join("spill").exists());
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_written_is_said() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("f"), "").unwrap();
        let mut capture = Capture::new(&dir.path().join("f"));
        capture.push(&vec![b'b'; 3 * END]).await;
        let (text, file) = capture.finish().await;
        assert!(text.contains("could not be kept in a file: "), "{text}");
        assert_eq!(file, None);
    }

    #[test]
    fn cut_characters_are_left_out() {
        let table: [(&[u8], &str); 5] = [
            ("äö".as_bytes(), "äö"),
            (&"äö".as_bytes()[1..], "ö"),
            (&"äö".as_bytes()[..3], "ä"),
            (b"a\xffb", "a\u{fffd}b"),
            (b"", ""),
        ];
        for (bytes, expected) in table {
            assert_eq!(decode(bytes), expected, "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn the_last_lines_are_shown_as_drawn() {
        let mut capture = Capture::new(Path::new("/nowhere"));
        capture.push(b"10%\r20%\r30%\r\n").await;
        assert_eq!(capture.recent(), "30%");
        for n in 0..30 {
            capture.push(format!("{n}\n").as_bytes()).await;
        }
        let expected: Vec<_> = (10..30).map(|n| n.to_string()).collect();
        assert_eq!(capture.recent(), expected.join("\n"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_ends_and_the_file_are_the_output(sizes in prop::collection::vec(0..40_000_usize, 0..8)) {
            let dir = tempfile::tempdir().unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let mut capture = Capture::new(dir.path());
                let all: Vec<u8> =
                    (0..sizes.iter().sum()).map(|n: usize| b'a' + (n % 26) as u8).collect();
                let mut at = 0;
                for size in sizes {
                    capture.push(&all[at..at + size]).await;
                    at += size;
                }
                assert!(all.ends_with(capture.recent().as_bytes()));
                let (text, file) = capture.finish().await;
                if all.len() <= 2 * END {
                    assert_eq!(text.as_bytes(), all);
                } else {
                    assert!(text.as_bytes().starts_with(&all[..END]));
                    assert!(text.as_bytes().ends_with(&all[all.len() - END..]));
                    assert!(text.contains(&format!("{} bytes left out", all.len() - 2 * END)));
                    assert_eq!(std::fs::read(file.unwrap()).unwrap(), all);
                }
            });
        }
    }
}
