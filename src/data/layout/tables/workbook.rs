//! What a spreadsheet of Excel up to 2003 (`.xls`) would become when it is read: its reader gives each sheet as a full rectangle and
//! each cell a copy of its text, so that some thousand bytes can ask for gigabytes.

/// Cells and bytes of text over all sheets.
#[derive(Debug, Default, PartialEq)]
pub struct Extent {
    pub cells: u64,
    pub text: u64,
}

/// Sheets are 65,536 by 256 at most.
const MAX_ROWS: u32 = 65_536;
const MAX_COLUMNS: u16 = 256;
/// Records that are looked at over all sheets; several sheets may be the same ones.
const MAX_RECORDS: usize = 30_000_000;
/// Records before those of the sheets.
const MAX_GLOBALS: usize = 1_000_000;

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Sectors of a file, one after another as the table of their successors says.
fn chain(bytes: &[u8], first: u32, sector: usize, offset: usize, next: &[u32]) -> Option<Vec<u8>> {
    let mut stream = Vec::new();
    let mut at = first;
    // Each sector belongs to one place only: a longer chain goes in circles.
    while at < 0xffff_fffa {
        let start = offset + (at as usize).checked_mul(sector)?;
        stream.extend(bytes.get(start..)?.iter().take(sector));
        if stream.len() > bytes.len() {
            return None;
        }
        at = *next.get(at as usize)?;
    }
    Some(stream)
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks::<4>().0.iter().map(|&b| u32::from_le_bytes(b)).collect()
}

/// The stream of the workbook within a compound file; `None` where that is damaged, or none.
fn stream(bytes: &[u8]) -> Option<Vec<u8>> {
    let sector = 1usize << u16_at(bytes, 30).filter(|shift| matches!(shift, 9 | 12))?;
    // The table of successors lies in sectors of its own, the first 109 of which are listed in the header.
    let mut tables = numbers(bytes.get(76..512)?);
    let mut more = u32_at(bytes, 68)?;
    while more < 0xffff_fffa && tables.len() * sector <= bytes.len() {
        let start = (more as usize + 1).checked_mul(sector)?;
        let mut list = numbers(bytes.get(start..)?.get(..sector)?);
        more = list.pop()?;
        tables.extend(list);
    }
    let mut next = Vec::new();
    for table in tables.into_iter().filter(|table| *table < 0xffff_fffa) {
        next.extend(numbers(bytes.get((table as usize + 1).checked_mul(sector)?..)?.get(..sector)?));
        if next.len() > bytes.len() {
            return None;
        }
    }
    let whole = |first| chain(bytes, first, sector, sector, &next);
    let directory = whole(u32_at(bytes, 48)?)?;
    let entries = directory.as_chunks::<128>().0;
    let named = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        entries.iter().find(|entry| entry[..wide.len()].eq_ignore_ascii_case(&wide))
    };
    let entry = named("Workbook").or_else(|| named("Book"))?;
    let (first, length) = (u32_at(entry, 116)?, u32_at(entry, 120)?);
    let stream = if length < 4096 {
        let small = whole(u32_at(entries.first()?, 116)?)?;
        chain(&small, first, 64, 0, &numbers(&whole(u32_at(bytes, 60)?)?))?
    } else {
        whole(first)?
    };
    Some(stream)
}

/// Kinds and contents of records from a place on; what is cut short ends them.
fn records(stream: &[u8], from: usize) -> impl Iterator<Item = (u16, &[u8])> {
    let mut at = from;
    std::iter::from_fn(move || {
        let (kind, length) = (u16_at(stream, at)?, u16_at(stream, at + 2)? as usize);
        let content = stream.get(at + 4..at + 4 + length)?;
        at += 4 + length;
        Some((kind, content))
    })
}

