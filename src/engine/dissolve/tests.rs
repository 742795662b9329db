//! Large pictures, from coarse to fine.

use super::{
    dissolved::Scale,
    request::{DissolveRequest, ImageSource, InView},
    session::DissolveSession,
};
use crate::{
    config::{DataConfig, DissolveMethod, PreprocessConfig, TileSize, Tiling},
    data::{Dataset, ImageId},
    engine::display::raster::picture_of,
};
use std::{cell::Cell, sync::Arc};

/// A picture of 700 x 600 px in a folder of its own, and one of 100 x 90 px.
fn pictures() -> (tempfile::TempDir, ImageSource) {
    let folder = tempfile::tempdir().unwrap();
    for (name, width, height) in [("large.png", 700, 600), ("small.png", 100, 90)] {
        let value = |x: u32, y: u32, c: u32| (40 + (x * 7 + y * 13 + (x * y) % 31 * (3 + c)) % 170) as u8;
        let image = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([0, 1, 2].map(|c| value(x, y, c))));
        image.save(folder.path().join(name)).unwrap();
    }
    let data = DataConfig { path: folder.path().into(), ..DataConfig::default() };
    let dataset = Arc::new(Dataset::open(&data, &|_| {}).unwrap());
    (folder, ImageSource { dataset, image: ImageId(0), preprocess: PreprocessConfig::default() })
}

const BLUR: DissolveMethod = DissolveMethod::Gaussian(7);

#[test]
fn the_first_answer_is_coarse_and_then_refined() {
    let (_folder, source) = pictures();
    let mut session = DissolveSession::default();
    session.select(&source).unwrap();
    let request = DissolveRequest::of(&source, BLUR, Tiling::Px(64));
    let first = session.begin(&request).unwrap().unwrap();
    assert_eq!(first.scale, Scale::Tiles(TileSize { tile: 64, working_size: 512 }));
    assert!(first.tiles[0] == 0 && first.tiles[1] > 60 && first.curve.is_none());
    assert_eq!(first.raster.size(), [597, 512], "at the working size");
    let mut last = first.clone();
    while session.is_refining() {
        if let Some(news) = session.refine().unwrap() {
            assert!(news.tiles[0] > last.tiles[0]);
            last = news;
        }
    }
    assert!(last.is_complete() && last.change.model > 0.01 && last.change.resizing > 0.01 && last.curve.is_some());
    let (coarse, fine) = (picture_of(&first.raster), picture_of(&last.raster));
    assert!(coarse.data.iter().zip(&fine.data).any(|(a, b)| (a - b).abs() > 0.02));
    // The same once more is there at once, from the tiles that were kept.
    let again = session.begin(&request).unwrap().unwrap();
    assert!(again.is_complete() && !session.is_refining());
    let again = picture_of(&again.raster);
    assert!(again.data.iter().zip(&fine.data).all(|(a, b)| (a - b).abs() < 1e-3));
}

#[test]
fn tiles_in_view_come_first_and_from_the_eye_outwards() {
    let (_folder, source) = pictures();
    let mut session = DissolveSession::default();
    session.select(&source).unwrap();
    let corner = InView { corners: [[0.7, 0.7], [1.0, 1.0]], focus: [0.95, 0.95] };
    let request = DissolveRequest { in_view: corner, ..DissolveRequest::of(&source, BLUR, Tiling::Px(32)) };
    let first = picture_of(&session.begin(&request).unwrap().unwrap().raster);
    let mut has_changed = None;
    while has_changed.is_none() {
        if let Some(news) = session.refine().unwrap() {
            let picture = picture_of(&news.raster);
            let differ = |i: &usize| (picture.data[*i] - first.data[*i]).abs() > 1e-3;
            let places: Vec<usize> = (0..picture.width * picture.height).filter(differ).collect();
            has_changed = Some((places, picture.width, news.is_complete()));
        }
    }
    let (places, width, is_complete) = has_changed.unwrap();
    assert!(!is_complete, "the picture is shown as soon as what is in view is done");
    let near = |i: &&usize| *i % width > width / 2 && *i / width > 256;
    assert!(!places.is_empty() && places.iter().filter(near).count() * 10 > places.len() * 9, "first of all what is in view");
    // Another part comes into view: nothing is begun anew.
    let moved = DissolveRequest { in_view: InView::default(), ..request };
    assert!(session.is_refining() == session.begin(&moved).unwrap().is_none());
}

