//! Trees of files, and what of them is loaded.

use std::fs;

use super::*;

/// A tree: `repo` is the top of the repository, `repo/app` the root, `home` the user's home with
/// claw's directory in it.
struct Tree {
    dir: tempfile::TempDir,
}

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for made in ["repo/app", "home/claw", "etc"] {
            fs::create_dir_all(dir.path().join(made)).unwrap();
        }
        let tree = Self { dir };
        for (path, text) in files {
            let path = tree.at(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        tree
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(path)
    }

    fn places(&self) -> Places {
        Places {
            managed: self.at("etc"),
            owner: rustix::process::getuid().as_raw(),
            config: self.at("home/claw"),
            claude: Some(self.at("home/.claude/CLAUDE.md")),
            home: Some(self.at("home")),
            project: Some((self.at("repo/app"), self.at("repo"))),
            vouched: true,
            allowed: [].into(),
            imports: self.at("imports.json"),
        }
    }

    fn short(&self, path: &Path) -> String {
        path.strip_prefix(self.at("")).unwrap().display().to_string()
    }

    fn names(&self, notes: &Notes) -> Vec<String> {
        notes.notes.iter().map(|note| self.short(&note.path)).collect()
    }
}

#[test]
fn which_files_of_a_tree_are_loaded() {
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);
    let table: &[Case] = &[
        ("nothing", &[], &[]),
        (
            "from the general to the particular",
            &[
                ("repo/app/AGENTS.md", "app"),
                ("repo/AGENTS.md", "top"),
                ("AGENTS.md", "above the repository"),
                ("home/claw/AGENTS.md", "mine"),
                ("etc/AGENTS.md", "the machine's"),
                ("repo/app/sub/AGENTS.md", "later"),
            ],
            &["etc/AGENTS.md", "home/claw/AGENTS.md", "repo/AGENTS.md", "repo/app/AGENTS.md"],
        ),
        (
            "all names of a directory, local ones last",
            &[
                ("repo/app/CLAW.local.md", "a"),
                ("repo/app/CLAW.md", "b"),
                ("repo/app/CLAUDE.md", "c"),
                ("repo/app/CLAUDE.local.md", "d"),
                ("repo/app/AGENTS.md", "e"),
            ],
            &[
                "repo/app/AGENTS.md",
                "repo/app/CLAUDE.md",
                "repo/app/CLAW.md",
                "repo/app/CLAUDE.local.md",
                "repo/app/CLAW.local.md",
            ],
        ),
        (
            "an override stands in the place of its own directory's file alone",
            &[
                ("repo/AGENTS.md", "top"),
                ("repo/app/AGENTS.md", "no"),
                ("repo/app/AGENTS.override.md", "yes"),
            ],
            &["repo/AGENTS.md", "repo/app/AGENTS.override.md"],
        ),
        (
            "a copy is told once",
            &[("repo/AGENTS.md", "same"), ("repo/CLAUDE.md", "same")],
            &["repo/AGENTS.md"],
        ),
        (
            "in .claude only where it does not stand outside",
            &[
                ("repo/.claude/CLAUDE.md", "in"),
                ("repo/app/CLAUDE.md", "out"),
                ("repo/app/.claude/CLAUDE.md", "no"),
            ],
            &["repo/.claude/CLAUDE.md", "repo/app/CLAUDE.md"],
        ),
        (
            "the notes for Claude Code where there are none for claw",
            &[("home/.claude/CLAUDE.md", "mine")],
            &["home/.claude/CLAUDE.md"],
        ),
        (
            "and not beside them",
            &[("home/.claude/CLAUDE.md", "mine"), ("home/claw/CLAW.md", "claw's")],
            &["home/claw/CLAW.md"],
        ),
        (
            "rules without paths, wherever they lie",
            &[
                ("repo/.claude/rules/b.md", "b"),
                ("repo/.claude/rules/deep/a.md", "a"),
                ("repo/.claude/rules/later.md", "---\npaths: src/**\n---\nlater"),
                ("repo/.claude/rules/no.txt", "no"),
            ],
            &["repo/.claude/rules/b.md", "repo/.claude/rules/deep/a.md"],
        ),
        (
            "imports, four hops far, each once",
            &[
                ("repo/AGENTS.md", "see @docs/1.md `@no.md`\n```\n@no.md\n```"),
                ("repo/no.md", "no"),
                ("repo/docs/1.md", "@2.md @../AGENTS.md"),
                ("repo/docs/2.md", "two @3.md"),
                ("repo/docs/3.md", "three @4.md"),
                ("repo/docs/4.md", "four @5.md"),
                ("repo/docs/5.md", "five"),
            ],
            &[
                "repo/AGENTS.md",
                "repo/docs/1.md",
                "repo/docs/2.md",
                "repo/docs/3.md",
                "repo/docs/4.md",
            ],
        ),
        (
            "what the user's own notes import may stand anywhere",
            &[("home/claw/AGENTS.md", "@~/mine.md"), ("home/mine.md", "mine")],
            &["home/claw/AGENTS.md", "home/mine.md"],
        ),
        (
            "what may hold secrets is not imported",
            &[("repo/AGENTS.md", "@.env @./a.pem"), ("repo/.env", "K=1"), ("repo/a.pem", "k")],
            &["repo/AGENTS.md"],
        ),
        (
            "another agent's, where there is nothing else",
            &[
                ("repo/GEMINI.md", "g"),
                ("repo/.github/copilot-instructions.md", "c"),
                ("repo/.cursor/rules/all.mdc", "---\nalwaysApply: true\nglobs: \n---\nall"),
                ("repo/.cursor/rules/asked.mdc", "---\nalwaysApply: false\n---\nasked"),
                ("repo/.cursor/rules/ts.mdc", "---\nglobs: *.ts\n---\nts"),
            ],
            &[
                "repo/.cursor/rules/all.mdc",
                "repo/.github/copilot-instructions.md",
                "repo/GEMINI.md",
            ],
        ),
        (
            "and not beside notes for all",
            &[("repo/GEMINI.md", "g"), ("repo/app/AGENTS.md", "a")],
            &["repo/app/AGENTS.md"],
        ),
    ];
    for (name, files, expected) in table {
        let tree = Tree::new(files);
        let (notes, _) = read(&tree.places());
        let mut got = tree.names(&notes);
        got.dedup();
        assert_eq!(got, *expected, "{name}: {:?}", notes.notices);
    }
}

