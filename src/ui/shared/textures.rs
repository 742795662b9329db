//! Pictures on the graphics card: few uploads a frame, and a bounded number of them.

use crate::{
    app::message::Texture,
    engine::{display::rgba::Rgba, thumbnail_cache::Thumb},
};
use eframe::egui::{ColorImage, Context, TextureHandle, TextureOptions};
use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
};

/// Uploads of thumbnails in one frame.
const UPLOADS: usize = 16;
/// Thumbnails kept: at 320 px at most 400 KB each.
const KEPT: usize = 600;

#[derive(Default)]
pub struct Textures {
    held: HashMap<Texture, TextureHandle>,
    waiting: VecDeque<(Texture, Rgba)>,
    /// Thumbnails, with the frame in which each was last seen.
    seen: RefCell<HashMap<Thumb, u64>>,
    frame: u64,
}

impl Textures {
    pub fn get(&self, texture: &Texture) -> Option<&TextureHandle> {
        self.held.get(texture)
    }

    /// How many thumbnails are held.
    pub fn thumbnails(&self) -> usize {
        self.seen.borrow().len()
    }

    pub fn thumbnail(&self, thumb: impl Into<Thumb>) -> Option<&TextureHandle> {
        let thumb = thumb.into();
        let texture = self.get(&Texture::Thumbnail(thumb))?;
        self.seen.borrow_mut().insert(thumb, self.frame);
        Some(texture)
    }

    /// Queues a thumbnail; any other one is uploaded at once, since a person waits for it.
    pub(crate) fn put(&mut self, ctx: &Context, texture: Texture, pixels: Rgba) {
        match texture {
            Texture::Thumbnail(_) => self.waiting.push_back((texture, pixels)),
            _ => self.upload(ctx, texture, pixels),
        }
    }

    /// Uploads some of what waits; returns the thumbnails that have arrived.
    pub(crate) fn upload_some(&mut self, ctx: &Context) -> Vec<Thumb> {
        let mut arrived = Vec::new();
        self.frame += 1;
        for _ in 0..UPLOADS {
            let Some((texture, pixels)) = self.waiting.pop_front() else { return arrived };
            if let Texture::Thumbnail(thumb) = texture {
                arrived.push(thumb);
                self.seen.get_mut().insert(thumb, self.frame);
                self.free_one_above(KEPT);
            }
            self.upload(ctx, texture, pixels);
        }
        if !self.waiting.is_empty() {
            ctx.request_repaint();
        }
        arrived
    }

    /// Another data set: none of its predecessor's pictures may be shown again.
    pub(crate) fn forget(&mut self) {
        self.held.retain(|t, _| matches!(t, Texture::Preview(_)));
        self.waiting.clear();
        self.seen.get_mut().clear();
    }

    /// Frees the thumbnail that was seen longest ago, where there are more than `limit`.
    fn free_one_above(&mut self, limit: usize) {
        let seen = self.seen.get_mut();
        if seen.len() > limit
            && let Some(old) = seen.iter().min_by_key(|(id, frame)| (**frame, **id)).map(|(id, _)| *id)
        {
            seen.remove(&old);
            self.held.remove(&Texture::Thumbnail(old));
        }
    }

    fn upload(&mut self, ctx: &Context, texture: Texture, pixels: Rgba) {
        let image = ColorImage::from_rgba_unmultiplied([pixels.width, pixels.height], &pixels.rgba);
        // A small picture is shown large: its pixels stay squares, so that nothing is made up between them.
        let options = if pixels.width.max(pixels.height) <= 64 { TextureOptions::NEAREST } else { TextureOptions::LINEAR };
        match self.held.get_mut(&texture) {
            Some(handle) => handle.set(image, options),
            None => {
                let handle = ctx.load_texture(format!("{texture:?}"), image, options);
                self.held.insert(texture, handle);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageId;

    #[test]
    fn least_recently_seen_thumbnail_is_freed_first() {
        let (ctx, mut textures) = (Context::default(), Textures::default());
        let pixels = || Rgba { width: 1, height: 1, rgba: vec![0; 4] };
        for id in 0..3 {
            textures.put(&ctx, Texture::Thumbnail(ImageId(id).into()), pixels());
            textures.upload_some(&ctx);
        }
        textures.upload_some(&ctx);
        assert!(textures.thumbnail(ImageId(0)).is_some(), "in view again");
        textures.free_one_above(2);
        assert_eq!(textures.thumbnails(), 2);
        assert!(textures.thumbnail(ImageId(1)).is_none() && textures.thumbnail(ImageId(0)).is_some());
    }
}
