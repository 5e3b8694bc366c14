//! A log is read through: what is not in the index is found this way, too.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use crate::session::scan::envelope;
use crate::session::search::{Hit, Query, said};

/// Where the log says this: the first place, and in how many places it does.
pub fn find_in(log: &Path, query: &Query) -> Option<Hit> {
    if query.is_empty() {
        return None;
    }
    let lines = BufReader::new(fs::File::open(log).ok()?).split(b'\n').map_while(Result::ok);
    let mut hit: Option<Hit> = None;
    for line in lines.filter(|line| query.may_be_in(line)) {
        let Ok(envelope) = envelope(&line) else { continue };
        let Some((who, text)) = said(&envelope.event) else { continue };
        match &mut hit {
            Some(hit) => hit.places += usize::from(query.places(&text).is_some()),
            None => {
                hit = query.snippet(&text).map(|snippet| Hit {
                    session: log.file_stem().unwrap_or_default().to_string_lossy().as_ref().into(),
                    log: log.to_owned(),
                    at: Some(envelope.at),
                    said: who,
                    snippet,
                    places: 1,
                });
            }
        }
    }
    hit
}
