//! Spreadsheets of Excel up to 2003, byte by byte.

/// A record of an `.xls`.
pub fn record(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &(content.len() as u16).to_le_bytes(), content].concat()
}

pub fn words(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}

fn begin(kind: u16) -> Vec<u8> {
    record(0x0809, &words(&[0x0600, kind, 0, 0, 0, 0, 0, 0]))
}

pub fn label(row: u16, column: u16, text: &str) -> Vec<u8> {
    record(0x0204, &[&words(&[row, column, 0, text.len() as u16])[..], &[0], text.as_bytes()].concat())
}

/// An `.xls` of these sheets; `shared`: the record of the texts that their cells share.
pub fn xls(sheets: &[Vec<u8>], shared: &[u8]) -> Vec<u8> {
    let entry = |place: usize| record(0x85, &[&(place as u32).to_le_bytes()[..], &[0, 0, 1, 0, b'S']].concat());
    let mut place = begin(5).len() + sheets.len() * entry(0).len() + shared.len() + 4;
    let mut stream = begin(5);
    for sheet in sheets {
        stream.extend(entry(place));
        place += sheet.len();
    }
    stream.extend([shared, &record(0x0a, &[])].concat());
    stream.extend(sheets.concat());
    compound(stream)
}

pub fn sheet(cells: &[Vec<u8>]) -> Vec<u8> {
    [begin(0x10), cells.concat(), record(0x0a, &[])].concat()
}

/// A compound file: the directory in sector 0, the stream from 1 on, the tables of successors behind it.
fn compound(mut stream: Vec<u8>) -> Vec<u8> {
    stream.resize(stream.len().next_multiple_of(512).max(4096), 0);
    let count = stream.len() / 512;
    let tables = (count + 1).div_ceil(127);
    let mut next: Vec<u32> = vec![0xffff_fffe];
    next.extend((2..=count as u32).chain([0xffff_fffe]));
    next.resize(next.len() + tables, 0xffff_fffd);
    next.resize(tables * 128, u32::MAX);
    let mut header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    header.resize(24, 0);
    header.extend(words(&[0x3e, 3, 0xfffe, 9, 6, 0, 0, 0, 0, 0]));
    for number in [tables as u32, 0, 0, 4096, 0xffff_fffe, 0, 0xffff_fffe, 0] {
        header.extend(number.to_le_bytes());
    }
    let listed = (0..109).map(|i| if i < tables { (count + 1 + i) as u32 } else { u32::MAX });
    header.extend(listed.flat_map(u32::to_le_bytes));
    let named = |name: &str, kind: u8, start: u32, length: usize| {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry.resize(64, 0);
        entry.extend(words(&[2 * (name.len() as u16 + 1)]));
        entry.extend([kind, 1]);
        entry.extend([u32::MAX, u32::MAX, if kind == 5 { 1 } else { u32::MAX }].map(u32::to_le_bytes).concat());
        entry.resize(116, 0);
        entry.extend(start.to_le_bytes());
        entry.extend((length as u64).to_le_bytes());
        entry
    };
    let mut directory = [named("Root Entry", 5, 0xffff_fffe, 0), named("Workbook", 2, 1, stream.len())].concat();
    directory.resize(512, 0);
    [header, directory, stream, next.iter().flat_map(|n| n.to_le_bytes()).collect()].concat()
}
