//! What has to become of which file for a session to go back: worked out from what was kept.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::protocol::{Held, KeptFile};

/// A file that goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub path: PathBuf,
    /// What it becomes.
    pub target: Held,
    /// What claw knows it to be: as the last change left it, or as it was where that did not happen.
    pub known: Vec<Held>,
    /// Somebody else changed it between two changes of claw's.
    pub broken: bool,
}

/// The steps that take these changes, oldest first, back; sorted by path.
pub fn steps(changes: &[KeptFile]) -> Vec<Step> {
    let mut found: BTreeMap<PathBuf, Step> = BTreeMap::new();
    for KeptFile { path, before, after } in changes {
        let known = vec![after.clone(), before.clone()];
        match found.get_mut(path) {
            None => {
                let (path, target) = (path.clone(), before.clone());
                found.insert(path.clone(), Step { path, target, known, broken: false });
            }
            Some(step) => {
                step.broken |= !step.known.iter().any(|known| known.is(before));
                step.known = known;
            }
        }
    }
    found.into_values().collect()
}

/// The steps that take a rewind back which changed these files.
pub fn steps_forward(changed: &[KeptFile]) -> Vec<Step> {
    let step = |KeptFile { path, before, after }: &KeptFile| Step {
        path: path.clone(),
        target: before.clone(),
        known: vec![after.clone()],
        broken: false,
    };
    changed.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(hash: &str) -> Held {
        Held::File { hash: hash.to_owned(), mode: None }
    }

    fn change(before: Held, after: Held) -> KeptFile {
        KeptFile { path: "/a".into(), before, after }
    }

    #[rustfmt::skip]
    #[test]
    fn chains() {
        use Held::Absent;
        let table = [
            // changes                                                      target     broken
            (vec![(Absent, file("1"))],                                     Absent,    false),
            (vec![(file("1"), file("2")), (file("2"), file("3"))],          file("1"), false),
            (vec![(file("1"), file("2")), (file("9"), file("3"))],          file("1"), true),
            // The first did not happen.
            (vec![(file("1"), file("2")), (file("1"), file("3"))],          file("1"), false),
            // Made, and taken away by a command.
            (vec![(Absent, file("1")), (file("1"), Absent)],                Absent,    false),
        ];
        for (changes, target, broken) in table {
            let changes: Vec<_> = changes.into_iter().map(|(a, b)| change(a, b)).collect();
            let got = steps(&changes);
            assert_eq!(got.len(), 1);
            assert_eq!((&got[0].target, got[0].broken), (&target, broken), "{changes:?}");
            assert_eq!(got[0].known[0], changes.last().unwrap().after);
        }
    }
}
