//! Annotations of one image as YOLO has them: a line for each finding, with the number of its class and a box (with or without points
//! of a pose), or the corners of an outline, in parts of the image's width and height.

use std::collections::BTreeSet;

/// Programs round, and write boxes that reach a little over the border.
const WITHIN: std::ops::RangeInclusive<f64> = -0.01..=1.01;

/// The classes that are marked in an image; none where nothing is. The error is a reason to show behind the file's name.
pub fn read(text: &str) -> Result<BTreeSet<u32>, String> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(number, line)| class(line).map_err(|reason| format!("{reason} in line {number}"))).collect()
}

fn class(line: &str) -> Result<u32, String> {
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    // Arrays of NumPy are written as 0.0.
    let class = first.parse().ok().filter(|class: &f64| class.fract() == 0.0 && (0.0..=1e6).contains(class));
    let class = class.ok_or_else(|| format!("has `{first}` in the place of the number of a class"))?;
    let numbers: Vec<f64> = words
        .map(|word| {
            word.parse().ok().filter(|n: &f64| n.is_finite()).ok_or_else(|| format!("has `{word}` in the place of a number"))
        })
        .collect::<Result<_, _>>()?;
    if is_pose(&numbers) {
        return Ok(class as u32);
    }
    if let Some(outside) = numbers.iter().find(|number| !WITHIN.contains(number)) {
        return Err(format!("has {outside} in the place of a part of the image, which is 0 to 1,"));
    }
    match numbers[..] {
        // With the confidence of a model behind it, or without.
        [_, _, width, height] | [_, _, width, height, _] if width > 0.0 && height > 0.0 => Ok(class as u32),
        [_, _, _, _] | [_, _, _, _, _] => Err("has a box without extent".into()),
        [_, _, _, _, _, _, ..] if numbers.len().is_multiple_of(2) => Ok(class as u32),
        _ => Err("has neither a box nor an outline".into()),
    }
}

/// A box and behind it points, each with whether it is there (0), hidden (1) or seen (2).
fn is_pose(numbers: &[f64]) -> bool {
    let Some(([_, _, width, height], points)) = numbers.split_first_chunk() else { return false };
    let (points, rest) = points.as_chunks();
    let is_point = |[x, y, seen]: &[f64; 3]| WITHIN.contains(x) && WITHIN.contains(y) && [0.0, 1.0, 2.0].contains(seen);
    *width > 0.0 && *height > 0.0 && !points.is_empty() && rest.is_empty() && points.iter().all(is_point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_and_outlines_are_of_classes() {
        let text = "0 0.5 0.5 0.25 1\r\n\n2.0 0.5 0.5 1.005 1 0.93\n7 0.1 0.1 0.2 0.1 0.2 -0.001\n0 1 1 1 1";
        assert_eq!(read(text).unwrap(), BTreeSet::from([0, 2, 7]));
        let pose = "3 0.5 0.5 0.25 1 0.1 0.2 2 0 0 0\n4 0.5 0.5 0.25 1 0.1 0.2 1\n5 0.5 0.5 0.25 1 0.1 0.2 0.3 0.4";
        assert_eq!(read(pose).unwrap(), BTreeSet::from([3, 4, 5]));
        assert_eq!(read(" \n").unwrap(), BTreeSet::new());
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (line, says) in [
            ("cyst 0.5 0.5 1 1", "`cyst` in the place of the number of a class in line 2"),
            ("-1 0.5 0.5 1 1", "`-1`"),
            ("0.5 0.5 0.5 1 1", "`0.5`"),
            ("0 0.5 0,5 1 1", "`0,5`"),
            ("0 NaN 0.5 1 1", "`NaN`"),
            ("0 1e999 0.5 1 1", "`1e999`"),
            ("0 120 33 20 10", "has 120 in the place of a part"),
            ("0 0.5 0.5 0 1", "without extent"),
            ("0 0.5 0.5", "neither a box nor an outline"),
            ("0 0.1 0.1 0.2 0.1 0.2 0.3 0.4", "neither"),
            ("0 0.1 0.1 0.2 0.1 0.2 0.3 3", "has 3 in the place of a part"),
            ("0 0.1 0.1 0.2 0.1 0.2 1.3 2", "has 1.3 in the place of a part"),
            ("0", "neither"),
        ] {
            let reason = read(&format!("0 0.5 0.5 1 1\n{line}\n")).unwrap_err();
            assert!(reason.contains(says), "{line}: {reason}");
        }
    }
}
