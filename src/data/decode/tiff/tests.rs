//! TIFF files made here, and the pixels that are written down of them.

use super::{
    super::{decode, header::probe, raster::Remark},
    decode_at, tags,
};
use crate::data::pixels::Picture;
use std::{
    cell::Cell,
    io::{Cursor, Read, Seek, SeekFrom, Write},
};
use tiff::{
    encoder::{TiffEncoder, TiffKind, colortype::Gray8},
    tags::Tag,
};

/// A file of one strip, or of one tile where the tags give its size, or of one for each of three planes: tags of whole numbers, then
/// the pixels. `big_endian`, and as BigTIFF.
fn tiff(tags: &[(u16, &[u16])], pixels: &[u8], big_endian: bool, big: bool) -> tempfile::NamedTempFile {
    let number = |value: u64, size: usize| {
        let mut bytes = value.to_le_bytes()[..size].to_vec();
        if big_endian {
            bytes.reverse();
        }
        bytes
    };
    let wide = if big { 8 } else { 4 };
    let mut tags: Vec<(u16, Vec<u16>)> = tags.iter().map(|(tag, values)| (*tag, values.to_vec())).collect();
    let has = |tag, value: Option<u16>| tags.iter().any(|(t, values)| *t == tag && value.is_none_or(|v| values == &[v]));
    let (places, lengths) = if has(322, None) { (324, 325) } else { (273, 279) };
    let parts = if has(284, Some(2)) { 3 } else { 1 };
    tags.extend([(places, vec![0; parts]), (lengths, vec![(pixels.len() / parts) as u16; parts])]);
    tags.sort();
    let mut bytes = if big_endian { b"MM".to_vec() } else { b"II".to_vec() };
    bytes.extend(if big {
        [number(43, 2), number(8, 2), number(0, 2), number(16, 8)].concat()
    } else {
        [number(42, 2), number(8, 4)].concat()
    });
    let counter = if big { 8 } else { 2 };
    let mut after = bytes.len() + counter + tags.len() * (4 + 2 * wide) + wide;
    bytes.extend(number(tags.len() as u64, counter));
    let mut tail = Vec::new();
    for (tag, values) in &tags {
        bytes.extend([number((*tag).into(), 2), number(3, 2), number(values.len() as u64, wide)].concat());
        let values: Vec<u8> = if *tag == places {
            let first = after + tail.len();
            tail.extend(pixels);
            (0..parts).flat_map(|part| number((first + part * pixels.len() / parts) as u64, 2)).collect()
        } else {
            values.iter().flat_map(|&v| number(v.into(), 2)).collect()
        };
        if values.len() <= wide {
            bytes.extend(&values);
            bytes.resize(bytes.len() + wide - values.len(), 0);
        } else {
            bytes.extend(number((after + tail.len()) as u64, wide));
            tail.extend(values);
        }
    }
    after = 0;
    bytes.extend(number(after as u64, wide));
    bytes.extend(tail);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    file
}

fn picture(file: &tempfile::NamedTempFile) -> Picture {
    Picture::copy_of(&decode(file.path(), 0).unwrap())
}

/// Red, green and blue of a pixel, 0 to 255.
fn rgb(picture: &Picture, pixel: usize) -> [f32; 3] {
    [0, 1, 2].map(|c| (picture.plane(c)[pixel] * 255.0).round())
}

#[test]
fn rows_and_columns_are_turned_upright() {
    let grey = [(258, &[8u16][..]), (259, &[1]), (262, &[1]), (277, &[1])];
    // Stored 3 wide and 2 high; upright it begins with the corner that the tag names.
    let expected: [(u16, [usize; 2], [u8; 6]); 8] = [
        (1, [3, 2], [0, 1, 2, 3, 4, 5]),
        (2, [3, 2], [2, 1, 0, 5, 4, 3]),
        (3, [3, 2], [5, 4, 3, 2, 1, 0]),
        (4, [3, 2], [3, 4, 5, 0, 1, 2]),
        (5, [2, 3], [0, 3, 1, 4, 2, 5]),
        (6, [2, 3], [3, 0, 4, 1, 5, 2]),
        (7, [2, 3], [5, 2, 4, 1, 3, 0]),
        (8, [2, 3], [2, 5, 1, 4, 0, 3]),
    ];
    for (orientation, size, values) in expected {
        let orientations = [orientation];
        let tags = [&grey[..], &[(256, &[3]), (257, &[2]), (278, &[2]), (274, &orientations)]].concat();
        let picture = picture(&tiff(&tags, &[0, 1, 2, 3, 4, 5], false, false));
        assert_eq!([picture.width, picture.height], size, "{orientation}");
        assert_eq!(picture.data.iter().map(|v| (v * 255.0).round() as u8).collect::<Vec<_>>(), values, "{orientation}");
    }
}

