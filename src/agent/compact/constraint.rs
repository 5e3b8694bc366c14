//! Sentences of the user's that say what must or must not be: they are kept word for word.

/// Words that make a sentence a constraint, in lower case, as whole words.
const WORDS: &[&str] = &[
    "must",
    "never",
    "always",
    "only",
    "not",
    "no",
    "don't",
    "dont",
    "doesn't",
    "can't",
    "cannot",
    "won't",
    "mustn't",
    "shouldn't",
    "should",
    "shall",
    "avoid",
    "without",
    "require",
    "requires",
    "required",
    "ensure",
    "forbidden",
    "exactly",
    "important",
    "prefer",
    "instead",
    "keep",
    "leave",
    "limit",
    "maximum",
    "minimum",
    "constraint",
    "constraints",
    "unless",
    "except",
    "careful",
    // German, French, Spanish
    "nie",
    "niemals",
    "immer",
    "nicht",
    "muss",
    "müssen",
    "nur",
    "ohne",
    "kein",
    "keine",
    "keinen",
    "jamais",
    "toujours",
    "pas",
    "doit",
    "seulement",
    "sans",
    "uniquement",
    "nunca",
    "siempre",
    "debe",
    "solo",
    "sólo",
    "sin",
];

/// The same in scripts that put no space between words.
const PARTS: &[&str] = &[
    "不要",
    "必须",
    "禁止",
    "只能",
    "总是",
    "不得",
    "务必",
    "ないで",
    "必ず",
    "하지 마",
    "반드시",
];

/// The sentences of a text that sound like constraints, as they stand in it.
pub(super) fn constraints(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(sentences).filter(|sentence| is_constraint(sentence))
}

fn is_constraint(sentence: &str) -> bool {
    let lower = sentence.to_lowercase().replace('’', "'");
    let mut words = lower.split(|c: char| !c.is_alphanumeric() && c != '\'');
    words.any(|word| WORDS.contains(&word)) || PARTS.iter().any(|part| lower.contains(part))
}

/// The sentences of a line: a full stop inside a word or a number ends none.
fn sentences(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line.trim();
    std::iter::from_fn(move || {
        let mut ends =
            rest.char_indices().filter(|(_, c)| matches!(c, '.' | '!' | '?' | '。' | '！'));
        let end = ends.find_map(|(at, c)| {
            let after = at + c.len_utf8();
            let ends = c.len_utf8() > 1 || rest[after..].starts_with(char::is_whitespace);
            ends.then_some(after)
        });
        let (sentence, left) = rest.split_at(end.unwrap_or(rest.len()));
        rest = left.trim_start();
        (!sentence.is_empty()).then_some(sentence)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_is_found_and_stays_as_it_was_written() {
        let table: [(&str, &[&str]); 6] = [
            ("Build it. Never touch v1.2 of api.rs! Thanks.", &["Never touch v1.2 of api.rs!"]),
            ("Please add a test.", &[]),
            ("- don’t use unwrap\n- use tabs", &["- don’t use unwrap"]),
            ("Nothing here is known.", &[]),
            ("Ändere die API nicht. Danke", &["Ändere die API nicht."]),
            ("先写测试。不要改公共接口。", &["不要改公共接口。"]),
        ];
        for (text, expected) in table {
            assert_eq!(constraints(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
