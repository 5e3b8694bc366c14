//! Lists, marks, deleting and finding.

use super::*;
use crate::protocol::{Content, Envelope, Mode, ModelId, Usage};
use crate::session::search::{Query, find_in};
use crate::session::trash::KEPT;

const FREE: Price = |_: &ModelId, _: &Usage| Some(0.0);

struct Logs {
    store: Store,
    _dir: tempfile::TempDir,
}

impl Logs {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { store: Store::new(dir.path()), _dir: dir }
    }

    fn write(&self, id: &str, prompt: &str) -> PathBuf {
        let started = Event::SessionStarted {
            version: 1,
            parent: None,
            cwd: "/w".into(),
            model: "m".into(),
            mode: Mode::Default,
        };
        let turn = Event::TurnStarted { turn: "t".into(), prompt: vec![Content::text(prompt)] };
        let lines = (1..).zip([started, turn]).map(|(seq, event)| {
            let envelope = Envelope { session: id.into(), seq, at: Millis(seq), event };
            serde_json::to_string(&envelope).unwrap() + "\n"
        });
        let path = self.store.place(&id.into(), Path::new("/w"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, lines.collect::<String>()).unwrap();
        path
    }

    fn list(&self) -> Vec<Overview> {
        self.store.overviews(Some(Path::new("/w")), &[], FREE)
    }

    fn titles(&self) -> Vec<String> {
        let mut titles: Vec<_> = self.list().iter().map(|one| one.called().to_owned()).collect();
        titles.sort();
        titles
    }
}

#[test]
fn a_log_is_read_again_where_it_changed_and_only_then() {
    let logs = Logs::new();
    let path = logs.write("a", "one");
    assert_eq!(logs.titles(), ["one"]);
    let index = path.with_file_name(INDEX);
    // What the index says is believed as long as the file is the same.
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, text.replace("\"one\"", "\"known\"")).unwrap();
    assert_eq!(logs.titles(), ["known"]);
    logs.write("a", "another");
    logs.write("b", "second");
    assert_eq!(logs.titles(), ["another", "second"]);
    fs::remove_file(path).unwrap();
    fs::write(&index, "{").unwrap();
    assert_eq!(logs.titles(), ["second"], "a broken index is made anew");
}

#[test]
fn the_log_of_a_live_session_is_read_when_it_lives_no_longer() {
    let logs = Logs::new();
    let (a, b) = (logs.write("a", "one"), logs.write("b", "two"));
    let live = [SessionId::from("a"), SessionId::from("b")];
    let titles = || {
        let all = logs.store.overviews(Some(Path::new("/w")), &live, FREE);
        let mut titles: Vec<_> = all.into_iter().map(|one| (one.path, one.title)).collect();
        titles.sort();
        titles
    };
    assert_eq!(titles(), [(a.clone(), String::new()), (b.clone(), String::new())]);
    assert_eq!(logs.titles(), ["one", "two"]);
    logs.write("a", "longer");
    assert_eq!(titles(), [(a, "one".to_owned()), (b, "two".to_owned())], "as it was known");
    assert_eq!(logs.titles(), ["longer", "two"]);
}

#[test]
fn damage_is_said_and_the_others_are_listed() {
    let logs = Logs::new();
    let good = logs.write("good", "fine");
    fs::write(good.with_file_name("half.jsonl"), fs::read_to_string(&good).unwrap() + "{]\n")
        .unwrap();
    fs::write(good.with_file_name("bad.jsonl"), "no json\n").unwrap();
    fs::write(good.with_file_name("empty.jsonl"), "").unwrap();
    let list = logs.list();
    let damage = |id: &str| {
        let one = list.iter().find(|one| one.id.as_str() == id).unwrap();
        one.damage.clone().unwrap_or_default()
    };
    assert_eq!((list.len(), damage("good").as_str()), (3, ""));
    assert!(damage("half").starts_with("1 lines"), "{}", damage("half"));
    assert!(damage("bad").starts_with("The first line"), "{}", damage("bad"));
}

#[test]
fn names_and_pins_stay_with_the_session_and_the_command_line_says_the_name() {
    let logs = Logs::new();
    let path = logs.write("a", "one");
    logs.store.rename(&path, Some("release".into())).unwrap();
    logs.store.pin(&path, true).unwrap();
    let one = logs.list().remove(0);
    assert_eq!((one.called(), one.title.as_str(), one.pinned), ("release", "one", true));
    assert_eq!(logs.store.list(None)[0].title, "release");
    logs.store.rename(&path, None).unwrap();
    assert_eq!(logs.list().remove(0).called(), "one");
}

#[test]
fn what_is_deleted_comes_back_for_thirty_days() {
    let logs = Logs::new();
    let path = logs.write("a", "one");
    logs.store.pin(&path, true).unwrap();
    logs.store.delete(&path, Millis(5)).unwrap();
    assert!(logs.list().is_empty() && logs.store.list(None).is_empty());
    logs.store.purge(Millis(5 + KEPT));
    logs.store.restore(&path).unwrap();
    assert!(logs.list().remove(0).pinned);
    logs.store.delete(&path, Millis(5)).unwrap();
    logs.store.purge(Millis(6 + KEPT));
    assert!(logs.store.restore(&path).is_err());
}

#[test]
fn what_another_process_has_open_is_not_deleted() {
    let logs = Logs::new();
    let path = logs.write("a", "one");
    let open = fs::File::open(&path).unwrap();
    open.lock().unwrap();
    let error = logs.store.delete(&path, Millis(5)).unwrap_err().to_string();
    assert!(error.contains("another claw"), "{error}");
    open.unlock().unwrap();
    logs.store.delete(&path, Millis(5)).unwrap();
}

#[test]
fn words_are_found_in_what_was_said_and_nowhere_else() {
    let logs = Logs::new();
    let path =
        logs.write("a", "first line\nmake the \"RETRY\" delay of the client exponential, please");
    let table = [
        ("retry", Some("make the \"RETRY\" delay of the client exponential, please")),
        ("\"retry delay\"", Some("make the \"RETRY\" delay of the client exponential, please")),
        ("session_started", None),
        ("nothing", None),
        ("", None),
    ];
    for (words, want) in table {
        let hit = find_in(&path, &Query::parse(words));
        assert_eq!(hit.as_ref().map(|hit| &*hit.snippet.text), want, "{words}");
    }
    assert_eq!(turns_of(&path).unwrap()[0].prompt, "first line");
}

#[test]
fn five_hundred_sessions_are_listed_from_the_index() {
    let logs = Logs::new();
    for at in 0..500 {
        logs.write(&format!("s{at:03}"), "a prompt");
    }
    assert_eq!(logs.list().len(), 500);
    // Of a log that is not read again only its size and time count.
    let place = |at| logs.store.place(&SessionId::from(format!("s{at:03}")), Path::new("/w"));
    let text = fs::read_to_string(place(7)).unwrap();
    let modified = fs::metadata(place(7)).unwrap().modified().unwrap();
    fs::write(place(7), text.replace("a prompt", "x prompt")).unwrap();
    fs::File::options().append(true).open(place(7)).unwrap().set_modified(modified).unwrap();
    assert!(logs.list().iter().all(|one| one.title == "a prompt"));
}
