//! Pipeline, uploads and drawing.

use super::{CompareUniforms, Raster, SHADERS, Texels, raster::level_size};
use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

/// Side of a tile where a picture needs more than one: a power of two, so that each halved version keeps to its tiles.
const TILE: u32 = 2048;

/// Holds what is on the card. One for each window.
pub struct Renderer {
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
    /// The target takes linear light.
    linear: bool,
    /// A larger picture is tiled.
    limit: u32,
    tile: u32,
    pictures: HashMap<u64, (Weak<Raster>, wgpu::TextureView)>,
    /// What each part of the screen draws, by the number that its owner gave it.
    slots: HashMap<u64, SlotBindings>,
}

struct SlotBindings {
    uniforms: wgpu::Buffer,
    bindings: wgpu::BindGroup,
}

impl Renderer {
    /// For a target of this format, with the device's own limit of texture size.
    pub fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        Self::with_tiles(device, target, device.limits().max_texture_dimension_2d, TILE)
    }

    /// Pictures with a side above `limit` are cut into tiles of `tile` px (a power of two).
    pub fn with_tiles(device: &wgpu::Device, target: wgpu::TextureFormat, limit: u32, tile: u32) -> Self {
        let [(name, source)] = SHADERS;
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(name),
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let entry =
            |binding, ty| wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::FRAGMENT, ty, count: None };
        let uniform =
            wgpu::BindingType::Buffer { ty: wgpu::BufferBindingType::Uniform, has_dynamic_offset: false, min_binding_size: None };
        let picture = wgpu::BindingType::Texture {
            sample_type: wgpu::TextureSampleType::Float { filterable: false },
            view_dimension: wgpu::TextureViewDimension::D2Array,
            multisampled: false,
        };
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(name),
            entries: &[entry(0, uniform), entry(1, picture), entry(2, picture)],
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(name),
            bind_group_layouts: &[Some(&layout)],
            ..Default::default()
        });
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some(name),
            layout: Some(&pipeline_layout),
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("vertex"),
                compilation_options: Default::default(),
                buffers: &[],
            },
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some("fragment"),
                compilation_options: Default::default(),
                targets: &[Some(target.into())],
            }),
            primitive: Default::default(),
            depth_stencil: None,
            multisample: Default::default(),
            multiview_mask: None,
            cache: None,
        });
        Self { pipeline, layout, linear: target.is_srgb(), limit, tile, pictures: HashMap::new(), slots: HashMap::new() }
    }

    /// Brings pictures and parameters onto the card; to be called before [`paint`](Self::paint) of the same slot.
    pub fn prepare(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        slot: u64,
        pictures: [&Arc<Raster>; 2],
        params: &CompareUniforms,
    ) {
        // What nobody else holds is not shown again.
        self.pictures.retain(|_, (raster, _)| raster.strong_count() > 0);
        for raster in pictures {
            if !self.pictures.contains_key(&raster.id) {
                let view = upload(device, queue, raster, self.limit, self.tile);
                self.pictures.insert(raster.id, (Arc::downgrade(raster), view));
            }
        }
        let [Some((_, original)), Some((_, dissolved))] = pictures.map(|p| self.pictures.get(&p.id)) else { return };
        let uniforms = self.slots.remove(&slot).map_or_else(
            || {
                device.create_buffer(&wgpu::BufferDescriptor {
                    label: Some("compare"),
                    size: size_of::<CompareUniforms>() as u64,
                    usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                })
            },
            |slot| slot.uniforms,
        );
        queue.write_buffer(&uniforms, 0, bytemuck::bytes_of(&CompareUniforms { linear: u32::from(self.linear), ..*params }));
        let entry = |binding, resource| wgpu::BindGroupEntry { binding, resource };
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("compare"),
            layout: &self.layout,
            entries: &[
                entry(0, uniforms.as_entire_binding()),
                entry(1, wgpu::BindingResource::TextureView(original)),
                entry(2, wgpu::BindingResource::TextureView(dissolved)),
            ],
        });
        self.slots.insert(slot, SlotBindings { uniforms, bindings });
    }

    /// Draws into the viewport of the pass.
    pub fn paint(&self, pass: &mut wgpu::RenderPass<'_>, slot: u64) {
        let Some(slot) = self.slots.get(&slot) else { return };
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &slot.bindings, &[]);
        pass.draw(0..3, 0..1);
    }
}

/// All levels of a picture, tile by tile, as the layers of one texture.
fn upload(device: &wgpu::Device, queue: &wgpu::Queue, raster: &Raster, limit: u32, tile: u32) -> wgpu::TextureView {
    let size = raster.size();
    let side = if size[0].max(size[1]) > limit { [tile; 2] } else { size };
    let tiles = [0, 1].map(|i| size[i].div_ceil(side[i]));
    let format = match raster.levels().first() {
        Some(Texels::Floats(_)) => wgpu::TextureFormat::Rgba32Float,
        _ => wgpu::TextureFormat::Rgba8Unorm,
    };
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("picture"),
        size: wgpu::Extent3d { width: side[0], height: side[1], depth_or_array_layers: tiles[0] * tiles[1] },
        mip_level_count: raster.levels().len() as u32,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    for (level, texels) in (0..).zip(raster.levels()) {
        let (data, texel): (&[u8], u32) = match texels {
            Texels::Bytes(v) => (bytemuck::cast_slice(v), 4),
            Texels::Floats(v) => (bytemuck::cast_slice(v), 16),
        };
        let ([width, height], side) = (level_size(size, level), level_size(side, level));
        for layer in 0..tiles[0] * tiles[1] {
            let (x, y) = (layer % tiles[0] * side[0], layer / tiles[0] * side[1]);
            if x >= width || y >= height {
                continue;
            }
            let offset = (u64::from(y) * u64::from(width) + u64::from(x)) * u64::from(texel);
            queue.write_texture(
                wgpu::TexelCopyTextureInfo {
                    texture: &texture,
                    mip_level: level,
                    origin: wgpu::Origin3d { x: 0, y: 0, z: layer },
                    aspect: wgpu::TextureAspect::All,
                },
                data,
                wgpu::TexelCopyBufferLayout { offset, bytes_per_row: Some(width * texel), rows_per_image: None },
                wgpu::Extent3d { width: side[0].min(width - x), height: side[1].min(height - y), depth_or_array_layers: 1 },
            );
        }
    }
    texture
        .create_view(&wgpu::TextureViewDescriptor { dimension: Some(wgpu::TextureViewDimension::D2Array), ..Default::default() })
}
