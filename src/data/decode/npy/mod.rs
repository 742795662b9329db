//! `.npy` files: a picture, or a stack of them. No pickle is ever executed.

mod header;

pub use header::Header;

use super::{
    raster::{DecodedImage, Remark, Samples},
    source::{check_size, io_reason, open_file},
};
use std::{
    cell::RefCell,
    io::{BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    rc::Rc,
};

/// A stack may hold this many pictures.
const MAX_PAGES: usize = 1_000_000;

/// Where the pictures of an array are: for each of the axes its length and the distance between neighbours, in numbers.
#[derive(Debug)]
struct Stack {
    pages: (usize, usize),
    rows: (usize, usize),
    columns: (usize, usize),
    channels: (usize, usize),
}

impl Stack {
    fn of(header: &Header) -> Result<Self, String> {
        let shape = &header.shape;
        if header.is_text() {
            return Err(format!("is a NumPy array of the type {}, which is no picture", header.kind));
        }
        let stride = |axis: usize| {
            let between = if header.fortran { &shape[..axis] } else { &shape[axis + 1..] };
            between.iter().fold(1usize, |n, &d| n.saturating_mul(d))
        };
        let axis = |axis: usize| (shape[axis], stride(axis));
        let one = (1, 0);
        let (pages, rows, columns, channels) = match shape[..] {
            // A single row or column is a list: of labels, of names.
            [height, width] if height > 1 && width > 1 => (one, axis(0), axis(1), one),
            [_, _, 1 | 3 | 4] => (one, axis(0), axis(1), axis(2)),
            [_, _, _] => (axis(0), axis(1), axis(2), one),
            [_, _, _, 1 | 3 | 4] => (axis(0), axis(1), axis(2), axis(3)),
            [_, 1 | 3 | 4, _, _] => (axis(0), axis(2), axis(3), axis(1)),
            _ => {
                return Err(format!(
                    "is a NumPy array of the shape {shape:?}, which is no picture; height x width is, with 3 channels after it or \
                     a number of pictures before it"
                ));
            }
        };
        if pages.0 == 0 || pages.0 > MAX_PAGES {
            return Err(format!("is a NumPy array of {} pictures", pages.0));
        }
        Ok(Self { pages, rows, columns, channels })
    }
}

/// Number and size of each picture.
pub fn probe(path: &Path) -> Result<Vec<(usize, [u32; 2])>, String> {
    let file = open_file(path)?;
    let length = file.metadata().map_err(|e| io_reason(&e))?.len();
    let header = Header::read(file)?;
    let stack = Stack::of(&header)?;
    let size = check_size(stack.columns.0 as u64, stack.rows.0 as u64)?;
    if header.file_size().is_none_or(|needed| needed as u64 > length) {
        return Err(format!("is cut short: it says it has the shape {:?}", header.shape));
    }
    Ok((0..stack.pages.0).map(|page| (page, size)).collect())
}

/// An array on disk.
struct Array {
    header: Header,
    stack: Stack,
    /// Least and greatest of all numbers, where they are mapped from them.
    range: (f64, f64),
}

thread_local! {
    /// The stack that this thread read last, so that its pictures do not each look for the range of all of them again.
    static LAST: RefCell<Option<(PathBuf, Rc<Array>)>> = const { RefCell::new(None) };
}

fn array(path: &Path) -> Result<Rc<Array>, String> {
    if let Some(array) = LAST.with_borrow(|last| last.as_ref().filter(|(p, _)| p == path).map(|(_, a)| a.clone())) {
        return Ok(array);
    }
    let mut file = BufReader::new(open_file(path)?);
    let header = Header::read(&mut file)?;
    let stack = Stack::of(&header)?;
    check_size(stack.columns.0 as u64, stack.rows.0 as u64)?;
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    if !matches!(header.kind.as_str(), "u1" | "u2" | "b1") {
        let mut left = header.data_size().ok_or("is cut short")?;
        let mut bytes = vec![0; header.size << 16];
        while left > 0 {
            let part = &mut bytes[..left.min(header.size << 16)];
            file.read_exact(part).map_err(|e| io_reason(&e))?;
            let numbers = part.chunks_exact(header.size).map(|stored| header.number(stored)).filter(|v| v.is_finite());
            range = numbers.fold(range, |(low, high), v| (low.min(v), high.max(v)));
            left -= part.len();
        }
    }
    let array = Rc::new(Array { header, stack, range });
    LAST.set((array.stack.pages.0 > 1).then(|| (path.to_path_buf(), array.clone())));
    Ok(array)
}

impl Array {
    /// Whole numbers to 255 and floats to 1 or to 255 are as they are; other ranges are stretched, over the whole stack.
    fn scale(&self) -> Result<(f64, f64), String> {
        let (low, high) = self.range;
        if low > high {
            return Err("holds no number that is finite".into());
        }
        Ok(match (low >= 0.0, self.header.kind.starts_with('f'), high) {
            (true, true, ..=1.0) => (0.0, 1.0),
            (true, _, ..=255.0) => (0.0, 255.0),
            _ => (low, if high > low { high } else { low + 1.0 }),
        })
    }

    fn page(&self, path: &Path, page: usize) -> Result<DecodedImage, String> {
        let Stack { pages, rows, columns, channels } = self.stack;
        if page >= pages.0 {
            return Err("is not in its file (any more)".into());
        }
        // In Fortran order, the numbers of a picture lie all over the file.
        let picture = rows.0 * columns.0 * channels.0;
        let (start, offset, count) = match self.header.fortran {
            true => (0, page * pages.1, picture * pages.0),
            false => (page * pages.1, 0, picture),
        };
        let size = self.header.size;
        let mut file = open_file(path)?;
        file.seek(SeekFrom::Start((self.header.length + start * size) as u64)).map_err(|e| io_reason(&e))?;
        let mut bytes = Vec::new();
        file.take((count * size) as u64).read_to_end(&mut bytes).map_err(|e| io_reason(&e))?;
        if bytes.len() < count * size {
            return Err("is cut short".into());
        }
        let indices = (0..rows.0).flat_map(move |y| {
            (0..columns.0).flat_map(move |x| (0..channels.0).map(move |c| offset + y * rows.1 + x * columns.1 + c * channels.1))
        });
        let numbers = indices.map(|i| self.header.number(&bytes[i * size..(i + 1) * size]));
        let mut all_numbers = true;
        let samples = match self.header.kind.as_str() {
            "u1" => Samples::U8(numbers.map(|v| v as u8).collect()),
            "b1" => Samples::U8(numbers.map(|v| if v > 0.0 { 255 } else { 0 }).collect()),
            "u2" => Samples::U16(numbers.map(|v| v as u16).collect()),
            _ => {
                let (low, high) = self.scale()?;
                let scaled = numbers.map(|v| {
                    all_numbers &= v.is_finite();
                    if v.is_nan() { 0.0 } else { ((v - low) / (high - low)).clamp(0.0, 1.0) as f32 }
                });
                Samples::F32(scaled.collect())
            }
        };
        let raster = DecodedImage::new(columns.0, rows.0, channels.0, samples)?;
        Ok(match all_numbers {
            false => raster.with(Remark::NotNumbers),
            true if self.header.shape.len() == 3 && pages.0 == 3 => raster.with(Remark::OfThree),
            true => raster,
        })
    }
}

pub fn decode(path: &Path, page: usize) -> Result<DecodedImage, String> {
    array(path)?.page(path, page)
}

#[cfg(test)]
mod tests {
    use super::super::header::probe;
    use crate::data::pixels::{Picture, Pixels};

    fn npy(kind: &str, fortran: bool, shape: &[usize], data: &[u8]) -> tempfile::NamedTempFile {
        let shape: String = shape.iter().map(|d| format!("{d}, ")).collect();
        let order = if fortran { "True" } else { "False" };
        let header = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': ({shape}), }}\n");
        let start = [&b"\x93NUMPY\x01\0"[..], &(header.len() as u16).to_le_bytes(), header.as_bytes(), data].concat();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), start).unwrap();
        file
    }

    fn page(file: &tempfile::NamedTempFile, number: usize) -> Picture {
        Picture::copy_of(&super::super::decode(file.path(), number).unwrap())
    }

    #[test]
    fn shapes_are_pictures_and_stacks_of_them() {
        let data: Vec<u8> = (0..120).collect();
        let level = |v: u8| f32::from(v) / 255.0;
        for (shape, pages, size) in [
            (&[10, 12][..], 1, [12, 10]),
            (&[5, 8, 3], 1, [8, 5]),
            (&[4, 5, 6], 4, [6, 5]),
            (&[2, 4, 5, 3], 2, [5, 4]),
            (&[2, 3, 4, 5], 2, [5, 4]),
            (&[2, 10, 6, 1], 2, [6, 10]),
        ] {
            let file = npy("|u1", false, shape, &data);
            let expected: Vec<_> = (0..pages).map(|p| (p, size)).collect();
            assert_eq!(probe(file.path()).unwrap().pages, expected, "{shape:?}");
            assert_eq!(page(&file, pages - 1).size(), size.map(|s| s as usize), "{shape:?}");
        }
        assert_eq!(page(&npy("|u1", false, &[5, 8, 3], &data), 0).data[40..42], [level(1), level(4)], "green");
        assert_eq!(page(&npy("|u1", false, &[2, 3, 4, 5], &data), 1).data[20..22], [level(80), level(81)], "channels first");
        assert_eq!(page(&npy("|u1", true, &[10, 12], &data), 0).data[..2], [level(0), level(10)], "Fortran");
        assert_eq!(page(&npy("|u1", false, &[4, 5, 6], &data), 2).data[0], level(60));
        let remark = |shape: &[usize]| super::super::decode(npy("|u1", false, shape, &data).path(), 0).unwrap().remark();
        assert_eq!([remark(&[3, 5, 8]), remark(&[4, 5, 6])], [Some(super::Remark::OfThree), None], "channels, perhaps");
        assert_eq!(page(&npy("|u1", true, &[4, 5, 6], &data), 2).data[..3], [level(2), level(22), level(42)], "Fortran stack");
    }

    #[test]
    fn kinds_of_numbers_are_scaled_as_they_are_meant() {
        let words = |values: &[i16]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let floats = |values: &[f32]| values.iter().flat_map(|v| v.to_be_bytes()).collect::<Vec<u8>>();
        assert_eq!(page(&npy("|b1", false, &[1, 1, 2], &[0, 1]), 0).data, [0.0, 1.0]);
        assert_eq!(page(&npy("<u2", false, &[1, 1, 2], &words(&[0, -1])), 0).data, [0.0, 1.0]);
        assert_eq!(page(&npy("<i2", false, &[1, 1, 3], &words(&[0, 51, 255])), 0).data, [0.0, 0.2, 1.0]);
        let scans = npy("<i2", false, &[2, 1, 2], &words(&[-1000, 0, 1000, 500]));
        assert_eq!((page(&scans, 0).data, page(&scans, 1).data), (vec![0.0, 0.5], vec![1.0, 0.75]), "one range for all");
        assert_eq!(page(&npy(">f4", false, &[1, 1, 2], &floats(&[0.25, 0.5])), 0).data, [0.25, 0.5]);
        assert_eq!(page(&npy(">f4", false, &[1, 1, 2], &floats(&[51.0, 255.0])), 0).data, [0.2, 1.0]);
        assert_eq!(page(&npy(">f4", false, &[1, 1, 3], &floats(&[-2.0, f32::NAN, 2.0])), 0).data, [0.0, 0.0, 1.0]);
        assert_eq!(page(&npy("<f2", false, &[1, 1, 2], &[0x00, 0x38, 0x00, 0x3c]), 0).data, [0.5, 1.0]);
    }

    #[test]
    fn what_is_no_picture_is_named() {
        let reason = |kind, shape: &[usize], data: &[u8]| {
            let file = npy(kind, false, shape, data);
            probe(file.path()).err().unwrap_or_else(|| super::super::decode(file.path(), 0).unwrap_err())
        };
        assert!(reason("|u1", &[5], &[0; 5]).contains("the shape [5], which is no picture"));
        assert!(reason("|u1", &[5, 1], &[0; 5]).contains("the shape [5, 1], which is no picture"));
        assert!(reason("|u1", &[5, 5], &[0; 24]).contains("is cut short"));
        assert!(reason("<c8", &[2, 2], &[0; 32]).contains("is not read"));
        assert!(reason("|O", &[2, 2], &[0; 32]).contains("never executed"));
        assert!(reason("|u1", &[1 << 31, 1 << 31], &[0; 8]).contains("megapixels"));
        assert!(reason("|u1", &[0, 5, 5], &[]).contains("0 pictures"));
    }
}
