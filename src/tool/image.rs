//! What sort of binary a file is by its first bytes.

/// What sort of binary the content is that begins like this; none where it is text.
///
/// Text has no NUL and is UTF-8 but for a tenth of its characters: files in an old encoding are
/// still shown.
pub(super) fn binary(head: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 7] = [
        (b"%PDF-", "PDF"),
        (b"PK\x03\x04", "ZIP archive"),
        (b"\x1F\x8B", "gzip"),
        (b"\x7FELF", "ELF program"),
        (b"SQLite format 3\0", "SQLite database"),
        (b"\xFF\xFE", "UTF-16 text"),
        (b"\xFE\xFF", "UTF-16 text"),
    ];
    if let Some((_, sort)) = known.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(sort);
    }
    let text = String::from_utf8_lossy(head);
    let odd = text.chars().filter(|&c| c == char::REPLACEMENT_CHARACTER).count();
    // A character cut at the end of the head is none of them.
    (head.contains(&0) || odd.saturating_sub(1) * 10 > text.chars().count())
        .then_some("unknown format")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::picture::media_type;

    #[test]
    fn first_bytes() {
        let table: [(&[u8], Option<&str>, Option<&str>); 8] = [
            (b"\x89PNG\r\n\x1A\n..", Some("image/png"), None),
            (b"RIFF\x01\x02\x03\x04WEBP", Some("image/webp"), None),
            (b"GIF89a", Some("image/gif"), None),
            (b"fn main() {}", None, None),
            (b"caf\xe9 and a longer text in latin-1", None, None),
            (b"a\0b", None, Some("unknown format")),
            (b"%PDF-1.7", None, Some("PDF")),
            (b"", None, None),
        ];
        for (head, media, sort) in table {
            assert_eq!(media_type(head), media, "{head:?}");
            assert_eq!(binary(head), sort, "{head:?}");
        }
    }
}
