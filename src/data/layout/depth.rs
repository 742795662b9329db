//! By which of their bits 16-bit pictures are shown: many cameras and scanners have 12, and write them into files of 16.

use crate::{
    config::ValueWindow,
    data::{Dataset, Item, decode},
    error::{NextStep, Warning},
};
use rayon::prelude::*;

/// So many images, from all over a set, have the depth of their file looked at…
const LOOKED_AT: usize = 64;
/// …and so many of those with 16 bits are decoded.
const DECODED: usize = 8;
/// The bits that cameras and scanners have.
const DEPTHS: [u32; 4] = [8, 10, 12, 14];

impl Dataset {
    /// Has the images seen through `window`; where that is left open and the set holds 16-bit pictures, by the bits that all of some
    /// use.
    pub(super) fn see_through(&mut self, window: &ValueWindow) {
        self.window = window.clone();
        self.items.iter_mut().for_each(|item| item.window = window.clone());
        let deep: Vec<&Item> = spread(&self.items, LOOKED_AT).filter(|item| item.is_deep()).collect();
        if deep.is_empty() {
            return;
        }
        // A window of DICOM leaves other pictures as they are.
        let bits = match window {
            ValueWindow::Auto => depth_of(&deep).unwrap_or(16),
            ValueWindow::Bits(bits) => *bits,
            _ => 16,
        };
        self.depth = Some(bits);
        if *window != ValueWindow::Auto {
            return;
        }
        self.window = ValueWindow::Bits(bits);
        self.items.iter_mut().for_each(|item| item.window = ValueWindow::Bits(bits));
        if bits < 16 {
            let white = (1u32 << bits) - 1;
            let text = format!("16-bit pictures that use only the lowest {bits} bits are shown by those: {white} is white.");
            self.notes.push(Warning::new(text, NextStep::AllBits));
        }
    }
}

/// The usual depth that holds the values of all of some pictures; `None` where one of them uses more, or none can be read.
fn depth_of(deep: &[&Item]) -> Option<u32> {
    let some: Vec<&&Item> = spread(deep, DECODED).collect();
    let used: Vec<Option<u32>> = some.par_iter().filter_map(|item| item.decode().ok()).map(|image| image.used_bits()).collect();
    let most = used.into_iter().collect::<Option<Vec<u32>>>()?.into_iter().max()?;
    DEPTHS.into_iter().find(|depth| most <= *depth)
}

/// At most about `count` of some things, from all over them.
fn spread<T>(things: &[T], count: usize) -> impl Iterator<Item = &T> {
    things.iter().step_by(things.len().div_ceil(count).max(1))
}

impl Item {
    fn is_deep(&self) -> bool {
        self.source.path().is_some_and(decode::is_deep)
    }
}
