//! The strict reading: what it takes, what it makes of it, and that bash takes it too.

use std::collections::HashMap;
use std::process::Command;

use proptest::prelude::*;

use super::syntax::{Kind, List};
use super::*;

/// Does bash take the text? Only read, never run.
fn bash_takes(text: &str) -> bool {
    let bash =
        Command::new("/bin/bash").args(["--noprofile", "--norc", "-n", "-c", "--", text]).output();
    let bash = bash.unwrap();
    bash.status.success() && !String::from_utf8_lossy(&bash.stderr).contains("warning")
}

fn fields(text: &str) -> Vec<Field> {
    let list = parse(text).unwrap_or_else(|why| panic!("{text:?}: {why}"));
    let Kind::Simple { words, .. } = &only_command(&list).unwrap().kind else { panic!("{text}") };
    let vars = HashMap::from([
        ("x".to_owned(), Value::Text("a b".to_owned())),
        ("f".to_owned(), Value::Glob("src/*".to_owned())),
    ]);
    let scope = Scope { vars, home: Some("/home/dev".into()), cwd: Some("/w".into()) };
    words.iter().flat_map(|word| scope.expand(word)).collect()
}

#[test]
fn words_as_a_program_gets_them() {
    let table: &[(&str, &[&str])] = &[
        ("ls -la  src", &["ls", "-la", "src"]),
        ("echo 'a b'\"c d\"\\ e", &["echo", "a bc d e"]),
        ("echo \"price: \\$5\" a#b", &["echo", "price: $5", "a#b"]),
        ("echo $'\\x41\\t\\u00e9\\101'", &["echo", "A\téA"]),
        ("cat ~/x $HOME/y \"${PWD}/z\"", &["cat", "/home/dev/x", "/home/dev/y", "/w/z"]),
        ("a{b,c}d {e,f}{1,2}", &["abd", "acd", "e1", "e2", "f1", "f2"]),
        ("echo {,a} {,}b \"\"{,c}", &["echo", "a", "b", "b", "", "c"]),
        ("cat {~/x,~} {a,~/b}", &["cat", "/home/dev/x", "/home/dev", "a", "/home/dev/b"]),
        ("echo $((3*14))x", &["echo", "42x"]),
        ("cat $'\\cA\\c?'", &["cat", "\u{1}\u{7f}"]),
        ("echo {} {a} a{b", &["echo", "{}", "{a}", "a{b"]),
        ("cu\\\nrl x", &["curl", "x"]),
        ("echo \"$x\" '$x'", &["echo", "a b", "$x"]),
        ("echo \"$(cat <<'E'\na $b\nE\n)\"", &["echo", "a $b"]),
        ("make D=~/y", &["make", "D=/home/dev/y"]),
    ];
    for (text, expected) in table {
        let got = fields(text);
        let texts: Vec<_> = got.iter().map(|field| field.text.as_str()).collect();
        assert_eq!(&texts, expected, "{text:?}");
        assert!(got.iter().all(|field| field.dynamic.is_none()), "{text:?}: {got:?}");
    }
}

#[test]
fn what_is_only_known_when_it_runs() {
    let table = [
        ("a $(b)", Dynamic::Bound),
        ("a `b`", Dynamic::Bound),
        ("a $x", Dynamic::Bound),
        ("a $f", Dynamic::Bound),
        ("a $?", Dynamic::Bound),
        ("a <(b)", Dynamic::Process),
        ("a x<(b)", Dynamic::Bound),
        ("a {1..3}", Dynamic::Braces),
        ("a {b,{c,d}}", Dynamic::Braces),
        ("a $TOKEN", Dynamic::Unknown),
        ("a ${x:-y}", Dynamic::Unknown),
        ("a $((x))", Dynamic::Unknown),
        ("a ~root/x", Dynamic::Unknown),
    ];
    for (text, expected) in table {
        assert_eq!(fields(text)[1].dynamic, Some(expected), "{text:?}");
    }
}

