//! The bytes of a table as text, and its delimiter.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text, and what its encoding is called where it is not UTF-8.
pub fn decode(bytes: &[u8]) -> (String, Option<&'static str>) {
    let wide = |encoding: &'static encoding_rs::Encoding, bytes: &[u8]| {
        (encoding.decode_without_bom_handling(bytes).0.into_owned(), Some("UTF-16"))
    };
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
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.into(), None),
        // What Excel saves as CSV in western Europe and America.
        Err(_) => (WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), Some("Windows-1252")),
    }
}

/// The delimiter, by its count in the first line outside quotes, and where the table starts (after Excel's `sep=;`).
pub fn dialect(text: &str) -> (u8, usize) {
    let first = text.split(['\n', '\r']).next().unwrap_or_default();
    if let [b's', b'e', b'p', b'=', delimiter] = first.as_bytes() {
        let ends = text[first.len()..].bytes().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        return (*delimiter, first.len() + ends);
    }
    let mut quoted = false;
    let mut counts = [0usize; 256];
    for byte in first.bytes() {
        quoted ^= byte == b'"';
        counts[usize::from(byte)] += usize::from(!quoted);
    }
    // The last of equals is taken: the comma. A blank divides only where nothing else does.
    let delimiter = [b'|', b'\t', b';', b','].into_iter().max_by_key(|&d| counts[usize::from(d)]).unwrap_or(b',');
    (if counts[usize::from(delimiter)] == 0 && counts[usize::from(b' ')] > 0 { b' ' } else { delimiter }, 0)
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
        assert_eq!(decode("\u{feff}file;Läsion".as_bytes()), ("file;Läsion".into(), None));
    }

    #[test]
    fn a_blank_divides_where_nothing_else_does() {
        assert_eq!(dialect("a.png 1\n").0, b' ');
        assert_eq!(dialect("a b.png,1\n").0, b',');
        assert_eq!(dialect("\"a b\"\n").0, b',');
    }
}
