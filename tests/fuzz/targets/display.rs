//! Any text on the screen: nothing in it reaches the terminal as a control, however it is shown and
//! however often, and what is shown exactly is never the same for two texts that differ in a byte.

#![no_main]

use claw::base::text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let lined = |c: char| text::is_hidden(c) && c != '\n';
    for (shown, lines) in [
        (text::sanitise(input), false),
        (text::sanitise_line(input), false),
        (text::sanitise_lines(input), true),
        (text::sanitise_exact(input), true),
        (text::sanitise_exact_line(input), false),
        (text::sanitise_prose(input), true),
    ] {
        let shown = shown.as_str();
        let hidden = shown.chars().find(|&c| lined(c) || (c == '\n' && !lines));
        assert_eq!(hidden, None, "{shown:?}");
        let again = text::sanitise_exact(shown);
        assert!(!again.as_str().chars().any(lined));
    }
    let exact = text::sanitise_exact(input);
    let mut other = input.to_owned();
    if let Some(last) = other.pop() {
        assert_ne!(text::sanitise_exact(&other), exact);
        other.push(if last == 'a' { 'b' } else { 'a' });
        assert_ne!(text::sanitise_exact(&other), exact);
    }
    for cells in [0, 1, 2, 7, 40] {
        assert!(text::width(&text::truncate(exact.as_str(), cells)) <= cells);
        assert!(text::width(&text::truncate_start(exact.as_str(), cells)) <= cells);
        let rows = text::wrap(exact.as_str(), cells.max(1));
        assert!(rows.iter().all(|row| exact.as_str().is_char_boundary(row.end)));
    }
});