#[test]
fn palettes_of_all_depths_are_looked_up() {
    for (bits, pixels) in [(8u16, &[2u8, 0, 1][..]), (4, &[0x20, 0x10]), (2, &[0b1000_0100]), (1, &[0b0010_0000])] {
        let mut map = vec![0u16; 3 << bits];
        let entries = if bits == 1 {
            vec![[0xff00, 0, 0], [0, 0xff00, 0]]
        } else {
            vec![[0xff00, 0, 0], [0, 0xff00, 0], [0x8000, 0, 0xff00]]
        };
        for (i, colour) in entries.iter().enumerate() {
            (0..3).for_each(|c| map[(c << bits) + i] = colour[c]);
        }
        for (big_endian, big) in [(false, false), (true, false), (false, true)] {
            let tags = [
                (256, &[3u16][..]),
                (257, &[1]),
                (258, &[bits]),
                (259, &[1]),
                (262, &[3]),
                (277, &[1]),
                (278, &[1]),
                (320, &map),
            ];
            let file = tiff(&tags, pixels, big_endian, big);
            assert_eq!(probe(file.path()).unwrap().pages, [(0, [3, 1])]);
            let found = [0, 1, 2].map(|i| rgb(&picture(&file), i));
            let expected = match bits {
                1 => [[254., 0., 0.], [254., 0., 0.], [0., 254., 0.]],
                _ => [[128., 0., 254.], [254., 0., 0.], [0., 254., 0.]],
            };
            assert!(
                found.as_flattened().iter().zip(expected.as_flattened()).all(|(a, b)| (a - b).abs() <= 1.0),
                "{bits}: {found:?}"
            );
        }
    }
}

#[test]
fn ycbcr_with_shared_colours_is_read() {
    // Red (76, 85, 255) and grey (128, 128, 128).
    for (shared, pixels) in [
        ([2u16, 2u16], &[76u8, 76, 76, 76, 85, 255, 128, 128, 128, 128, 128, 128][..]),
        ([2, 1], &[76, 76, 85, 255, 128, 128, 128, 128, 76, 76, 85, 255, 128, 128, 128, 128]),
        (
            [1, 1],
            &[76, 85, 255, 76, 85, 255, 128, 128, 128, 128, 128, 128, 76, 85, 255, 76, 85, 255, 128, 128, 128, 128, 128, 128],
        ),
    ] {
        let tags = [
            (256, &[4u16][..]),
            (257, &[2]),
            (258, &[8, 8, 8]),
            (259, &[1]),
            (262, &[6]),
            (277, &[3]),
            (278, &[2]),
            (530, &shared),
        ];
        let picture = picture(&tiff(&tags, pixels, false, false));
        for (pixel, expected) in [(0, [254., 0., 0.]), (5, [254., 0., 0.]), (2, [128.; 3]), (7, [128.; 3])] {
            assert_eq!(rgb(&picture, pixel), expected, "{shared:?}, {pixel}");
        }
    }
}

#[test]
fn twelve_bits_are_read_packed_and_told_in_sixteen() {
    let tags = |bits: &'static [u16], photometric: &'static [u16]| {
        [(256, &[2u16][..]), (257, &[1]), (258, bits), (259, &[1]), (262, photometric), (277, &[1]), (278, &[1])]
    };
    let packed = tiff(&tags(&[12], &[1]), &[0xff, 0xf3, 0x33], false, false);
    assert!(picture(&packed).data.iter().zip([1.0, 0.2]).all(|(a, b)| (a - b).abs() < 1e-3));
    let inverse = tiff(&tags(&[12], &[0]), &[0xff, 0xf3, 0x33], false, false);
    assert!(picture(&inverse).data.iter().zip([0.0, 0.8]).all(|(a, b)| (a - b).abs() < 1e-3));
    let sixteen = tiff(&tags(&[16], &[1]), &[0xff, 0x0f, 0, 0], false, false);
    assert_eq!(decode(sixteen.path(), 0).unwrap().remark(), Some(Remark::Dim(12)));
}

#[test]
fn floats_that_are_no_numbers_are_black_and_said() {
    let values = [f32::NAN, 1.0, 3.0, 5.0].map(f32::to_le_bytes).concat();
    let tags = [(256, &[4u16][..]), (257, &[1]), (258, &[32]), (259, &[1]), (262, &[1]), (277, &[1]), (278, &[1]), (339, &[3])];
    let file = tiff(&tags, &values, false, false);
    assert_eq!(picture(&file).data, [0.0, 0.0, 0.5, 1.0]);
    assert_eq!(decode(file.path(), 0).unwrap().remark(), Some(Remark::NotNumbers));
}

