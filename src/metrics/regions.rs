//! Connected regions of a mask.

/// The 8-connected components of a `width x height` mask, each as the places of its pixels, row-major.
pub(super) fn regions(mask: &[bool], [width, height]: [usize; 2]) -> Vec<Vec<usize>> {
    let mut left = mask.to_vec();
    let mut found = Vec::new();
    for start in 0..mask.len() {
        if !std::mem::take(&mut left[start]) {
            continue;
        }
        // The region is its own queue: neighbours are put behind the pixels that are still to be looked at.
        let (mut region, mut looked_at) = (vec![start], 0);
        while let Some(&at) = region.get(looked_at) {
            let (x, y) = (at % width, at / width);
            for row in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                let columns = x.saturating_sub(1)..=(x + 1).min(width - 1);
                region.extend(columns.map(|column| row * width + column).filter(|&at| std::mem::take(&mut left[at])));
            }
            looked_at += 1;
        }
        found.push(region);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes of the regions of a drawing, in the order of their first pixel.
    fn sizes(rows: &[&str]) -> Vec<usize> {
        let mask: Vec<bool> = rows.iter().flat_map(|row| row.bytes().map(|b| b == b'#')).collect();
        regions(&mask, [rows[0].len(), rows.len()]).iter().map(Vec::len).collect()
    }

    #[test]
    fn corners_connect_and_the_ends_of_rows_do_not() {
        assert_eq!(sizes(&["#..", ".#.", "..#"]), [3]);
        assert_eq!(sizes(&["..#", "#.."]), [1, 1]);
        assert_eq!(sizes(&["#.#", "#.#", "###"]), [7], "what looks like two at its top is one");
        assert_eq!(sizes(&["...", "..."]), [0; 0]);
        assert_eq!(sizes(&["#####"]), [5]);
    }
}
