//! Work that goes on inside, and what it may not change on the way.

use super::*;

/// A script, what it prints, and a piece of what it says where it fails.
type Step<'a> = (&'a str, &'a str, &'a str);

fn steps(fixture: &Fixture, steps: &[Step]) {
    for (script, prints, fails) in steps {
        let got = fixture.inside(script);
        let said = text(&got.stderr);
        let who = fixture.user.map_or("this user", |_| "nobody");
        assert_eq!(text(&got.stdout), *prints, "{who}: {script}: {said}");
        assert_eq!(got.status.success(), fails.is_empty(), "{who}: {script}: {said}");
        assert!(said.contains(fails), "{who}: {script}: {said}");
    }
}

const RO: &str = "Read-only file system";

#[rustfmt::skip]
#[test]
fn repositories_below_the_project() {
    for fixture in Fixture::all() {
        fixture.repository();
        steps(&fixture, &[
            ("mkdir d; cd d; echo x > x; git add x; git commit -qm sub; git log --format=%s", "sub\nfirst\n", ""),
            // a new one is the command's own, and is governed by the user from the next command on
            ("git init -q new; cd new; git config user.name n; git config user.email e", "", ""),
            ("cd new; echo a > a; git add a; git commit -qm inner; git log --format=%s", "inner\n", ""),
            ("git -C new config core.fsmonitor evil",      "", "could not write config file"),
            ("echo x >> new/.git/config",                  "", RO),
            ("echo x > new/.git/hooks/pre-commit",         "", RO),
            ("echo x > new/.git/commondir",                "", RO),
            ("mv new/.git new/g",                          "", "Device or resource busy"),
        ]);
        let left = fixture.outside("ls -d new/.git/commondir .git/commondir .claw");
        assert_eq!(text(&left.stdout), "", "nothing stays");
        assert!(fixture.outside("git -C new fsck && git fsck").status.success());
    }
}

#[test]
fn a_place_without_a_repository_gets_none() {
    for fixture in Fixture::all() {
        steps(&fixture, &[("git init -q . 2>&1 | grep -c Read-only", "1\n", "")]);
        assert!(!fixture.project().join(".git").exists());
    }
}

#[rustfmt::skip]
#[test]
fn a_linked_worktree() {
    for fixture in Fixture::all() {
        let made = fixture.outside(
            "set -e; git init -q ../home/main; cd ../home/main; git config user.name n; \
             git config user.email e@x; echo a > a; git add a; git commit -qm first; \
             git worktree add -q ../../project",
        );
        assert!(made.status.success(), "{}", text(&made.stderr));
        let git = fixture.dir.path().join("home/main/.git");
        let hook = format!("echo x > {}/hooks/pre-commit", git.display());
        let head = format!("echo x > {}/HEAD", git.display());
        steps(&fixture, &[
            ("echo b > b; git add b; git commit -qm second; git log --format=%s", "second\nfirst\n", ""),
            ("git checkout -q -b other; git status --short; git rev-parse --abbrev-ref HEAD", "other\n", ""),
            ("git config core.fsmonitor evil",               "", "could not lock config file"),
            ("echo x > $(git rev-parse --git-dir)/commondir", "", RO),
            ("echo x > $(git rev-parse --git-dir)/gitdir",    "", RO),
            ("echo gitdir: /tmp > .git",                      "", RO),
            ("rm .git",                                       "", "Device or resource busy"),
            (&hook,                                           "", RO),
            (&head,                                           "", RO),
        ]);
        assert_eq!(text(&fixture.outside("git log --format=%s").stdout), "second\nfirst\n");
    }
}

#[test]
fn a_forged_worktree_opens_nothing() {
    for fixture in Fixture::all() {
        let made = fixture.outside("git init -q ../home/main");
        assert!(made.status.success());
        let git = fixture.dir.path().canonicalize().unwrap().join("home/main/.git");
        let pointer = fixture.project().join(".git");
        fs::write(&pointer, format!("gitdir: {}\n", git.display())).unwrap();
        fixture.own(&pointer);
        let got = fixture.inside(&format!("touch {}/objects/x", git.display()));
        // Below the command's own /tmp it is not even to be seen.
        let said = text(&got.stderr);
        assert!(said.contains(RO) || said.contains("No such file"), "{said}");
        assert!(!git.join("objects/x").exists());
    }
}

#[test]
fn tools_of_the_trade() {
    for fixture in Fixture::all() {
        let made = fixture.outside(
            r#"mkdir pkg; echo 'x = 6' > pkg/m.py
            printf 'all: out\nout: in\n\tcp in out\n' > Makefile; echo in > in
            echo '{"name":"p","version":"1.0.0","scripts":{"hi":"node -e \"console.log(6*7)\"","test":"node -e \"process.exit(0)\""}}' > package.json"#,
        );
        assert!(made.status.success(), "{}", text(&made.stderr));
        steps(
            &fixture,
            &[
                (
                    "python3 -c 'from pkg import m; print(m.x)'; ls -d pkg/__pycache__",
                    "6\npkg/__pycache__\n",
                    "",
                ),
                ("make -s; cat out", "in\n", ""),
            ],
        );
        // Not every machine has node.
        if fixture.outside("npm --version").status.success() {
            steps(&fixture, &[("npm run -s hi && npm test -s", "42\n", "")]);
        }
    }
}

#[rustfmt::skip]
#[test]
fn what_deny_rules_name_cannot_be_read() {
    for fixture in Fixture::all() {
        let made = fixture.outside(
            "mkdir -p keys a/b; echo k > keys/k; echo e > .env; echo e > a/b/.env; echo p > a/x.pem; echo o > open",
        );
        assert!(made.status.success());
        let rules = "Read(.env) Read(./keys/**) Read(*.pem)";
        let inside = |script: &str| {
            let args = ["--disallowed-tools", rules, "sandbox", "run", "--", "/bin/bash", "-c", script];
            fixture.claw(&args).output().unwrap()
        };
        let open = |path: &str| format!("python3 -c 'open(\"{path}\")'");
        let table = [
            open(".env"), open("a/b/.env"), open("a/x.pem"), open("keys/k"),
            "tar -cf t.tar .env".into(), "tar -cf t.tar keys".into(), "cp -r keys copy".into(),
            "cp -r a copy".into(), "cat a/b/.env".into(), "grep -r p a".into(), "ln a/x.pem y && cat y".into(),
        ];
        for script in table {
            let got = inside(&script);
            let said = text(&got.stderr);
            assert!(!got.status.success(), "{script}: it was done");
            let refused = ["Permission denied", "Invalid cross-device link"];
            assert!(refused.iter().any(|refused| said.contains(refused)), "{script}: {said}");
        }
        let got = inside("mv a b 2>&1; cat b/b/.env b/x.pem 2>/dev/null; cat open");
        assert_eq!(text(&got.stdout), "o\n", "moved away, it stays hidden");
    }
}
