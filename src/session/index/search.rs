//! What the index finds: places, which are read from their logs before anybody is told of them.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use rusqlite::params;

use crate::base::clock::Millis;
use crate::session::index::fault::Fault;
use crate::session::index::{Index, OFFSET, TITLE};
use crate::session::scan::envelope;
use crate::session::search::{Hit, Query, Said, said};

/// Most places that are weighed. Words that are in more say nothing by their number: then the
/// last sessions are the best.
const PLACES: usize = 2000;
/// Most places that are gone through then.
const MANY: usize = 100_000;
/// Places of one session that are tried before it is left out.
const TRIES: usize = 3;
/// In these many days what a session's age adds to its rank falls to a half.
const FADES: f64 = 14.0;

/// What is searched, by the number of the log.
struct Log {
    path: PathBuf,
    called: String,
    modified: u64,
}

/// The best places of a session.
#[derive(Default)]
struct Best {
    /// Rank and place, the best first.
    places: Vec<(f64, i64)>,
    count: usize,
}

impl Index {
    /// Where a query is found, the best session first: of these logs, where given.
    pub(in crate::session) fn search(
        &mut self,
        query: &Query,
        among: Option<&[PathBuf]>,
        most: usize,
        now: Millis,
    ) -> Result<Vec<Hit>, Fault> {
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let logs = self.logs(among)?;
        let mut found: HashMap<i64, Best> = HashMap::new();
        for (place, rank) in self.places(query, among.map(|_| &logs), most)? {
            let best = found.entry(place >> OFFSET).or_default();
            best.count += 1;
            best.places.push((rank, place));
            if best.places.len() > 4 * TRIES {
                best.sift();
            }
        }
        let mut ranked: Vec<_> = found
            .into_iter()
            .filter_map(|(id, mut best)| {
                best.sift();
                let log = logs.get(&id)?;
                let days = now.since(Millis(log.modified)).as_secs_f64() / 86_400.0;
                let rank = best.places.first()?.0 * (1.0 + 2.0 * FADES / (FADES + days));
                Some((rank, id, log, best))
            })
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        let hits = ranked.into_iter().filter_map(|(_, _, log, best)| {
            // What the log does not say, the index made up: it counts for nothing.
            best.places.iter().find_map(|(_, place)| hit(query, log, *place, best.count))
        });
        Ok(hits.take(most).collect())
    }

    /// The places that fit and their rank, the greatest number first.
    fn places(
        &self,
        query: &Query,
        among: Option<&HashMap<i64, Log>>,
        most: usize,
    ) -> Result<Vec<(i64, f64)>, Fault> {
        let among = among.map_or(String::new(), |logs| {
            let ids: Vec<_> = logs.keys().map(i64::to_string).collect();
            format!("AND (rowid >> {OFFSET}) IN ({})", ids.join(","))
        });
        let fitting = format!("FROM said WHERE said MATCH ?1 {among} ORDER BY rowid DESC LIMIT ?2");
        let mut all = self.db.prepare(&format!("SELECT rowid {fitting}"))?;
        let mut all = all.query(params![query.fts(), MANY])?;
        let (mut places, mut sessions, mut last) = (Vec::new(), 0, None);
        while let Some(row) = all.next()? {
            let place: i64 = row.get(0)?;
            places.push((place, 1.0));
            sessions += usize::from(last.replace(place >> OFFSET) != Some(place >> OFFSET));
            if places.len() > PLACES && sessions > most {
                break;
            }
        }
        if places.len() > PLACES {
            return Ok(places);
        }
        let ranked = format!("SELECT rowid, bm25(said, 8.0, 4.0, 2.0, 1.0, 0.5) {fitting}");
        let mut rows = self.db.prepare(&ranked)?;
        let rows = rows.query_map(params![query.fts(), PLACES], |row| {
            Ok((row.get::<_, i64>(0)?, -row.get::<_, f64>(1)?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn logs(&self, among: Option<&[PathBuf]>) -> Result<HashMap<i64, Log>, Fault> {
        let wanted: Option<std::collections::HashSet<&Path>> =
            among.map(|paths| paths.iter().map(PathBuf::as_path).collect());
        let mut rows =
            self.db.prepare_cached("SELECT id, project, name, called, modified FROM log")?;
        let rows = rows.query_map([], |row| {
            let (project, name): (String, String) = (row.get(1)?, row.get(2)?);
            let path = self.dir.join(project).join(name);
            Ok((row.get(0)?, Log { path, called: row.get(3)?, modified: row.get(4)? }))
        })?;
        let rows = rows.filter(|row| match (row, &wanted) {
            (Ok((_, log)), Some(wanted)) => wanted.contains(log.path.as_path()),
            _ => true,
        });
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Best {
    fn sift(&mut self) {
        self.places.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        self.places.truncate(TRIES);
    }
}

/// Reads what stands at a place; none where the query is not there.
fn hit(query: &Query, log: &Log, place: i64, places: usize) -> Option<Hit> {
    let session = log.path.file_stem()?.to_str()?.into();
    let path = log.path.clone();
    let offset = place & TITLE;
    if offset == TITLE {
        let snippet = query.snippet(&log.called)?;
        return Some(Hit { session, log: path, at: None, said: Said::Title, snippet, places });
    }
    let mut file = BufReader::new(File::open(&path).ok()?);
    file.seek(SeekFrom::Start(u64::try_from(offset).ok()?)).ok()?;
    let mut line = Vec::new();
    file.read_until(b'\n', &mut line).ok()?;
    let envelope = envelope(&line).ok()?;
    let (who, text) = said(&envelope.event)?;
    let snippet = query.snippet(&text)?;
    Some(Hit { session, log: path, at: Some(envelope.at), said: who, snippet, places })
}
