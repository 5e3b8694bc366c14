//! Server-sent events (WHATWG HTML, 9.2.6), from fragments that may end anywhere.

use std::collections::VecDeque;

/// Most bytes of one event.
pub const MAX_EVENT: usize = 8 << 20;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What the server calls it; empty where it says nothing.
    pub name: String,
    /// Its lines, joined by newlines.
    pub data: String,
}

/// An event is larger than [`MAX_EVENT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

/// Turns bytes into events.
#[derive(Debug, Default)]
pub struct Decoder {
    line: Vec<u8>,
    name: String,
    /// None until the event has a data line, which may be empty.
    data: Option<Vec<u8>>,
    /// A `\n` would only end the line that a `\r` has ended already.
    after_cr: bool,
    /// The first line is behind us: no byte order mark can come.
    begun: bool,
}

impl Decoder {
    /// Takes the next bytes and appends the events that are whole now.
    ///
    /// # Errors
    ///
    /// [`TooLarge`]: nothing that follows can be understood.
    pub fn feed(&mut self, mut bytes: &[u8], events: &mut VecDeque<Event>) -> Result<(), TooLarge> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|b| matches!(b, b'\n' | b'\r'));
            let part = &bytes[..end.unwrap_or(bytes.len())];
            let held = self.line.len() + self.data.as_ref().map_or(0, Vec::len);
            if held + part.len() > MAX_EVENT {
                return Err(TooLarge);
            }
            self.line.extend_from_slice(part);
            let Some(end) = end else { break };
            self.after_cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.line);
            events.extend(self.take_line(&line));
            // The buffer is kept for the next line.
            self.line = line;
            self.line.clear();
        }
        Ok(())
    }

    fn take_line(&mut self, line: &[u8]) -> Option<Event> {
        let first = !std::mem::replace(&mut self.begun, true);
        let line = if first { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line };
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            let data = self.data.take()?;
            return Some(Event { name, data: text(data) });
        }
        // A line that begins with a colon is a comment: its field has no name.
        let colon = line.iter().position(|&b| b == b':');
        let (field, value) = line.split_at(colon.unwrap_or(line.len()));
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => self.name = text(value.to_vec()),
            b"data" => match &mut self.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => self.data = Some(value.to_vec()),
            },
            _ => {}
        }
        None
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<(String, String)> {
        let (mut decoder, mut events) = (Decoder::default(), VecDeque::new());
        for part in parts {
            decoder.feed(part, &mut events).unwrap();
        }
        events.into_iter().map(|event| (event.name, event.data)).collect()
    }

    #[test]
    fn events() {
        let table: &[(&str, &[(&str, &str)])] = &[
            ("data: a\n\n", &[("", "a")]),
            ("event: e\ndata: a\n\n", &[("e", "a")]),
            ("data: a\r\ndata: b\r\n\r\n", &[("", "a\nb")]),
            ("data: a\rdata:b\r\rdata: c\r\r", &[("", "a\nb"), ("", "c")]),
            ("\u{feff}data: ä\n\n", &[("", "ä")]),
            (": comment\n\n: more\ndata:  two\n\n", &[("", " two")]),
            ("data\n\n", &[("", "")]),
            ("data: \n\ndata:\ndata:\n\n", &[("", ""), ("", "\n")]),
            ("event: lost\n\ndata: kept\n\n", &[("", "kept")]),
            ("id: 1\nretry: 5\nodd\ndata: x:y\n\n", &[("", "x:y")]),
            ("data: never ended\n", &[]),
        ];
        for (text, expected) in table {
            let expected: Vec<_> =
                expected.iter().map(|(n, d)| ((*n).to_owned(), (*d).to_owned())).collect();
            let bytes = text.as_bytes();
            assert_eq!(decode([bytes]), expected, "{text:?} whole");
            assert_eq!(decode(bytes.chunks(1)), expected, "{text:?} byte by byte");
            for at in 0..=bytes.len() {
                assert_eq!(decode([&bytes[..at], &bytes[at..]]), expected, "{text:?} cut at {at}");
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(decode([&b"data: \xff\n\n"[..]]), [(String::new(), "\u{fffd}".to_owned())]);
    }

    #[test]
    fn an_event_has_a_bound() {
        let (mut decoder, mut events) = (Decoder::default(), VecDeque::new());
        let line = [b"data: ".as_slice(), &vec![b'x'; 1 << 20], b"\n"].concat();
        let fed = (0..9).map(|_| decoder.feed(&line, &mut events)).collect::<Vec<_>>();
        assert_eq!(fed[6], Ok(()));
        assert_eq!(fed[8], Err(TooLarge));
        let mut decoder = Decoder::default();
        assert_eq!(decoder.feed(&vec![b'x'; MAX_EVENT + 1], &mut events), Err(TooLarge));
    }
}
