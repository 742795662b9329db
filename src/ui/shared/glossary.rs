//! Terms of the field in plain words: what stands under the pointer wherever one of them is named.

pub const AVERAGE_PRECISION: &str = "Mean precision over all recalls, the area under the precision-recall curve; by chance it is the \
                                     share of abnormal images";
pub const SENSITIVITY_AT: &str = "Share of the abnormal images that are found where so many of the normal ones are called normal";
pub const PIXEL_CASES: &str = "Each pixel as one case, over the images whose mask is not empty";
pub const AUPRO: &str = "Area under the per-region overlap: the mean share of each marked region that the map covers, at false \
                         positive rates up to 0.3. Small regions count as much as large ones";
pub const POINTING_GAME: &str = "Share of the images whose highest pixel of the map lies in the mask, or close to it";
pub const DELONG_INTERVAL: &str = "DeLong’s method: how far off the AUROC may be because these images are but a sample; it assumes \
                                   nothing of how scores are distributed";
pub const DELONG_TEST: &str =
    "DeLong’s test of two AUROCs on the same images: p is how often chance alone makes them differ as much";
pub const CLAHE: &str = "Contrast-limited adaptive histogram equalisation: spreads the greys place by place, so that faint detail \
                         shows; its limit keeps noise down";