#[test]
fn a_stale_request_stops_between_tiles() {
    let (_folder, source) = pictures();
    let mut session = DissolveSession::default();
    session.select(&source).unwrap();
    let recipe = DissolveRequest::of(&source, BLUR, Tiling::Px(32)).recipe;
    let asked = Cell::new(0);
    let is_stale = || {
        asked.set(asked.get() + 1);
        asked.get() > 2
    };
    assert!(session.dissolve_unless(&source, &recipe, &is_stale).unwrap().is_none());
    assert_eq!(asked.get(), 3, "it was asked between the tiles, and heard");
    assert!(session.dissolve(&source, &recipe).unwrap().is_complete());
}

#[test]
fn resampling_by_tiles_changes_nothing_of_its_own() {
    let (_folder, source) = pictures();
    let mut session = DissolveSession::default();
    session.select(&source).unwrap();
    let recipe = DissolveRequest::of(&source, DissolveMethod::Resample, Tiling::Px(64)).recipe;
    let dissolved = session.dissolve(&source, &recipe).unwrap();
    assert!(dissolved.change.model < 1e-4, "{:?}", dissolved.change);
    assert!((dissolved.change.all - dissolved.change.resizing).abs() < 1e-4 && dissolved.resized.is_some());
    let whole = session.dissolve(&source, &recipe.whole()).unwrap();
    assert!(whole.change.model == 0.0 && whole.change.all == whole.change.resizing && whole.change.all > 0.01);
}

#[test]
fn small_pictures_are_whole_whatever_is_asked_for() {
    let (_folder, source) = pictures();
    let source = source.with_image(ImageId(1));
    let mut session = DissolveSession::default();
    session.select(&source).unwrap();
    let dissolved = session.begin(&DissolveRequest::of(&source, BLUR, Tiling::Px(64))).unwrap().unwrap();
    assert_eq!((dissolved.scale, dissolved.is_complete(), session.is_refining()), (Scale::Whole(32), true, false));
    assert_eq!(dissolved.raster.size(), [32, 32]);
}

#[test]
fn thumbnails_of_large_pictures_are_whole_and_measured_on_tiles() {
    let (_folder, source) = pictures();
    let mut session = DissolveSession::default();
    session.select(&source).unwrap();
    let recipe = DissolveRequest::of(&source, BLUR, Tiling::Px(64)).recipe;
    let thumbnail = session.thumbnail(&source, &recipe).unwrap();
    // As sharp as the picture is at this size, not as one of the model's size enlarged: neighbours differ.
    let roughness = |rgba: &[u8], width: usize| {
        let rows = rgba.chunks_exact(4 * width);
        rows.flat_map(|row| row.windows(5)).map(|near| u64::from(near[0].abs_diff(near[4]))).sum::<u64>()
    };
    let whole = session.thumbnail(&source, &recipe.whole()).unwrap().pixels;
    let pixels = thumbnail.pixels;
    assert_eq!(([pixels.width, pixels.height], [whole.width, whole.height]), ([168, 144], [168, 144]));
    assert!(roughness(&pixels.rgba, 168) > 2 * roughness(&whole.rgba, 168));
    let thumbnail = thumbnail.dissolved;
    assert!(!thumbnail.is_complete() && !thumbnail.has_tiles());
    let (sampled, complete) = (thumbnail.curve.unwrap(), session.dissolve(&source, &recipe).unwrap());
    assert!((sampled.all - complete.change.all).abs() < 0.1 * complete.change.all, "{sampled:?} {:?}", complete.change);
    let curve = complete.curve.unwrap();
    assert!((curve.all - sampled.all).abs() < 1e-4, "both on the same tiles");
}

#[test]
fn sheet_of_many_t_has_large_pictures_by_tiles_and_others_not() {
    let (_folder, source) = pictures();
    let mut session = DissolveSession::default();
    session.select(&source).unwrap();
    let recipe = DissolveRequest::of(&source, BLUR, Tiling::Px(64)).recipe;
    let step = session.sheet_step(&source, &recipe, &|| false).unwrap().unwrap();
    assert!(step.is_complete() && step.has_tiles() && step.fits_on_sheet());
    assert!(session.sheet_step(&source, &recipe.at(1), &|| true).unwrap().is_none(), "nobody waits for it");
    assert!(session.sheet_step(&source, &recipe.whole(), &|| false).unwrap().is_none());
}
