//! What is shown of stored values, against numbers that are worked out by hand.

use super::made::*;
use crate::data::decode::{Remark, decode, probe};

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn text(number: u16, value: &str) -> Vec<u8> {
    PLAIN.element([0x28, number], "DS", value.as_bytes())
}

fn window(centre: &str, width: &str) -> Vec<u8> {
    [text(0x1050, centre), text(0x1051, width)].concat()
}

fn lut(tag: [u16; 2], descriptor: [u16; 3], data: &[u8]) -> Vec<u8> {
    let item = [PLAIN.element([0x28, 0x3002], "US", &words(&descriptor)), PLAIN.element([0x28, 0x3006], "OW", data)].concat();
    PLAIN.sequence(tag, &item)
}

/// What is shown of `values`, with `more` said of them.
fn shown(about: &About, more: Vec<u8>, values: &[i32]) -> Vec<u8> {
    levels(&file(EXPLICIT, &About { more, ..about.clone() }.with_words(values)), 0)
}

fn plain() -> About {
    About::default()
}

fn signed() -> About {
    About { signed: true, ..About::default() }
}

#[test]
fn windows_map_as_the_standard_says() {
    // LINEAR: 0 at c - 0.5 - (w - 1) / 2, 1 at c - 0.5 + (w - 1) / 2.
    let values = [900, 1000, 1001, 1101];
    assert_eq!(shown(&plain(), window("1000.5", "201"), &values), [0, 128, 129, 255]);
    let function = |name: &str| [window("1000", "200"), PLAIN.element([0x28, 0x1056], "CS", name.as_bytes())].concat();
    assert_eq!(shown(&plain(), function("LINEAR_EXACT"), &values), [0, 128, 129, 255]);
    let sigmoid = shown(&plain(), function("SIGMOID"), &values);
    assert_eq!(sigmoid, [30, 128, 129, 225], "255 / (1 + exp(-4 (v - c) / w))");
    // Hounsfield units.
    let rescaled = [window("50", "101"), text(0x1052, "-1024"), text(0x1053, "1")].concat();
    assert_eq!(shown(&signed(), rescaled, &[-3000, 1024, 1074, 3000]), [0, 1, 129, 255]);
}

#[test]
fn windows_with_decimal_commas_are_read() {
    let values = [900, 1000, 1001, 1101];
    let comma = shown(&plain(), window("1000,5", "201,0"), &values);
    assert_eq!(comma, shown(&plain(), window("1000.5\\40", "201\\400"), &values));
    // No window at all: from smallest to largest.
    assert_eq!(shown(&plain(), window("none", "201"), &[10, 20, 30, 60]), [0, 51, 102, 255]);
    assert_eq!(shown(&plain(), window("20", "0"), &[10, 20, 30, 60]), [0, 51, 102, 255]);
    let remark = |centre: &str| {
        let about = About { more: window(centre, "201"), ..plain() };
        decode(file(EXPLICIT, &about.with_words(&values)).path(), 0).unwrap().remark()
    };
    assert_eq!((remark("none"), remark("1000,5"), remark("")), (Some(Remark::NoWindow), None, None));
}

#[test]
fn tables_of_values_of_interest_are_applied() {
    let twelve = About { bits: [16, 12], ..About::default() };
    let squares: Vec<u16> = (0..4096u32).map(|v| (255.0 * (f64::from(v) / 4095.0).sqrt()).round() as u16).collect();
    let table = lut([0x28, 0x3010], [4096, 0, 8], &words(&squares));
    assert_eq!(shown(&twelve, table, &[0, 1024, 2048, 4095]), [0, 128, 180, 255]);
    // 12-bit entries from 100 on; before and behind, the nearest; and a window beside it, which says less.
    let table = [window("1", "2"), lut([0x28, 0x3010], [2, 100, 12], &words(&[819, 4095]))].concat();
    assert_eq!(shown(&twelve, table, &[0, 100, 101, 4000]), [51, 51, 255, 255]);
    // Two entries in a word.
    let table = lut([0x28, 0x3010], [4, 0, 8], &[10, 20, 30, 40]);
    assert_eq!(shown(&twelve, table, &[0, 1, 2, 3]), [10, 20, 30, 40]);
    // Of values that may be negative.
    let table = [text(0x1052, "-2"), text(0x1053, "1"), lut([0x28, 0x3010], [4, -2i16 as u16, 8], &[10, 20, 30, 40])].concat();
    assert_eq!(shown(&twelve, table, &[0, 1, 2, 3]), [10, 20, 30, 40]);
}

