//! What a file is by its first bytes.

/// The media type of a picture that models take: PNG, JPEG, GIF or WebP.
pub fn media_type(head: &[u8]) -> Option<&'static str> {
    match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some("image/png"),
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// The columns and rows of a picture; none where its head does not say.
pub fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let big = |at: usize, len: usize| {
        let part = bytes.get(at..at + len)?;
        Some(part.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    };
    let small = |at: usize, len: usize| {
        let part = bytes.get(at..at + len)?;
        Some(part.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    };
    match media_type(bytes)? {
        "image/png" => Some((big(16, 4)?, big(20, 4)?)),
        "image/gif" => Some((small(6, 2)?, small(8, 2)?)),
        "image/jpeg" => {
            let mut at = 2;
            // Segments follow each other; the one that begins the frame has the size.
            loop {
                let marker = big(at + 1, 1)?;
                match (big(at, 1)?, marker) {
                    (0xFF, 0xC0..=0xCF) if ![0xC4, 0xC8, 0xCC].contains(&marker) => {
                        return Some((big(at + 7, 2)?, big(at + 5, 2)?));
                    }
                    (0xFF, 0xFF) => at += 1,
                    (0xFF, _) => at += 2 + big(at + 2, 2)?.max(2) as usize,
                    _ => return None,
                }
            }
        }
        _ => match bytes.get(12..16)? {
            b"VP8X" => Some((small(24, 3)? + 1, small(27, 3)? + 1)),
            b"VP8 " => Some((small(26, 2)? & 0x3FFF, small(28, 2)? & 0x3FFF)),
            b"VP8L" => {
                let bits = small(21, 4)?;
                Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
            }
            _ => None,
        },
    }
}

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

    #[test]
    fn sizes() {
        let mut png = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 5, 0, 0, 0, 2, 0xD0]);
        let jpeg =
            [&[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2][..], &[0xFF, 0xC0, 0, 17, 8, 2, 0xD0, 5, 0, 3]];
        let mut webp = b"RIFF\0\0\0\0WEBPVP8X".to_vec();
        webp.extend([0; 8]);
        webp.extend([0xFF, 4, 0, 0xCF, 2, 0]);
        let table = [
            (png, Some((1280, 720))),
            (b"GIF89a\x00\x05\xD0\x02".to_vec(), Some((1280, 720))),
            (jpeg.concat(), Some((1280, 720))),
            (webp, Some((1280, 720))),
            (b"\x89PNG\r\n\x1A\n".to_vec(), None),
            (vec![0xFF, 0xD8, 0xFF, 0xE0], None),
            (b"text".to_vec(), None),
        ];
        for (bytes, expected) in table {
            assert_eq!(size(&bytes), expected, "{bytes:?}");
        }
    }

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
