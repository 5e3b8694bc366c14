//! Amounts in a few letters: of money, of tokens.

/// An amount of US dollars: `$0.42`, `$0.0021`.
pub fn dollars(dollars: f64) -> String {
    if dollars < 0.01 { format!("${dollars:.4}") } else { format!("${dollars:.2}") }
}

/// A price in US dollars, without digits that say nothing: `$10`, `$0.75`, `$0.075`.
pub fn rate(dollars: f64) -> String {
    let text = format!("{dollars:.3}");
    match text.strip_suffix(".000") {
        Some(whole) => format!("${whole}"),
        None => format!("${}", text.strip_suffix('0').unwrap_or(&text)),
    }
}

/// An amount of tokens: `812`, `3.1k`, `68k`, `1.2M`.
pub fn tokens(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..10_000 => format!("{}.{}k", count / 1_000, count % 1_000 / 100),
        10_000..1_000_000 => format!("{}k", count / 1_000),
        _ => format!("{}.{}M", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}

/// A limit in tokens, as vendors say it: `200k`, `1M`.
pub fn limit(count: u64) -> String {
    let text = tokens(count);
    match text.split_once(".0") {
        Some((whole, unit)) => format!("{whole}{unit}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        let money = [(0.0021, "$0.0021"), (0.418, "$0.42"), (12.0, "$12.00"), (0.0, "$0.0000")];
        for (amount, want) in money {
            assert_eq!(dollars(amount), want);
        }
        let rates = [(10.0, "$10"), (0.75, "$0.75"), (0.1, "$0.10"), (0.075, "$0.075")];
        for (amount, want) in rates {
            assert_eq!(rate(amount), want);
        }
        let counts =
            [(0, "0"), (999, "999"), (3_149, "3.1k"), (68_400, "68k"), (1_250_000, "1.2M")];
        for (count, want) in counts {
            assert_eq!(tokens(count), want);
        }
        for (count, want) in [(200_000, "200k"), (1_048_576, "1M"), (4_096, "4k"), (8_192, "8.1k")]
        {
            assert_eq!(limit(count), want);
        }
    }
}
