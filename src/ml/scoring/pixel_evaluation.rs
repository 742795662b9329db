//! How well anomaly maps find what masks outline, the model's beside those that need no training.

use super::anomaly_map::{AnomalyMap, MapScale};
use crate::{
    data::Picture,
    error::{Error, Result},
    metrics::PixelTally,
    scores::{PixelFigures, PixelRuler},
};

/// Pictures are added one by one; none is kept.
#[derive(Debug, Clone)]
pub struct PixelEvaluation {
    scale: MapScale,
    model: PixelTally,
    /// By name, in the order in which they came.
    rulers: Vec<(String, PixelTally)>,
}

impl PixelEvaluation {
    /// `scale`: that of the model's maps. What lies beyond it is tied, so it should hold all of them.
    pub fn new(scale: MapScale) -> Self {
        Self { scale, model: PixelTally::default(), rulers: Vec::new() }
    }

    /// Adds a picture: the model's map of it, maps that need no training with their names (differences of pictures, \[0, 1\]; of
    /// another size, they are resized to the model's), and its mask, as [`Dataset::read_cropped_mask`](crate::data::Dataset::read_cropped_mask)
    /// gives it. Without a mask, or with an empty one, it counts nothing.
    ///
    /// # Errors
    /// A map whose values are no finite numbers.
    pub fn add(&mut self, map: &AnomalyMap, rulers: &[(&str, AnomalyMap)], mask: Option<&Picture>) -> Result<()> {
        let (width, height) = (map.width, map.height);
        let Some(inside) = mask.and_then(|mask| mask.mask_at(width, height)) else { return Ok(()) };
        tally(&mut self.model, "the model", map, map.levels(self.scale), &inside)?;
        for (name, ruler) in rulers {
            let at = self.rulers.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                self.rulers.push((name.to_string(), PixelTally::default()));
                self.rulers.len() - 1
            });
            let ruler = ruler.resized(width, height);
            // Most differences are faint: the square root keeps their order, and gives them more of the levels.
            let levels = ruler.values.iter().map(|v| MapScale::UNIT.level(v.sqrt())).collect();
            tally(&mut self.rulers[at].1, name, &ruler, levels, &inside)?;
        }
        Ok(())
    }

    /// The figures over all pictures so far; `None` where no pixel lies inside a mask, or none outside. A ruler that was not
    /// there for each of the pictures has none.
    pub fn figures(&self) -> Option<PixelFigures> {
        let comparable = self.rulers.iter().filter(|(_, ruler)| ruler.pictures() == self.model.pictures());
        let figures = |(name, ruler): &(String, PixelTally)| {
            Some(PixelRuler { name: name.clone(), pixel_auroc: ruler.auroc()?, pixel_ap: ruler.average_precision()? })
        };
        Some(PixelFigures {
            pixel_auroc: self.model.auroc()?,
            pixel_ap: self.model.average_precision()?,
            aupro: self.model.aupro()?,
            pointing: self.model.pointing()?,
            pixel_images: self.model.pictures(),
            pixel_rulers: comparable.filter_map(figures).collect(),
        })
    }
}

fn tally(into: &mut PixelTally, whose: &str, map: &AnomalyMap, levels: Vec<u16>, inside: &[bool]) -> Result<()> {
    if !map.is_finite() {
        let next = "look at the curves of the training: it may have diverged";
        return Err(Error::user(format!("an anomaly map of {whose} holds values that are no numbers"), next));
    }
    let fits = into.add(&levels, inside, [map.width, map.height]);
    fits.map_err(|e| Error::user(format!("an anomaly map of {whose} cannot be held against its mask: {e}"), ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 64;

    /// A mask at twice the size of the maps: a square of 16 px, 8 px in the map.
    fn mask() -> Picture {
        let inside = |i: usize| (40..56).contains(&(i % 128)) && (40..56).contains(&(i / 128));
        Picture::new(128, 128, 1, (0..128 * 128).map(|i| if inside(i) { 1.0 / 255.0 } else { 0.0 }).collect())
    }

    fn inside(at: usize) -> bool {
        (20..28).contains(&(at % SIDE)) && (20..28).contains(&(at / SIDE))
    }

    fn map(value: impl Fn(usize) -> f32) -> AnomalyMap {
        AnomalyMap::new(SIDE, SIDE, (0..SIDE * SIDE).map(value).collect())
    }

    #[test]
    fn model_and_rulers_are_measured_on_the_same_pictures() {
        let mut evaluation = PixelEvaluation::new(MapScale { low: -5.0, high: 5.0 });
        let perfect = map(|at| if inside(at) { 4.0 } else { -4.0 + at as f32 * 1e-4 });
        let rulers = [("blind", map(|_| 0.5)), ("reversed", map(|at| if inside(at) { 0.0 } else { 1e-6 }))];
        assert_eq!(evaluation.figures(), None);
        evaluation.add(&perfect, &rulers, Some(&mask())).unwrap();
        let figures = evaluation.figures().unwrap();
        assert!((figures.aupro - 1.0).abs() < 1e-9);
        assert_eq!((figures.pixel_auroc, figures.pixel_ap, figures.pointing, figures.pixel_images), (1.0, 1.0, 1.0, 1));
        let found: Vec<_> = figures.pixel_rulers.iter().map(|r| (r.name.as_str(), r.pixel_auroc)).collect();
        assert_eq!(found, [("blind", 0.5), ("reversed", 0.0)], "a difference of a millionth still has its order");

        // Pictures without a mask change nothing.
        let before = evaluation.figures();
        evaluation.add(&perfect, &rulers, None).unwrap();
        evaluation.add(&perfect, &rulers, Some(&Picture::new(4, 4, 1, vec![0.0; 16]))).unwrap();
        assert_eq!(evaluation.figures(), before);

        evaluation.add(&map(|_| 0.0), &rulers[..1], Some(&mask())).unwrap();
        let figures = evaluation.figures().unwrap();
        assert_eq!((figures.pixel_images, figures.pixel_rulers.len()), (2, 1), "a ruler must be there for each picture");
        assert!(figures.pixel_auroc < 1.0 && figures.pixel_auroc > 0.5);
    }

    #[test]
    fn rulers_of_another_size_are_fitted() {
        let mut evaluation = PixelEvaluation::new(MapScale::UNIT);
        let large = AnomalyMap::new(128, 128, mask().data.iter().map(|v| v * 255.0).collect());
        evaluation.add(&map(|_| 0.0), &[("large", large)], Some(&mask())).unwrap();
        assert!(evaluation.figures().unwrap().pixel_rulers[0].pixel_auroc > 0.999);
    }

    #[test]
    fn a_map_that_is_no_number_is_an_error_and_full_masks_have_no_figures() {
        let mut evaluation = PixelEvaluation::new(MapScale::UNIT);
        let error = evaluation.add(&map(|at| if at == 7 { f32::NAN } else { 0.0 }), &[], Some(&mask())).unwrap_err();
        assert!(error.to_string().contains("no numbers"), "{error}");
        evaluation.add(&map(|_| 0.0), &[], Some(&Picture::new(1, 1, 1, vec![1.0]))).unwrap();
        assert_eq!(evaluation.figures(), None);
    }
}