#[test]
fn without_trust_only_the_users_own_is_read() {
    let tree = Tree::new(&[("repo/AGENTS.md", "top"), ("home/claw/AGENTS.md", "mine")]);
    let (notes, nested) = read(&Places { project: None, ..tree.places() });
    assert_eq!(tree.names(&notes), ["home/claw/AGENTS.md"]);
    assert!(nested.is_none());
}

#[test]
fn an_import_out_of_the_project_waits_for_the_user() {
    let tree = Tree::new(&[("repo/AGENTS.md", "@~/x.md"), ("home/x.md", "outside")]);
    let (notes, _) = read(&tree.places());
    assert_eq!(tree.names(&notes), ["repo/AGENTS.md"]);
    assert_eq!(notes.outside, [(tree.at("home/x.md"), tree.at("repo/AGENTS.md"))]);

    let allowed = [tree.at("home/x.md")].into();
    let (notes, _) = read(&Places { allowed, ..tree.places() });
    assert_eq!(tree.names(&notes), ["repo/AGENTS.md", "home/x.md"]);
    assert_eq!(notes.notes[1].by, Some(tree.at("repo/AGENTS.md")));
    assert_eq!(notes.outside, []);
}

#[test]
fn what_comes_in_when_a_file_is_touched() {
    let tree = Tree::new(&[
        ("repo/app/AGENTS.md", "root"),
        ("repo/app/src/AGENTS.md", "src"),
        ("repo/app/src/deep/CLAUDE.md", "deep @more.md"),
        ("repo/app/src/deep/more.md", "more"),
        ("repo/app/other/.git/HEAD", ""),
        ("repo/app/other/AGENTS.md", "another repository"),
        ("repo/.claude/rules/rs.md", "---\npaths: \"*.rs\"\n---\nrust"),
        ("repo/.claude/rules/app.md", "---\npaths: app/src/*.ts\n---\nts"),
    ]);
    let (_, nested) = read(&tree.places());
    let nested = nested.unwrap();
    let of = |file: &str, known: &[&str]| {
        let notes = nested.of(&tree.at(file), &|path| known.contains(&tree.short(path).as_str()));
        tree.names(&notes)
    };
    let (src, rs) = ("repo/app/src/AGENTS.md", "repo/.claude/rules/rs.md");
    assert_eq!(of("repo/app/a.txt", &[]), [""; 0], "what was told at the start is not told again");
    assert_eq!(of("repo/app/src/a.rs", &[]), [src, rs]);
    assert_eq!(of("repo/app/src/a.rs", &[src]), [rs]);
    assert_eq!(of("repo/app/src/a.ts", &[src]), ["repo/.claude/rules/app.md"]);
    let deep = ["repo/app/src/deep/CLAUDE.md", "repo/app/src/deep/more.md"];
    assert_eq!(of("repo/app/src/deep/new/x.txt", &[src]), deep);
    assert_eq!(of("repo/app/other/x.txt", &[]), [""; 0], "trust does not flow into a repository");
    assert_eq!(of("home/x.rs", &[]), [""; 0]);

    let (_, nested) = read(&Places { vouched: false, ..tree.places() });
    let notes = nested.unwrap().of(&tree.at("repo/app/src/a.txt"), &|_| false);
    assert_eq!(notes.notes, []);
    assert_eq!(notes.unread.len(), 1, "{:?}", notes.unread);
}

