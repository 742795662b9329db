//! A small pool that decodes thumbnails: what is in view now comes first, what went out of view is forgotten. What was
//! decoded once is kept in the workspace.

use super::events::{Events, JobEvent};
use crate::{
    data::{self, Dataset, ImageId},
    engine::{
        display::rgba::Rgba,
        thumbnail_cache::{Thumb, ThumbnailCache, key},
    },
    error::Result,
};
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

/// Longest side of a thumbnail, px: sharp at the sizes that the grid has, on most screens.
pub const THUMBNAIL: usize = 320;
const THREADS: usize = 2;

pub struct Thumbnails {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    wanted: Mutex<Wanted>,
    changed: Condvar,
    workspace: PathBuf,
    /// The file of the data set under this root; `None` where there can be none.
    cache: Mutex<Option<(PathBuf, Option<ThumbnailCache>)>>,
}

/// A thumbnail, and the file of the image under its anomaly map where that is wanted.
pub type Request = (Thumb, Option<PathBuf>);

#[derive(Default)]
struct Wanted {
    source: Option<(u64, Arc<Dataset>)>,
    /// The next one is at the end.
    thumbs: Vec<Request>,
    /// Being decoded, or on the way to the graphics card.
    taken: HashSet<Thumb>,
    closed: bool,
}

impl Thumbnails {
    pub fn start(workspace: PathBuf, events: &Events) -> std::io::Result<Self> {
        let (wanted, cache) = (Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { wanted, changed: Condvar::new(), workspace, cache });
        let threads = (1..=THREADS)
            .map(|i| {
                let (name, shared, events) = (format!("thumbnail-{i}"), shared.clone(), events.clone());
                std::thread::Builder::new().name(name.clone()).spawn(move || run(&name, &shared, &events))
            })
            .collect::<std::io::Result<_>>()?;
        Ok(Self { shared, threads })
    }

    /// Another data set: all older requests are void, unless it has the same images (`keep`).
    pub fn set_source(&self, generation: u64, dataset: Arc<Dataset>, keep: bool) {
        let mut wanted = self.shared.lock();
        if keep {
            wanted.source = Some((generation, dataset));
            return;
        }
        *wanted = Wanted { source: Some((generation, dataset)), closed: wanted.closed, ..Wanted::default() };
    }

    /// What is in view, in the order of importance; replaces the requests before.
    pub fn want(&self, thumbs: Vec<Request>) {
        let mut wanted = self.shared.lock();
        wanted.thumbs = thumbs.into_iter().rev().filter(|(thumb, _)| !wanted.taken.contains(thumb)).collect();
        self.shared.changed.notify_all();
    }

    /// The picture has arrived, and may be asked for again once it is forgotten.
    pub fn arrived(&self, thumb: Thumb) {
        self.shared.lock().taken.remove(&thumb);
    }

    pub fn join(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Wanted> {
        // Each change of the guarded value is a single step: it is valid even after a panic elsewhere.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next request; `None` at the end.
    fn next(&self) -> Option<(u64, Arc<Dataset>, Request)> {
        let mut wanted = self.lock();
        loop {
            if wanted.closed {
                return None;
            }
            if let Some((generation, dataset)) = wanted.source.clone()
                && let Some(request) = wanted.thumbs.pop()
            {
                wanted.taken.insert(request.0);
                return Some((generation, dataset, request));
            }
            wanted = self.changed.wait(wanted).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Shared {
    /// From the workspace, else from the image itself, with its mask's outline.
    fn thumbnail(&self, dataset: &Dataset, id: ImageId) -> Result<Rgba> {
        let key = dataset.item(id).and_then(|item| key(item, THUMBNAIL));
        if let Some(pixels) = key.and_then(|key| self.with_cache(dataset, |cache| cache.get(key))) {
            return Ok(pixels);
        }
        let picture = dataset.read(id)?;
        let mut pixels = Rgba::new(&picture.within(THUMBNAIL));
        // An unreadable mask is said where the image itself is shown.
        if let Some(mask) = dataset.read_mask(id).ok().flatten() {
            pixels = pixels.with_outline(&mask);
        }
        if let Some(key) = key {
            self.with_cache(dataset, |cache| {
                cache.put(key, &pixels);
                Some(())
            });
        }
        Ok(pixels)
    }

    fn with_cache<T>(&self, dataset: &Dataset, work: impl FnOnce(&mut ThumbnailCache) -> Option<T>) -> Option<T> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.as_ref().is_none_or(|(root, _)| root != dataset.root()) {
            // The one before gives its lock back first.
            *cache = None;
            *cache = Some((dataset.root().to_path_buf(), ThumbnailCache::open(&self.workspace, dataset).ok()));
        }
        cache.as_mut()?.1.as_mut().and_then(work)
    }
}

/// A picture that was saved; `None` where it cannot be read.
fn small(file: &Path) -> Option<Rgba> {
    data::read_picture(file).ok().map(|picture| Rgba::new(&picture.within(THUMBNAIL)))
}

fn run(name: &str, shared: &Shared, events: &Events) {
    while let Some((generation, dataset, (thumb, overlay))) = shared.next() {
        let decoded = events.guard(name, || match overlay.as_deref().and_then(small) {
            Some(pixels) => Ok(pixels),
            None => shared.thumbnail(&dataset, thumb.image).map_err(|e| e.to_string()),
        });
        let pixels = decoded.unwrap_or_else(|failure| Err(failure.summary));
        if !events.send(JobEvent::Thumbnail { generation, thumb, pixels }) {
            return;
        }
    }
}
