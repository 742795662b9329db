//! Spreadsheets that ask for more than they hold: each is read, or refused in a line, within bounds of memory and time.

use crate::test_files::{
    Dir,
    xls::{label, record, sheet, words, xls},
};
use dissolve_studio::data::TablePreview;
use std::{
    fs,
    io::{Cursor, Write},
    process::Stdio,
    time::{Duration, Instant},
};

/// Bounds for one spreadsheet: seconds (of a machine that has much else to do), bytes.
const MOST_SECONDS: f64 = 20.0;
const MOST_BYTES: u64 = 500 << 20;

/// Most memory that a process has had so far, bytes; 0 where there is no telling.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().unwrap_or(0) << 10
}

/// Has the program read a spreadsheet as a table of labels: what it is, or the one line that says why not. Time and memory are those
/// of the program, which is there for it alone.
fn read(dir: &Dir, name: &str, bytes: &[u8]) -> Result<TablePreview, String> {
    dir.write(name, bytes).png("a.png", 1);
    let path = dir.path().join(name);
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("dissolve-studio"));
    command.arg("inspect").arg(dir.path()).arg("--labels").arg(&path).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (start, mut taken) = (Instant::now(), 0);
    while child.try_wait().unwrap().is_none() {
        taken = taken.max(peak(child.id()));
        std::thread::sleep(Duration::from_millis(2));
    }
    let seconds = start.elapsed().as_secs_f64();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    println!("{name}: {seconds:.1} s, {} MB, {}", taken >> 20, said.trim_end());
    assert!(matches!(output.status.code(), Some(0 | 1)), "{name}: {said}");
    assert!(seconds < MOST_SECONDS, "{name} takes {seconds:.1} s");
    assert!(taken < MOST_BYTES, "{name} takes {} MB", taken >> 20);
    let read = TablePreview::read(&path).map_err(|e| e.to_string());
    assert!(read.as_ref().err().is_none_or(|reason| reason.lines().count() == 1), "{read:?}");
    read
}

