//! All that follows from sorting the scores once: the curves, the confusion at any threshold, thresholds by rule.

use super::{MetricError, both, check};

/// One point of the ROC curve: what `score >= threshold` catches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RocPoint {
    /// False positive rate, 1 - specificity.
    pub fpr: f64,
    /// True positive rate, sensitivity.
    pub tpr: f64,
    /// Infinite at the first point, which catches nothing.
    pub threshold: f64,
}

/// One point of the precision-recall curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrPoint {
    /// Share of the abnormal images that are caught, in \[0, 1\].
    pub recall: f64,
    /// Share of abnormal images among what is caught, in \[0, 1\].
    pub precision: f64,
    /// What is caught has this score or a higher one.
    pub threshold: f64,
}

/// The threshold with the largest sensitivity + specificity - 1 (Youden 1950).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Youden {
    /// The highest one where the index is largest.
    pub threshold: f64,
    /// Sensitivity + specificity - 1, in \[0, 1\].
    pub j: f64,
}

/// Counts of right and wrong calls; "positive" is abnormal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Confusion {
    /// Abnormal images that are caught.
    pub tp: usize,
    /// Normal images that are caught.
    pub fp: usize,
    /// Normal images that are let through.
    pub tn: usize,
    /// Abnormal images that are let through.
    #[serde(rename = "fn")]
    pub fn_: usize,
}

impl Confusion {
    /// Share of the abnormal images that are caught; `None` where there are none.
    pub fn sensitivity(&self) -> Option<f64> {
        ratio(self.tp, self.tp + self.fn_)
    }

    /// Share of the normal images that are let through; `None` where there are none.
    pub fn specificity(&self) -> Option<f64> {
        ratio(self.tn, self.tn + self.fp)
    }
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Rates computed in floating point may miss their target by a rounding error; this much is forgiven.
const ROUNDING: f64 = 1e-12;

/// What a threshold at one of the distinct scores catches.
#[derive(Debug, Clone, Copy)]
struct Cut {
    threshold: f64,
    tp: usize,
    fp: usize,
}

/// Scores in descending order, with the counts at each distinct one.
#[derive(Debug, Clone)]
pub struct Ranking {
    cuts: Vec<Cut>,
    abnormal: usize,
    normal: usize,
}

impl Ranking {
    /// `labels`: `true` for abnormal, one for each score. O(n log n). One class alone, or none, is allowed here; the figures that need both say so themselves.
    ///
    /// # Errors
    /// Scores that are not finite, and lengths that differ.
    pub fn new(labels: &[bool], scores: &[f64]) -> Result<Self, MetricError> {
        check(labels, scores)?;
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_unstable_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let (mut cuts, mut tp, mut fp) = (Vec::<Cut>::new(), 0, 0);
        for i in order {
            if labels[i] {
                tp += 1
            } else {
                fp += 1
            }
            // Equal scores are one cut; -0.0 equals 0.0.
            match cuts.last_mut() {
                Some(cut) if cut.threshold == scores[i] => *cut = Cut { tp, fp, ..*cut },
                _ => cuts.push(Cut { threshold: scores[i], tp, fp }),
            }
        }
        Ok(Self { cuts, abnormal: tp, normal: fp })
    }

    /// Number of abnormal images.
    pub fn abnormal(&self) -> usize {
        self.abnormal
    }

    /// Number of normal images.
    pub fn normal(&self) -> usize {
        self.normal
    }

    fn rates(&self, cut: &Cut) -> RocPoint {
        let (fpr, tpr) = (cut.fp as f64 / self.normal as f64, cut.tp as f64 / self.abnormal as f64);
        RocPoint { fpr, tpr, threshold: cut.threshold }
    }

    /// From (0, 0) at an infinite threshold to (1, 1), one point for each distinct score.
    ///
    /// # Errors
    /// One class only.
    pub fn roc(&self) -> Result<Vec<RocPoint>, MetricError> {
        both(self.abnormal, self.normal)?;
        let start = RocPoint { fpr: 0.0, tpr: 0.0, threshold: f64::INFINITY };
        Ok(std::iter::once(start).chain(self.cuts.iter().map(|cut| self.rates(cut))).collect())
    }

    /// From the highest score to the lowest, one point for each distinct score.
    ///
    /// # Errors
    /// One class only.
    pub fn precision_recall(&self) -> Result<Vec<PrPoint>, MetricError> {
        both(self.abnormal, self.normal)?;
        let point = |cut: &Cut| PrPoint {
            recall: cut.tp as f64 / self.abnormal as f64,
            precision: cut.tp as f64 / (cut.tp + cut.fp) as f64,
            threshold: cut.threshold,
        };
        Ok(self.cuts.iter().map(point).collect())
    }

    /// Mean precision over the recall gained at each threshold, without interpolation, in \[0, 1\].
    ///
    /// # Errors
    /// One class only.
    pub fn average_precision(&self) -> Result<f64, MetricError> {
        let (mut sum, mut before) = (0.0, 0.0);
        for point in self.precision_recall()? {
            sum += (point.recall - before) * point.precision;
            before = point.recall;
        }
        Ok(sum)
    }

