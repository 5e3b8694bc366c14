//! What is written is found whole, and what is done to it afterwards is found.

use super::*;
use crate::audit::verify::{ending, walk};
use crate::protocol::Mode;

fn record(call: &str) -> Record {
    Record {
        session: "s".into(),
        call: call.into(),
        tool: "bash".into(),
        title: "cargo test".into(),
        call_hash: "h".into(),
        mode: Some(Mode::Default),
        policy: "p".into(),
        entry: Entry::Decision {
            allowed: true,
            by: By::User,
            reason: "it was asked".into(),
            rule: Some("Bash(cargo:*)".into()),
            source: None,
        },
    }
}

fn written(records: usize) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("audit");
    let audit = Audit::new(place.clone());
    for n in 0..records {
        audit.append(&record(&n.to_string())).unwrap();
    }
    (dir, place)
}

fn fault(dir: &Path) -> Option<String> {
    verify(dir).unwrap().fault.map(|fault| fault.what)
}

#[test]
fn what_was_appended_is_whole_private_and_can_be_read() {
    let (_dir, place) = written(3);
    assert_eq!(verify(&place).unwrap(), Checked { records: 3, fault: None });
    let mut calls = Vec::new();
    read(&place, |_, kept| {
        let kept = kept.unwrap();
        assert_eq!(kept.record, record(kept.record.call.as_str()));
        calls.push((kept.seq, kept.record.call.to_string()));
        Ok(())
    })
    .unwrap();
    assert_eq!(calls, [(1, "0".into()), (2, "1".into()), (3, "2".into())]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let modes = [mode(&place), mode(&place.join(LOG)), mode(&place.join(ANCHOR))];
    assert_eq!(modes, [0o700, 0o600, 0o600]);
    assert_eq!(verify(&place.join("none")).unwrap(), Checked { records: 0, fault: None });
}

#[test]
fn every_byte_that_is_changed_is_found() {
    let (_dir, place) = written(200);
    let log = fs::read(place.join(LOG)).unwrap();
    let head = fs::read(place.join(ANCHOR)).unwrap();
    // The records before a changed one are as they were: the walk begins at the changed one.
    let (mut last, mut from) = (Link::first(), 0);
    for line in log.split_inclusive(|&byte| byte == b'\n') {
        for at in 0..line.len() {
            for flip in [0x01, 0x20, 0xff] {
                let mut line = line.to_vec();
                line[at] ^= flip;
                let rest = &log[from + line.len()..];
                let rest = &rest[..rest.len().min(2000)];
                let (checked, _) = walk(last.clone(), &[&line, rest].concat()[..]).unwrap();
                assert!(checked.fault.is_some(), "byte {at} of record {}", last.seq + 1);
                assert_eq!(checked.records, last.seq);
            }
        }
        last = last.next(line).unwrap();
        from += line.len();
    }
    for at in 0..head.len() {
        let mut head = head.clone();
        head[at] ^= 1;
        assert!(ending(&last, Some(&head)).is_some(), "byte {at} of the head");
    }
    assert_eq!(ending(&last, Some(&head)), None);
}

#[test]
fn records_that_are_removed_moved_doubled_or_cut_off_are_found() {
    let (_dir, place) = written(6);
    let log = fs::read_to_string(place.join(LOG)).unwrap();
    let lines: Vec<&str> = log.split_inclusive('\n').collect();
    let with = |order: &[usize]| {
        let text: String = order.iter().map(|&at| lines[at]).collect();
        fs::write(place.join(LOG), text).unwrap();
        fault(&place)
    };
    assert_eq!(with(&[0, 1, 2, 3, 4, 5]), None);
    for order in [&[1, 2, 3, 4, 5][..], &[0, 2, 3, 4, 5], &[0, 2, 1, 3, 4, 5], &[0, 0, 1, 2, 3]] {
        assert!(with(order).unwrap().contains("does not follow"), "{order:?}");
    }
    assert_eq!(with(&[0, 1, 2]).unwrap(), "the last 3 records are gone");
    assert_eq!(with(&[]).unwrap(), "the last 6 records are gone");
    fs::write(place.join(LOG), &log[..log.len() - 1]).unwrap();
    assert_eq!(fault(&place).unwrap(), "it is no record");
    fs::remove_file(place.join(LOG)).unwrap();
    assert_eq!(fault(&place).unwrap(), "the last 6 records are gone");
    fs::write(place.join(LOG), &log).unwrap();
    fs::remove_file(place.join(ANCHOR)).unwrap();
    assert_eq!(fault(&place).unwrap(), "its head is gone");
}

#[test]
fn what_a_kill_left_is_put_right_and_what_a_hand_did_is_not() {
    let (_dir, place) = written(3);
    let (log, head) = (place.join(LOG), place.join(ANCHOR));
    let (three, of_three) = (fs::read(&log).unwrap(), fs::read(&head).unwrap());
    let append = || Audit::new(place.clone()).append(&record("n"));
    append().unwrap();
    let four = fs::read(&log).unwrap();

    // Killed after the record and before the head: the record counts.
    fs::write(&head, &of_three).unwrap();
    append().unwrap();
    assert_eq!(verify(&place).unwrap(), Checked { records: 5, fault: None });
    // Killed in the record, at any byte of it but the last: it never was.
    for cut in three.len() + 1..four.len() {
        fs::write(&log, &four[..cut]).unwrap();
        fs::write(&head, &of_three).unwrap();
        append().unwrap();
        assert_eq!(verify(&place).unwrap(), Checked { records: 4, fault: None }, "{cut}");
    }

    fs::write(&head, &of_three).unwrap();
    fs::write(&log, &three[..three.len() - 1]).unwrap();
    let error = format!("{:#}", append().unwrap_err());
    assert!(error.contains("are gone; look at it with `claw audit verify`"), "{error}");
    fs::write(&log, [&three[..], b"{}\n"].concat()).unwrap();
    assert!(format!("{:#}", append().unwrap_err()).contains("does not know"));
    fs::write(&head, "x").unwrap();
    assert!(format!("{:#}", append().unwrap_err()).contains("head cannot be read"));
}

#[test]
fn one_that_is_deleted_under_us_or_cannot_be_made_is_an_error() {
    let (dir, place) = written(0);
    let audit = Audit::new(place.clone());
    audit.append(&record("a")).unwrap();
    fs::remove_file(place.join(LOG)).unwrap();
    assert!(format!("{:#}", audit.append(&record("b")).unwrap_err()).contains("was deleted"));
    fs::write(dir.path().join("file"), "").unwrap();
    let error = Audit::new(dir.path().join("file/audit")).append(&record("a")).unwrap_err();
    assert!(format!("{error:#}").starts_with("writing the audit log "), "{error:#}");
}

#[test]
fn several_writers_make_one_chain() {
    let (_dir, place) = written(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let audit = Audit::new(place.clone());
                for n in 0..50 {
                    audit.append(&record(&n.to_string())).unwrap();
                }
            });
        }
    });
    assert_eq!(verify(&place).unwrap(), Checked { records: 200, fault: None });
}

#[test]
fn secrets_and_long_texts_do_not_get_in() {
    let (_dir, place) = written(0);
    let mut leaky = record("a");
    leaky.title = "x".repeat(1 << 20);
    leaky.entry = Entry::Spawn {
        command: format!("curl -H 'Authorization: Bearer {}'", "q".repeat(40)),
        cwd: "/w".into(),
    };
    Audit::new(place.clone()).append(&leaky).unwrap();
    let log = fs::read_to_string(place.join(LOG)).unwrap();
    assert!(log.len() < 8000 && log.contains("Bearer [secret]"), "{log}");
}
