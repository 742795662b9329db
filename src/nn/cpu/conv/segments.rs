//! Which taps of a kernel reach which output pixels, along one axis and over both.

/// A weight position of the kernel that reads `plane + (y + dy) * width + x + dx` of a channel for pixel (y, x) of a segment.
#[derive(Debug, Clone, Copy)]
pub struct KernelTap {
    pub index: usize,
    pub dy: isize,
    pub dx: isize,
    pub plane: usize,
}

/// A rectangle of output pixels that the same taps reach. Pixel (y, x) lies at `first + y * row + x * column` of a channel.
#[derive(Debug)]
pub struct Segment {
    pub height: usize,
    pub width: usize,
    pub first: usize,
    pub row: usize,
    pub column: usize,
    pub taps: Vec<KernelTap>,
}

/// Along one axis: output i reads source `i + offset` of `phase` with kernel position `tap`.
#[derive(Debug, Clone, Copy)]
pub struct AxisTap {
    pub tap: usize,
    pub phase: usize,
    pub offset: isize,
}

/// Outputs `start..start + len` along an axis, and what reaches them.
struct AxisSegment {
    start: usize,
    len: usize,
    taps: Vec<AxisTap>,
}

/// Cuts `n` outputs into segments that the same taps reach within a source of `length`.
/// Without `exact` they are one segment, whose taps may also meet padding.
fn axis_segments(n: usize, taps: &[AxisTap], length: usize, exact: bool) -> Vec<AxisSegment> {
    let inside = |tap: &AxisTap, i: usize| (0..length as isize).contains(&(i as isize + tap.offset));
    if !exact {
        let taps = taps.iter().filter(|tap| (0..n).any(|i| inside(tap, i))).copied().collect();
        return vec![AxisSegment { start: 0, len: n, taps }];
    }
    let mut segments: Vec<AxisSegment> = Vec::new();
    for i in 0..n {
        let taps: Vec<AxisTap> = taps.iter().filter(|tap| inside(tap, i)).copied().collect();
        match segments.last_mut() {
            Some(last) if last.taps.iter().map(|t| t.tap).eq(taps.iter().map(|t| t.tap)) => last.len += 1,
            _ => segments.push(AxisSegment { start: i, len: 1, taps }),
        }
    }
    segments
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
    (along_y, along_x): (&[AxisTap], &[AxisTap]),
    size: (usize, usize),
    phases: usize,
    kernel: usize,
    to: Target,
    exact: bool,
) -> Vec<Segment> {
    let columns = axis_segments(grid.1, along_x, size.1, exact);
    let mut segments = Vec::new();
    for rows in axis_segments(grid.0, along_y, size.0, exact) {
        for columns in &columns {
            let tap = |y: &AxisTap, x: &AxisTap| KernelTap {
                index: y.tap * kernel + x.tap,
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
                taps: rows.taps.iter().flat_map(|y| columns.taps.iter().map(move |x| tap(y, x))).collect(),
            });
        }
    }
    segments
}
