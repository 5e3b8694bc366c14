//! Selecting, copying, finding, jumping, opening: what a reader does with a transcript.

use proptest::prelude::*;
use ratatui::layout::Position;

use super::*;
use crate::ui::pane::transcript::jump::Target;

/// Where words stand on the screen.
fn at(rows: &[String], words: &str) -> Position {
    let found = rows.iter().enumerate().find_map(|(y, row)| {
        let byte = row.find(words)?;
        Some(Position::new(text::width(&row[..byte]) as u16, y as u16))
    });
    found.unwrap_or_else(|| panic!("{words:?} is not to be seen:\n{}", rows.join("\n")))
}

/// Drags from the first letter of some words to the last letter of others; what that copies.
fn dragged(s: &mut Session, size: (u16, u16), from: &str, to: &str, signs: bool) -> String {
    let rows = s.rows(size.0, size.1);
    let area = Rect::new(0, 0, size.0, size.1);
    let start = at(&rows, from);
    let mut end = at(&rows, to);
    end.x += text::width(to) as u16 - 1;
    s.pane.press(start, area, false, Millis(s.now), &s.state);
    s.pane.drag(end, area, Millis(s.now), &s.state);
    assert!(!s.pane.release(), "a drag is no click");
    s.pane.selected(signs, &s.state).unwrap_or_default()
}

const PROSE: &str = "A paragraph with **bold words** that is long enough to be wrapped at the width \
                     of the pane, twice.\nA second line.";

#[test]
fn the_clipboard_equals_the_source() {
    let code = "```go\nfunc main() {\n\tif x {\n\t\treturn \"a long line that has to be wrapped in a narrow pane\"\n\t}\n\n\tdone()\n}\n```";
    let table = "| name | value |\n|------|-------|\n| `a`  | 1     |\n| b    | **two!** |";
    let list = "- one *item*\n- two\n  - three";
    let mut s = Session::new();
    s.prompt("the question\nof two lines");
    s.say(vec![Content::text(format!("{PROSE}\n\n{code}\n\n{table}\n\n{list}\n\nThe end."))]);
    let inside = code.trim_start_matches("```go\n").trim_end_matches("\n```");
    let size = (50, 60);
    let rows: &[(&str, &str, &str)] = &[
        // from, to, what the clipboard gets
        ("A paragraph", "twice.", PROSE.lines().next().unwrap()),
        ("A paragraph", "second line.", PROSE),
        ("bold", "bold", "bold"),
        ("func main", "}  ", inside),
        ("if x", "if x {", "if x {"),
        ("name", "two!", table),
        ("one item", "three", &list[2..]),
        ("question", "of two", "question\nof two"),
    ];
    for (from, to, want) in rows {
        let end = to.trim_end();
        let got = if *to == "}  " {
            // The last brace, which is not the first one on the screen.
            let seen = s.rows(size.0, size.1);
            let area = Rect::new(0, 0, size.0, size.1);
            let y = at(&seen, "done()").y + 1;
            s.pane.press(at(&seen, from), area, false, Millis(s.now), &s.state);
            s.pane.drag(Position::new(40, y), area, Millis(s.now), &s.state);
            let _ = s.pane.release();
            s.pane.selected(false, &s.state).unwrap_or_default()
        } else {
            dragged(&mut s, size, from, end, false)
        };
        assert_eq!(&got, want, "from {from:?} to {to:?}");
        s.now += 1000;
    }
    // All of it, from the name of the model to the end.
    let all = format!("{PROSE}\n\n{code}\n\n{table}\n\n{list}\n\nThe end.");
    assert_eq!(dragged(&mut s, size, "claw", "The end.", false), all);
}

