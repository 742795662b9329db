//! Turns a batch of images into the encoder's views: two or three branches of B*K views each, in one flat NCHW buffer.
//!
//! View number `(branch * K + k) * B + i` shows image i under shift k, so labels repeat as `0 (B times), 1, 2, 3` a branch.

use super::{
    augment::{Augment, Draw},
    shift::{SHIFTS, shift_into},
};
use crate::{config::ShiftKind, rng};
use rand::Rng as _;
use rayon::prelude::*;

/// Makes views of square pictures of three planes; what is drawn depends on the seed and the step alone.
#[derive(Debug, Clone, Copy)]
pub struct ViewMaker {
    /// The distribution of T.
    pub augment: Augment,
    /// Which transformations S_k.
    pub shift: ShiftKind,
    /// Width and height of images and views, px.
    pub size: usize,
}

/// What one sample of test time does to every picture.
#[derive(Debug, Clone, Copy)]
pub struct SampleDraw {
    /// Whether it is mirrored first.
    pub flip: bool,
    /// T under each shift.
    pub draws: [Draw; SHIFTS],
}

/// One view to make: of which picture, flipped or not, under which shift, with which augmentation.
struct ViewTask<'a> {
    picture: &'a [f32],
    flip: bool,
    k: usize,
    draw: Draw,
}

impl ViewMaker {
    /// T(S_k(flip(x))) twice, then T(S_k(dissolved)) where there are dissolved images.
    ///
    /// `images`: B pictures. `dissolved`: K*B dissolved pictures, shift-major, already flipped before they were dissolved. Each
    /// image is flipped once a branch; T is drawn for each view.
    pub fn training(&self, seed: u64, step: usize, images: &[f32], dissolved: Option<&[f32]>) -> Vec<f32> {
        let size = 3 * self.size * self.size;
        let count = images.len() / size;
        let mut tasks = Vec::with_capacity(3 * SHIFTS * count);
        for branch in 0..2u64 {
            let mut rng = rng::stream(seed, "dia-flip", 2 * step as u64 + branch);
            let flips: Vec<bool> = (0..count).map(|_| rng.random_bool(0.5)).collect();
            for k in 0..SHIFTS {
                tasks.extend(images.chunks_exact(size).zip(&flips).map(|(picture, &flip)| (picture, flip, k)));
            }
        }
        for (k, dissolved) in dissolved.into_iter().flat_map(|t| t.chunks_exact((count * size).max(1)).enumerate()) {
            tasks.extend(dissolved.chunks_exact(size).map(|picture| (picture, false, k)));
        }
        let first = (step * 3 * SHIFTS * count) as u64;
        let tasks = tasks.into_iter().zip(first..).map(|((picture, flip, k), index)| {
            let draw = self.augment.draw(self.size, &mut rng::stream(seed, "dia-view", index));
            ViewTask { picture, flip, k, draw }
        });
        self.make(&tasks.collect::<Vec<_>>())
    }

    /// What is drawn for test-time sample number `sample`, the seed: the same for every image, so that a score depends neither on
    /// the image's place nor on its neighbours.
    pub fn sample_draw(&self, sample: usize) -> SampleDraw {
        let flip = rng::stream(sample as u64, "score-flip", 0).random_bool(0.5);
        let draw = |k: usize| self.augment.draw(self.size, &mut rng::stream(sample as u64, "score-view", k as u64));
        SampleDraw { flip, draws: std::array::from_fn(draw) }
    }

    /// T(S_k(flip(x))) once for each image and k, as K*B views, shift-major.
    pub fn scoring(&self, sample: usize, images: &[f32]) -> Vec<f32> {
        let size = 3 * self.size * self.size;
        let SampleDraw { flip, draws } = self.sample_draw(sample);
        let tasks = draws
            .into_iter()
            .enumerate()
            .flat_map(|(k, draw)| images.chunks_exact(size).map(move |picture| ViewTask { picture, flip, k, draw }));
        self.make(&tasks.collect::<Vec<_>>())
    }

    fn make(&self, tasks: &[ViewTask]) -> Vec<f32> {
        let size = 3 * self.size * self.size;
        let mut views = vec![0.0; tasks.len() * size];
        let each = |scratch: &mut Vec<f32>, (view, task): (&mut [f32], &ViewTask)| {
            scratch.resize(size, 0.0);
            shift_into(self.shift, task.k, task.flip, task.picture, self.size, scratch);
            task.draw.apply(scratch, self.size, view);
        };
        views.par_chunks_exact_mut(size).zip(tasks).for_each_init(Vec::new, each);
        views
    }
}

/// The shift of each view, as the classifier's labels: `branches` times 0..K, B times each.
pub fn shift_labels(branches: usize, images: usize) -> Vec<u32> {
    (0..branches).flat_map(|_| 0..SHIFTS as u32).flat_map(|k| std::iter::repeat_n(k, images)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DiaConfig;
    use proptest::prelude::*;

    fn maker(side: usize) -> ViewMaker {
        ViewMaker { augment: Augment::training(&DiaConfig::default()), shift: ShiftKind::Rotation, size: side }
    }

    fn noise(count: usize, seed: u64) -> Vec<f32> {
        let mut rng = rng::stream(seed, "test", 0);
        (0..count).map(|_| rng.random()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn views_stay_in_the_unit_range_and_repeat(side in 4usize..24, step in 0usize..1000, seed: u64) {
            let size = 3 * side * side;
            let (images, dissolved) = (noise(2 * size, seed), noise(8 * size, !seed));
            let views = maker(side).training(seed, step, &images, Some(&dissolved));
            prop_assert_eq!(views.len(), 24 * size);
            prop_assert!(views.iter().all(|v| (0.0..=1.0).contains(v)));
            prop_assert_eq!(&views, &maker(side).training(seed, step, &images, Some(&dissolved)));
            prop_assert_ne!(&views, &maker(side).training(seed, step + 1, &images, Some(&dissolved)));
            // The first two branches do not know whether there is a third.
            prop_assert_eq!(&views[..16 * size], &maker(side).training(seed, step, &images, None)[..]);
        }
    }

    #[test]
    fn three_equal_planes_stay_equal_and_match_the_colour_path() {
        let side = 12;
        let plane = noise(side * side, 5);
        let grey = [plane.clone(), plane.clone(), plane.clone()].concat();
        // One pixel off by the least amount sends the same picture through the general path.
        let mut tinted = grey.clone();
        tinted[0] = f32::from_bits(tinted[0].to_bits() + 1);
        let augment = maker(side).augment;
        for i in 0..50 {
            let draw = augment.draw(side, &mut rng::stream(1, "test", i));
            let (mut a, mut b) = (vec![0.0; grey.len()], vec![0.0; grey.len()]);
            draw.apply(&mut grey.clone(), side, &mut a);
            draw.apply(&mut tinted.clone(), side, &mut b);
            assert_eq!(a[..side * side], a[side * side..2 * side * side]);
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5));
        }
    }

    #[test]
    fn labels_follow_the_order_of_views() {
        assert_eq!(shift_labels(2, 2), [0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 1, 1, 2, 2, 3, 3]);
    }
}
