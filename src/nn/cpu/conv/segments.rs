//! Which taps of a kernel reach which output pixels, along one axis and over both.

use super::correlate::{Reach, Segment};

/// Along one axis: output i reads source `i + offset` of `phase` with kernel position `tap`.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    pub tap: usize,
    pub phase: usize,
    pub offset: isize,
}

/// Outputs `start..start + len` along an axis, and what reaches them.
struct Stretch {
    start: usize,
    len: usize,
    reach: Vec<Axis>,
}

/// Cuts `n` outputs into stretches that the same taps reach within a source of `length`.
/// Without `exact` they are one stretch, whose taps may also meet padding.
fn stretches(n: usize, reach: &[Axis], length: usize, exact: bool) -> Vec<Stretch> {
    let inside = |a: &Axis, i: usize| (0..length as isize).contains(&(i as isize + a.offset));
    if !exact {
        let reach = reach.iter().filter(|a| (0..n).any(|i| inside(a, i))).copied().collect();
        return vec![Stretch { start: 0, len: n, reach }];
    }
    let mut stretches: Vec<Stretch> = Vec::new();
    for i in 0..n {
        let reach: Vec<Axis> = reach.iter().filter(|a| inside(a, i)).copied().collect();
        match stretches.last_mut() {
            Some(last) if last.reach.iter().map(|a| a.tap).eq(reach.iter().map(|a| a.tap)) => last.len += 1,
            _ => stretches.push(Stretch { start: i, len: 1, reach }),
        }
    }
    stretches
}

/// How the pixels of a grid lie in a channel of the result.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub first: usize,
    pub row: usize,
    pub column: usize,
}

/// The segments of a `grid` (height, width) of outputs, reached along each axis as given, from planes of `size`; a channel has
/// the planes of all (y phase, x phase), `phases` along x.
pub fn segments(
    grid: (usize, usize),
    (along_y, along_x): (&[Axis], &[Axis]),
    size: (usize, usize),
    phases: usize,
    kernel: usize,
    to: Target,
    exact: bool,
) -> Vec<Segment> {
    let columns = stretches(grid.1, along_x, size.1, exact);
    let mut segments = Vec::new();
    for rows in stretches(grid.0, along_y, size.0, exact) {
        for columns in &columns {
            let reach = |y: &Axis, x: &Axis| Reach {
                tap: y.tap * kernel + x.tap,
                dy: rows.start as isize + y.offset,
                dx: columns.start as isize + x.offset,
                plane: (y.phase * phases + x.phase) * size.0 * size.1,
            };
            segments.push(Segment {
                height: rows.len,
                width: columns.len,
                first: to.first + rows.start * to.row + columns.start * to.column,
                row: to.row,
                column: to.column,
                taps: rows.reach.iter().flat_map(|y| columns.reach.iter().map(move |x| reach(y, x))).collect(),
            });
        }
    }
    segments
}
