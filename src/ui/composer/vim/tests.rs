//! Keys on a text: what it is then, and where the caret stands.

use proptest::prelude::*;

use super::*;
use crate::ui::composer::{Composer, Editor};

/// A text with modal keys, NORMAL, without a screen: what others do of it is done here.
struct Bench {
    composer: Composer,
    then: Vec<Then>,
}

impl Bench {
    fn new(text: &str) -> Self {
        let at = text.find('|').unwrap_or(text.len());
        let mut composer = Composer { vim: Some(Vim::default()), ..Composer::default() };
        composer.editor.insert(&text.replacen('|', "", 1));
        composer.editor.rows(80, 99);
        composer.editor.set_caret(at, None);
        let mut bench = Self { composer, then: Vec::new() };
        if let Some(vim) = &mut bench.composer.vim {
            vim.mode = Mode::Normal;
        }
        bench
    }

    fn keys(&mut self, keys: &str) {
        for c in keys.chars() {
            let key = match c {
                '\u{1b}' => Key::Esc,
                '\u{12}' => Key::Redo,
                '\n' => Key::Newline,
                '\u{8}' => Key::Backspace,
                c => Key::Char(c),
            };
            let then = self.composer.modal(key);
            if then == Then::Pass {
                self.composer.plain(key);
            }
            self.then.push(then);
        }
    }

    fn editor(&self) -> &Editor {
        &self.composer.editor
    }

    fn shown(&self) -> String {
        let (before, after) = self.editor().text().split_at(self.editor().place());
        format!("{before}|{after}")
    }
}

