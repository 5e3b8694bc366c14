//! Any bytes as a stream of events, cut anywhere: the same events as in one piece.

#![no_main]

use std::collections::VecDeque;

use claw::http::sse::{Decoder, Event};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (at, bytes) = input;
    let whole = decoded([bytes]);
    let (first, second) = bytes.split_at(usize::from(at).min(bytes.len()));
    assert_eq!(decoded([first, second]), whole);
});

fn decoded<const N: usize>(parts: [&[u8]; N]) -> Vec<Event> {
    let (mut decoder, mut events) = (Decoder::default(), VecDeque::new());
    for part in parts {
        if decoder.feed(part, &mut events).is_err() {
            break;
        }
    }
    events.into()
}