    /// The highest of the thresholds where Youden's index is largest.
    ///
    /// # Errors
    /// One class only.
    pub fn youden(&self) -> Result<Youden, MetricError> {
        let mut best = Youden { threshold: f64::INFINITY, j: f64::NEG_INFINITY };
        for point in self.roc()? {
            if point.tpr - point.fpr > best.j {
                best = Youden { threshold: point.threshold, j: point.tpr - point.fpr };
            }
        }
        // A score no better than chance has its best at "catch nothing"; a threshold just above all scores says the same.
        if best.threshold.is_infinite() {
            best.threshold = self.above_all();
        }
        Ok(best)
    }

    /// The largest sensitivity that keeps at least this specificity, both in \[0, 1\].
    ///
    /// # Errors
    /// One class only.
    pub fn sensitivity_at_specificity(&self, specificity: f64) -> Result<f64, MetricError> {
        let allowed = 1.0 - specificity + ROUNDING;
        Ok(self.roc()?.iter().filter(|p| p.fpr <= allowed).map(|p| p.tpr).fold(0.0, f64::max))
    }

    /// The highest threshold that reaches this sensitivity; `None` without abnormal images.
    pub fn threshold_for_sensitivity(&self, sensitivity: f64) -> Option<f64> {
        let target = sensitivity - ROUNDING;
        self.cuts.iter().find(|cut| ratio(cut.tp, self.abnormal).is_some_and(|tpr| tpr >= target)).map(|cut| cut.threshold)
    }

    /// The lowest threshold that reaches this specificity; `None` without normal images.
    pub fn threshold_for_specificity(&self, specificity: f64) -> Option<f64> {
        let allowed = 1.0 - specificity + ROUNDING;
        (self.normal > 0).then(|| {
            let kept = self.cuts.iter().take_while(|cut| cut.fp as f64 / self.normal as f64 <= allowed);
            kept.last().map_or_else(|| self.above_all(), |cut| cut.threshold)
        })
    }

    /// The least number that is above all scores.
    fn above_all(&self) -> f64 {
        self.cuts.first().map_or(0.0, |cut| cut.threshold.next_up())
    }

    /// What `score >= threshold` gets right and wrong. O(log n).
    pub fn confusion(&self, threshold: f64) -> Confusion {
        let caught = self.cuts.partition_point(|cut| cut.threshold >= threshold);
        let (tp, fp) = caught.checked_sub(1).and_then(|i| self.cuts.get(i)).map_or((0, 0), |cut| (cut.tp, cut.fp));
        Confusion { tp, fp, tn: self.normal - fp, fn_: self.abnormal - tp }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_class_is_undefined_with_its_reason() {
        let only_normal = Ranking::new(&[false, false], &[1.0, 2.0]).unwrap();
        assert_eq!(only_normal.roc().unwrap_err(), MetricError::OneClass { missing: "abnormal" });
        assert!(only_normal.average_precision().unwrap_err().to_string().contains("no abnormal"));
        assert_eq!(only_normal.confusion(1.5), Confusion { tp: 0, fp: 1, tn: 1, fn_: 0 });
        assert_eq!(only_normal.confusion(1.5).sensitivity(), None);
        assert_eq!(only_normal.threshold_for_sensitivity(0.9), None);
        assert_eq!(Ranking::new(&[], &[]).unwrap().youden().unwrap_err(), MetricError::Empty);
        assert_eq!(Ranking::new(&[], &[]).unwrap().confusion(0.0), Confusion { tp: 0, fp: 0, tn: 0, fn_: 0 });
    }

    #[test]
    fn scores_that_are_no_numbers_are_an_error() {
        let error = Ranking::new(&[false, true], &[1.0, f64::INFINITY]).unwrap_err();
        assert_eq!(error, MetricError::NotFinite { index: 1, score: f64::INFINITY });
        assert!(!error.is_undefined());
        assert!(Ranking::new(&[false, true], &[f64::NAN, 1.0]).is_err());
        assert!(Ranking::new(&[false], &[]).is_err());
    }

    #[test]
    fn thresholds_reach_their_target_and_no_more() {
        let labels = [true, false, true, false, true, false, false, false, false, false, false, false, false];
        let scores: Vec<f64> = (0..labels.len()).map(|i| -(i as f64)).collect();
        let ranking = Ranking::new(&labels, &scores).unwrap();
        assert_eq!(ranking.threshold_for_sensitivity(1.0), Some(-4.0));
        assert_eq!(ranking.threshold_for_sensitivity(0.5), Some(-2.0));
        // Ten normals: a specificity of 0.9 allows exactly one of them, though 1 - 0.9 is a little below 0.1.
        assert_eq!(ranking.threshold_for_specificity(0.9), Some(-2.0));
        assert_eq!(ranking.threshold_for_specificity(1.0), Some(0.0));
        // Where a normal image has the top score, no threshold among the scores keeps them all.
        let ranking = Ranking::new(&[true, false], &[0.0, 1.0]).unwrap();
        let threshold = ranking.threshold_for_specificity(1.0).unwrap();
        assert_eq!(ranking.confusion(threshold), Confusion { tp: 0, fp: 0, tn: 1, fn_: 1 });
        assert_eq!(ranking.youden().unwrap(), Youden { threshold, j: 0.0 });
    }
}
