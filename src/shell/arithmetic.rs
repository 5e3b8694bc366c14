//! What `$(( … ))` gives, where it holds nothing but numbers.

/// Operators of two sides, the tightest last; of one level, from left to right.
const LEVELS: &[&[&str]] = &[
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// Parentheses and signs inside each other.
const DEEPEST: u32 = 32;

/// The value; none where it is not certain: a name, a number too large, a power, a choice.
pub(super) fn value(text: &str) -> Option<i64> {
    let mut sum = Sum { rest: text, depth: 0 };
    let value = sum.level(0)?;
    sum.rest.trim_start().is_empty().then_some(value)
}

struct Sum<'a> {
    rest: &'a str,
    depth: u32,
}

impl Sum<'_> {
    fn take(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start();
        let taken = rest.strip_prefix(sign);
        self.rest = taken.unwrap_or(rest);
        taken.is_some()
    }

    /// The operator of this level that comes next; `<` is none of `<<` and `<=`.
    fn operator(&mut self, level: usize) -> Option<&'static str> {
        let rest = self.rest.trim_start();
        let longer = LEVELS.iter().copied().flatten().chain(&["**"]);
        let next = longer.filter(|sign| rest.starts_with(**sign)).max_by_key(|sign| sign.len())?;
        if !LEVELS[level].contains(next) {
            return None;
        }
        self.take(next).then_some(*next)
    }

    fn level(&mut self, level: usize) -> Option<i64> {
        if level == LEVELS.len() {
            return self.one();
        }
        let mut value = self.level(level + 1)?;
        while let Some(sign) = self.operator(level) {
            value = apply(sign, value, self.level(level + 1)?)?;
        }
        Some(value)
    }

    fn one(&mut self) -> Option<i64> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let value = if self.take("(") {
            let inside = self.level(0)?;
            self.take(")").then_some(inside)
        } else if self.take("!") {
            Some(i64::from(self.one()? == 0))
        } else if self.take("~") {
            Some(!self.one()?)
        } else if self.rest.starts_with("--") || self.rest.starts_with("++") {
            None
        } else if self.take("-") {
            self.one()?.checked_neg()
        } else if self.take("+") {
            self.one()
        } else {
            self.number()
        };
        self.depth -= 1;
        value
    }

    fn number(&mut self) -> Option<i64> {
        let rest = self.rest;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, rest) = rest.split_at(end);
        // A zero before it makes it octal.
        let octal = digits.len() > 1 && digits.starts_with('0');
        self.rest = rest;
        i64::from_str_radix(digits, if octal { 8 } else { 10 }).ok()
    }
}

fn apply(sign: &str, a: i64, b: i64) -> Option<i64> {
    let shift = u32::try_from(b).ok().filter(|bits| *bits < 64);
    match sign {
        "||" => Some(i64::from(a != 0 || b != 0)),
        "&&" => Some(i64::from(a != 0 && b != 0)),
        "|" => Some(a | b),
        "^" => Some(a ^ b),
        "&" => Some(a & b),
        "==" => Some(i64::from(a == b)),
        "!=" => Some(i64::from(a != b)),
        "<=" => Some(i64::from(a <= b)),
        ">=" => Some(i64::from(a >= b)),
        "<" => Some(i64::from(a < b)),
        ">" => Some(i64::from(a > b)),
        "<<" => a.checked_shl(shift?),
        ">>" => a.checked_shr(shift?),
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "/" => a.checked_div(b),
        "%" => a.checked_rem(b),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_bash_works_it_out() {
        let table = [
            ("3*14", Some(42)),
            (" 1 + 2 * 3 ", Some(7)),
            ("(1+2)*3", Some(9)),
            ("-3 - -4", Some(1)),
            ("7/2", Some(3)),
            ("-7%3", Some(-1)),
            ("010", Some(8)),
            ("1<<4|1", Some(17)),
            ("2>1 && !0", Some(1)),
            ("~0", Some(-1)),
            ("5 <= 4", Some(0)),
            ("10-2-3", Some(5)),
            ("1/0", None),
            ("2**3", None),
            ("1?2:3", None),
            ("08", None),
            ("--1", None),
            ("9223372036854775807+1", None),
            ("", None),
            ("x", None),
            ("1 2", None),
        ];
        for (text, expected) in table {
            assert_eq!(value(text), expected, "{text}");
        }
        assert_eq!(value(&"(".repeat(100_000)), None);
        assert_eq!(value(&"!".repeat(100_000)), None);
    }
}
