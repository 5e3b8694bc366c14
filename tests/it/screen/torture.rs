//! Every script and sign: no row is shifted, no border is broken, the caret stands where text goes.

use serde_json::json;

use super::resize::resize;
use super::*;
use crate::support::messages::Reply;

/// A line for each of what screens get wrong. The emulator counts each character by itself, as many
/// terminals do: flags, skin tones and families are wider there than we think.
const LINES: [&str; 18] = [
    "CJK 漢字かな混じり文、全角ＡＢＣ。",
    "Hangul 한국어 글자 and jamo 한글",
    "Thai ภาษาไทย กำลัง ที่นี่",
    "Devanagari हिन्दी क्षत्रिय",
    "Arabic العربية and Hebrew עברית, mixed",
    "combining e\u{301}\u{302}\u{303} a\u{308} Z\u{351}\u{36b}\u{343}",
    "variation \u{2764}\u{fe0e} \u{2764}\u{fe0f} keycaps 1\u{fe0f}\u{20e3} #\u{20e3}",
    "flags \u{1f1e9}\u{1f1ea}\u{1f1ef}\u{1f1f5} and half of one \u{1f1e9}",
    "skin \u{1f44d}\u{1f3fd} \u{1f468}\u{1f3ff}\u{200d}\u{1f680} and alone \u{1f3fd}",
    "lam-alef \u{644}\u{627} \u{644}\u{623} \u{633}\u{644}\u{627}\u{645}",
    "no characters \u{10ffff} \u{fdd0} of one's own \u{e0b0} \u{f0000} not yet \u{1fbff}",
    "halfwidth \u{ff76}\u{ff9e} \u{ff8a}\u{ff9f}",
    "family 👨\u{200d}👩\u{200d}👧\u{200d}👦 end",
    "zero\u{200b}width\u{200c}join\u{2060}er\u{feff}soft\u{ad}hyphen",
    "turned \u{202e}txt.exe\u{202c} \u{2066}in\u{2069}",
    "tabs\tin\ta\tline",
    "C0 \u{1}\u{7}\u{8}\u{b}\u{c}\u{e} C1 \u{80}\u{85}\u{9b}",
    "wide at the edge 日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日",
];

/// The borders of all rows stand below one another: what begins at a corner ends at a corner.
#[track_caller]
fn borders_align(claw: &Terminal) {
    let broken = claw.screen(|screen| {
        let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
        let sign = |row, column| {
            screen.cell(row, column).map(|cell| cell.contents().to_owned()).unwrap_or_default()
        };
        let mut broken = Vec::new();
        for column in 0..columns {
            for row in 0..rows {
                if !matches!(sign(row, column).as_str(), "┌" | "┐" | "┏" | "┓") {
                    continue;
                }
                let down = (row + 1..rows).map(|row| (row, sign(row, column)));
                for (row, sign) in down {
                    match sign.as_str() {
                        "└" | "┘" | "┗" | "┛" => break,
                        "│" | "┃" | "█" => {}
                        sign => broken.push(format!("{column},{row}: {sign:?}")),
                    }
                }
            }
        }
        broken
    });
    assert!(broken.is_empty(), "{broken:?}\n{}", claw.contents());
}

fn torture(lines: &[&str]) -> String {
    let text = lines.join("\n\n");
    let list: String = lines.iter().flat_map(|line| ["- ", line, "\n"]).collect();
    let table: String = lines.iter().flat_map(|line| ["| ", line, " | x |\n"]).collect();
    let code = lines.join("\n");
    format!(
        "{text}\n\n{list}\n```\n{code}\n```\n\n| what | x |\n|---|---|\n{table}\n\nthe end of it"
    )
}

#[test]
fn no_sign_of_any_script_shifts_a_row() {
    let home = Home::new();
    let lines = LINES;
    let print = format!("cat <<'E'\n{}\nE\n", lines.join("\n").replace('\u{0}', ""));
    let server = Server::start(vec![
        Reply::text(&torture(&lines)),
        Reply::tool("t1", "bash", &json!({"command": print})),
        Reply::text("and that is all"),
    ]);
    let mut claw = with_model(&home, &server, "");
    claw.press(&pasted(&lines.join(" ")));
    claw.wait_for("漢字");
    borders_align(&claw);
    claw.press("\r");
    claw.wait_for("the end of it");
    claw.wait_for(IDLE);
    for size in [(80, 24), (60, 20), (200, 60), WIDE] {
        resize(&claw, size);
        for _ in 0..6 {
            if claw.contents().contains("▌you") {
                break;
            }
            let before = claw.bytes().len();
            claw.press("\x1b[5~");
            claw.wait_bytes("a page", |bytes| bytes.len() > before);
            borders_align(&claw);
        }
        claw.press("\x1b[1;5F");
        claw.wait_for("the end of it");
    }
    claw.press("go\r");
    claw.wait("the question", |screen| screen.contents().contains("armed ▰▰▰▰"));
    borders_align(&claw);
    // Nothing in a question is invisible.
    claw.press("g");
    claw.press("G");
    claw.wait_for("<U+202E>");
    claw.press("\x03");
    claw.wait_for(IDLE);
    borders_align(&claw);
    quit(&mut claw);
}

#[test]
fn the_caret_steps_over_whole_signs() {
    let home = Home::new();
    let server = Server::start(Vec::new());
    let mut claw = with_model(&home, &server, "");
    claw.press("日本e\u{301}क्षx");
    claw.wait_for("क्षx");
    let column = |claw: &Terminal| claw.screen(|screen| screen.cursor_position().1);
    let end = column(&claw);
    let mut seen = vec![end];
    loop {
        let last = seen[seen.len() - 1];
        claw.press("\x1b[D");
        // In the middle of a frame the cursor is hidden.
        let moved =
            |screen: &vt100::Screen| !screen.hide_cursor() && screen.cursor_position().1 < last;
        claw.wait("a move", moved);
        seen.push(column(&claw));
        if claw.screen(|screen| {
            let (row, column) = screen.cursor_position();
            screen.cell(row, column).is_some_and(|cell| cell.contents() == "日")
        }) {
            break;
        }
        assert!(seen.len() < 10, "{seen:?}");
    }
    // x, two signs of Devanagari or one, é, 本, 日: never inside of one.
    let steps: Vec<_> = seen.windows(2).map(|pair| pair[0] - pair[1]).collect();
    assert_eq!(steps.first(), Some(&1), "x is one cell: {seen:?}");
    assert_eq!(steps[steps.len() - 2..], [2, 2], "本 and 日 are two cells: {seen:?}");
    assert_eq!(steps[steps.len() - 3], 1, "é is one cell, whatever it is made of: {seen:?}");
    quit(&mut claw);
}

#[test]
fn a_line_of_a_megabyte_is_no_trouble() {
    let home = Home::new();
    let long = "漢word".repeat(150_000);
    let server =
        Server::start(vec![Reply::text(&format!("{long}\n\nthe end of it")).pieces(60_000)]);
    let mut claw = with_model(&home, &server, "go");
    claw.press("\r");
    claw.wait_for("the end of it");
    claw.wait_for(IDLE);
    borders_align(&claw);
    claw.press("\x1b[5~\x1b[5~");
    claw.press("still here");
    claw.wait_for("still here");
    borders_align(&claw);
    quit(&mut claw);
}