#[test]
fn tables_of_a_modality_come_before_the_window() {
    let table = lut([0x28, 0x3000], [4, 0, 16], &words(&[1000, 900, 950, 1100]));
    assert_eq!(shown(&plain(), [window("1000.5", "201"), table.clone()].concat(), &[0, 1, 2, 3]), [128, 0, 64, 255]);
    assert_eq!(shown(&plain(), table, &[0, 1, 2, 3]), [128, 0, 64, 255]);
}

#[test]
fn padding_is_black_and_stretches_nothing() {
    let pad = |value: i16| PLAIN.element([0x28, 0x120], "SS", &value.to_le_bytes());
    assert_eq!(shown(&signed(), pad(-2000), &[-2000, 0, 20, 100]), [0, 0, 51, 255]);
    // The sign of the padding is often not that of the pixels.
    let unsigned = PLAIN.element([0x28, 0x120], "US", &(-2000i16).to_le_bytes());
    assert_eq!(shown(&signed(), unsigned, &[-2000, 0, 20, 100]), [0, 0, 51, 255]);
    let range = [pad(-2000), PLAIN.element([0x28, 0x121], "SS", &(-1000i16).to_le_bytes())].concat();
    assert_eq!(shown(&signed(), range, &[-1500, -1000, 0, 100]), [0, 0, 0, 255]);
    let inverted = About { photometric: "MONOCHROME1", ..signed() };
    assert_eq!(shown(&inverted, pad(-2000), &[-2000, 0, 20, 100]), [0, 255, 204, 0]);
    let windowed = [pad(500), window("0.5", "2001")].concat();
    assert_eq!(shown(&signed(), windowed, &[500, -1000, 0, 1000]), [0, 0, 128, 255], "within the window, too");
    assert_eq!(shown(&signed(), pad(7), &[7; 4]), [0; 4]);
}

#[test]
fn pictures_are_inverted_once() {
    let shape = |name: &str| PLAIN.element([0x2050, 0x20], "CS", name.as_bytes());
    let mono1 = About { photometric: "MONOCHROME1", ..plain() };
    let values = [0, 51, 102, 255];
    assert_eq!(shown(&plain(), shape("INVERSE"), &values), [255, 204, 153, 0]);
    assert_eq!(shown(&plain(), shape("IDENTITY"), &values), [0, 51, 102, 255]);
    assert_eq!(shown(&mono1, shape("INVERSE"), &values), [255, 204, 153, 0]);
    assert_eq!(shown(&mono1, Vec::new(), &values), [255, 204, 153, 0]);
}

#[test]
fn only_stored_bits_count() {
    // 12 bits, signed, with something else above them.
    let twelve = About { bits: [16, 12], ..signed() };
    assert_eq!(shown(&twelve, window("0.5", "4095"), &[0x7001, 0xffff, 0x0801, 0x07ff]), [128, 127, 0, 255]);
    let one = About { bits: [1, 1], size: [2, 3], frames: Some("2"), ..About::default() };
    let bits = file(EXPLICIT, &one.with(&[0b1100_0101, 0b0000_1010]));
    assert_eq!((levels(&bits, 0), levels(&bits, 1)), (vec![255, 0, 255, 0, 0, 0], vec![255, 255, 0, 255, 0, 255]));
    let wide = About { bits: [32, 32], ..About::default() };
    let values: Vec<u8> = [0u32, 200_000, 400_000, 1_000_000].iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(levels(&file(EXPLICIT, &wide.with(&values)), 0), [0, 51, 102, 255]);
}

