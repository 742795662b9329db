//! The paint callback through which egui draws the comparison.

use super::{CompareUniforms, Raster, Renderer};
use eframe::{
    egui::PaintCallbackInfo,
    egui_wgpu::{CallbackResources, CallbackTrait, RenderState, ScreenDescriptor},
};
use std::sync::Arc;

/// Gives the renderer to egui; called once for a window.
pub fn install(state: &RenderState) {
    let renderer = Renderer::new(&state.device, state.target_format);
    state.renderer.write().callback_resources.insert(renderer);
}

/// An image and its dissolved version, drawn in one part of the screen.
pub struct Compare {
    /// Number of that part, unique in a frame.
    pub slot: u64,
    /// The original image.
    pub original: Arc<Raster>,
    /// The dissolved one, of any size.
    pub dissolved: Arc<Raster>,
    /// What of both is shown.
    pub params: CompareUniforms,
}

impl CallbackTrait for Compare {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _: &ScreenDescriptor,
        _: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(renderer) = resources.get_mut::<Renderer>() {
            renderer.prepare(device, queue, self.slot, [&self.original, &self.dissolved], &self.params);
        }
        Vec::new()
    }

    fn paint(&self, _: PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, resources: &CallbackResources) {
        if let Some(renderer) = resources.get::<Renderer>() {
            renderer.paint(pass, self.slot);
        }
    }
}
