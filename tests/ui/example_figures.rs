//! Figures that look like those of a run.

use dissolve_studio::scores::{ScoreKind, SyntheticLesionCell, SyntheticLesions};

/// Larger and stronger spots are found more often, in this many images.
pub fn synthetic_lesions(images: usize) -> SyntheticLesions {
    let found = |size: f64, contrast: f64| (0.03 + 5.0 * size * contrast).min(1.0);
    let cell = |size, contrast| SyntheticLesionCell {
        score: ScoreKind::Dia,
        size,
        contrast,
        auroc: 0.5 + 0.5 * found(size, contrast),
        sensitivity_at_95_specificity: found(size, contrast),
    };
    let cells = [0.05, 0.1, 0.2].into_iter().flat_map(|size| [0.1, 0.2, 0.4, 0.8].map(|contrast| cell(size, contrast)));
    SyntheticLesions { seed: 0, images, of: images, cells: cells.collect() }
}
