//! The labels of images as an array: a number or a word for each, or zeros and ones for each class or finding.

use crate::data::{
    decode::NpyHeader,
    layout::tables::{NONE, SEVERAL},
    text::images,
};

/// The classes of images, by the numbers of an array.
#[derive(Debug, PartialEq)]
pub struct ArrayClasses {
    /// Of each image.
    pub of: Vec<String>,
    /// An image may have several findings, or none.
    pub are_findings: bool,
}

/// The classes of `count` images. The error is a reason to show beside the array's name.
pub fn classes(header: &NpyHeader, bytes: &[u8], count: usize) -> Result<ArrayClasses, String> {
    let width = match header.shape[..] {
        [n] | [n, 1] if n == count => 1,
        [n, width] if n == count && width > 1 => width,
        [n, 0] if n == count => return Err("has no labels in its rows".into()),
        [n] | [n, _] => return Err(format!("has {n} labels for {}", images(count))),
        _ => return Err(format!("has the shape {:?}; a label for each image is needed", header.shape)),
    };
    let stored = || bytes.chunks_exact(header.size);
    if header.is_text() && width == 1 {
        let word = |text: String| match text.trim() {
            "?" | "nan" | "None" => String::new(),
            word => word.to_string(),
        };
        return Ok(ArrayClasses { of: stored().map(|text| word(header.text(text))).collect(), are_findings: false });
    }
    let numbers: Vec<f64> = stored().map(|stored| header.number(stored)).collect();
    if let Some(at) = numbers.iter().position(|v| !v.is_finite()) {
        return Err(format!("has no number at [{}] (NaN)", at / width));
    }
    if width == 1 {
        // Whole numbers print without a fraction.
        return Ok(ArrayClasses { of: numbers.iter().map(f64::to_string).collect(), are_findings: false });
    }
    if numbers.iter().any(|v| ![0.0, 1.0].contains(v)) {
        return Err(format!("has {width} labels for each image; one is needed, or zeros and ones"));
    }
    let at = |image: usize, class: usize| {
        let i = if header.fortran { class * count + image } else { image * width + class };
        numbers[i] == 1.0
    };
    let marked: Vec<Vec<usize>> = (0..count).map(|image| (0..width).filter(|&class| at(image, class)).collect()).collect();
    let class = |marked: &Vec<usize>| match marked[..] {
        [] => NONE.to_string(),
        [one] => one.to_string(),
        _ => SEVERAL.to_string(),
    };
    Ok(ArrayClasses { of: marked.iter().map(class).collect(), are_findings: marked.iter().any(|marked| marked.len() != 1) })
}

/// What is said of labels that cannot be used, and of the images that they are of.
pub fn unlabelled(labels: &str, reason: &str, images: &str) -> String {
    format!("{labels} {reason}: {images} stays unlabelled.")
}

/// What is said of labels that are several for each image. `name`: that of the array.
pub fn findings_note(name: &str) -> String {
    format!("{name} has several labels for each image: one with none is `{NONE}`, one with more than one `{SEVERAL}`.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(shape: &str, fortran: &str, values: &[u8], count: usize) -> Result<ArrayClasses, String> {
        read_as("|u1", shape, fortran, values, count)
    }

    fn read_as(kind: &str, shape: &str, fortran: &str, values: &[u8], count: usize) -> Result<ArrayClasses, String> {
        let text = format!("{{'descr': '{kind}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let file = [&b"\x93NUMPY\x01\0"[..], &(text.len() as u16).to_le_bytes(), text.as_bytes()].concat();
        classes(&NpyHeader::read(&file[..]).unwrap(), values, count)
    }

    #[test]
    fn labels_are_numbers_or_zeros_and_ones() {
        let of = |found: Result<ArrayClasses, String>| found.unwrap().of;
        assert_eq!(of(read("(3,)", "False", &[2, 0, 1], 3)), ["2", "0", "1"]);
        assert_eq!(of(read("(2, 1)", "False", &[2, 0], 2)), ["2", "0"]);
        let one_hot = read("(2, 3)", "False", &[0, 0, 1, 1, 0, 0], 2).unwrap();
        assert_eq!(one_hot, ArrayClasses { of: vec!["2".into(), "0".into()], are_findings: false });
        assert_eq!(of(read("(2, 3)", "True", &[0, 1, 0, 0, 1, 0], 2)), ["2", "0"]);
        let findings = read("(3, 2)", "False", &[0, 0, 0, 1, 1, 1], 3).unwrap();
        assert_eq!(findings, ArrayClasses { of: vec![NONE.into(), "1".into(), SEVERAL.into()], are_findings: true });
        let words = |order: fn(u32) -> [u8; 4]| "okä\0ill\0".chars().flat_map(|c| order(c as u32)).collect::<Vec<u8>>();
        assert_eq!(of(read_as("<U4", "(2,)", "False", &words(u32::to_le_bytes), 2)), ["okä", "ill"]);
        assert_eq!(of(read_as(">U4", "(2, 1)", "False", &words(u32::to_be_bytes), 2)), ["okä", "ill"]);
        assert_eq!(of(read_as("|S3", "(2,)", "False", b"ok\0ill", 2)), ["ok", "ill"]);
        assert_eq!(of(read_as("|S3", "(3,)", "False", b"\0\0\0?\0\0nan", 3)), ["", "", ""], "no label");
        assert!(read("(2, 0)", "False", &[], 2).unwrap_err().contains("no labels"));
        assert!(read_as("<U1", "(1, 2)", "False", &[65, 0, 0, 0, 66, 0, 0, 0], 1).is_err());
        assert!(read("(3,)", "False", &[2, 0, 1], 4).unwrap_err().contains("has 3 labels for 4 images"));
        assert!(read("(1, 2)", "False", &[2, 0], 1).unwrap_err().contains("2 labels for each image"));
    }
}
