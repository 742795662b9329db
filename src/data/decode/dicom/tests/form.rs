//! Files that are read however little of what the standard asks for is there, and those that cannot be.

use super::{super::reader::MAX_DEPTH, made::*};
use crate::data::decode::{FileFormat, decode, kind, probe};
use flate2::write::DeflateEncoder;
use std::io::Write;

const GREY: [i32; 4] = [0, 51, 102, 255];

fn about(explicit: bool, big_endian: bool) -> About {
    About { form: Form { explicit, big_endian }, bits: [16, 8], ..About::default() }
}

#[test]
fn files_are_read_without_preamble_meta_group_or_transfer_syntax() {
    let mark = [&[0; 128], &b"DICM"[..]].concat();
    let mut wrong_length = meta(EXPLICIT);
    wrong_length[8..12].copy_from_slice(&7u32.to_le_bytes());
    let mut too_long = meta(EXPLICIT);
    too_long[8..12].copy_from_slice(&70_000u32.to_le_bytes());
    for (explicit, big_endian) in [(true, false), (false, false), (true, true)] {
        let data = about(explicit, big_endian).with_words(&GREY);
        let stated = if big_endian {
            BIG_ENDIAN
        } else if explicit {
            EXPLICIT
        } else {
            IMPLICIT
        };
        let starts: [(&str, Vec<u8>); 9] = [
            ("whole", [&mark[..], &meta(stated)].concat()),
            ("no preamble", meta(stated)),
            ("no preamble but the mark", [b"DICM".to_vec(), meta(stated)].concat()),
            ("no transfer syntax", [&mark[..], &meta("")].concat()),
            ("no meta group", mark.clone()),
            ("nothing", Vec::new()),
            ("a length that is too small", [&mark[..], &wrong_length].concat()),
            ("a length that is too great", [&mark[..], &too_long].concat()),
            ("another layout than it says", [&mark[..], &meta(IMPLICIT)].concat()),
        ];
        for (what, start) in starts {
            let file = written(&[&start[..], &data].concat());
            let what = format!("{what}, explicit {explicit}, big endian {big_endian}");
            assert_eq!(kind(file.path()), Ok(FileFormat::Dicom), "{what}");
            let probe = probe(file.path()).unwrap();
            assert_eq!((probe.pages, probe.patient.as_deref()), (vec![(0, [4, 1])], Some("patient 7")), "{what}");
            assert_eq!(levels(&file, 0), [0, 51, 102, 255], "{what}");
        }
    }
}

#[test]
fn deflated_files_are_read() {
    let mut deflated = DeflateEncoder::new(Vec::new(), Default::default());
    deflated.write_all(&about(true, false).with_words(&GREY)).unwrap();
    assert_eq!(levels(&file(DEFLATED, &deflated.finish().unwrap()), 0), [0, 51, 102, 255]);
}

#[test]
fn what_would_unpack_to_far_more_than_its_size_is_refused() {
    let about = about(true, false);
    let mut deflated = DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    deflated.write_all(&[about.header(), about.form.head([0x7fe0, 0x10], "OB", 300 << 20)].concat()).unwrap();
    (0..300).for_each(|_| deflated.write_all(&[0; 1 << 20]).unwrap());
    let bomb = file(DEFLATED, &deflated.finish().unwrap());
    assert!(reason(&bomb).contains("would unpack to more than 100 times its size"));
    let large = About { size: [14_100, 14_100], bits: [8, 8], ..About::default() };
    let frame = [&[1, 0, 0, 0, 64, 0, 0, 0][..], &[0; 56], &[0xfd, 255]].concat();
    for syntax in [RLE, "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.4.90"] {
        let said = reason(&file(syntax, &large.with_fragments(&[vec![], frame.clone()])));
        assert!(said.contains("says it is 14100x14100 pixels"), "{syntax}: {said}");
    }
}

#[test]
fn what_begins_like_dicom_only_is_left_alone() {
    for bytes in
        [&[0u8; 400][..], &[8; 400], b"\x08\0 is what this file begins with, and it is a note", b"\x08\0\x05\0CS\x0a\0ISO"]
    {
        assert_eq!(kind(written(bytes).path()), Ok(FileFormat::Unknown), "{bytes:?}");
    }
}

#[test]
fn elements_of_unknown_form_are_passed_over() {
    let item = [PLAIN.head([0xfffe, 0xe000], "", 6), vec![1, 2, 3, 4, 5, 6]].concat();
    let end = PLAIN.head([0xfffe, 0xe0dd], "", 0);
    let implicit = Form { explicit: false, big_endian: false };
    let unknown = [
        // Private bytes in items, which are no elements.
        [PLAIN.head([0x27, 0x1001], "OB", u32::MAX), item, end.clone()].concat(),
        // A sequence of unknown representation, which is implicit inside (PS3.5 6.2.2).
        [
            PLAIN.head([0x27, 0x1002], "UN", u32::MAX),
            PLAIN.head([0xfffe, 0xe000], "", u32::MAX),
            implicit.element([0x28, 0x10], "", &[9, 0]),
            PLAIN.head([0xfffe, 0xe00d], "", 0),
            end,
        ]
        .concat(),
        // A sequence whose item is longer than it.
        [PLAIN.head([0x27, 0x1003], "SQ", 12), PLAIN.head([0xfffe, 0xe000], "", 900), vec![0; 4]].concat(),
        PLAIN.sequence([0x27, 0x1004], &PLAIN.element([0x28, 0x11], "US", &[9, 0])),
    ];
    for (i, element) in unknown.iter().enumerate() {
        let data = [&element[..], &about(true, false).with_words(&GREY)].concat();
        assert_eq!(levels(&file(EXPLICIT, &data), 0), [0, 51, 102, 255], "{i}");
    }
    let data = [about(true, false).with_words(&GREY), b"what follows the pixels".to_vec()].concat();
    assert_eq!(levels(&file(EXPLICIT, &data), 0), [0, 51, 102, 255]);
}

