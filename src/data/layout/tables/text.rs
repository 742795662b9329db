//! The bytes of a table as text, and its delimiter.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GBK, IBM866, ISO_8859_5, ISO_8859_7, KOI8_U, MACINTOSH, SHIFT_JIS, UTF_16BE, UTF_16LE,
    WINDOWS_1251, WINDOWS_1252, WINDOWS_1253,
};

/// Encodings of other scripts than the Latin one, in which every letter lies above ASCII.
const OTHER_SCRIPTS: [&Encoding; 11] =
    [GBK, BIG5, SHIFT_JIS, EUC_JP, EUC_KR, WINDOWS_1251, KOI8_U, IBM866, ISO_8859_5, WINDOWS_1253, ISO_8859_7];

/// The text, and what its encoding is called where it is not UTF-8.
pub fn decode(bytes: &[u8]) -> (String, Option<&'static str>) {
    let wide =
        |encoding: &'static Encoding, bytes: &[u8]| (encoding.decode_without_bom_handling(bytes).0.into_owned(), Some("UTF-16"));
    match bytes {
        [0xff, 0xfe, rest @ ..] => return wide(UTF_16LE, rest),
        [0xfe, 0xff, rest @ ..] => return wide(UTF_16BE, rest),
        _ => {}
    }
    // UTF-16 without its mark: every other byte of what is mostly ASCII is zero.
    let start = &bytes[..bytes.len().min(2048)];
    let zeros = |odd: usize| start.iter().skip(odd).step_by(2).filter(|&&b| b == 0).count() * 5 > start.len();
    if zeros(1) && !zeros(0) {
        return wide(UTF_16LE, bytes);
    } else if zeros(0) && !zeros(1) {
        return wide(UTF_16BE, bytes);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let read_as =
        |encoding: &'static Encoding| (encoding.decode_without_bom_handling(bytes).0.into_owned(), Some(encoding.name()));
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.into(), None),
        Err(_) if is_mostly_utf8(bytes) => (String::from_utf8_lossy(bytes).into_owned(), Some("UTF-8 with damaged letters")),
        Err(_) if let Some(encoding) = other_script(bytes) => read_as(encoding),
        // What Excel on a Mac saves: nothing else still ends its lines so.
        Err(_) if bytes.contains(&b'\r') && !bytes.contains(&b'\n') => {
            (MACINTOSH.decode_without_bom_handling(bytes).0.into_owned(), Some("MacRoman"))
        }
        // What Excel saves as CSV in western Europe and America.
        Err(_) => (WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), Some("Windows-1252")),
    }
}

/// Whether letters above ASCII are mostly those of UTF-8: a table of several sources, or one that was cut within a letter.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut letters, mut damaged) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        damaged += usize::from(!chunk.invalid().is_empty());
    }
    letters > damaged
}

/// The encoding of a text in another script. In a Latin one, letters with accents stand alone among others.
fn other_script(bytes: &[u8]) -> Option<&'static Encoding> {
    let bytes = &bytes[..bytes.len().min(1 << 20)];
    let is_high = |i: usize| bytes.get(i).is_some_and(|b| !b.is_ascii());
    let high = || (0..bytes.len()).filter(|&i| is_high(i));
    let alone = high().filter(|&i| !is_high(i + 1) && !is_high(i.wrapping_sub(1))).count();
    if alone * 2 > high().count() {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    Some(detector.guess(None, Utf8Detection::Deny)).filter(|encoding| OTHER_SCRIPTS.contains(encoding))
}

/// Whether bytes can be a table as text: neither a web page nor anything with zeros in it.
pub fn is_text(bytes: &[u8]) -> bool {
    let (text, _) = decode(&bytes[..bytes.len().min(4096)]);
    !text.contains('\0') && !text.trim_start_matches('\u{feff}').trim_start().starts_with('<')
}

