//! How many pixels the bytes of a file can hold, asked before room is made for them: a file of some bytes may say that it has 200
//! megapixels.
//!
//! A picture of one colour is the densest there is, and it is read: the bounds are those of the encodings, not of what is usual.

use image::ImageFormat;

/// So many pixels are taken without a question: their room is small, and decoders say better what is wrong.
const FREE: u64 = 4_000_000;
/// Pixels that are free where a picture of one colour takes no bytes for its pixels.
const FREE_OF_NOTHING: u64 = 32_000_000;

/// Bytes that one byte of the encoding can become. Of deflate, where two bits repeat 258 bytes;
pub const DEFLATE: u64 = 1032;
/// of LZW, where a code of 12 bits stands for all that its table can hold;
pub const LZW: u64 = 2731;
/// of PackBits, where two bytes are 128;
pub const PACK_BITS: u64 = 64;
/// of the run lengths of BMP, where two bytes are 255 pixels;
const BMP_RUNS: u64 = 128;
/// of Zstandard, where four bytes are a block of 128 KiB.
pub const ZSTD: u64 = 32_768;
/// Pixels that a byte of a JPEG can become: a bit a block at least, and few components have a block for each 64 pixels. The
/// macroblocks of a lossy WebP take about as much.
const JPEG: u64 = 1024;

/// How densely an encoding can pack pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Density {
    /// Bits of an unpacked pixel, at least.
    bits: u64,
    /// Unpacked bytes of one packed byte, at most.
    ratio: u64,
    /// Pixels that are taken in any case.
    free: u64,
}

impl Density {
    /// Pixels of `bits` bits, packed at most `ratio` to one.
    pub const fn new(bits: u64, ratio: u64) -> Self {
        Self { bits, ratio, free: FREE }
    }

    pub const fn jpeg() -> Self {
        Self::new(8, JPEG)
    }

    /// For encodings in which pictures of one colour may take no bytes: lossless WebP, JPEG 2000. Larger ones than the free size are
    /// read where they have as many bytes as a JPEG would.
    pub const fn unbounded() -> Self {
        Self { free: FREE_OF_NOTHING, ..Self::jpeg() }
    }

    /// By the first bytes of a file.
    pub fn of(format: ImageFormat, start: &[u8]) -> Self {
        let byte = |at: usize| u64::from(start.get(at).copied().unwrap_or(0));
        match format {
            ImageFormat::Png => {
                let samples = [1, 1, 3, 1, 2, 1, 4].get(byte(25) as usize).copied().unwrap_or(1);
                Self::new(byte(24) * samples, DEFLATE)
            }
            ImageFormat::Gif => Self::new(8, LZW),
            // OS/2's header of 12 bytes has its bits elsewhere, and no compression.
            ImageFormat::Bmp if byte(14) == 12 => Self::new(byte(24), 1),
            ImageFormat::Bmp if matches!(byte(30), 1 | 2) => Self::new(8, BMP_RUNS),
            ImageFormat::Bmp => Self::new(byte(28), 1),
            ImageFormat::Pnm => {
                Self::new([8, 16, 48, 1, 8, 24, 8].get(byte(1).wrapping_sub(49) as usize).copied().unwrap_or(1), 1)
            }
            ImageFormat::WebP if start.get(12..16) != Some(b"VP8 ") => Self::unbounded(),
            _ => Self::jpeg(),
        }
    }

    /// Refuses more pixels than `length` bytes can hold. The error is a reason to show beside the file's name.
    pub fn check(self, [width, height]: [u32; 2], length: u64) -> Result<(), String> {
        let pixels = u64::from(width) * u64::from(height);
        let most = length.saturating_mul(self.ratio).saturating_mul(8) / self.bits.max(1);
        if pixels <= most.max(self.free) {
            return Ok(());
        }
        Err(if self.free == FREE_OF_NOTHING {
            let megapixels = FREE_OF_NOTHING / 1_000_000;
            format!(
                "says it is {width}x{height} pixels in {length} bytes; one as empty as that is read up to {megapixels} megapixels"
            )
        } else {
            format!("says it is {width}x{height} pixels, but {length} bytes cannot hold them: it is cut short or damaged")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_one_colour_are_taken_and_larger_ones_are_not() {
        let side = |density: Density, length: u64| {
            let fits = |side: &u32| density.check([*side, *side], length).is_ok();
            (1..=16_000u32).rev().find(fits).unwrap()
        };
        // 100 megapixels of 8 bits are 97 KB of deflate, of one bit 12 KB.
        assert_eq!(side(Density::new(8, DEFLATE), 96_900), 10_000);
        assert_eq!(side(Density::new(1, DEFLATE), 12_113), 10_000);
        assert_eq!(side(Density::new(24, 1), 30_000_000), 3162);
        assert_eq!(side(Density::new(8, LZW), 26), 2000, "what is free");
        assert_eq!(side(Density::unbounded(), 26), 5656);
    }

    #[test]
    fn headers_say_how_densely_their_pixels_can_lie() {
        let png = |depth: u8, kind: u8| [&[0; 24][..], &[depth, kind]].concat();
        let bmp = |size: u8, bits: u8, compression: u8| {
            let mut start = vec![0; 54];
            (start[14], start[if size == 12 { 24 } else { 28 }], start[30]) = (size, bits, compression);
            start
        };
        let webp = |kind: &[u8]| [&[0; 12][..], kind].concat();
        for (format, start, density) in [
            (ImageFormat::Png, png(16, 6), Density::new(64, DEFLATE)),
            (ImageFormat::Png, png(1, 0), Density::new(1, DEFLATE)),
            (ImageFormat::Bmp, bmp(12, 24, 1), Density::new(24, 1)),
            (ImageFormat::Bmp, bmp(40, 32, 0), Density::new(32, 1)),
            (ImageFormat::Bmp, bmp(40, 8, 1), Density::new(8, BMP_RUNS)),
            (ImageFormat::Pnm, b"P4".to_vec(), Density::new(1, 1)),
            (ImageFormat::Pnm, b"P6".to_vec(), Density::new(24, 1)),
            (ImageFormat::WebP, webp(b"VP8 "), Density::jpeg()),
            (ImageFormat::WebP, webp(b"VP8L"), Density::unbounded()),
        ] {
            assert_eq!(Density::of(format, &start), density, "{format:?}");
        }
    }
}