#[test]
fn keys_and_what_they_come_to() {
    let table = [
        // moves
        ("a|bc", "h", "|abc"),
        ("|abc", "hh", "|abc"),
        ("|abc", "l", "a|bc"),
        ("|abc", "9l", "ab|c"),
        ("|abc\nde", "$", "ab|c\nde"),
        ("a|bc", "0", "|abc"),
        ("  ab|c", "^", "  |abc"),
        ("|one two-x", "w", "one |two-x"),
        ("|one two-x", "2w", "one two|-x"),
        ("|one two-x y", "2W", "one two-x |y"),
        ("one two|-x", "b", "one |two-x"),
        ("one two-|x", "B", "one |two-x"),
        ("|one two", "e", "on|e two"),
        ("on|e two-x z", "e", "one tw|o-x z"),
        ("on|e two-x z", "E", "one two-|x z"),
        ("a\nb\n|c", "gg", "|a\nb\nc"),
        ("|a\nb\n c", "G", "a\nb\n |c"),
        ("|a\nb\nc", "2G", "a\n|b\nc"),
        ("|ab\ncd", "j", "ab\n|cd"),
        ("ab\nc|d", "k", "a|b\ncd"),
        ("|a,b,c", "f,", "a|,b,c"),
        ("|a,b,c", "2f,", "a,b|,c"),
        ("|a,b,c", "t,", "|a,b,c"),
        ("|ab,c", "t,", "a|b,c"),
        ("a,b,|c", "F,", "a,b|,c"),
        ("a,b|,c", "T,", "a,|b,c"),
        ("|a,b,c", "f,;", "a,b|,c"),
        ("|a,b,c", "f,;,", "a|,b,c"),
        ("|abc", "fz", "|abc"),
        ("\u{65e5}|\u{672c}", "h", "|\u{65e5}\u{672c}"),
        ("|e\u{301}e\u{301}x", "ll", "e\u{301}e\u{301}|x"),
        // operators
        ("|one two", "dw", "|two"),
        ("|one two three", "2dw", "|three"),
        ("|one two three", "d2w", "|three"),
        ("one |two\nthree", "dw", "one| \nthree"),
        ("|one two", "de", "| two"),
        ("one t|wo", "db", "one |wo"),
        ("one |two", "d$", "one| "),
        ("one |two", "D", "one| "),
        ("one |two", "d0", "|two"),
        ("a|b(c)", "df(", "a|c)"),
        ("a|b(c)", "dt(", "a|(c)"),
        ("a\n|b\nc", "dd", "a\n|c"),
        ("a\nb\n|c", "dd", "a\n|b"),
        ("|a", "dd", "|"),
        ("|a\nb\nc", "2dd", "|c"),
        ("|a\nb\nc", "dj", "|c"),
        ("a\nb\n|c", "dk", "|a"),
        ("a\n|b\nc", "dG", "|a"),
        ("a\nb\n|c", "dgg", "|"),
        ("|one two", "cwX\u{1b}", "|X two"),
        ("on|e two", "cwX\u{1b}", "on|X two"),
        ("|one two six", "2cwX\u{1b}", "|X six"),
        ("a\n  |b\nc", "ccX\u{1b}", "a\n|X\nc"),
        ("one |two", "CX\u{1b}", "one |X"),
        ("a\n|b", "SX\u{1b}", "a\n|X"),
        ("|abc", "sX\u{1b}", "|Xbc"),
        ("|abc", "2sX\u{1b}", "|Xc"),
        ("|one two", "yw$p", "one twoone| "),
        ("|a\nb", "yyjp", "a\nb\n|a"),
        ("a\n|b", "yyP", "a\n|b\nb"),
        ("|a\nb", "Yjp", "a\nb\n|a"),
        ("|a\nb", "ddp", "b\n|a"),
        ("|ab", "xp", "b|a"),
        ("|ab", "x3p", "baa|a"),
        // text objects
        ("one t|wo six", "diw", "one | six"),
        ("one t|wo six", "daw", "one |six"),
        ("one t|wo", "daw", "on|e"),
        ("f(a|, b)", "di(", "f(|)"),
        ("f(a|, b)", "da(", "|f"),
        ("f(g(x), |b)", "ci(Y\u{1b}", "f(|Y)"),
        ("f|(a)", "di(", "f(|)"),
        ("[a|b]", "di[", "[|]"),
        ("{a|b} c", "da{", "| c"),
        ("x \"a|b\" y", "di\"", "x \"|\" y"),
        ("x \"a|b\" y", "da\"", "x | y"),
        ("|x 'ab'", "ci'Z\u{1b}", "x '|Z'"),
        ("x `a|b`", "di`", "x `|`"),
        ("a|b", "di(", "a|b"),
        // commands of their own
        ("|abc", "x", "|bc"),
        ("|abc", "2x", "|c"),
        ("ab|c", "x", "a|b"),
        ("ab|c", "X", "a|c"),
        ("|abc", "rX", "|Xbc"),
        ("|abc", "2rX", "X|Xc"),
        ("|aBc", "~~", "Ab|c"),
        ("|a\n  b", "J", "a| b"),
        ("|a\nb\nc", "3J", "a b| c"),
        ("|ab", "iX\u{1b}", "|Xab"),
        ("|ab", "aX\u{1b}", "a|Xb"),
        ("  a|b", "IX\u{1b}", "  |Xab"),
        ("|ab", "AX\u{1b}", "ab|X"),
        ("|a\nb", "oX\u{1b}", "a\n|X\nb"),
        ("a\n|b", "OX\u{1b}", "a\n|X\nb"),
        // again, and back
        ("|one two six", "dw.", "|six"),
        ("|a b c", "cwX\u{1b}w.", "X |X c"),
        ("|a", "aX\u{1b}..", "aXX|X"),
        ("|a", "ixy\u{8}\u{1b}l.", "x|xa"),
        ("|abc", "xxu", "|bc"),
        ("|abc", "xx2u", "|abc"),
        ("|abc", "xxu\u{12}", "|c"),
        ("|ab", "iXYZ\u{1b}u", "|ab"),
        ("|ab", "cwXYZ\u{1b}u", "|ab"),
        // selected
        ("|abc", "vld", "|c"),
        ("|abc", "vly$p", "abca|b"),
        ("a|bcd", "vlohd", "|d"),
        ("|a\nb\nc", "Vjd", "|c"),
        ("|a\nb\nc", "VjcX\u{1b}", "|X\nc"),
        ("|aBc", "vl~", "|Abc"),
        ("|abc", "vlrX", "|XXc"),
        ("|a\nb", "vjJ", "a| b"),
        ("one t|wo six", "viwd", "one | six"),
        ("|ab cd", "yiwwviwp", "ab |ab"),
        ("|abc", "vl\u{1b}x", "a|c"),
        ("|abc", "vVd", "|"),
        // a count of nothing, an operator of nothing
        ("|abc", "d\u{1b}x", "|bc"),
        ("|abc", "3\u{1b}x", "|bc"),
        ("|abc", "dq", "|abc"),
        ("|abc", "zx", "|bc"),
    ];
    for (before, keys, expected) in table {
        let mut bench = Bench::new(before);
        bench.keys(keys);
        assert_eq!(bench.shown(), expected, "{before:?} {keys:?}");
    }
}

#[test]
fn the_modes_say_what_they_are() {
    let mut bench = Bench::new("|abc");
    let word = |bench: &Bench| bench.composer.vim.as_ref().unwrap().mode().word();
    for (keys, expected) in
        [("i", "INSERT"), ("\u{1b}", "NORMAL"), ("v", "VISUAL"), ("V", "V-LINE")]
    {
        bench.keys(keys);
        assert_eq!(word(&bench), expected);
    }
    bench.keys("\u{1b}\u{1b}/:");
    let end = bench.then.split_off(bench.then.len() - 3);
    assert_eq!(end, [Then::Escape, Then::Search, Then::Palette]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is pressed on whatever text: the caret stands on a border, and keys that change
    /// nothing lose nothing.
    #[test]
    fn no_keys_leave_the_borders(
        text in "[a-c (){}\"'`\n\u{65e5}\u{301}\u{200d}\u{1f468}]{0,24}",
        keys in "[a-zA-Z0-9$^;,.~(){}\"'`\u{1b}\n\u{8}\u{12}]{0,60}",
    ) {
        let mut bench = Bench::new(&text);
        for key in keys.chars() {
            bench.keys(&key.to_string());
            let editor = bench.editor();
            let at = editor.place();
            let border = crate::ui::composer::motion::border(editor.text(), at);
            prop_assert_eq!(at, border, "{:?} {:?}", text, keys);
            if editor.text().len() > 1 << 16 {
                break;
            }
        }
    }
}
