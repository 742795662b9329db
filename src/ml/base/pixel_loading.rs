//! Decoding of the pixels that a network sees, with progress.

use super::{
    reporter::{Event, Reporter, Stage},
    stage_progress::plain_step,
    throughput::Throughput,
};
use crate::{
    config::PreprocessConfig,
    data::{Dataset, ImageId, PixelStore, TileSample},
    error::{Error, Result},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Pictures decoded before a progress bar is worth it.
const FEW: usize = 1000;

/// Decodes the images at `size` x `size` px; those that cannot be decoded are named in a notice and left out.
///
/// # Errors
/// Where no image can be decoded, or memory does not suffice.
pub fn load_pixels(
    data: &Arc<Dataset>,
    preprocess: &PreprocessConfig,
    ids: Vec<ImageId>,
    size: usize,
    reporter: &mut dyn Reporter,
) -> Result<PixelStore> {
    let (data, preprocess) = (data.clone(), preprocess.clone());
    load(ids.len(), reporter, move |count| PixelStore::with_budget(data, preprocess, ids, size, PixelStore::BUDGET, count))
}

/// Tiles of the images, drawn at random; images that cannot be decoded are named in a notice and left out.
///
/// # Errors
/// Where no image can be decoded.
pub fn load_tiles(
    data: &Arc<Dataset>,
    preprocess: &PreprocessConfig,
    ids: Vec<ImageId>,
    sample: TileSample,
    reporter: &mut dyn Reporter,
) -> Result<PixelStore> {
    let (data, preprocess) = (data.clone(), preprocess.clone());
    load(ids.len(), reporter, move |count| PixelStore::of_tiles(data, preprocess, ids, &sample, count))
}

/// `decode` is told where to report how many of the `total` pictures are done.
fn load(
    total: usize,
    reporter: &mut dyn Reporter,
    decode: impl FnOnce(&(dyn Fn(usize) + Sync)) -> Result<PixelStore> + Send,
) -> Result<PixelStore> {
    let shown = total > FEW;
    if shown {
        reporter.event(Event::Started { stage: Stage::Data, done: 0, total });
    }
    let done = AtomicUsize::new(0);
    let store = std::thread::scope(|scope| {
        let done = &done;
        let worker = scope.spawn(move || decode(&|n: usize| done.store(n, Ordering::Relaxed)));
        let (mut throughput, mut seen) = (Throughput::start(), 0);
        while shown && !worker.is_finished() {
            std::thread::sleep(Duration::from_millis(100));
            let now = done.load(Ordering::Relaxed);
            if now > seen {
                reporter.event(Event::Step(plain_step(Stage::Data, now, total, throughput.tick(now - seen, 1, total - now))));
                seen = now;
            }
        }
        worker
            .join()
            .map_err(|_| Error::user("the images could not be decoded: the decoder failed", "report this, with the file"))?
    })?;
    if let [first, ..] = store.unusable() {
        let count = store.unusable().len();
        let text = format!(
            "{count} of {total} images cannot be decoded and are left out, the first: {} ({})",
            first.path.display(),
            first.reason
        );
        reporter.event(Event::Notice(text.into()));
    }
    if shown {
        reporter.event(Event::Finished { stage: Stage::Data });
    }
    Ok(store)
}