#[test]
fn frames_have_windows_of_their_own() {
    let own = |centre| PLAIN.sequence([0x28, 0x9132], &window(centre, "201"));
    let items: Vec<u8> = ["1000.5", "2000.5"]
        .iter()
        .flat_map(|centre| {
            let item = own(centre);
            [PLAIN.head([0xfffe, 0xe000], "", item.len() as u32), item].concat()
        })
        .collect();
    let shared =
        PLAIN.sequence([0x5200, 0x9229], &PLAIN.sequence([0x28, 0x9145], &[text(0x1052, "100"), text(0x1053, "2")].concat()));
    let groups = [shared, PLAIN.head([0x5200, 0x9230], "SQ", items.len() as u32), items].concat();
    let about = About { frames: Some("2"), size: [1, 2], more: groups, ..plain() };
    let file = file(EXPLICIT, &about.with_words(&[400, 500, 900, 1000]));
    assert_eq!((levels(&file, 0), levels(&file, 1)), (vec![0, 255], vec![0, 255]));
}

#[test]
fn no_frames_are_one() {
    let about = About { frames: Some("0"), bits: [16, 8], ..plain() };
    let file = file(EXPLICIT, &about.with_words(&[0, 51, 102, 255]));
    assert_eq!(probe(file.path()).unwrap().pages.len(), 1);
    assert_eq!(levels(&file, 0), [0, 51, 102, 255]);
}

fn colour(photometric: &'static str, planar: u16, pixels: &[u8]) -> Vec<u8> {
    let about = About { photometric, samples: 3, bits: [8, 8], size: [1, 2], planar: Some(planar), ..plain() };
    levels(&file(EXPLICIT, &about.with(pixels)), 0)
}

#[test]
fn colours_are_read_in_every_order() {
    // Red and grey; as YCbCr (76, 85, 255) and (128, 128, 128).
    let rgb = [255, 128, 0, 128, 0, 128];
    assert_eq!(colour("RGB", 0, &[255, 0, 0, 128, 128, 128]), rgb);
    assert_eq!(colour("RGB", 1, &[255, 128, 0, 128, 0, 128]), rgb);
    let ybr = [254, 128, 0, 128, 0, 128];
    assert_eq!(colour("YBR_FULL", 0, &[76, 85, 255, 128, 128, 128]), ybr);
    assert_eq!(colour("YBR_FULL", 1, &[76, 128, 85, 128, 255, 128]), ybr);
    let pair = [254, 254, 0, 0, 0, 0];
    assert_eq!(colour("YBR_FULL_422", 0, &[76, 76, 85, 255]), pair, "neighbours share their colour");
    assert_eq!(colour("YBR_FULL_422", 1, &[76, 76, 85, 255]), pair);
    assert_eq!(colour("YBR_FULL_422", 0, &[76, 85, 255, 76, 85, 255]), pair, "or say so and do not");
    // Words of the other order, of which the last one is half a word of pixels.
    let big_endian = Form { explicit: true, big_endian: true };
    let odd = About { form: big_endian, photometric: "RGB", samples: 3, bits: [8, 8], size: [1, 1], ..plain() };
    let data = [odd.header(), big_endian.element([0x7fe0, 0x10], "OW", &[2, 1, 0, 3])].concat();
    assert_eq!(levels(&file(BIG_ENDIAN, &data), 0), [1, 2, 3]);
    let deep = About { photometric: "RGB", samples: 3, bits: [16, 12], size: [1, 1], ..plain() };
    assert_eq!(levels(&file(EXPLICIT, &deep.with_words(&[4095, 0, 819])), 0), [255, 0, 51]);
}

