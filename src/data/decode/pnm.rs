//! Netpbm (PBM, PGM, PPM, PAM), the form of old sets such as MIAS and STARE: the header. The `image` crate decodes.

use super::source::io_reason;
use std::io::{BufRead, BufReader, Read};

/// Comments may be long, but not this long.
const MAX_HEADER: u64 = 64 << 10;

/// Whether a file begins with the header of a picture, and not with a word such as `P1`.
pub fn begins(start: &[u8]) -> bool {
    matches!(start, [b'P', b'1'..=b'7', b' ' | b'\t' | b'\n' | b'\r', ..]) && size(start).is_ok()
}

/// Width and height.
pub fn dimensions(file: impl Read) -> Result<[u64; 2], String> {
    size(BufReader::new(file.take(MAX_HEADER)))
}

/// Blanks out the comments of a picture written in digits, where they may stand anywhere; the decoder knows them in headers alone.
pub fn without_comments(mut bytes: Vec<u8>) -> Vec<u8> {
    if matches!(bytes[..], [b'P', b'1'..=b'3', ..]) {
        let mut is_comment = false;
        for byte in &mut bytes {
            is_comment = *byte == b'#' || is_comment && !matches!(byte, b'\n' | b'\r');
            if is_comment {
                *byte = b' ';
            }
        }
    }
    bytes
}

fn size(mut header: impl BufRead) -> Result<[u64; 2], String> {
    let mut line = Vec::new();
    let mut words: Vec<String> = Vec::new();
    while header.read_until(b'\n', &mut line).map_err(|e| io_reason(&e))? > 0 {
        let text = String::from_utf8_lossy(&line);
        words.extend(text.split('#').next().unwrap_or_default().split_ascii_whitespace().map(str::to_string));
        line.clear();
        // A PAM names its sides, the others begin with them.
        let named = |name| words.iter().position(|w| w == name).and_then(|i| words.get(i + 1));
        let sides = match words.first().map(String::as_str) {
            Some("P7") => named("WIDTH").zip(named("HEIGHT")),
            _ => words.get(1).zip(words.get(2)),
        };
        if let Some((width, height)) = sides {
            let side = |word: &String| word.parse().map_err(|_| "has a header that is no Netpbm header".to_string());
            return Ok([side(width)?, side(height)?]);
        }
    }
    Err("is cut short within its header".into())
}

#[cfg(test)]
mod tests {
    use super::{super::decode, *};
    use crate::data::pixels::Picture;

    #[test]
    fn headers_are_read_with_their_comments() {
        assert_eq!(size(&b"P5\n# a comment 7\n64 48 # more\n255\n"[..]), Ok([64, 48]));
        assert_eq!(size(&b"P6 3 2 255 "[..]), Ok([3, 2]));
        assert_eq!(size(&b"P7\nWIDTH 3\nHEIGHT 2\nDEPTH 1\nENDHDR\n"[..]), Ok([3, 2]));
        assert_eq!(size(&b"P2\n12\n#\n34\n65535\n"[..]), Ok([12, 34]));
        assert!(!begins(b"P1 of the study") && !begins(b"P7\nWIDTH 3\n") && !begins(b"P5") && begins(b"P4\n8 1\n"));
    }

    #[test]
    fn every_kind_is_decoded_to_what_its_greatest_value_says() {
        let files: [(&[u8], &[f32]); 9] = [
            (b"P2\n3 1\n4\n0 2\n# the last one: 3\n4\n", &[0.0, 0.5, 1.0]),
            (b"P1\n# one\n3 1\n1 0 # two\n1\n", &[0.0, 1.0, 0.0]),
            (b"P1\n3 1\n1 0 1\n", &[0.0, 1.0, 0.0]),
            (b"P4\n3 1\n\xa0", &[0.0, 1.0, 0.0]),
            (b"P2\n3 1\n4\n0 2 4\n", &[0.0, 0.5, 1.0]),
            (b"P5\n3 1\n255\n\x00\x33\xff", &[0.0, 0.2, 1.0]),
            (b"P5\n3 1\n4095\n\x00\x00\x03\x33\x0f\xff", &[0.0, 0.2, 1.0]),
            (b"P3\n1 1\n255\n255 0 51\n", &[1.0, 0.0, 0.2]),
            (b"P6\n1 1\n255\n\xff\x00\x33", &[1.0, 0.0, 0.2]),
        ];
        let dir = tempfile::tempdir().unwrap();
        for (bytes, expected) in files {
            let path = dir.path().join("x");
            std::fs::write(&path, bytes).unwrap();
            let picture = Picture::copy_of(&decode(&path, 0).unwrap());
            assert!(picture.data.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.01), "{picture:?}, {expected:?}");
            assert_eq!(picture.data.len(), expected.len());
        }
        let path = dir.path().join("short");
        std::fs::write(&path, b"P5\n3 2\n255\n\x00\x33").unwrap();
        assert!(decode(&path, 0).unwrap_err().contains("cut short"), "{:?}", decode(&path, 0));
    }
}