#[test]
fn what_tools_print_and_change_is_copied_as_it_came() {
    let mut s = Session::new();
    s.prompt("go");
    let change = change();
    let hunk = &change.hunks[0].lines;
    let added: Vec<&DiffLine> = hunk.iter().filter(|l| l.kind == LineKind::Added).collect();
    let edit = s.call(ToolKind::Edit, "Edit", "src/net/client.rs", None);
    s.end_with(&edit, ToolStatus::Done, "", "", vec![change.clone()]);
    let output = "one\ttab and a line that is far too long for the pane it stands in\n\n\u{1b}[31mred\u{1b}[0m\nlast";
    let run = s.call(ToolKind::Run, "Run", "cargo test", None);
    s.end(&run, ToolStatus::Done, "", output);
    let size = (44, 60);
    let _ = s.draw(size.0, size.1);
    s.act(Action::OpenAll);
    let rows = s.rows(size.0, size.1);
    assert!(rows.join("\n").contains("<U+001B>[31mred"));
    assert_eq!(dragged(&mut s, size, "one", "last", false), output);
    s.now += 1000;
    assert_eq!(dragged(&mut s, size, "red", "red", false), "red");
    s.now += 1000;
    let seen = s.rows(size.0, size.1);
    let area = Rect::new(0, 0, size.0, size.1);
    let first = seen.iter().position(|row| row.contains(" + ")).unwrap() as u16;
    s.pane.press(Position::new(0, first), area, false, Millis(s.now), &s.state);
    s.pane.drag(Position::new(43, first + added.len() as u16 - 1), area, Millis(s.now), &s.state);
    let plain: Vec<&str> = added.iter().map(|line| line.text.trim_end_matches('\n')).collect();
    assert_eq!(s.pane.selected(false, &s.state).unwrap(), plain.join("\n"));
    let signed: Vec<String> = plain.iter().map(|line| format!("+{line}")).collect();
    assert_eq!(s.pane.selected(true, &s.state).unwrap(), signed.join("\n"));
}

#[test]
fn words_lines_and_turns_are_taken_whole() {
    let mut s = Session::new();
    s.prompt("first");
    s.say(vec![Content::text(format!("See https://x.org/a?b=c, and src/a.rs.\n\n{PROSE}"))]);
    s.finish(StopReason::EndTurn);
    s.prompt("second");
    s.say(vec![Content::text("answer two")]);
    let size = (50, 30);
    let area = Rect::new(0, 0, size.0, size.1);
    let clicks = |s: &mut Session, words: &str, times: usize| {
        s.now += 1000;
        let place = at(&s.rows(size.0, size.1), words);
        for _ in 0..times {
            s.pane.press(place, area, false, Millis(s.now), &s.state);
            let _ = s.pane.release();
        }
        s.pane.selected(false, &s.state)
    };
    assert_eq!(clicks(&mut s, "x.org", 2).unwrap(), "https://x.org/a?b=c");
    assert_eq!(clicks(&mut s, "paragraph", 2).unwrap(), "paragraph");
    assert_eq!(clicks(&mut s, "twice", 3).unwrap(), PROSE.lines().next().unwrap());
    assert_eq!(clicks(&mut s, "twice", 1), None, "a click selects nothing");

    let place = at(&s.rows(size.0, size.1), "twice");
    s.pane.point(place, area, &s.state);
    s.act(Action::SelectTurns);
    let turn = s.pane.selected(false, &s.state).unwrap();
    assert!(turn.starts_with("first\n\nSee https") && turn.ends_with(PROSE), "{turn}");
    s.act(Action::SelectTurns);
    assert_eq!(s.pane.selection(), None);
    s.act(Action::SelectLines);
    s.act(Action::Up);
    let lines = s.pane.selected(false, &s.state).unwrap();
    assert!(!lines.is_empty());
    assert_eq!(s.act(Action::Copy), [Effect::Copy(lines)]);
    let markdown = {
        s.pane.unselect();
        s.pane.copy_turn(&s.state).unwrap()
    };
    assert!(markdown.starts_with("> first\n\nSee https://x.org"), "{markdown}");
}

#[test]
fn a_selection_survives_what_comes_and_dies_with_its_width() {
    let mut s = Session::new();
    s.prompt("go");
    s.say(vec![Content::text(PROSE)]);
    assert_eq!(dragged(&mut s, (50, 12), "second", "line", false), "second line");
    for n in 0..20 {
        s.say(vec![Content::text(format!("more {n}"))]);
        let _ = s.draw(50, 12);
    }
    assert_eq!(s.pane.selected(false, &s.state).unwrap(), "second line");
    let _ = s.draw(49, 12);
    assert_eq!(s.pane.selected(false, &s.state), None);
}