#[test]
fn palettes_are_looked_up() {
    let table = |number: u16, descriptor: [u16; 3]| PLAIN.element([0x28, number], "US", &words(&descriptor));
    let data = |number: u16, entries: &[u8]| PLAIN.element([0x28, number], "OW", entries);
    let about = About { photometric: "PALETTE COLOR", bits: [8, 8], size: [1, 2], ..plain() };
    for (bits, entries) in
        [(8, [&[255u8, 0][..], &[0, 128], &[51, 0]]), (16, [&[0xff, 0xff, 0, 0], &[0, 0, 0x80, 0x80], &[0x33, 0x33, 0, 0]])]
    {
        let descriptors = [0x1101, 0x1102, 0x1103].iter().flat_map(|&number| table(number, [2, 5, bits]));
        let tables = [0x1201, 0x1202, 0x1203].iter().zip(entries).flat_map(|(&number, entries)| data(number, entries));
        let more = descriptors.chain(tables).collect();
        assert_eq!(levels(&file(EXPLICIT, &About { more, ..about.clone() }.with(&[5, 6])), 0), [255, 0, 0, 128, 51, 0]);
    }
}

#[test]
fn floats_are_stretched_where_they_need_it() {
    let about = About { bits: [32, 32], ..plain() };
    let values: Vec<u8> = [-1.0f32, 0.0, 1.0, 4.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    let data = [about.header(), PLAIN.element([0x7fe0, 8], "OF", &values)].concat();
    assert_eq!(levels(&file(EXPLICIT, &data), 0), [0, 51, 102, 255]);
}

#[test]
fn run_lengths_are_unpacked() {
    // Two bytes to a sample: a segment for the high ones, one for the low ones.
    let segments = |segments: &[&[u8]]| {
        let mut header = vec![segments.len() as u32];
        segments.iter().fold(64, |at, segment| (header.push(at), at + segment.len() as u32).1);
        header.resize(16, 0);
        [header.iter().flat_map(|v| v.to_le_bytes()).collect(), segments.concat()].concat()
    };
    let about = About { frames: Some("2"), bits: [16, 12], more: window("2048.5", "4096"), ..plain() };
    let first = segments(&[&[3, 0, 3, 7, 15, 0x80], &[0xff, 0, 1, 51, 255]]);
    let second = segments(&[&[0xfd, 15, 0x80, 0x80], &[0xfd, 255]]);
    let file = file(RLE, &about.with_fragments(&[vec![], first, second]));
    assert_eq!((levels(&file, 0), levels(&file, 1)), (vec![0, 48, 115, 255], vec![255; 4]));
    let rgb = About { photometric: "RGB", samples: 3, bits: [8, 8], size: [1, 2], planar: Some(1), ..plain() };
    let frame = segments(&[&[1, 255, 0], &[1, 0, 128], &[1, 51, 0]]);
    assert_eq!(levels(&super::made::file(RLE, &rgb.with_fragments(&[vec![], frame])), 0), [255, 0, 0, 128, 51, 0]);
}

/// A JPEG of one colour.
fn jpeg(colour: [u8; 3]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(8, 8, image::Rgb(colour)).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    let mut bytes = bytes.into_inner();
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

#[test]
fn jpeg_frames_in_several_fragments_are_all_read() {
    let about = About { photometric: "YBR_FULL_422", samples: 3, bits: [8, 8], size: [8, 8], frames: Some("2"), ..plain() };
    let frames = [[200, 40, 90], [10, 120, 250]].map(jpeg);
    let halves = |frame: &Vec<u8>| [frame[..300].to_vec(), frame[300..].to_vec()];
    let fragments = [vec![vec![]], frames.iter().flat_map(halves).collect()].concat();
    // With the transfer syntax or without it.
    for syntax in [JPEG, ""] {
        let file = file(syntax, &about.with_fragments(&fragments));
        assert_eq!(probe(file.path()).unwrap().pages.len(), 2);
        for (frame, expected) in [(0, [200u8, 40, 90]), (1, [10, 120, 250])] {
            let found = levels(&file, frame);
            for (c, value) in expected.iter().enumerate() {
                assert!(found[c * 64 + 20].abs_diff(*value) < 4, "{frame}: {:?}", &found[c * 64..c * 64 + 8]);
            }
        }
    }
}