#[test]
fn what_is_not_understood_is_named() {
    let table = [
        "",
        " ",
        "# only a comment",
        "ls &&",
        "ls ;; pwd",
        "echo 'a",
        "echo \"a",
        "echo `a",
        "(ls",
        "ls)",
        "{ ls; ",
        "if ls; fi",
        "if ls; then; fi",
        "for in a; do b; done",
        "for ((;;)); do a; done",
        "case x in a) b",
        "a=(1 2)",
        "a[1]=2",
        "a @(b|c)",
        "cat <<E",
        "cat <<E\nx",
        "a $((1",
        "a ${",
        "a ${}",
        "a $'\\q'",
        "a $'\\0'",
        "a 2>",
        "a >",
        "coproc a",
        "| a",
        "a | | b",
        "a & & b",
        "[[ a b ]]",
        "[[ ]]",
        "then a",
        "a $\"b\"",
        "!",
        "f() a",
        "{fd}>x a",
        "time",
        "a \\",
        "x=1 if true; then a; fi",
        "done",
        "}",
        "a | ! b",
        "if[[ ",
        "if\\\n= { ",
        "<# ",
        "export a[ b",
        "na\\\nme=x ls",
        "< 2> x",
    ];
    for text in table {
        assert!(parse(text).is_err(), "{text:?}");
    }
}

const GRAMMAR: &[&str] = &[
    "ls",
    "a=1 b",
    "a= b",
    "! ls",
    "time ls -l",
    "ls | wc",
    "ls |& wc",
    "a && b || c; d & e",
    "(a; b)",
    "{ a; b; }",
    "if a; then b; elif c; then d; else e; fi",
    "while a; do b; done",
    "until a; do b; done < x",
    "for x in a b; do c; done",
    "for x\ndo c\ndone",
    "for x in; do a; done",
    "select x in a; do b; done",
    "case $x in a|b) c ;; (d) e ;& *) ;; esac",
    "case x in a) b; esac",
    "[[ -f x && ( $a == b || ! -z c ) ]]",
    "[[ a < b ]]",
    "((1 + 2))",
    "f() { a; }",
    "function f { a; }",
    "f() (a)\nf",
    "a > b 2>&1 < c >> d >| e &> f <> g",
    "cat <<E\na $b `c` \\$d\nE\nls",
    "cat <<'E' | wc\n$(x)\nE",
    "cat <<-E && a\n\tx\n\tE\nb",
    "a <<< \"b $c\"",
    "echo $'a\\n\\'b' \"c $(d \"e\") f\" ${g} ${h:-i} $((1+(2)))",
    "diff <(a) <(b; c)",
    "a >(b)",
    "echo {a,b}",
    "echo $(cat <<E\nx\nE\n)",
    "if (a) then b; fi",
    "a;b\n\nc # d\ne",
    "a \\\n  b",
    "a $? $# $$ $! $1 $@",
    "while read -r x; do echo \"$x\"; done",
    "{ a; } > b",
    "if a; then b; fi | c",
    "a ${b%c} ${#d} ${!e} ${f@P}",
    "echo \"a\\\nb\" 'c\nd'",
    "a && {\nb\n}",
    "cat <<A <<B\n1\nA\n2\nB",
];

#[test]
fn the_grammar_round_trips_and_bash_takes_it() {
    for text in GRAMMAR {
        let list = parse(text).unwrap_or_else(|why| panic!("{text:?}: {why}"));
        assert!(bash_takes(text), "{text:?}");
        for again in [print(&list), line(&list)] {
            assert_eq!(parse(&again).as_ref(), Ok(&list), "{text:?} was written as {again:?}");
            assert!(bash_takes(&again), "{text:?} was written as {again:?}");
        }
    }
}

#[test]
fn what_the_corpus_holds_is_taken_by_bash_too() {
    let corpus = include_str!("../../tests/corpus/commands.jsonl");
    let mut taken = 0;
    for line in corpus.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = record["command"].as_str().unwrap();
        let Ok(list) = parse(text) else { continue };
        taken += 1;
        assert!(bash_takes(text), "{text:?}");
        let again = canonical(text).unwrap();
        assert!(bash_takes(&again), "{text:?} was written as {again:?}");
        assert_eq!(parse(&again).as_ref(), Ok(&list), "{text:?} was written as {again:?}");
        assert_eq!(canonical(&again), Some(again), "{text:?}");
        assert_eq!(parse(&print(&list)), Ok(list), "{text:?}");
    }
    assert!(taken > 250, "only {taken} were understood");
}

#[test]
fn hostile_depth_is_bounded_and_length_is_linear() {
    for open in
        ["$(", "`", "(", "{ ", "${", "$((", "\"$(", "if ", "[[ ( ", "<(", "bash -c '", "((", "! "]
    {
        let _ = parse(&open.repeat(5_000));
    }
    let long = "echo a; ".repeat(20_000);
    assert_eq!(parse(&long).map(|list| list.items.len()), Ok(20_000));
    let _ = parse(&format!("cat {}", "<<E ".repeat(2_000)));
}

