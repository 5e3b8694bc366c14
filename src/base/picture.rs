//! What a picture or a document is by its bytes: its media type and how large it is.

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

/// Is it a PDF document that begins like this?
pub fn is_pdf(head: &[u8]) -> bool {
    head.starts_with(b"%PDF-")
}

/// How many pages a PDF document has, as far as it says so in the open; none where its pages are
/// written down compressed.
pub fn pages(pdf: &[u8]) -> Option<usize> {
    const PAGE: &[u8] = b"/Page";
    let is_page = |at: usize| {
        let before = pdf[..at].trim_ascii_end();
        let after = pdf.get(at + PAGE.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        after && before.ends_with(b"/Type")
    };
    let starts = pdf.windows(PAGE.len()).enumerate().filter(|(_, bytes)| *bytes == PAGE);
    let found = starts.filter(|(at, _)| is_page(*at)).count();
    (found > 0).then_some(found)
}

/// Width and height in pixels; none where it is no picture or does not say.
pub fn size(content: &[u8]) -> Option<(u32, u32)> {
    match media_type(content)? {
        "image/png" => Some((big(content.get(16..20)?), big(content.get(20..24)?))),
        "image/gif" => Some((little(content.get(6..8)?), little(content.get(8..10)?))),
        "image/webp" => webp(content),
        _ => jpeg(content),
    }
}

fn big(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn little(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// The three forms of RFC 9649.
fn webp(content: &[u8]) -> Option<(u32, u32)> {
    match content.get(12..16)? {
        b"VP8X" => Some((little(content.get(24..27)?) + 1, little(content.get(27..30)?) + 1)),
        b"VP8L" => {
            let bits = little(content.get(21..25)?);
            Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        }
        b"VP8 " => {
            let side = |at: usize| Some(little(content.get(at..at + 2)?) & 0x3FFF);
            Some((side(26)?, side(28)?))
        }
        _ => None,
    }
}

/// Goes from segment to segment to the first that starts a frame (ITU T.81).
fn jpeg(content: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let (0xFF, kind) = (*content.get(at)?, *content.get(at + 1)?) else { return None };
        match kind {
            // A filler before the marker.
            0xFF => at += 1,
            0xC0..=0xCF if !matches!(kind, 0xC4 | 0xC8 | 0xCC) => {
                let side = |from: usize| Some(big(content.get(from..from + 2)?));
                return Some((side(at + 7)?, side(at + 5)?));
            }
            0x01 | 0xD0..=0xD9 => at += 2,
            _ => at += 2 + big(content.get(at + 2..at + 4)?) as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case<'a> = (&'a [u8], Option<(u32, u32)>);

    #[test]
    fn pages_are_counted_where_they_are_seen() {
        let table: [(&[u8], Option<usize>); 5] = [
            (b"%PDF-1.4 /Type /Pages /Count 2 <</Type /Page>> <</Type/Page/Parent 1>>", Some(2)),
            (b"%PDF-1.7 /Type /ObjStm stream", None),
            (b"/Type\n/Page", Some(1)),
            (b"/Page /PageMode", None),
            (b"", None),
        ];
        for (content, expected) in table {
            assert_eq!(pages(content), expected, "{content:?}");
        }
        assert!(is_pdf(b"%PDF-1.4") && !is_pdf(b"%PD") && !is_pdf(b" %PDF-"));
    }

    #[test]
    fn the_size_is_read_from_each_sort() {
        let png = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\x05\0\0\0\x02\xD0";
        let gif = b"GIF89a\x10\0\x20\0";
        let jpeg = b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xFF\xC2\0\x11\x08\x01\x02\x03\x04";
        let webp = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x0F\0\0\x1F\0\0";
        let lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2F\x0F\xC0\x07\0";
        let table: [Case<'_>; 8] = [
            (png, Some((1280, 720))),
            (gif, Some((16, 32))),
            (jpeg, Some((0x304, 0x102))),
            (webp, Some((16, 32))),
            (lossless, Some((16, 32))),
            (&png[..20], None),
            (b"\xFF\xD8\xFF\xE0\0\0", None),
            (b"text", None),
        ];
        for (content, expected) in table {
            assert_eq!(size(content), expected, "{content:?}");
        }
    }
}