#[test]
fn what_is_sound_and_not_read_is_not_called_damaged() {
    let tags = [(256, &[2u16][..]), (257, &[1]), (258, &[8]), (259, &[6]), (262, &[1]), (277, &[1]), (278, &[1])];
    let reason = decode(tiff(&tags, &[1, 2], false, false).path(), 0).unwrap_err();
    assert!(reason.contains("of a kind that is not read") && !reason.contains("damaged"), "{reason}");
}

#[test]
fn planes_in_tiles_are_read_or_named() {
    let tags = |height: &'static [u16]| {
        let about = [(256, &[16u16][..]), (257, height), (258, &[8, 8, 8]), (259, &[1]), (262, &[2]), (277, &[3]), (284, &[2])];
        let pixels: Vec<u8> = [10, 20, 30].into_iter().flat_map(|value| [value; 256]).collect();
        tiff(&[&about[..], &[(322, &[16]), (323, &[16])]].concat(), &pixels, false, false)
    };
    assert_eq!(rgb(&picture(&tags(&[16])), 255), [10.0, 20.0, 30.0]);
    let reason = decode(tags(&[11]).path(), 0).unwrap_err();
    assert!(reason.starts_with("is a TIFF of planes in tiles") && reason.contains("tiffcp"), "{reason}");
}

#[test]
fn bytes_whose_lowest_bit_is_first_are_turned_around() {
    let tags = |bits: &'static [u16]| {
        [(256, &[2u16][..]), (257, &[1]), (258, bits), (259, &[1]), (262, &[1]), (266, &[2]), (277, &[1]), (278, &[1])]
    };
    let bytes = tiff(&tags(&[8]), &[0xff, 0b1100_1100], false, false);
    assert!(picture(&bytes).data.iter().zip([1.0, 0.2]).all(|(a, b)| (a - b).abs() < 1e-3));
    assert_eq!(picture(&tiff(&tags(&[1]), &[0b01], false, false)).data, [1.0, 0.0]);
    let packed = tiff(&tags(&[12]), &[0xff, 0xf3u8.reverse_bits(), 0x33u8.reverse_bits()], false, false);
    assert!(picture(&packed).data.iter().zip([1.0, 0.2]).all(|(a, b)| (a - b).abs() < 1e-3));
}

#[test]
fn pages_that_the_file_cannot_hold_are_refused() {
    let tags = |side: &'static [u16], compression: &'static [u16], stored: &'static [u16], bits: &'static [u16]| {
        let tags = [(256, side), (257, side), (258, bits), (259, compression), (262, &[1][..]), (277, stored), (278, side)];
        tiff(&tags, &[7; 100], false, false)
    };
    let reason = |file: &tempfile::NamedTempFile| (probe(file.path()).unwrap_err(), decode(file.path(), 0).unwrap_err());
    for compression in [&[1][..], &[5], &[8], &[32_773], &[32_946], &[7]] {
        let (at_first, later) = reason(&tags(&[14_100], compression, &[1], &[8]));
        assert!(at_first.contains("cannot hold them: it is cut short or damaged"), "{compression:?}: {at_first}");
        assert_eq!(at_first, later);
    }
    // Four bytes of Zstandard can be 128 KiB: its own decoder says what is wrong.
    let zstandard = decode(tags(&[2600], &[50_000], &[1], &[8]).path(), 0).unwrap_err();
    assert!(!zstandard.contains("cannot hold"), "{zstandard}");
    // Of a fax, a bit can be a row, and no less.
    assert!(reason(&tags(&[14_100], &[4], &[1], &[1])).0.contains("cannot hold"));
    let samples = decode(tags(&[100], &[1], &[45_939], &[8]).path(), 0).unwrap_err();
    assert!(samples.contains("45939 samples a pixel, which is not read"), "{samples}");
    assert!(reason(&tags(&[100], &[34_712], &[1], &[8])).0.contains("is a TIFF of a kind that is not read"));
}