fn script() -> impl Strategy<Value = String> {
    let pieces = [
        "ls",
        "a",
        "=",
        "x=1",
        "$x",
        "${x}",
        "$(",
        ")",
        "`",
        "'",
        "\"",
        "\\",
        "\n",
        ";",
        "&",
        "&&",
        "||",
        "|",
        "(",
        "{",
        "}",
        "if",
        "then",
        "fi",
        "else",
        "while",
        "do",
        "done",
        "for",
        "in",
        "case",
        "esac",
        ";;",
        "[[",
        "]]",
        "<",
        ">",
        ">>",
        "<<E",
        "E",
        "<<<",
        "2>",
        "&1",
        "#",
        "!",
        "time",
        "*",
        "~",
        "function",
        "f()",
        "((",
        "))",
        "$((",
        "-f",
        "==",
        "$'\\t'",
        "$'a\\'b'",
        "\\\n",
        "# c",
        "<<'E'\nx $y\nE\n",
        "<<-E\n\tx $y z\n\tE\n",
        "<<E\n$x1 \\$ `b`\nE\n",
        "'a\nb'",
        "\"a\n$x\"",
        "é",
        "日本",
        "${x}y",
        "\"$x-\"",
        "case a in",
        "a) b;;",
        "$1",
        "0",
    ];
    let glue = prop::sample::select(vec![" ", " ", " ", "", "\n"]);
    prop::collection::vec((prop::sample::select(pieces.to_vec()), glue), 1..14)
        .prop_map(|parts| parts.into_iter().flat_map(|(a, b)| [a, b]).collect())
}

/// A command that prints, and one that holds others. Nothing in it touches anything.
fn harmless() -> impl Strategy<Value = String> {
    let word = || {
        prop::sample::select(vec![
            "a",
            "'b  c'",
            "\"d $x\"",
            "$x",
            "${x}y",
            "\"${x}1 $x.\"",
            "${x:-z}",
            "\"${u:-z w}\"",
            "${#x}",
            "$((1 + 2 * i))",
            "$(printf %s q)",
            "`echo b`",
            "\"$(echo \"n $x\")\"",
            "e\\ f",
            "$'t\\tn\\n\\'q'",
            "{1,2}",
            "\"q\\\"r\\\\ \\$x\"",
            "ü日",
            "'m\nl'",
            "\"m\n$x l\"",
            "con\\\ntinued",
            "*",
            "$?",
            "$'\\u00e9\\x41'",
            "-n",
            "--",
            "a#b",
            "$(echo 1; echo 2)",
            "\"`echo '$x'`\"",
            "$1$#",
            "[x]",
            "$x[1]",
            "$( (echo s) )",
            "$'\\e[0m'",
            "x=1",
            "!",
            "\"$x\"$x'$x'",
            "{a,$x}",
            "$i$i",
            "${x}_",
            "\\;",
        ])
    };
    let words = move || prop::collection::vec(word(), 1..4).prop_map(|words| words.join(" "));
    let leaf = prop_oneof![
        words().prop_map(|w| format!("echo {w}")),
        words().prop_map(|w| format!("printf '<%s>' {w}")),
        word().prop_map(|w| format!("x={w}")),
        (word(), word()).prop_map(|(a, b)| format!("[[ {a} == {b} || -n {a} ]]")),
        (word(), word()).prop_map(|(a, b)| format!("test {a} = {b}")),
        (0..9, 0..9).prop_map(|(a, b)| format!("((i = {a} - {b}))")),
        word().prop_map(|w| format!("read -r y <<< {w}\necho \"$y\"")),
        word().prop_map(|w| format!("cat <<E\n{w} $x1 ${{x}}1 \\$x\n EOF\nE\n")),
        word().prop_map(|w| format!("cat <<'E' | cat\n{w} $(no)\nEOF\nE\n")),
        word().prop_map(|w| format!("cat <<-E && echo $?\n\t{w}\n\tE\n")),
        Just("true # and that is all".to_owned()),
        Just("false".to_owned()),
    ];
    leaf.prop_recursive(3, 20, 3, move |inner| {
        let list = prop::collection::vec(inner, 1..4).prop_map(|all| all.join("\n"));
        let list = list.boxed();
        let (l, m) = (list.clone(), list.clone());
        prop_oneof![
            (l.clone(), m.clone()).prop_map(|(a, b)| format!("{{ {a}\n}} && {{ {b}\n}}")),
            (l.clone(), m.clone()).prop_map(|(a, b)| format!("! ({a}\n) || ({b}\n)")),
            (l.clone(), m.clone(), list.clone()).prop_map(|(a, b, c)| {
                format!("if {a}\nthen {b}\nelif false; then true; else\n{c}\nfi")
            }),
            (words(), l.clone()).prop_map(|(w, a)| format!("for v in {w}; do echo $v; {a}\ndone")),
            l.clone().prop_map(|a| format!("n=; while [[ $n != xx ]]; do n+=x; {a}\ndone")),
            (word(), word(), l.clone(), m.clone()).prop_map(|(w, p, a, b)| {
                format!("case {w} in a | {p}) {a}\n;; (u*) ;& *) {b}\n;; esac")
            }),
            (l.clone(), words()).prop_map(|(a, w)| format!("f() {{ echo $1\n{a}\n}}; f {w} | cat")),
            l.clone().prop_map(|a| format!("{{ {a}\n}} > /dev/null 2>&1; echo $?")),
            // Bash itself loses the newline behind a here-document in a subshell in here.
            (words(), words()).prop_map(|(a, b)| format!("echo \"$(echo {a}; (echo {b}\n))\"")),
        ]
    })
}