/// Bytes of each of the texts that cells share. `parts`: their record, and those that continue it.
fn shared_texts(parts: &[&[u8]]) -> Vec<u32> {
    let mut lengths = Vec::new();
    let (mut part, mut at) = (0, 8);
    let mut one = || -> Option<u32> {
        while at >= parts.get(part)?.len() {
            at -= parts[part].len();
            part += 1;
        }
        let (count, flags) = (u32::from(u16_at(parts[part], at)?), *parts[part].get(at + 2)?);
        at += 3;
        let mut behind = 0;
        if flags & 8 != 0 {
            behind += 4 * u16_at(parts[part], at)? as usize;
            at += 2;
        }
        if flags & 4 != 0 {
            behind += u32_at(parts[part], at)? as usize;
            at += 4;
        }
        let (mut left, mut wide) = (count as usize, flags & 1 != 0);
        loop {
            let size = if wide { 2 } else { 1 };
            let here = (parts[part].len().saturating_sub(at) / size).min(left);
            (left, at) = (left - here, at + here * size);
            if left == 0 {
                break;
            }
            // Letters that go on in the next record begin with their width anew.
            part += 1;
            (wide, at) = (parts.get(part)?.first()? & 1 != 0, 1);
        }
        at += behind;
        Some(count * 3)
    };
    while let Some(length) = one() {
        lengths.push(length);
    }
    lengths
}

/// What the sheets would become; `None` where the file is damaged, or says that it has more than sheets can have.
pub fn extent(bytes: &[u8]) -> Option<Extent> {
    let stream = stream(bytes)?;
    let book: Vec<(u16, &[u8])> = records(&stream, 0).take(MAX_GLOBALS).take_while(|(kind, _)| *kind != 0x0a).collect();
    let shared = book.iter().position(|(kind, _)| *kind == 0xfc).map(|first| {
        let more = book[first + 1..].iter().take_while(|(kind, _)| *kind == 0x3c);
        shared_texts(&std::iter::once(&book[first]).chain(more).map(|(_, content)| *content).collect::<Vec<_>>())
    });
    let shared = shared.unwrap_or_default();
    let (mut extent, mut left) = (Extent { cells: shared.len() as u64, text: 0 }, MAX_RECORDS);
    for (_, sheet) in book.iter().filter(|(kind, _)| *kind == 0x85) {
        let (mut least, mut most, mut open) = ([u16::MAX; 2], [0; 2], 0);
        let mut is_empty = true;
        for (kind, content) in records(&stream, u32_at(sheet, 0)? as usize) {
            left = left.checked_sub(1)?;
            // Charts within a sheet are sheets of their own.
            match kind {
                0x0809 => open += 1,
                0x0a if open <= 1 => break,
                0x0a => open -= 1,
                _ => {}
            }
            if open > 1 {
                continue;
            }
            let last = match kind {
                0x0200 if content.len() >= 14 && (u32_at(content, 4)? > MAX_ROWS || u16_at(content, 10)? > MAX_COLUMNS) => {
                    return None;
                }
                0x06 | 0xd6 | 0xfd | 0x0203 | 0x0204 | 0x0205 | 0x027e => u16_at(content, 2),
                // Several numbers in a row.
                0xbd => u16_at(content, content.len().saturating_sub(2)),
                _ => continue,
            };
            let (Some(row), Some(first), Some(last)) = (u16_at(content, 0), u16_at(content, 2), last) else { continue };
            least = [least[0].min(row), least[1].min(first)];
            most = [most[0].max(row), most[1].max(last)];
            is_empty = false;
            if kind == 0xfd {
                let length = u32_at(content, 6).and_then(|i| shared.get(i as usize));
                extent.text += u64::from(length.copied().unwrap_or(0));
            }
        }
        if !is_empty {
            extent.cells += [0, 1].map(|i| u64::from(most[i].saturating_sub(least[i])) + 1).iter().product::<u64>();
        }
    }
    Some(extent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_go_on_in_the_next_record_are_counted() {
        let text = |count: u16, flags: u8, rest: &[u8]| [&count.to_le_bytes()[..], &[flags], rest].concat();
        let first = [&[0; 8][..], &text(3, 0, b"abc"), &text(4, 1, b"a\0b\0")].concat();
        // Two letters more, one byte each; then a text with two runs of formats behind it.
        let second = [&b"\0cd"[..], &text(1, 8, b"\x02\0x12345678"), &text(2, 0, b"yz")].concat();
        assert_eq!(shared_texts(&[&first, &second]), [9, 12, 3, 6]);
        assert_eq!(shared_texts(&[&first[..14]]), [9]);
        assert!(shared_texts(&[]).is_empty());
    }
}
