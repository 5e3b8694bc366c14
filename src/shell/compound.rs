//! Compound commands: what stands between `if` and `fi` and their kin.

use crate::shell::parse::{Parser, Result, is_name};
use crate::shell::syntax::{Arm, Kind, Raw, Token, Word};

/// Operators of `[[ … ]]` with one operand behind them.
const UNARY: &str = "abcdefghknoprstuvwxzGLNORS";

/// Operators of `[[ … ]]` between two operands.
const BINARY: &[&str] =
    &["=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];

impl Parser<'_> {
    /// The compound command that begins here; none where a simple one does.
    pub(super) fn compound(&mut self) -> Result<Option<Kind>> {
        if self.sees("((") {
            self.at += 2;
            let raw = self.arithmetic()?;
            return Ok(Some(Kind::Arithmetic(raw)));
        }
        if self.take("(") {
            let list = self.commands(&[])?;
            return if self.take(")") { Ok(Some(Kind::Subshell(list))) } else { self.open() };
        }
        let Some((word, end)) = self.reserved() else { return Ok(None) };
        let read = match word.as_str() {
            "{" => Self::group,
            "if" => Self::conditional,
            "while" | "until" => Self::repeated,
            "for" | "select" => Self::each,
            "case" => Self::case,
            "[[" => Self::test,
            "function" => Self::named,
            _ => return Ok(None),
        };
        let word = word.clone();
        self.at = end;
        self.deeper(|parser| read(parser, &word)).map(Some)
    }

    fn open<T>(&self) -> Result<T> {
        self.unclear("a bracket that is not closed")
    }

    fn group(&mut self, _: &str) -> Result<Kind> {
        let list = self.commands(&["}"])?;
        self.expect("}")?;
        Ok(Kind::Group(list))
    }

    fn conditional(&mut self, _: &str) -> Result<Kind> {
        let mut arms = Vec::new();
        loop {
            let test = self.commands(&["then"])?;
            self.expect("then")?;
            arms.push((test, self.commands(&["elif", "else", "fi"])?));
            if self.at_word("elif") {
                self.expect("elif")?;
                continue;
            }
            let other = if self.at_word("else") {
                self.expect("else")?;
                Some(self.commands(&["fi"])?)
            } else {
                None
            };
            self.expect("fi")?;
            return Ok(Kind::If { arms, other });
        }
    }

    fn repeated(&mut self, word: &str) -> Result<Kind> {
        let test = self.commands(&["do"])?;
        self.expect("do")?;
        let body = self.commands(&["done"])?;
        self.expect("done")?;
        Ok(Kind::Loop { until: word == "until", test, body })
    }

    fn each(&mut self, word: &str) -> Result<Kind> {
        self.blanks();
        let Some((name, end)) = self.reserved().filter(|(name, _)| is_name(name)) else {
            return self.unclear("a loop that counts");
        };
        self.at = end;
        self.newlines()?;
        let mut words = None;
        if self.at_word("in") {
            self.expect("in")?;
            let mut list = Vec::new();
            loop {
                self.blanks();
                match self.peek() {
                    Some('\n' | ';') => break,
                    None | Some('&' | '|' | '(' | ')') => return self.open(),
                    Some('<' | '>') if !self.sees("<(") && !self.sees(">(") => return self.open(),
                    Some(_) => list.push(self.word()?),
                }
            }
            words = Some(list);
            if !self.take(";") && self.peek() != Some('\n') {
                return self.open();
            }
        } else {
            self.take(";");
        }
        self.newlines()?;
        self.expect("do")?;
        let body = self.commands(&["done"])?;
        self.expect("done")?;
        Ok(Kind::For { select: word == "select", name, words, body })
    }

    fn case(&mut self, _: &str) -> Result<Kind> {
        self.blanks();
        if self.peek().is_none_or(|c| "\n;&|()<>".contains(c)) {
            return self.unclear("a `case` without a word");
        }
        let word = self.word()?;
        self.newlines()?;
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.newlines()?;
            if self.at_word("esac") {
                self.expect("esac")?;
                return Ok(Kind::Case { word, arms });
            }
            self.take("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                if self.peek().is_none_or(|c| "\n;&|()<>".contains(c)) || self.at_word("esac") {
                    return self.unclear("a pattern that is missing");
                }
                patterns.push(self.word()?);
                self.blanks();
                if !self.take("|") {
                    break;
                }
            }
            if !self.take(")") {
                return self.open();
            }
            let body = self.list(&["esac"])?;
            let end = [";;&", ";;", ";&"].into_iter().find(|end| self.take(end));
            if end.is_none() && !self.at_word("esac") {
                return self.unclear("an arm without an end");
            }
            arms.push(Arm { patterns, body, end: end.unwrap_or(";;") });
        }
    }

    fn named(&mut self, _: &str) -> Result<Kind> {
        self.blanks();
        let Some((name, end)) = self.reserved().filter(|(name, _)| is_name(name)) else {
            return self.unclear("a function without a name");
        };
        self.at = end;
        self.blanks();
        if self.take("(") {
            self.blanks();
            if !self.take(")") {
                return self.open();
            }
        }
        let body = Box::new(self.body()?);
        Ok(Kind::Function { name, body })
    }

    fn test(&mut self, _: &str) -> Result<Kind> {
        let mut tokens = Vec::new();
        self.test_or(&mut tokens)?;
        self.blanks();
        self.expect("]]")?;
        Ok(Kind::Test(tokens))
    }

    fn test_or(&mut self, tokens: &mut Vec<Token>) -> Result<()> {
        loop {
            self.test_one(tokens)?;
            self.blanks();
            let op = if self.take("&&") {
                "&&"
            } else if self.take("||") {
                "||"
            } else {
                return Ok(());
            };
            tokens.push(Token::Op(op.into()));
        }
    }

    fn test_one(&mut self, tokens: &mut Vec<Token>) -> Result<()> {
        self.blanks();
        while let Some((_, end)) = self.reserved().filter(|(word, _)| word == "!") {
            self.at = end;
            tokens.push(Token::Op("!".into()));
            self.blanks();
        }
        if self.take("(") {
            tokens.push(Token::Op("(".into()));
            self.deeper(|parser| parser.test_or(tokens))?;
            self.blanks();
            tokens.push(Token::Op(")".into()));
            return if self.take(")") { Ok(()) } else { self.open() };
        }
        let first = self.operand()?;
        let unary = first.as_plain().and_then(|text| text.strip_prefix('-'));
        if unary.is_some_and(|op| op.len() == 1 && UNARY.contains(op)) {
            tokens.push(Token::Op(first.as_plain().unwrap_or_default().into()));
            tokens.push(Token::Word(self.operand()?));
            return Ok(());
        }
        tokens.push(Token::Word(first));
        self.blanks();
        if self.sees("]]") || self.sees("&&") || self.sees("||") || self.sees(")") {
            return Ok(());
        }
        if self.sees("<") || self.sees(">") {
            let op = if self.take("<") { "<" } else { ">" };
            self.at += usize::from(op == ">");
            tokens.push(Token::Op(op.into()));
        } else {
            let op = self.operand()?;
            let Some(op) = op.as_plain().filter(|op| BINARY.contains(op)) else {
                return self.unclear("a test that is not known");
            };
            tokens.push(Token::Op(op.into()));
        }
        tokens.push(Token::Word(self.operand()?));
        Ok(())
    }

    fn operand(&mut self) -> Result<Word> {
        self.blanks();
        if self.peek().is_none_or(|c| "\n;&|()<>".contains(c)) || self.at_word("]]") {
            return self.unclear("a test that is not known");
        }
        let word = self.word()?;
        // What looks like a pattern of several shapes is read differently here.
        if self.sees("(") { self.open() } else { Ok(word) }
    }

    /// Up to `))`, with the commands in it.
    pub(super) fn arithmetic(&mut self) -> Result<Raw> {
        self.deeper(|parser| {
            let start = parser.at;
            let mut inner = Vec::new();
            let mut open = 0_u32;
            loop {
                match parser.peek() {
                    None | Some('\'' | '"' | '\\' | '\n' | '#') => {
                        return parser.unclear("arithmetic that is not plain");
                    }
                    Some('$' | '`') => parser.nested(&mut inner)?,
                    Some('(') => {
                        open += 1;
                        parser.at += 1;
                    }
                    Some(')') if open == 0 => {
                        let text = parser.text[start..parser.at].to_owned();
                        return if parser.take("))") {
                            Ok(Raw { text, inner })
                        } else {
                            parser.unclear("arithmetic that is not plain")
                        };
                    }
                    Some(')') => {
                        open -= 1;
                        parser.at += 1;
                    }
                    Some(c) => parser.at += c.len_utf8(),
                }
            }
        })
    }
}