#[test]
fn pixels_that_are_missing_are_cut_short() {
    let about = about(true, false);
    let fewer = file(EXPLICIT, &about.with_words(&GREY[..3]));
    let whole = about.with_words(&GREY);
    let ends = file(EXPLICIT, &whole[..whole.len() - 3]);
    let no_pixels = file(EXPLICIT, &[about.header(), PLAIN.head([0x7fe0, 0x10], "OB", u32::MAX)].concat());
    for file in [fewer, ends, no_pixels] {
        assert!(reason(&file).contains("is cut short"), "{}", reason(&file));
    }
    // Of several frames, those before the cut are whole.
    let two = About { frames: Some("2"), ..about };
    let file = file(EXPLICIT, &two.with_words(&[0, 51, 102, 255, 9, 9]));
    assert_eq!(levels(&file, 0), [0, 51, 102, 255]);
    assert!(decode(file.path(), 1).unwrap_err().contains("is cut short"));
}

/// `depth` sequences of one item, each but the last one holding the next.
fn nested(form: Form, defined: bool, depth: usize) -> Vec<u8> {
    let level = form.head([8, 0x1140], "SQ", 0).len() + 8;
    let length = |bytes: usize| if defined { bytes as u32 } else { u32::MAX };
    let mut bytes = Vec::new();
    for inside in (0..depth).rev().map(|below| below * level) {
        bytes.extend(form.head([8, 0x1140], "SQ", length(8 + inside)));
        bytes.extend(form.head([0xfffe, 0xe000], "", length(inside)));
    }
    for _ in 0..if defined { 0 } else { depth } {
        bytes.extend(form.head([0xfffe, 0xe00d], "", 0));
        bytes.extend(form.head([0xfffe, 0xe0dd], "", 0));
    }
    bytes
}

#[test]
fn sequences_that_nest_without_end_are_a_reason_and_no_crash() {
    for (explicit, big_endian) in [(true, false), (false, false), (true, true)] {
        for defined in [true, false] {
            let about = about(explicit, big_endian);
            let file = |depth| file("", &[nested(about.form, defined, depth), about.with_words(&GREY)].concat());
            assert_eq!(levels(&file(MAX_DEPTH), 0), [0, 51, 102, 255], "{explicit}, {defined}");
            for depth in [MAX_DEPTH + 1, 20_000] {
                let refused = file(depth);
                for reason in [probe(refused.path()).unwrap_err(), decode(refused.path(), 0).unwrap_err()] {
                    assert!(reason.contains("nest more than 256 deep"), "{explicit}, {defined}: {reason}");
                }
            }
        }
    }
}

#[test]
fn encodings_that_are_not_read_are_named_and_not_called_damaged() {
    let video = file("1.2.840.10008.1.2.4.102", &about(true, false).with_words(&GREY));
    assert!(reason(&video).contains("MPEG-4 video") && !reason(&video).contains("damaged"));
    let ls = file("1.2.840.10008.1.2.4.80", &about(true, false).with_words(&GREY));
    assert!(reason(&ls).contains("JPEG-LS Lossless") && reason(&ls).contains("not read"));
    // What a frame is, it says itself: a frame header of JPEG-LS, and one of 12 bits.
    let plain = |command: &str| format!("which is not read; plain, it is: {command} FILE NEW (DCMTK)");
    for (marker, precision, name, way) in [
        (0xf7, 8, "a JPEG-LS", plain("dcmdjpls")),
        (0xc1, 12, "a JPEG of 12 bits", plain("dcmdjpeg")),
        // DCMTK refuses it as well.
        (0xc9, 8, "an arithmetic-coded JPEG", "which is not read".into()),
    ] {
        let frame = vec![0xff, 0xd8, 0xff, marker, 0, 11, precision, 0, 1, 0, 4, 1, 1, 0x11, 0, 0xff, 0xd9, 0];
        let file = file("1.2.840.10008.1.2.4.51", &about(true, false).with_fragments(&[vec![], frame]));
        let reason = reason(&file);
        assert!(reason.contains(name) && reason.ends_with(&way), "{reason}");
    }
    let plan = file(EXPLICIT, &PLAIN.element([8, 0x60], "CS", b"RTPLAN"));
    assert_eq!(reason(&plan), "is DICOM without a picture (RTPLAN)");
}
