//! Files of every sort, and what the model is shown of them.

use super::*;
use crate::tool::tests::Bench;
use serde_json::json;

#[tokio::test]
async fn shows_numbered_lines() {
    let bench = Bench::new();
    bench.write("a", "one\ntwo\r\nthree");
    bench.write("bom", "\u{feff}one\n");
    bench.write("empty", "");
    bench.write("latin", b"caf\xe9 au lait, s'il vous plait\n");
    #[rustfmt::skip]
    let table = [
        (json!({"path": "a"}),                             "1\tone\n2\ttwo\n3\tthree\n", "1-3"),
        (json!({"file_path": "./a", "offset": "2", "limit": 1}), "2\ttwo\n[lines 2-2 of 3; next: offset 3]", "2-2"),
        (json!({"path": "a", "offset": 3}),                "3\tthree\n[lines 3-3: the end of the file]", "3-3"),
        (json!({"path": "a", "offset": 0, "limit": 0}),    "1\tone\n2\ttwo\n3\tthree\n", "1-3"),
        (json!({"path": "bom"}),                           "1\tone\n", "1-1"),
        (json!({"path": "empty"}),                         "empty is empty.", "empty"),
        (json!({"path": "latin"}),                         "1\tcaf\u{fffd} au lait, s'il vous plait\n", "1-1"),
    ];
    for (input, text, summary) in table {
        let got = bench.call("read", input.clone()).await.unwrap();
        assert_eq!((got.text.as_str(), got.summary.as_str()), (text, summary), "{input}");
    }
    let got = bench.call("read", json!({"path": "a", "offset": 9})).await.unwrap_err();
    assert_eq!(got, ToolError::Input("a has 3 lines: offset 9 is past its end.".into()));
}

#[tokio::test]
async fn what_is_no_file_is_refused_without_hanging() {
    let bench = Bench::new();
    bench.write("dir/Main.rs", "");
    let fifo = bench.path("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(bench.path("socket")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", bench.path("zero")).unwrap();
    std::os::unix::fs::symlink("loop", bench.path("loop")).unwrap();
    let table = [
        ("dir", "it is a directory: use ls"),
        ("fifo", "it is a FIFO"),
        ("socket", "it is a socket"),
        ("zero", "it is a device"),
        ("loop", "it is a link that leads in a circle"),
        ("none", "there is no such file."),
        ("dir/main.rs", "there is no such file; did you mean `Main.rs`."),
        ("dir/Main.rs/x", "a part of the path is a file"),
        ("a\0b", "unexpected NUL byte"),
    ];
    for (path, expected) in table {
        let got = bench.call("read", json!({"path": path})).await.unwrap_err().to_string();
        assert!(got.contains(expected), "{path:?}: {got}");
    }
}

#[tokio::test]
async fn a_link_that_leads_out_is_judged_by_where_it_leads() {
    let bench = Bench::new();
    std::os::unix::fs::symlink("/etc/passwd", bench.path("link")).unwrap();
    let call = bench.prepare("read", json!({"path": "link"})).unwrap();
    let Access::Read { path } = &call.access()[0] else { panic!("it reads") };
    assert_eq!(path.lexical, bench.path("link"));
    assert_eq!(path.real, std::path::Path::new("/etc/passwd").canonicalize().unwrap());
}

#[tokio::test]
async fn a_link_that_appears_after_the_judgement_is_not_followed() {
    let bench = Bench::new();
    bench.write("dir/a", "harmless");
    bench.write("secret/a", "secret");
    let call = bench.prepare("read", json!({"path": "dir/a"})).unwrap();
    std::fs::rename(bench.path("dir"), bench.path("old")).unwrap();
    std::os::unix::fs::symlink("secret", bench.path("dir")).unwrap();
    let got = call.run(bench.cx()).await;
    assert!(got.is_err(), "{got:?}");
}

#[tokio::test]
async fn long_lines_and_long_files_are_cut() {
    let bench = Bench::new();
    bench.write("wide", format!("{}\nnext\n", "ä".repeat(500_000)));
    let got = bench.call("read", json!({"path": "wide"})).await.unwrap();
    let mut lines = got.text.lines();
    let first = lines.next().unwrap();
    assert!(first.starts_with(&format!("1\t{}", "ä".repeat(COLUMNS))));
    assert!(first.ends_with("ä [… cut: the line has 1000001 bytes]"), "{}", first.len());
    assert_eq!(lines.next(), Some("2\tnext"));

    bench.write("long", "x\n".repeat(5000));
    let got = bench.call("read", json!({"path": "long"})).await.unwrap();
    assert!(got.text.ends_with("2000\tx\n[lines 1-2000 of 5000; next: offset 2001]"));
    assert!(bench.workspace.ledger.known(&bench.path("long")).is_some());

    bench.write("both", format!("{}\n", "y".repeat(1000)).repeat(2000));
    let got = bench.call("read", json!({"path": "both"})).await.unwrap();
    assert!(got.text.len() < TEXT + 2 * COLUMNS, "{}", got.text.len());
    assert!(got.text.contains(" of 2000; next: offset "));
}