#[test]
fn sizes_are_told() {
    let long = "x".repeat((64 << 10) + 1);
    let names = ["AGENTS.md", "CLAUDE.md", "CLAW.md", "AGENTS.local.md", "CLAUDE.local.md"];
    let files: Vec<_> =
        names.iter().map(|name| (format!("repo/{name}"), format!("{name}{long}"))).collect();
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let tree = Tree::new(&files);
    let (notes, _) = read(&tree.places());
    assert!(notes.notes[0].text.ends_with("left out …]"));
    assert!(notes.size() <= MAX_ALL);
    assert!(notes.notices[0].ends_with("only its first 64 KiB are used"), "{:?}", notes.notices);
    assert!(notes.notices.last().unwrap().contains("above 256 KiB"), "{:?}", notes.notices);
}

#[cfg(unix)]
#[test]
fn links_out_pipes_and_files_that_others_may_write_are_refused() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let tree = Tree::new(&[("secret", "s"), ("repo/README.md", "inside"), ("etc/AGENTS.md", "m")]);
    symlink("../secret", tree.at("repo/AGENTS.md")).unwrap();
    let pipe = tree.at("repo/app/AGENTS.md");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
    fs::set_permissions(tree.at("etc/AGENTS.md"), fs::Permissions::from_mode(0o666)).unwrap();

    let (got, _) = read(&tree.places());

    assert_eq!(got.notes, []);
    assert!(got.notices[0].contains("others than its owner"), "{:?}", got.notices);
    assert!(got.notices[1].contains("leads out"), "{:?}", got.notices);
    assert!(got.notices[2].ends_with("not a regular file"), "{:?}", got.notices);

    fs::remove_file(tree.at("repo/AGENTS.md")).unwrap();
    symlink("README.md", tree.at("repo/AGENTS.md")).unwrap();
    assert_eq!(read(&tree.places()).0.notes[0].text, "inside");
}

#[test]
fn what_would_have_a_say_is_known_before_anything_is_read() {
    let tree = Tree::new(&[
        ("repo/.git/HEAD", ""),
        ("repo/app/.claude/rules/a.md", ""),
        ("repo/.cursorrules", ""),
        ("repo/AGENTS.override.md", ""),
    ]);
    let got: Vec<_> = present(&tree.at("repo/app")).iter().map(|path| tree.short(path)).collect();
    let expected = ["repo/app/.claude/rules", "repo/AGENTS.override.md", "repo/.cursorrules"];
    assert_eq!(got, expected);
}
