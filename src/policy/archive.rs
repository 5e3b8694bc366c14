//! What `tar` writes: an archive, or the directory into which it unpacks.

use crate::shell::Field;

/// The words that name what is written.
pub(super) fn written(words: &[Field]) -> Vec<Field> {
    let (mut archives, mut dirs) = (Vec::new(), Vec::new());
    let (mut makes, mut unpacks) = (false, false);
    let mut rest = words.iter().enumerate();
    while let Some((at, field)) = rest.next() {
        let text = field.text.as_str();
        if let Some(long) = text.strip_prefix("--") {
            let name = long.split('=').next().unwrap_or_default();
            let is = |full: &[&str]| !name.is_empty() && full.iter().any(|f| f.starts_with(name));
            makes |= is(&["create", "append", "update", "concatenate", "catenate", "delete"]);
            unpacks |= is(&["extract", "get"]);
            let value = match long.split_once('=') {
                Some((_, value)) => Some(Field { text: value.to_owned(), ..field.clone() }),
                None => rest.clone().next().map(|(_, value)| value.clone()),
            };
            match value {
                Some(value) if is(&["file"]) => archives.push(value),
                Some(value) if is(&["directory"]) => dirs.push(value),
                _ => {}
            }
            continue;
        }
        // The first word may leave its dash out; the values of its letters follow in order.
        let old = at == 0 && !text.starts_with('-');
        let Some(letters) = text.strip_prefix('-').or(Some(text).filter(|_| old)) else { continue };
        for (place, c) in letters.char_indices() {
            makes |= matches!(c, 'c' | 'r' | 'u' | 'A');
            unpacks |= c == 'x';
            if !matches!(c, 'f' | 'C') {
                continue;
            }
            let glued = &letters[place + 1..];
            let value = if old || glued.is_empty() {
                rest.next().map(|(_, value)| value.clone())
            } else {
                Some(Field { text: glued.to_owned(), ..field.clone() })
            };
            let list = if c == 'f' { &mut archives } else { &mut dirs };
            list.extend(value);
            if !old {
                break;
            }
        }
    }
    let archives = archives.into_iter().filter(|_| makes);
    archives.chain(dirs.into_iter().filter(|_| unpacks)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_and_where_it_is_unpacked() {
        let table: &[(&str, &[&str])] = &[
            ("-tf a.tar", &[]),
            ("xf a.tar", &[]),
            ("-xf a.tar -C d", &["d"]),
            ("xfC a.tar d", &["d"]),
            ("-x --file a.tar --directory d", &["d"]),
            ("czf a.tgz src", &["a.tgz"]),
            ("-c -f a.tar -C d src", &["a.tar"]),
            ("--create --file a.tar src", &["a.tar"]),
            ("-cfa.tar src", &["a.tar"]),
            ("--directory=d -xf a.tar", &["d"]),
        ];
        for (text, expected) in table {
            let words: Vec<Field> = text
                .split(' ')
                .map(|word| Field { text: word.into(), ..Field::default() })
                .collect();
            let got = written(&words);
            let got: Vec<_> = got.iter().map(|field| field.text.as_str()).collect();
            assert_eq!(&got, expected, "{text}");
        }
    }
}