#[tokio::test]
async fn fifty_megabytes_are_read_in_bounded_memory() {
    let bench = Bench::new();
    let line = format!("{}\n", "z".repeat(99));
    bench.write("big", line.repeat(500_000));
    let got =
        bench.call("read", json!({"path": "big", "offset": 400_000, "limit": 2})).await.unwrap();
    assert!(got.text.starts_with("400000\tzzz"), "{}", &got.text[..20]);
    assert!(got.text.ends_with("[lines 400000-400001 of 500000; next: offset 400002]"));
    let stamp = Stamp::of(line.repeat(500_000).as_bytes());
    assert_eq!(bench.workspace.ledger.known(&bench.path("big")), Some(stamp));
}

#[tokio::test]
async fn a_sparse_file_above_the_limit_is_not_read_to_its_end() {
    let bench = Bench::new();
    bench.write("huge", "a\n".repeat(100_000));
    let file = File::options().write(true).open(bench.path("huge")).unwrap();
    file.set_len(5 << 30).unwrap();
    let got = bench.call("read", json!({"path": "huge", "limit": 2})).await.unwrap();
    assert_eq!(got.text, "1\ta\n2\ta\n[lines 1-2; more follow: offset 3]");
    assert_eq!(bench.workspace.ledger.known(&bench.path("huge")), None);
}

#[tokio::test]
async fn documents() {
    let bench = Bench::new();
    let pdf = format!("%PDF-1.4\n{}", "<</Type /Page /Parent 1 0 R>>".repeat(2));
    bench.write("d.pdf", &pdf);
    let got = bench.call("read", json!({"path": "d.pdf"})).await.unwrap();
    assert_eq!(got.text, format!("d.pdf: a PDF document, {} bytes, 2 pages.", pdf.len()));
    assert_eq!(got.summary, "pdf");
    let image = got.image.unwrap();
    assert!(image.is_document());
    assert_eq!(BASE64_STANDARD.decode(&*image.data).unwrap(), pdf.as_bytes());
    bench.write("packed.pdf", "%PDF-1.7\n/Type /ObjStm");
    let got = bench.call("read", json!({"path": "packed.pdf"})).await.unwrap();
    assert_eq!(got.text, "packed.pdf: a PDF document, 22 bytes.");
    bench.write("long.pdf", format!("%PDF-1.4\n{}", "/Type/Page ".repeat(101)));
    let got = bench.call("read", json!({"path": "long.pdf"})).await.unwrap_err().to_string();
    assert!(got.contains("101 pages") && got.contains("pdftotext"), "{got}");
    let file = File::options().write(true).open(bench.path("d.pdf")).unwrap();
    file.set_len(11 << 20).unwrap();
    let got = bench.call("read", json!({"path": "d.pdf"})).await.unwrap_err().to_string();
    assert!(got.contains("above 10 MiB"), "{got}");
}

#[tokio::test]
async fn pictures_and_binaries() {
    let bench = Bench::new();
    let png = b"\x89PNG\r\n\x1a\n\0\0";
    bench.write("p.png", png);
    bench.write("b.bin", b"\x7fELF\0\0");
    let got = bench.call("read", json!({"path": "p.png"})).await.unwrap();
    assert_eq!(got.text, "p.png: image/png, 10 bytes.");
    let image = got.image.unwrap();
    assert_eq!(image.media_type, "image/png");
    assert_eq!(BASE64_STANDARD.decode(&*image.data).unwrap(), png);
    let got = bench.call("read", json!({"path": "b.bin"})).await.unwrap();
    assert_eq!((got.text.as_str(), got.image), ("b.bin is binary (ELF program, 6 bytes).", None));
    let file = File::options().write(true).open(bench.path("p.png")).unwrap();
    file.set_len(6 << 20).unwrap();
    let got = bench.call("read", json!({"path": "p.png"})).await.unwrap_err().to_string();
    assert!(got.contains("above 5 MiB"), "{got}");
}

#[tokio::test]
async fn a_cancelled_read_says_so() {
    let bench = Bench::new();
    bench.write("a", "x");
    bench.cancel.cancel();
    let got = bench.call("read", json!({"path": "a"})).await;
    assert_eq!(got, Err(ToolError::Cancelled("reading a was stopped.".into())));
}