/// The delimiter, by its count in the first line outside quotes that those behind it share, and where the table starts (after
/// Excel's `sep=;`).
pub fn dialect(text: &str) -> (u8, usize) {
    const LINES: usize = 20;
    let first = text.split(['\n', '\r']).next().unwrap_or_default();
    if let [b's', b'e', b'p', b'=', delimiter] = first.as_bytes() {
        let ends = text[first.len()..].bytes().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        return (*delimiter, first.len() + ends);
    }
    // How often each byte occurs in the first lines, quoted ends of lines among them.
    let mut lines = vec![[0usize; 256]];
    let mut quoted = false;
    for byte in text.bytes() {
        quoted ^= byte == b'"';
        let is_end = !quoted && matches!(byte, b'\n' | b'\r');
        if is_end && lines.len() > LINES {
            break;
        } else if is_end {
            lines.push([0; 256]);
        } else if let Some(line) = lines.last_mut().filter(|_| !quoted) {
            line[usize::from(byte)] += 1;
        }
    }
    lines.retain(|counts| counts.iter().any(|&n| n > 0));
    let count = |line: &[usize; 256], delimiter: u8| line[usize::from(delimiter)];
    // The last of equals is taken: the comma.
    let best = |line: &[usize; 256]| [b'|', b'\t', b';', b','].into_iter().max_by_key(|&d| count(line, d)).unwrap_or(b',');
    let is_shared = |at: usize, delimiter: u8| {
        let behind = &lines[at + 1..];
        let with = behind.iter().filter(|line| count(line, delimiter) > 0).count();
        count(&lines[at], delimiter) > 0 && (behind.is_empty() || with * 2 > behind.len())
    };
    if let Some(at) = (0..lines.len()).find(|&at| is_shared(at, best(&lines[at]))) {
        return (best(&lines[at]), 0);
    }
    // A blank divides only where nothing else does.
    let by_blanks = !lines.is_empty() && is_shared(0, b' ');
    (if by_blanks { b' ' } else { lines.first().map_or(b',', best) }, 0)
}

/// Lines of words between blanks, however many stand between them and at their ends, as in columns that are set below each other.
pub fn with_single_blanks(text: &str) -> String {
    let mut single = String::with_capacity(text.len());
    let mut quoted = false;
    for c in text.chars() {
        quoted ^= c == '"';
        if !quoted && c == ' ' && (single.is_empty() || single.ends_with([' ', '\n', '\r'])) {
            continue;
        }
        if !quoted && matches!(c, '\n' | '\r') && single.ends_with(' ') {
            single.pop();
        }
        single.push(c);
    }
    single.truncate(single.trim_end_matches(' ').len());
    single
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_by_the_bytes() {
        let utf16 = |order: fn(u16) -> [u8; 2]| "file;Läsion\n".encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let [little, big] = [utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)];
        for bytes in [&little, &big, &[&[0xff, 0xfe], &little[..]].concat(), &[&[0xfe, 0xff], &big[..]].concat()] {
            assert_eq!(decode(bytes), ("file;Läsion\n".into(), Some("UTF-16")));
        }
        assert_eq!(decode(b"file;L\xe4sion"), ("file;Läsion".into(), Some("Windows-1252")));
        assert_eq!(decode(b"file;label\ra;L\x8asion\r"), ("file;label\ra;Läsion\r".into(), Some("MacRoman")));
        assert_eq!(decode("\u{feff}file;Läsion".as_bytes()), ("file;Läsion".into(), None));
    }

    #[test]
    fn a_blank_divides_where_nothing_else_does() {
        assert_eq!(dialect("a.png 1\n").0, b' ');
        assert_eq!(dialect("a b.png,1\n").0, b',');
        assert_eq!(dialect("\"a b\"\n").0, b',');
        assert_eq!(with_single_blanks(" a.png   1 \r\n\n\"b  c\"  2\n "), "a.png 1\r\n\n\"b  c\" 2\n");
    }
}