#[test]
fn a_block_is_of_cells_as_they_are_seen() {
    let mut s = Session::new();
    s.prompt("go");
    s.say(vec![Content::text("```\nabcdef\nghijkl\n```")]);
    let rows = s.rows(40, 12);
    let area = Rect::new(0, 0, 40, 12);
    let (from, to) = (at(&rows, "bcd"), at(&rows, "jkl"));
    s.pane.press(from, area, true, Millis(s.now), &s.state);
    s.pane.drag(to, area, Millis(s.now), &s.state);
    assert_eq!(s.pane.selected(false, &s.state).unwrap(), "bcd\nhij");
}

#[test]
fn beyond_the_edge_the_view_goes_along() {
    let mut s = long();
    let area = Rect::new(0, 0, 60, 17);
    let _ = s.draw(60, 17);
    s.act(Action::PageUp);
    let _ = s.draw(60, 17);
    let top = s.pane.top();
    s.pane.press(Position::new(5, 8), area, false, Millis(s.now), &s.state);
    s.pane.drag(Position::new(5, 0), area, Millis(s.now), &s.state);
    let due = s.pane.next_drag().unwrap();
    assert!(!s.pane.drag_on(area, Millis(s.now), &s.state), "not before its time");
    assert!(s.pane.drag_on(area, due, &s.state));
    let _ = s.draw(60, 17);
    assert!(s.pane.top() < top);
    let _ = s.pane.release();
    assert_eq!(s.pane.next_drag(), None);
    assert!(s.pane.selection().unwrap().ends().0.place < top);
}

fn find(s: &mut Session, words: &str) {
    s.pane.begin_find(&s.state);
    for c in words.chars() {
        s.pane.rewrite_find(|needle| needle.push(c), &s.state);
    }
    while s.pane.is_searching(&s.state) {
        s.pane.advance_find(&s.state);
    }
    s.pane.end_typing();
}

fn find_line(s: &Session) -> String {
    s.pane.find_line(&s.state).map(|(row, _)| row.text().trim().to_owned()).unwrap_or_default()
}

#[test]
fn finding_goes_to_the_nearest_hit_above_and_round() {
    let mut s = long();
    let _ = s.draw(70, 20);
    find(&mut s, "answer 7");
    assert_eq!(find_line(&s), "find: answer 7  1 of 1");
    let buf = s.draw(70, 20);
    assert!(rows(&buf).iter().any(|row| row.contains("Answer 7")));
    assert!(
        picture(&buf, START).contains("ui.match")
            || picture(&buf, START).contains("ui.selection=Answer 7")
    );
    assert!(s.pane.end_find());

    find(&mut s, "answer");
    assert_eq!(find_line(&s), "find: answer  8 of 30", "{:?}", rows(&s.draw(70, 20)));
    s.act(Action::FindNext);
    assert!(
        s.rows(70, 20).iter().any(|row| row.contains("Answer 8"))
            || find_line(&s).contains("9 of 30")
    );
    s.act(Action::FindPrevious);
    s.act(Action::FindPrevious);
    assert_eq!(find_line(&s), "find: answer  7 of 30");
    for _ in 0..7 {
        s.act(Action::FindPrevious);
    }
    assert_eq!(find_line(&s), "find: answer  30 of 30");
    assert!(s.pane.end_find() && !s.pane.end_find());
}

#[test]
fn a_hit_in_what_is_folded_unfolds_it() {
    let mut s = Session::new();
    s.prompt("go");
    s.say(vec![Content::Thinking { text: "a hidden needle".into(), signature: None }]);
    for n in 0..4 {
        let call = s.call(ToolKind::Read, "Read", &format!("src/{n}.rs"), None);
        s.end(&call, ToolStatus::Done, "", &format!("haystack {n}\n"));
    }
    s.finish(StopReason::EndTurn);
    assert!(!s.rows(60, 30).join("\n").contains("needle"));
    find(&mut s, "needle");
    assert!(s.rows(60, 30).join("\n").contains("a hidden needle"));
    let _ = s.pane.end_find();
    find(&mut s, "haystack 2");
    assert!(s.rows(60, 30).join("\n").contains("haystack 2"));
    assert_eq!(find_line(&s), "find: haystack 2  1 of 1");
}