fn refused(dir: &Dir, name: &str, bytes: &[u8], reason: &str) {
    let found = read(dir, name, bytes).expect_err(name);
    assert!(found.contains(reason), "{name}: {found}");
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

/// An `.xlsx` of these sheets and shared texts. `targets`: which part each sheet of the book is.
fn xlsx(sheets: &[&str], shared: &str, targets: &[&str]) -> Vec<u8> {
    let names: String = (1..=targets.len()).map(|i| format!("<sheet name=\"S{i}\" sheetId=\"{i}\" r:id=\"rId{i}\"/>")).collect();
    let relations: String = (1..)
        .zip(targets)
        .map(|(i, target)| format!("<Relationship Id=\"rId{i}\" Type=\"{OFFICE}/worksheet\" Target=\"{target}\"/>"))
        .collect();
    let mut parts = vec![
        (
            "[Content_Types].xml".to_string(),
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_string(),
        ),
        (
            "_rels/.rels".into(),
            format!(
                "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml".into(),
            format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{names}</sheets></workbook>"),
        ),
        (
            "xl/_rels/workbook.xml.rels".into(),
            format!(
                "<Relationships xmlns=\"{PACKAGE}\">{relations}<Relationship Id=\"s\" Type=\"{OFFICE}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
            ),
        ),
        ("xl/sharedStrings.xml".into(), format!("<sst xmlns=\"{MAIN}\">{shared}</sst>")),
    ];
    for (i, sheet) in (1..).zip(sheets) {
        parts.push((format!("xl/worksheets/sheet{i}.xml"), format!("<worksheet xmlns=\"{MAIN}\">{sheet}</worksheet>")));
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An `.xlsx` of one sheet.
pub fn one_sheet(sheet: &str, shared: &str) -> Vec<u8> {
    xlsx(&[sheet], shared, &["worksheets/sheet1.xml"])
}

fn text(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn data(rows: &str) -> String {
    format!("<sheetData>{rows}</sheetData>")
}

/// Rows of a sound table.
fn table() -> String {
    let row =
        |i: usize| format!("<row r=\"{i}\">{}{}</row>", text(&format!("A{i}"), &format!("{i}.png")), text(&format!("B{i}"), "x"));
    format!("<row r=\"1\">{}{}</row>{}", text("A1", "image"), text("B1", "label"), (2..6).map(row).collect::<String>())
}

#[test]
fn hostile_spreadsheets_are_refused_in_a_line_or_read() {
    let dir = Dir::new();
    let sound = one_sheet(&data(&table()), "");
    assert_eq!(read(&dir, "sound.xlsx", &sound).unwrap().total, 4);
    assert_eq!(read(&dir, "other name.ods", &sound).unwrap().total, 4, "by what it holds");

    // Sizes.
    let blank = " ".repeat(100);
    let bomb = one_sheet(&data(&format!("<row>{}</row>", format!("<c/>{blank}").repeat(2_800_000))), "");
    refused(&dir, "bomb.xlsx", &bomb, "would unpack to more than 256 MiB");
    let mut liar = bomb;
    // What the archive says of the unpacked size of its parts, at the front and at the back: nothing.
    for (mark, at) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
        let places: Vec<usize> = (0..liar.len() - 50).filter(|&i| liar[i..].starts_with(mark)).collect();
        places.into_iter().for_each(|i| liar[i + at..i + at + 4].copy_from_slice(&[9, 0, 0, 0]));
    }
    assert!(read(&dir, "liar.xlsx", &liar).is_err());
    let huge = one_sheet(&data(&format!("<row>{}</row>", text("A1", &"a".repeat(200 << 20)))), "");
    refused(&dir, "one cell.xlsx", &huge, "has a cell of more than 4 MiB");
    let empties = one_sheet(&data(&table()), &"<si><t/></si>".repeat(8_000_000));
    refused(&dir, "shared.xlsx", &empties, "would unpack to more than 96 MiB");
    let same = "<row><c t=\"s\"><v>0</v></c></row>".repeat(2000);
    let copies = one_sheet(&data(&same), &format!("<si><t>{}</t></si>", "a".repeat(1 << 20)));
    refused(&dir, "copies.xlsx", &copies, "has more cells than a table of labels");
    let corners: String = (1..=1000).map(|i| format!("<row r=\"{i}\">{}</row>", text(&format!("XFD{i}"), "x"))).collect();
    refused(&dir, "wide.xlsx", &one_sheet(&data(&corners), ""), "has more cells than a table of labels");
    let filler = format!("<row>{}</row>", "<c/>".repeat(2_000_000));
    let many = xlsx(&[&data(&filler)], "", &["worksheets/sheet1.xml"; 3000]);
    refused(&dir, "many.xlsx", &many, "has 3000 sheets, too many for their size");

    // What a sheet says of itself.
    for (name, dimension) in [("claims", "A1:XFD1048576"), ("claims more", "A1:ZZZZZZ4000000000"), ("claims nothing", "")] {
        let sheet = format!("<dimension ref=\"{dimension}\"/>{}", data(&table()));
        let found = read(&dir, &format!("{name}.xlsx"), &one_sheet(&sheet, ""));
        assert!(found.as_ref().is_ok_and(|t| t.total == 4) || name == "claims nothing", "{name}: {found:?}");
    }
    let far = format!("{}<row r=\"4000000000\">{}</row>", table(), text("A4000000000", "x"));
    let _ = read(&dir, "far.xlsx", &one_sheet(&data(&far), ""));
    for index in ["7", "-1", "99999999999999999999", "x", ""] {
        let cell = format!("<row r=\"9\"><c r=\"A9\" t=\"s\"><v>{index}</v></c></row>");
        let _ = read(&dir, "index.xlsx", &one_sheet(&data(&format!("{}{cell}", table())), "<si><t>a</t></si>"));
    }
    for target in ["workbook.xml", "_rels/workbook.xml.rels", "../../../etc/passwd", "worksheets/none.xml", "sharedStrings.xml"] {
        let found = read(&dir, "circle.xlsx", &xlsx(&[&data(&table())], "", &[target]));
        assert!(found.is_err(), "{target}");
    }
    let deep = format!("{}{}", "<row>".repeat(200_000), "</row>".repeat(200_000));
    let _ = read(&dir, "deep.xlsx", &one_sheet(&data(&deep), &"<si><r>".repeat(200_000)));
    let laughs =
        "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;\">]>";
    let _ = read(&dir, "laughs.xlsx", &one_sheet(&format!("{laughs}{}", data(&format!("<row>{}</row>", text("A1", "&c;")))), ""));

    // Other things under these names.
    for end in [4, 30, sound.len() / 2, sound.len() - 1] {
        refused(&dir, "short.xlsx", &sound[..end], "is a damaged spreadsheet, or one that is cut short");
    }
    refused(
        &dir,
        "page.xls",
        b"<html><table><tr><td>image</td></tr></table></html>",
        "is no spreadsheet, whatever its name says",
    );
    refused(&dir, "zeros.xls", &[0; 9000], "is no spreadsheet, whatever its name says");
    assert_eq!(read(&dir, "text.xls", b"image\tlabel\na.png\tx\n").unwrap().headers, ["image", "label"]);
}

#[test]
fn hostile_spreadsheets_of_the_old_kind_are_refused_in_a_line_or_read() {
    let dir = Dir::new();
    let cells = [
        label(0, 0, "image"),
        label(0, 1, "label"),
        label(1, 0, "a.png"),
        label(1, 1, "x"),
        label(2, 0, "b.png"),
        label(2, 1, "y"),
    ];
    let sound = xls(&[sheet(&cells)], &[]);
    let found = read(&dir, "sound.xls", &sound).unwrap();
    assert_eq!((found.headers, found.total), (vec!["image".to_string(), "label".into()], 2));

    let corners = sheet(&[label(0, 0, "image"), label(65_535, 255, "x")]);
    refused(&dir, "corners.xls", &xls(std::slice::from_ref(&corners), &[]), "has more cells than a table of labels");
    refused(&dir, "many corners.xls", &xls(&vec![corners; 50], &[]), "has more cells than a table of labels");
    let claims = |rows: u32, columns: u16| {
        let content = [&[0; 4][..], &rows.to_le_bytes(), &[0, 0], &columns.to_le_bytes(), &[0, 0]].concat();
        xls(&[sheet(&[&[record(0x0200, &content)][..], &cells].concat())], &[])
    };
    assert_eq!(read(&dir, "all.xls", &claims(65_536, 256)).unwrap().total, 2);
    refused(&dir, "billion.xls", &claims(1_000_000_000, 256), "says it is larger than any");
    refused(&dir, "columns.xls", &claims(100, 65_535), "says it is larger than any");

    // One long text, and cells that all share it; one that there is not.
    let long = "a".repeat(8000);
    let text = [&1u32.to_le_bytes()[..], &1u32.to_le_bytes(), &words(&[8000]), &[0], long.as_bytes()].concat();
    let sharing = |row: u16, index: u32| record(0xfd, &[&words(&[row, 0, 0])[..], &index.to_le_bytes()].concat());
    let copies: Vec<Vec<u8>> = (0..60_000).map(|row| sharing(row, 0)).collect();
    refused(&dir, "copies.xls", &xls(&[sheet(&copies)], &record(0xfc, &text)), "has more cells than a table of labels");
    let _ = read(&dir, "index.xls", &xls(&[sheet(&[&cells[..], &[sharing(3, 7)]].concat())], &record(0xfc, &text)));

    for end in [8, 511, 512, 1000, 3000, sound.len() - 600] {
        assert!(read(&dir, "short.xls", &sound[..end]).is_err(), "{end}");
    }
    // The table of successors lies at the end: the stream goes in a circle.
    let mut circle = sound.clone();
    let table = circle.len() - 512;
    circle[table + 16..table + 20].copy_from_slice(&1u32.to_le_bytes());
    refused(&dir, "circle.xls", &circle, "is a spreadsheet that is damaged");
    for (at, value) in [(44, u32::MAX), (48, 7), (48, u32::MAX), (60, 3), (68, 0), (68, 5), (76, 4000), (76, 0)] {
        let mut bent = sound.clone();
        bent[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let _ = read(&dir, "bent.xls", &bent);
    }
    let mut locked = sound;
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    locked[512 + 128..][..name.len()].copy_from_slice(&name);
    refused(&dir, "locked.xlsx", &locked, "with a password");
}