#[test]
fn strips_that_are_pictures_of_their_own_are_asked_as_well() {
    // The frame header of a JPEG of 60,000 x 60,000, and no pixels.
    let jpeg =
        [&b"\xff\xd8\xff\xc0\x00\x0b\x08"[..], &60_000u16.to_be_bytes(), &60_000u16.to_be_bytes(), b"\x01\x01\x11\x00"].concat();
    let webp = [&b"RIFF\x40\0\0\0WEBPVP8L\x20\0\0\0\x2f"[..], &(16_000u32 | 16_000 << 14).to_le_bytes(), &[0; 30]].concat();
    for (compression, pixels) in [(7u16, jpeg), (50_001, webp)] {
        let compression = [compression];
        let tags =
            [(256, &[16u16][..]), (257, &[16]), (258, &[8, 8, 8]), (259, &compression), (262, &[2]), (277, &[3]), (278, &[16])];
        let reason = decode(tiff(&tags, &pixels, false, false).path(), 0).unwrap_err();
        assert!(reason.starts_with("says it is 60000x60000") || reason.starts_with("says it is 16001x16001"), "{reason}");
    }
}

#[test]
fn a_tag_of_more_values_than_the_file_has_bytes_is_refused_before_room_is_made_for_them() {
    for (big_endian, big) in [(false, false), (true, false), (false, true)] {
        let tags = [(256, &[2u16][..]), (257, &[2]), (258, &[8]), (259, &[1]), (262, &[1]), (277, &[1]), (278, &[2])];
        let sound = tiff(&tags, &[1, 2, 3, 4], big_endian, big);
        assert!(probe(sound.path()).is_ok());
        let mut bytes = std::fs::read(sound.path()).unwrap();
        // The offsets of strips, which every decoder reads: the sixth entry of the directory.
        let (start, entry, wide) = if big { (24, 20, 8) } else { (10, 12, 4) };
        let offsets = start + 5 * entry;
        let count = 8_000_000u64.to_le_bytes();
        bytes[offsets + 4..offsets + 4 + wide].copy_from_slice(&count[..wide]);
        if big_endian {
            bytes[offsets + 4..offsets + 4 + wide].reverse();
        }
        std::fs::write(sound.path(), &bytes).unwrap();
        for reason in [probe(sound.path()).unwrap_err(), decode(sound.path(), 0).unwrap_err()] {
            assert!(reason.contains("a tag of 8000000 values"), "{reason}");
        }
    }
}

/// Pages of two pixels, of which the first has the number of the page: grey, by a palette, and with the bits of a byte turned around.
fn pages(count: u8, big: bool) -> Vec<u8> {
    fn write<K: TiffKind>(mut file: TiffEncoder<&mut Cursor<Vec<u8>>, K>, count: u8) {
        for page in 0..count {
            let mut image = file.new_image::<Gray8>(2, 1).unwrap();
            let mut pixels = [page, 0];
            if page % 3 == 1 {
                // A palette of greys: each index is its own value.
                let greys: Vec<u16> = (0..3 * 256).map(|i| (i % 256) * 257).collect();
                image.encoder().write_tag(Tag::PhotometricInterpretation, 3u16).unwrap();
                image.encoder().write_tag(Tag::ColorMap, &greys[..]).unwrap();
            } else if page % 3 == 2 {
                image.encoder().write_tag(Tag::FillOrder, 2u16).unwrap();
                pixels = pixels.map(u8::reverse_bits);
            }
            image.write_data(&pixels).unwrap();
        }
    }
    let mut bytes = Cursor::new(Vec::new());
    if big {
        write(TiffEncoder::new_big(&mut bytes).unwrap(), count);
    } else {
        write(TiffEncoder::new(&mut bytes).unwrap(), count);
    }
    bytes.into_inner()
}

#[test]
fn each_page_is_read_by_its_number() {
    for big in [false, true] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&pages(12, big)).unwrap();
        assert_eq!(probe(file.path()).unwrap().pages, (0..12).map(|page| (page, [2, 1])).collect::<Vec<_>>());
        for page in (0..12).rev() {
            let picture = Picture::copy_of(&decode(file.path(), page).unwrap());
            assert_eq!([0, 1].map(|i| (picture.data[i] * 255.0).round() as usize), [page, 0], "{page}");
        }
        assert!(decode(file.path(), 12).unwrap_err().contains("a page is missing"));
    }
}

/// A file that counts how often it is read.
struct Counted<'a>(Cursor<&'a [u8]>, &'a Cell<usize>);

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.1.set(self.1.get() + 1);
        self.0.read(out)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_page_takes_as_few_reads_wherever_it_lies() {
    let bytes = pages(200, false);
    let count = Cell::new(0);
    let counted = || Counted(Cursor::new(&bytes), &count);
    let places = tags::directories(counted());
    assert!(places.len() == 200 && count.take() <= 2 * 200 + 4);
    let reads = |page: usize| decode_at(counted(), Some(places[page])).map(|_| count.take()).unwrap();
    for kind in 0..2 {
        assert_eq!(reads(kind), reads(195 + kind));
        assert!(reads(kind) < 300, "{}", reads(kind));
    }
}