#[test]
fn calls_errors_and_turns_are_gone_to() {
    let mut s = long();
    let bad = s.call(ToolKind::Run, "Run", "cargo fmt", None);
    s.end(&bad, ToolStatus::Failed, "exit 1", "boom\n");
    s.prompt("later");
    s.say(vec![Content::text("word\n\n".repeat(40))]);
    let _ = s.draw(60, 17);
    s.act(Action::PreviousError);
    assert!(s.rows(60, 17).join("\n").contains("cargo fmt"));
    let at = s.pane.view.cursor().unwrap().cell;
    assert!(matches!(&s.state.entries[at], Entry::Call(call) if call.call.id == bad));
    s.act(Action::PreviousTool);
    assert!(s.pane.view.cursor().unwrap().cell < at);
    s.act(Action::NextTool);
    assert_eq!(s.pane.view.cursor().unwrap().cell, at);
    s.pane.go_to_turn(&"t3".into(), &s.state);
    assert!(s.rows(60, 17).join("\n").contains("prompt 3"));
    let turns = s.pane.turns(&s.state);
    assert_eq!(turns.len(), 31);
    assert_eq!(
        (turns[3].label.as_str(), turns[3].right.as_str()),
        (
            "#4 prompt 3: say it in many words say it in many words say it in many words say it in many words",
            "1 call · 1m 4s"
        )
    );
}

#[test]
fn what_stands_under_the_cursor_can_be_opened_and_quoted() {
    let mut s = Session::new();
    s.prompt("go");
    s.say(vec![Content::text("See [docs](https://x.org/d) and src/a.rs:42.\n\nNothing here.")]);
    let _ = s.draw(60, 17);
    let place = at(&s.rows(60, 17), "See");
    s.pane.point(place, Rect::new(0, 0, 60, 17), &s.state);
    let link = Target::Link("https://x.org/d".into());
    assert_eq!(s.pane.targets(&s.state), [link, Target::File("src/a.rs".into(), 42)]);
    assert!(s.pane.quoted(&s.state).unwrap().starts_with("> See [docs]"));
}

/// The rows without the scrollbar, whose part in view does change.
fn text_of(rows: &[String]) -> Vec<String> {
    let cut = |row: &String| row.chars().take(78).collect::<String>().trim_end().to_owned();
    rows.iter().map(cut).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens while the reader holds on to a row: it stays where it is.
    #[test]
    fn nothing_moves_unless_the_reader_moved_it(
        up in 1_usize..5,
        steps in prop::collection::vec(0_u8..8, 1..25),
    ) {
        let mut s = long();
        let _ = s.draw(80, 20);
        for _ in 0..up {
            s.act(Action::PageUp);
            let _ = s.draw(80, 20);
        }
        let before = s.rows(80, 20);
        let cell = s.pane.top().cell;
        let mut call = None;
        for step in steps {
            match step {
                0 => s.prompt("more"),
                1 => s.delta(0, TextKind::Text, "words and **more** words\n\n```rust\nlet a;\n"),
                2 => s.say(vec![Content::text("said\n\n- a\n- b")]),
                3 => call = Some(s.call(ToolKind::Run, "Run", "cargo test", None)),
                4 => if let Some(call) = call.take() {
                    s.end(&call, ToolStatus::Failed, "exit 1", "boom\nboom");
                },
                5 => if cell > 0 {
                    s.pane.column.fold(Place::cell(cell / 2), Fold::Toggle, &s.state);
                },
                // The composer grows, another width, and back.
                6 => { let _ = s.draw(80, 13); }
                _ => for width in [60, 100, 40, 80] { let _ = s.draw(width, 20); },
            }
            s.now += 100;
            let now = s.rows(80, 20);
            let now = text_of(&now);
            prop_assert_eq!(&now[..19], &text_of(&before)[..19], "after step {}", step);
        }
    }
}

