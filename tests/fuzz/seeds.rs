//! Small inputs that each reader takes: where the bending begins.

use crate::{
    targets::NEXT_FILE,
    test_files::{self, npy as npy_file},
};
use dissolve_studio::{
    config::{Preset, RunConfig},
    run_dir::{RunDir, RunKind},
};
use std::{io::Cursor, path::Path};

fn text(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn joined(files: &[&[u8]]) -> Vec<u8> {
    files.join(NEXT_FILE)
}

/// A checkpoint of the reference trainer's package as small as it can be: `{'step': 7, 'ema': {name: tensor, …}}`.
pub fn pickles() -> Vec<Vec<u8>> {
    let tensor = |name: &str, shape: &[u8]| {
        let mut bytes = [b"X".as_slice(), &(name.len() as u32).to_le_bytes(), name.as_bytes()].concat();
        bytes.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x40tQK\0(");
        bytes.extend(shape.iter().flat_map(|&side| [b'K', side]));
        bytes.extend(b"t(");
        let strides = (0..shape.len()).map(|i| shape[i + 1..].iter().product::<u8>());
        bytes.extend(strides.flat_map(|stride| [b'K', stride]));
        bytes.extend(b"t\x89ccollections\nOrderedDict\n)RtR");
        bytes
    };
    let mut bytes = b"\x80\x02}q\0(X\x04\0\0\0stepK\x07X\x03\0\0\0ema}(".to_vec();
    bytes.extend(tensor("ema_model.model.init_conv.weight", &[8, 3, 1, 1]));
    bytes.extend(tensor("ema_model.model.downs.0.3.weight", &[8, 8, 1, 1]));
    bytes.extend(tensor("ema_model.model.downs.1.3.weight", &[16, 8, 1, 1]));
    bytes.extend(b"uu.");
    vec![joined(&[&bytes, &[0; 1024]])]
}

pub fn npz() -> Vec<Vec<u8>> {
    let bytes: Vec<u8> = (0..60).collect();
    let floats: Vec<u8> = (0..16).flat_map(|i| (i as f32 / 16.0).to_le_bytes()).collect();
    vec![
        joined(&[&npy_file("|u1", &[3, 4, 5], &bytes), &npy_file("|u1", &[3, 1], &[0, 1, 0])]),
        joined(&[
            &npy_file("<f4", &[1, 4, 4], &floats),
            &npy_file("<i8", &[1], &[1, 0, 0, 0, 0, 0, 0, 0]),
            &npy_file("|u1", &[2, 3, 3, 3], &bytes[..54]),
            &npy_file("<f4", &[2], &floats[..8]),
        ]),
        test_files::zip(&[
            ("train_images", npy_file("|u1", &[2, 4, 4], &bytes[..32])),
            ("train_labels", npy_file("|u1", &[2, 1], &[0, 1])),
        ]),
    ]
}

pub fn npy() -> Vec<Vec<u8>> {
    let bytes: Vec<u8> = (0..96).collect();
    [("|u1", &[8, 12][..]), ("|u1", &[2, 4, 4, 3]), ("<f4", &[4, 6]), (">i2", &[3, 4, 4]), ("<f2", &[3, 4, 4])]
        .map(|(kind, shape)| npy_file(kind, shape, &bytes))
        .to_vec()
}

pub fn cifar() -> Vec<Vec<u8>> {
    let record = |labels: usize| [vec![1; labels], (0..3072).map(|i| i as u8).collect()].concat();
    vec![joined(&[&record(1), b"airplane\nautomobile\n"]), joined(&[b"", b"", &record(2).repeat(2)])]
}

pub fn csv() -> Vec<Vec<u8>> {
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("image\tlabel\na.png\t0\nb.png\t1\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let mut seeds = text(&[
        "image,label,split,patient\na.png,normal,train,1\nb.png,abnormal,test,2\nc.png,normal,test,3\nd/e.png,normal,train,4\n",
        "sep=;\r\nimage;MEL;NV;BCC\r\na;1.0;0.0;0.0\r\nb;0.0;1.0;0.0\r\nc;0;0;1\r\ne;0;1;0\r\n",
        "\u{feff}Path,No Finding,Edema,Fracture\n\"x/a.png\",1.0,,\nx/b.png,,1.0,-1.0\nx/c.png,,,0.0\n",
        "Image Index|Finding Labels\na.png|No Finding\nb.png|Mass\nc.png|Edema\n",
        "a.png 0\nb.png 1\nc.png 1\n",
        "image   label \na.png   0\nb.png   1\nc.png   1\n",
        "filename,region_shape_attributes,region_attributes\na.png,\"{\"\"name\"\":1}\",\"{\"\"type\"\":\"\"spot\"\"}\"\nb.png,{},{}\n",
        "image,annotation_id,label\na.png,1,\"[{\"\"x\"\":1,\"\"rectanglelabels\"\":[\"\"spot\"\"]}]\"\nb.png,2,\n",
    ]);
    seeds.push(utf16);
    seeds
}

pub fn json() -> Vec<Vec<u8>> {
    text(&[
        r#"[{"image": "a.png", "label": "clear"}, {"image": "b.png", "label": "spot", "more": {"x": 1.5, "y": [1, "z"]}}]"#,
        r#"{"images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}], "annotations": [{"image_id": 2, "category_id": 7}], "categories": [{"id": 7, "name": "spot"}]}"#,
        r#"{"train": {"0": ["a.png"]}, "test": {"0": ["b.png"], "1": ["c.png", "d/e.png"]}}"#,
        "{\"image\": \"a.png\", \"label\": \"clear\"}\n{\"image\": \"b.png\", \"label\": \"spot\"}\n",
        r#"{"a.png": "clear", "b.png": "spot", "c.png": "spot"}"#,
        r#"[{"id": 1, "data": {"image": "/data/upload/1/0123abcd-a.png"}, "annotations": [{"result": [{"value": {"x": 1, "rectanglelabels": ["spot"]}}]}]}, {"id": 2, "data": {"image": "/data/upload/1/0123abcd-b%2Epng"}, "annotations": [{"result": []}]}]"#,
        r#"[{"image": "/data/upload/1/0123abcd-a.png", "tag": [{"x": 1, "polygonlabels": ["spot"]}], "annotation_id": 1}, {"image": "/data/upload/1/1123abcd-b.png", "annotation_id": 2}]"#,
        r#"{"attribute": {"1": {"aname": "type", "options": {"0": "spot"}}}, "file": {"1": {"fname": "a.png"}, "2": {"fname": "b.png"}}, "view": {"1": {"fid_list": ["1"]}, "2": {"fid_list": ["2"]}}, "metadata": {"x": {"vid": "1", "xy": [2, 1], "av": {"1": "0"}}}}"#,
        r#"{"_via_img_metadata": {"a.png9": {"filename": "a.png", "regions": [{"region_attributes": {"type": {"spot": true}}}], "file_attributes": {"class": ""}}, "b.png9": {"filename": "b.png", "regions": {}}}}"#,
        r#"{"samples": [{"filepath": "x/a.png", "ground_truth": {"label": "clear"}, "tags": ["t"]}, {"filepath": "x/b.png", "ground_truth": {"label": "spot"}}]}"#,
    ])
}

pub fn xml() -> Vec<Vec<u8>> {
    text(&[
        r#"<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version><image id="0" name="a.png" subset="Train"><tag label="clear"></tag></image><image id="1" name="b.png" subset="Test"/></annotations>"#,
        r#"<annotations><image name="a.png"><box label="spot &amp; more" xtl="1"><attribute name="n">1</attribute></box><polygon label="cyst" points="1,2;3,4"/></image></annotations>"#,
    ])
}

pub fn voc() -> Vec<Vec<u8>> {
    text(&[
        r#"<annotation><folder>x</folder><filename>a.png</filename><size><width>40</width><height>32</height><depth>3</depth></size><object><name>spot</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30.5</xmax><ymax>32</ymax></bndbox></object><object><name>cyst &amp; more</name></object></annotation>"#,
        r#"<?xml version="1.0"?><annotation><object><name>spot</name><deleted>0</deleted><polygon><pt><x>1</x><y>2</y></pt></polygon></object></annotation>"#,
    ])
}

pub fn labelme() -> Vec<Vec<u8>> {
    text(&[
        r#"{"version": "5.2.1", "flags": {"poor": true}, "shapes": [{"label": "spot", "points": [[1, 2], [3.5, 4]], "group_id": null, "shape_type": "polygon", "flags": {}}], "imagePath": "a.png", "imageData": null, "imageHeight": 32, "imageWidth": 40}"#,
    ])
}

pub fn yolo() -> Vec<Vec<u8>> {
    let boxes = b"0 0.5 0.5 0.25 0.25\n1 0.1 0.1 0.2 0.1 0.2 0.3\n";
    vec![joined(&[boxes, b"names: [spot, 'cyst']\nnc: 2\n"]), joined(&[boxes, b"names:\n  0: spot # a\n  1: \"cyst\"\n"])]
}

pub fn spreadsheets() -> Vec<Vec<u8>> {
    let root = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let types = br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
    let book = br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let relations = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;
    let sheet = br#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:B3"/><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>label</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>a.png</t></is></c><c r="B2"><v>0</v></c></row><row r="3"><c r="A3" t="inlineStr"><is><t>b.png</t></is></c><c r="B3"><v>1</v></c></row></sheetData></worksheet>"#;
    let strings = br#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="1"><si><t>image</t></si></sst>"#;
    vec![joined(&[types, root, book, relations, sheet, strings])]
}

/// Of the old kind: cells with their texts, and cells that share one.
pub fn workbooks() -> Vec<Vec<u8>> {
    use test_files::xls::{label, record, sheet, words, xls};
    let shared = [&1u32.to_le_bytes()[..], &1u32.to_le_bytes(), &words(&[5]), &[0], b"image"].concat();
    let sharing = record(0xfd, &[&words(&[0, 0, 0])[..], &0u32.to_le_bytes()].concat());
    let rest = [label(0, 1, "label"), label(1, 0, "a.png"), label(1, 1, "x"), label(2, 0, "b.png"), label(2, 1, "y")];
    let first = [&[label(0, 0, "image")][..], &rest].concat();
    vec![xls(&[sheet(&first)], &[]), xls(&[sheet(&[&[sharing][..], &rest].concat())], &record(0xfc, &shared))]
}

pub fn configs() -> Vec<Vec<u8>> {
    let mut tiles = Preset::Quick.config();
    tiles.data.normal = vec!["good".into()];
    tiles.data.tile = dissolve_studio::config::Tiling::Px(64);
    [RunConfig::default(), tiles, Preset::Paper.config()].map(|config| config.to_toml().into_bytes()).to_vec()
}

pub fn scores() -> Vec<Vec<u8>> {
    let full = "path,split,label,score,predicted,threshold,sim_0,sim_1,sim_2,sim_3,cls_0,cls_1,cls_2,cls_3,nearest_0,nearest_1,\
                nearest_2,nearest_3,class,spread,profile,features,tiles,map,lead,lead_predicted,lead_threshold,rival_contrast\n";
    let row = |i: usize| {
        let (label, v) = (i % 2, i as f64 / 7.0);
        format!("{i}.png,test,{label},{v},{label},0.5,1,2,3,4,5,6,7,8,a,b,c,d,good,0.1,{v},{v},{v},{v},{v},{label},0.5,{v}\n")
    };
    let full = [full.to_string(), (0..6).map(row).collect()].concat();
    text(&[&full, "path,label,score\na,0,0.1\nb,1,0.9\nc,0,0.3\n", "Score;Path\n0.5;'=a\n1e3;b\n"])
}

pub fn curations() -> Vec<Vec<u8>> {
    text(&["path,label,leave_out\na/1.png,normal,0\n\"b, 2.png\",,1\n'=c.png,abnormal,1\n", "leave_out,path\nyes,ä.png\n"])
}

/// The tags behind each other with their values, in Explicit VR Little Endian; `u32::MAX` is a length that is not said.
fn dicom_picture(syntax: &str, more: &[(u16, u16, &str, Vec<u8>)], size: [u16; 2], pixels: &[u8], fragments: bool) -> Vec<u8> {
    let word = |v: u16| v.to_le_bytes().to_vec();
    let mut elements = vec![
        (8u16, 0x60u16, "CS", b"OT".to_vec()),
        (0x10, 0x20, "LO", b"patient 7".to_vec()),
        (0x28, 2, "US", word(1)),
        (0x28, 4, "CS", b"MONOCHROME2".to_vec()),
        (0x28, 0x10, "US", word(size[0])),
        (0x28, 0x11, "US", word(size[1])),
        (0x28, 0x100, "US", word(16)),
        (0x28, 0x101, "US", word(16)),
        (0x28, 0x102, "US", word(15)),
        (0x28, 0x103, "US", word(1)),
    ];
    elements.retain(|(group, number, ..)| !more.iter().any(|m| (m.0, m.1) == (*group, *number)));
    elements.extend(more.iter().cloned());
    elements.sort_by_key(|e| (e.0, e.1));
    if !fragments {
        elements.push((0x7fe0, 0x10, "OW", pixels.to_vec()));
    }
    let mut bytes = test_files::dicom(&elements);
    if fragments {
        let item = |bytes: &[u8]| [&[0xfe, 0xff, 0, 0xe0][..], &(bytes.len() as u32).to_le_bytes(), bytes].concat();
        bytes.extend(b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff");
        bytes.extend([item(&[]), item(pixels), b"\xfe\xff\xdd\xe0\0\0\0\0".to_vec()].concat());
    }
    let plain = b"1.2.840.10008.1.2.1\0";
    let at = bytes.windows(plain.len()).position(|w| w == plain).unwrap();
    let mut name = syntax.as_bytes().to_vec();
    name.resize(name.len().next_multiple_of(2), 0);
    bytes[at - 2..at].copy_from_slice(&(name.len() as u16).to_le_bytes());
    let group = u32::from_le_bytes(bytes[140..144].try_into().unwrap()) + name.len() as u32 - plain.len() as u32;
    bytes[140..144].copy_from_slice(&group.to_le_bytes());
    bytes.splice(at..at + plain.len(), name);
    bytes
}

pub fn dicom() -> Vec<Vec<u8>> {
    let explicit = "1.2.840.10008.1.2.1";
    let words: Vec<u8> = [-1000i16, 0, 500, 3000].iter().flat_map(|v| v.to_le_bytes()).collect();
    let item = |bytes: &[u8]| [&[0xfe, 0xff, 0, 0xe0][..], &(bytes.len() as u32).to_le_bytes(), bytes].concat();
    let lut = [
        b"\x28\0\x02\x30US\x06\0\x04\0\x00\0\x10\0".to_vec(),
        b"\x28\0\x06\x30OW\0\0\x08\0\0\0\0\0\x10\0\xff\0\xff\xff".to_vec(),
    ]
    .concat();
    let grey = vec![
        (0x28u16, 0x1050u16, "DS", b"40.5\\100".to_vec()),
        (0x28, 0x1051, "DS", b"400\\50".to_vec()),
        (0x28, 0x1052, "DS", b"-1024".to_vec()),
        (0x28, 0x1053, "DS", b"1".to_vec()),
        (0x28, 0x120, "US", vec![0xff, 0xff]),
    ];
    let sequence = vec![(0x28, 0x3010, "SQ", item(&lut)), (0x28, 8, "IS", b"2".to_vec())];
    let byte = |photometric: &str, samples: u16| {
        vec![
            (0x28u16, 2u16, "US", samples.to_le_bytes().to_vec()),
            (0x28, 4, "CS", photometric.as_bytes().to_vec()),
            (0x28, 6, "US", vec![0, 0]),
            (0x28, 0x100, "US", vec![8, 0]),
            (0x28, 0x101, "US", vec![8, 0]),
            (0x28, 0x102, "US", vec![7, 0]),
            (0x28, 0x103, "US", vec![0, 0]),
        ]
    };
    let mut palette = byte("PALETTE COLOR", 1);
    for tag in [0x1101u16, 0x1102, 0x1103] {
        palette.push((0x28, tag, "US", vec![4, 0, 0, 0, 16, 0]));
        palette.push((0x28, tag + 0x100, "OW", vec![0, 0, 0, 50, 0, 100, 0, 255]));
    }
    let mut jpeg = Cursor::new(Vec::new());
    image::GrayImage::from_fn(8, 8, |x, y| image::Luma([(x * y * 4) as u8]))
        .write_to(&mut jpeg, image::ImageFormat::Jpeg)
        .unwrap();
    let rle = [&[2u8, 0, 0, 0, 64, 0, 0, 0, 66, 0, 0, 0][..], &[0; 52], &[0xfd, 1, 0xfd, 9]].concat();
    // An implicit data set has the tags alone.
    let implicit = {
        let element = |tag: [u8; 4], value: &[u8]| [&tag[..], &(value.len() as u32).to_le_bytes(), value].concat();
        let bits = [(0x10u8, 2u8), (0x11, 2)].map(|(number, value)| element([0x28, 0, number, 0], &[value, 0])).concat();
        let kept = [(0u8, 16u8), (1, 12), (2, 11), (3, 0)].map(|(number, v)| element([0x28, 0, number, 1], &[v, 0])).concat();
        [
            element([8, 0, 0x60, 0], b"OT"),
            element([0x28, 0, 2, 0], &[1, 0]),
            element([0x28, 0, 4, 0], b"MONOCHROME1 "),
            bits,
            kept,
            element([0xe0, 0x7f, 0x10, 0], &words),
        ]
        .concat()
    };
    vec![
        dicom_picture(explicit, &grey, [2, 2], &words, false),
        dicom_picture(explicit, &sequence, [1, 2], &words, false),
        dicom_picture(explicit, &byte("YBR_FULL_422", 3), [2, 2], &[100, 200, 90, 80, 40, 60, 70, 80], false),
        dicom_picture(explicit, &byte("RGB", 3), [2, 2], &[9; 12], false),
        dicom_picture(explicit, &palette, [2, 2], &[0, 1, 2, 3], false),
        dicom_picture("1.2.840.10008.1.2.4.50", &byte("MONOCHROME2", 1), [8, 8], &jpeg.into_inner(), true),
        dicom_picture("1.2.840.10008.1.2.5", &[], [2, 2], &rle, true),
        implicit,
    ]
}

/// A TIFF of one strip with tags of 16 bit numbers.
fn tiff_file(big: bool, tags: &[(u16, &[u16])], pixels: &[u8]) -> Vec<u8> {
    let (wide, counter) = if big { (8, 8) } else { (4, 2) };
    let number = |value: usize, size: usize| (value as u64).to_le_bytes()[..size].to_vec();
    let mut bytes = if big { b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0".to_vec() } else { b"II*\0\x08\0\0\0".to_vec() };
    let strip = [(273u16, &[0u16][..]), (279, &[pixels.len() as u16])];
    let mut tags: Vec<(u16, Vec<u16>)> = tags.iter().chain(&strip).map(|(tag, values)| (*tag, values.to_vec())).collect();
    tags.sort();
    let after = bytes.len() + counter + tags.len() * (4 + 2 * wide) + wide;
    bytes.extend(number(tags.len(), counter));
    let mut tail = pixels.to_vec();
    for (tag, values) in &tags {
        bytes.extend([number(*tag as usize, 2), number(3, 2), number(values.len(), wide)].concat());
        let mut stored: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        match (tag, stored.len() > wide) {
            (273, _) => stored = number(after, wide),
            (_, true) => {
                let place = number(after + tail.len(), wide);
                tail.append(&mut stored);
                stored = place;
            }
            _ => stored.resize(wide, 0),
        }
        bytes.extend(stored);
    }
    bytes.extend(number(0, wide));
    bytes.extend(tail);
    bytes
}

pub fn tiff() -> Vec<Vec<u8>> {
    let bytes: Vec<u8> = (0..48).map(|i| i * 5).collect();
    let form = |bits: u16, photometric: u16, stored: u16, compression: u16| {
        vec![
            (256u16, vec![4u16]),
            (257, vec![4]),
            (258, vec![bits; stored as usize]),
            (259, vec![compression]),
            (262, vec![photometric]),
            (277, vec![stored]),
            (278, vec![4]),
        ]
    };
    let made = |big: bool, tags: Vec<(u16, Vec<u16>)>, pixels: &[u8]| {
        let tags: Vec<(u16, &[u16])> = tags.iter().map(|(tag, values)| (*tag, &values[..])).collect();
        tiff_file(big, &tags, pixels)
    };
    let with = |mut tags: Vec<(u16, Vec<u16>)>, more: &[(u16, &[u16])]| {
        tags.extend(more.iter().map(|(tag, values)| (*tag, values.to_vec())));
        tags
    };
    let palette: Vec<u16> = (0..48).map(|i| i * 1000).collect();
    let mut lzw = Cursor::new(Vec::new());
    image::RgbImage::from_fn(9, 7, |x, y| image::Rgb([(x * 20) as u8, (y * 30) as u8, 9]))
        .write_to(&mut lzw, image::ImageFormat::Tiff)
        .unwrap();
    vec![
        made(false, form(8, 1, 1, 1), &bytes[..16]),
        made(true, with(form(16, 1, 1, 1), &[(274, &[6])]), &bytes[..32]),
        made(false, form(8, 2, 3, 1), &bytes),
        made(false, with(form(8, 1, 1, 1), &[(284, &[2])]), &bytes[..16]),
        made(false, form(12, 0, 1, 1), &bytes[..24]),
        made(false, with(form(4, 3, 1, 1), &[(320, &palette)]), &bytes[..8]),
        made(false, with(form(32, 1, 1, 1), &[(339, &[3])]), &bytes.repeat(2)[..64]),
        made(false, with(form(8, 6, 3, 1), &[(530, &[2, 2])]), &bytes[..24]),
        made(false, with(form(8, 5, 4, 1), &[(332, &[1])]), &bytes.repeat(2)[..64]),
        made(false, form(8, 1, 1, 32773), &[0xf1, 7]),
        made(false, form(1, 0, 1, 1), &bytes[..4]),
        lzw.into_inner(),
    ]
}

pub fn pnm() -> Vec<Vec<u8>> {
    let mut seeds = text(&["P1\n3 1\n1 0 1\n", "P2\n# MIAS\n3 1\n4\n0 2 4\n", "P3\n1 1\n255\n255 0 51\n"]);
    seeds.push(b"P5\n3 1\n4095\n\x00\x00\x03\x33\x0f\xff".to_vec());
    seeds.push(b"P4\n3 1\n\xa0".to_vec());
    seeds.push(b"P7\nWIDTH 3\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n123456789".to_vec());
    seeds
}

pub fn pictures() -> Vec<Vec<u8>> {
    use image::ImageFormat::{Bmp, Gif, Jpeg, Png, WebP};
    let picture = image::DynamicImage::from(test_files::picture(1)).resize_exact(12, 10, image::imageops::Triangle);
    let encoded = |format| {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    [Png, Jpeg, Gif, Bmp, WebP].map(encoded).to_vec()
}

pub fn weights() -> Vec<Vec<u8>> {
    let header = br#"{"__metadata__":{"step":"3"},"init_conv.weight":{"dtype":"F32","shape":[8,3,1,1],"data_offsets":[0,96]},"downs.0.3.weight":{"dtype":"F16","shape":[8,4,1,1],"data_offsets":[96,160]}}"#;
    vec![[&(header.len() as u64).to_le_bytes()[..], header, &[0; 160]].concat()]
}

pub fn manifests() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let made = |path: &Path| RunDir::create(path, RunKind::Train, "n", &RunConfig::default()).unwrap();
    vec![std::fs::read(made(folder.path()).join("manifest.json")).unwrap()]
}