/// Runs each script as claw would, in an empty directory: what it prints, and its end.
fn outcomes(scripts: &[String]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let list = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(list.path(), scripts.join("\0") + "\0").unwrap();
    let driver = "exec 3<\"$1\"; set --; while IFS= read -r -d '' s <&3; do \
                  x='v 1' i=3 /bin/bash --noprofile --norc -c -- \"$s\" 2>/dev/null </dev/null 3<&-; \
                  printf '[%s]\\0' $?; done";
    let ran = Command::new("/bin/bash")
        .args(["--noprofile", "--norc", "-c", driver, "bash"])
        .arg(list.path())
        .current_dir(dir.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        // Elsewhere `\u` means no character, and what is written anew means the judged one.
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    let outcomes: Vec<_> = text.split_terminator('\0').map(str::to_owned).collect();
    assert_eq!(outcomes.len(), scripts.len());
    outcomes
}

#[test]
fn what_is_written_anew_does_the_same() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let strategy = harmless();
    let made = (0..200).map(|_| strategy.new_tree(&mut runner).unwrap().current());
    let understood: Vec<(String, List)> =
        made.filter_map(|text| parse(&text).ok().map(|list| (text, list))).collect();
    assert!(understood.len() > 150, "only {} were understood", understood.len());
    let raw: Vec<_> = understood.iter().map(|(text, _)| text.clone()).collect();
    let wanted = outcomes(&raw);
    assert!(wanted.iter().filter(|outcome| outcome.len() > "[0]".len()).count() > 100);
    for write in [print, line] {
        let anew: Vec<_> = understood.iter().map(|(_, list)| write(list)).collect();
        for (at, got) in outcomes(&anew).iter().enumerate() {
            assert_eq!(got, &wanted[at], "{:?} was written as {:?}", raw[at], anew[at]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_we_take_bash_takes_and_it_round_trips(text in script()) {
        if let Ok(list) = parse(&text) {
            prop_assert!(bash_takes(&text), "{text:?}");
            for again in [print(&list), line(&list)] {
                let read: Result<List, _> = parse(&again);
                prop_assert_eq!(read.as_ref(), Ok(&list), "{:?} was written as {:?}", text, again);
            }
        }
    }

    #[test]
    fn what_was_decoded_is_never_written_raw(inside in prop::collection::vec(prop::sample::select(vec!["a", "\\u200b", "\\e", "\\n", "\\cA", "\\'", "\\x7f", "\\u202e", "\\\\", "\\r"]), 0..8)) {
        let text = format!("echo $'{}'", inside.concat());
        let list = parse(&text).unwrap();
        let again = print(&list);
        let odd = |c: char| !matches!(c, '\t' | '\n') && crate::base::text::is_hidden(c);
        prop_assert!(!again.contains(odd), "{text:?} was written as {again:?}");
        prop_assert_eq!(parse(&again), Ok(list));
    }

    #[test]
    fn any_text_is_read(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = (parse(&text), loose(&text), names(&text));
    }
}