#[test]
fn no_byte_of_content_is_raw_in_what_finds_and_prints() {
    let mut s = Session::new();
    s.prompt("\u{1b}]52;c;aGk=\u{7}");
    s.say(vec![Content::text("needle \u{1b}[2J \u{9b}31m \u{202e}x")]);
    let call = s.call(ToolKind::Run, "Run", "ls \u{1b}[0m", None);
    s.end(&call, ToolStatus::Failed, "\u{7}", "out \u{1b}]0;title\u{7}\r\n");
    let _ = s.draw(60, 20);
    find(&mut s, "\u{202e}");
    let safe = |text: &str| !text.chars().any(|c| c != '\n' && text::is_hidden(c));
    assert!(safe(&find_line(&s)));
    assert!(safe(&s.pane.printed(&s.state)), "{:?}", s.pane.printed(&s.state));
    assert!(safe(&s.pane.last_turn(&s.state)));
    for row in s.rows(60, 20) {
        assert!(safe(&row), "{row:?}");
    }
}

#[test]
fn who_comes_back_is_told_what_happened_until_the_next_prompt() {
    let price: crate::ui::transcript::Price = |_, _| Some(0.21);
    let mut s = long();
    let before = s.rows(80, 20);
    s.pane.look_away(&s.state);
    s.pane.look_back(&s.state, price);
    assert_eq!(s.rows(80, 20), before, "nothing came, nothing is said");
    s.pane.look_away(&s.state);
    let edit = s.call(ToolKind::Edit, "Edit", "src/net/client.rs", None);
    s.end_with(&edit, ToolStatus::Done, "", "", vec![change()]);
    let bad = s.call(ToolKind::Run, "Run", "cargo fmt", None);
    s.end(&bad, ToolStatus::Failed, "exit 1", "boom\n");
    s.say(vec![Content::text("done")]);
    s.event(Event::TurnFinished {
        turn: "t".into(),
        stop: StopReason::EndTurn,
        usage: Usage::default(),
    });
    s.pane.look_back(&s.state, price);
    let seen = s.rows(80, 30).join("\n");
    for words in [
        "you read to here ──",
        "while you were away: 1 turn ended · 1 call failed",
        "1 file changed: ",
        "cost $0.21",
    ] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    s.prompt("thanks");
    assert!(!s.rows(80, 40).join("\n").contains("you read to here"));
}

#[test]
fn times_wrapping_and_details_are_switched() {
    let mut s = Session::new();
    s.pane.set_price(|_, usage| Some(usage.output as f64 / 1000.0));
    s.prompt("go");
    s.say(vec![Content::text("answer")]);
    let run = s.call(ToolKind::Run, "Run", "ls", None);
    s.end(&run, ToolStatus::Done, "", &format!("{}end\n", "long words ".repeat(12)));
    s.finish(StopReason::EndTurn);
    let first = s.rows(60, 30).join("\n");
    assert!(first.contains("12k in · 678 out · $0.68"), "{first}");
    let time = clock::time_of_day(Millis(START));
    let times = |s: &mut Session| s.rows(60, 30).join("\n").matches(&time).count();
    assert_eq!(times(&mut s), 1);
    s.act(Action::ToggleTimes);
    assert_eq!(times(&mut s), 3);
    s.act(Action::ToggleTimes);
    s.act(Action::ToggleDetails);
    let wrapped = s.rows(60, 30).join("\n");
    assert!(wrapped.contains("words end"), "{wrapped}");
    s.act(Action::ToggleWrap);
    let cut = s.rows(60, 30).join("\n");
    assert!(cut.contains('…') && !cut.contains("words end"), "{cut}");
    assert_eq!(
        dragged(&mut s, (60, 30), "long words", "…", false),
        format!("{}end", "long words ".repeat(12))
    );
    s.act(Action::ToggleDetails);
    s.act(Action::ToggleWrap);
    assert_eq!(s.rows(60, 30).join("\n"), first);
}

