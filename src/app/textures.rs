//! Pictures on the graphics card: few uploads a frame, and a bounded number of them.

use super::message::Texture;
use crate::{data::ImageId, jobs::Pixels};
use eframe::egui::{ColorImage, Context, TextureHandle, TextureOptions};
use std::collections::{HashMap, VecDeque};

/// Uploads of little pictures in one frame.
const UPLOADS: usize = 16;
/// Little pictures kept: at 160 px at most 100 KB each.
const KEPT: usize = 1200;

#[derive(Default)]
pub struct Textures {
    held: HashMap<Texture, TextureHandle>,
    waiting: VecDeque<(Texture, Pixels)>,
    /// Little pictures, the one shown longest ago first.
    oldest: VecDeque<ImageId>,
}

impl Textures {
    pub fn get(&self, texture: &Texture) -> Option<&TextureHandle> {
        self.held.get(texture)
    }

    /// How many little pictures are held.
    pub fn thumbnails(&self) -> usize {
        self.oldest.len()
    }

    pub fn thumbnail(&self, id: ImageId) -> Option<&TextureHandle> {
        self.get(&Texture::Thumbnail(id))
    }

    /// Queues a little picture; any other one is uploaded at once, since a person waits for it.
    pub(super) fn put(&mut self, ctx: &Context, texture: Texture, pixels: Pixels) {
        match texture {
            Texture::Thumbnail(_) => self.waiting.push_back((texture, pixels)),
            _ => self.upload(ctx, texture, pixels),
        }
    }

    /// Uploads some of what waits; returns the little pictures that have arrived.
    pub(super) fn upload_some(&mut self, ctx: &Context) -> Vec<ImageId> {
        let mut arrived = Vec::new();
        for _ in 0..UPLOADS {
            let Some((texture, pixels)) = self.waiting.pop_front() else { return arrived };
            if let Texture::Thumbnail(id) = texture {
                arrived.push(id);
                self.oldest.push_back(id);
                if self.oldest.len() > KEPT
                    && let Some(old) = self.oldest.pop_front()
                {
                    self.held.remove(&Texture::Thumbnail(old));
                }
            }
            self.upload(ctx, texture, pixels);
        }
        if !self.waiting.is_empty() {
            ctx.request_repaint();
        }
        arrived
    }

    /// Another data set: none of its predecessor's pictures may be shown again.
    pub(super) fn forget(&mut self) {
        self.held.retain(|t, _| matches!(t, Texture::Preview(_)));
        self.waiting.clear();
        self.oldest.clear();
    }

    fn upload(&mut self, ctx: &Context, texture: Texture, pixels: Pixels) {
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
