//! Each shader is valid, and gives what the implementation on the CPU gives, pixel by pixel.

use crate::gpu_adapter;
use dissolve_studio::gpu::{Appearance, CompareUniforms, Mode, Raster, Renderer, SHADERS, Texels, colormap, compare_cpu};
use std::sync::Arc;

/// Size of the target, px; 4 bytes x 128 is a multiple of the 256 that a row of a read-back needs.
const WIDTH: u32 = 128;
const HEIGHT: u32 = 96;

#[test]
fn shaders_are_valid() {
    for (name, source) in SHADERS {
        let module =
            wgpu::naga::front::wgsl::parse_str(source).unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(source)));
        let mut validator = wgpu::naga::valid::Validator::new(
            wgpu::naga::valid::ValidationFlags::all(),
            wgpu::naga::valid::Capabilities::empty(),
        );
        validator.validate(&module).unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(source)));
    }
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders")).unwrap().count();
    assert_eq!(files, SHADERS.len(), "each file of shaders/ is in the registry");
}

fn device() -> Option<(wgpu::Device, wgpu::Queue)> {
    let device = gpu_adapter::wait(gpu_adapter::find()?.request_device(&wgpu::DeviceDescriptor::default()));
    Some(device.unwrap())
}

/// What the card shows, on a ground of (1, 2, 3).
fn rendered(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    renderer: &mut Renderer,
    pictures: [&Arc<Raster>; 2],
    params: &CompareUniforms,
) -> Vec<u8> {
    let target = device.create_texture(&wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d { width: WIDTH, height: HEIGHT, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    });
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: u64::from(WIDTH * HEIGHT * 4),
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    });
    renderer.prepare(device, queue, 7, pictures, params);
    let mut encoder = device.create_command_encoder(&Default::default());
    {
        let view = target.create_view(&Default::default());
        let ground = wgpu::Color { r: 1.0 / 255.0, g: 2.0 / 255.0, b: 3.0 / 255.0, a: 1.0 };
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(ground), store: wgpu::StoreOp::Store },
            })],
            ..Default::default()
        });
        renderer.paint(&mut pass, 7);
    }
    encoder.copy_texture_to_buffer(
        target.as_image_copy(),
        wgpu::TexelCopyBufferInfo {
            buffer: &buffer,
            layout: wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(WIDTH * 4), rows_per_image: None },
        },
        target.size(),
    );
    queue.submit([encoder.finish()]);
    buffer.slice(..).map_async(wgpu::MapMode::Read, |r| r.unwrap());
    device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
    let view = buffer.slice(..).get_mapped_range().unwrap();
    view.to_vec()
}

/// A picture with a slope in each channel and a grain, 8 bit.
fn picture(width: u32, height: u32) -> Arc<Raster> {
    let texels = (0..width * height).map(|i| {
        let (x, y) = (i % width, i / width);
        let grain = (i.wrapping_mul(2_654_435_761) >> 24) / 4;
        [(x * 190 / width + grain) as u8, (y * 190 / height + grain) as u8, ((x + y) * 90 / (width + height) + grain) as u8, 255]
    });
    Arc::new(Raster::new(width, height, Texels::Bytes(texels.collect())))
}

/// A small smooth one in floats, as the dissolving network gives it.
fn smooth(side: u32) -> Arc<Raster> {
    let wave = |v: f32| 0.5 + 0.4 * (v * 5.0).sin();
    let texels = (0..side * side).map(|i| {
        let (x, y) = ((i % side) as f32 / side as f32, (i / side) as f32 / side as f32);
        [wave(x), wave(y), wave(x + y), 1.0]
    });
    Arc::new(Raster::new(side, side, Texels::Floats(texels.collect())))
}

/// Largest difference between the card and the CPU, in 255ths. Bytes beside each other may fall on either side of a rounding; a
/// pixel whose middle lies on an edge (of the picture, of a square, of the loupe) may fall on either side of that, too.
fn held(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    renderer: &mut Renderer,
    [a, b]: [&Arc<Raster>; 2],
    params: &CompareUniforms,
    what: &str,
) {
    let shown = rendered(device, queue, renderer, [a, b], params);
    let mut off = 0;
    for (i, rgba) in shown.chunks_exact(4).enumerate() {
        let px = [(i as u32 % WIDTH) as f32 + 0.5, (i as u32 / WIDTH) as f32 + 0.5];
        let wanted = compare_cpu::pixel(params, a, b, px).map_or([1, 2, 3], colormap::bytes);
        let difference = (0..3).map(|c| rgba[c].abs_diff(wanted[c])).max().unwrap();
        off += usize::from(difference > 2);
    }
    assert!(off <= (WIDTH * HEIGHT / 2000) as usize, "{what}: {off} pixels differ by more than 2/255");
}

#[test]
fn gpu_output_matches_cpu_implementation() {
    let Some((device, queue)) = device() else { return };
    let mut renderer = Renderer::new(&device, wgpu::TextureFormat::Rgba8Unorm);
    let modes = [Mode::Original, Mode::Dissolved, Mode::Signed, Mode::Absolute, Mode::Split, Mode::Loupe];
    // Shrunk, about as it is, with its pixels as squares; wider than the frame and narrower.
    for (size, scale, start) in [([400, 300], 0.37, [-0.1, 0.05]), ([90, 70], 1.7, [0.1, 0.2]), ([28, 28], 9.0, [0.3, 0.4])] {
        let (a, b) = (picture(size[0], size[1]), smooth(32));
        for mode in modes {
            for gain in [1.0, 8.0] {
                let look = Appearance { mode, gain, divider: [60.2, 40.3], radius: 25.0 };
                let params = CompareUniforms::new(a.size(), &a, &b, [3.0, 5.0], start, [scale; 2], look);
                held(&device, &queue, &mut renderer, [&a, &b], &params, &format!("{mode:?} x{gain} at {scale}"));
            }
        }
    }
}

#[test]
fn image_beyond_texture_limit_is_tiled_without_seams() {
    let Some((device, queue)) = device() else { return };
    let mut renderer = Renderer::with_tiles(&device, wgpu::TextureFormat::Rgba8Unorm, 128, 64);
    let (a, b) = (picture(500, 333), smooth(16));
    for (scale, start) in [(0.2, [0.0, 0.0]), (0.6, [0.1, 0.3]), (1.3, [0.4, 0.5]), (5.0, [0.1, 0.15])] {
        for mode in [Mode::Original, Mode::Signed] {
            let look = Appearance { mode, gain: 2.0, divider: [0.0; 2], radius: 0.0 };
            let params = CompareUniforms::new(a.size(), &a, &b, [0.0, 0.0], start, [scale; 2], look);
            held(&device, &queue, &mut renderer, [&a, &b], &params, &format!("{mode:?} at {scale}"));
        }
    }
}