#[test]
fn the_scrollbar_shows_prompts_errors_and_hits() {
    let mut s = long();
    let bad = s.call(ToolKind::Run, "Run", "cargo fmt", None);
    s.end(&bad, ToolStatus::Failed, "exit 1", "boom\n");
    s.say(vec![Content::text("words\n\n".repeat(30))]);
    let theme = theme();
    let roles = |s: &mut Session| -> Vec<Style> {
        let buf = s.draw(60, 64);
        (0..64).map(|y| buf[(59, y)].style()).collect()
    };
    let has = |roles: &[Style], role| {
        let fg = theme.style(role).fg;
        roles.iter().any(|style| style.fg == fg)
    };
    let plain = roles(&mut s);
    assert!(has(&plain, Role::Prompt) && has(&plain, Role::Err) && !has(&plain, Role::Match));
    find(&mut s, "answer 7");
    assert!(has(&roles(&mut s), Role::Match));
}

#[test]
fn what_leads_somewhere_leads_to_the_whole_of_it() {
    let long = format!("https://x.org/{}", "a".repeat(60));
    let mut s = Session::new();
    s.say(vec![Content::text(format!(
        "At {long} and in `src/net/client.rs:41`, [words](https://y.org/b), ../c.rs:1."
    ))]);
    let rows = s.rows(40, 20);
    let links = s.pane.links(&s.state, Rect::new(0, 0, 40, 20));
    for link in &links {
        let row = &rows[usize::from(link.y)];
        assert!(row[usize::from(link.x)..].starts_with(&link.text), "{link:?} in {row:?}");
    }
    let parts = links.iter().filter(|link| link.url == long);
    assert_eq!(parts.map(|link| link.text.as_str()).collect::<String>(), long, "{links:?}");
    let rest = links.iter().filter(|link| link.url != long);
    let rest: Vec<_> = rest.map(|link| (link.text.as_str(), link.url.as_str())).collect();
    let file = ("src/net/client.rs:41", "file:///w/api/src/net/client.rs");
    assert_eq!(rest, [file, ("https://y.org/b", "https://y.org/b")]);
}

#[test]
fn no_link_has_a_byte_that_a_terminal_would_take_for_its_own() {
    let mut s = Session::new();
    let call = s.call(ToolKind::Run, "Run", "cat x", None);
    let evil = "https://a.org/\u{1b}]52;c;aGk=\u{7} https://b.org/\u{9c}x https://c.org/\u{202e}d \
                \u{1b}]8;;https://d.org/\u{1b}\\e\u{1b}]8;;\u{1b}\\ a\u{7}b.rs:3 \u{1b}[1m/w/api/f.rs:1";
    s.end(&call, ToolStatus::Failed, "exit 1", evil);
    s.say(vec![Content::text(format!("[x](https://e.org/\u{1b}]0;t\u{7}) {evil}"))]);
    let _ = s.rows(120, 40);
    let links = s.pane.links(&s.state, Rect::new(0, 0, 120, 40));
    assert!(links.iter().any(|link| link.url == "https://a.org/"), "{links:?}");
    for link in links {
        assert!(link.url.bytes().all(|byte| byte.is_ascii_graphic()), "{link:?}");
        assert!(["http", "file"].iter().any(|scheme| link.url.starts_with(scheme)), "{link:?}");
    }
}

#[test]
fn what_claw_put_behind_a_prompt_is_told_from_it() {
    let mut s = Session::new();
    s.prompt("make the delay double");
    let prompt = crate::session::cited(&s.state, vec![Content::text("undo #1")]);
    s.event(Event::TurnStarted { turn: "t2".into(), prompt });
    let rows = s.rows(60, 20).join("\n");
    assert!(rows.contains("undo #1\n") || rows.contains("undo #1 "), "{rows}");
    assert!(rows.contains("[#1 is turn 1 of this session. Its prompt:]"), "{rows}");
    assert!(rows.contains("> make the delay double"), "{rows}");
    let shown: Vec<_> = s.pane.seen().map(|(_, _, row)| row.of(Role::Muted)).collect();
    assert!(shown.iter().any(|muted| muted == "> make the delay double"), "{shown:?}");
}
