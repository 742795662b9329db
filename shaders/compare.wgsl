// Two pictures of one thing, and what changed between them. Its twin in Rust, src/gpu/twin.rs, is its specification.

struct Params {
    origin: vec2<f32>,
    per_px: vec2<f32>,
    start: vec2<f32>,
    divider: vec2<f32>,
    size_a: vec2<u32>,
    size_b: vec2<u32>,
    gain: f32,
    radius: f32,
    mode: u32,
    squares: u32,
    level_a: u32,
    level_b: u32,
    linear: u32,
    pad: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// Each layer is a tile; the tiles of a picture lie row after row. Tiles of more than one have a power of two as their side.
@group(0) @binding(1) var original: texture_2d_array<f32>;
@group(0) @binding(2) var dissolved: texture_2d_array<f32>;

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    // One triangle that covers the viewport.
    return vec4<f32>(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

fn texel(picture: texture_2d_array<f32>, size: vec2<u32>, level: u32, at: vec2<u32>) -> vec3<f32> {
    let whole = textureDimensions(picture, 0);
    let tile = max(whole >> vec2<u32>(level), vec2<u32>(1u));
    let columns = (size.x + whole.x - 1u) / whole.x;
    let cell = at / tile;
    return textureLoad(picture, at % tile, cell.y * columns + cell.x, level).rgb;
}

// Bilinear with half-pixel centres; the border's pixels go on outside.
fn sample(picture: texture_2d_array<f32>, size: vec2<u32>, level: u32, uv: vec2<f32>) -> vec3<f32> {
    let level_size = max(size >> vec2<u32>(level), vec2<u32>(1u));
    let at = uv * vec2<f32>(level_size) - 0.5;
    let corner = floor(at);
    let share = at - corner;
    let last = vec2<i32>(level_size) - 1;
    let low = vec2<u32>(clamp(vec2<i32>(corner), vec2<i32>(0), last));
    let high = vec2<u32>(clamp(vec2<i32>(corner) + 1, vec2<i32>(0), last));
    let upper = mix(texel(picture, size, level, low), texel(picture, size, level, vec2<u32>(high.x, low.y)), share.x);
    let lower = mix(texel(picture, size, level, vec2<u32>(low.x, high.y)), texel(picture, size, level, high), share.x);
    return mix(upper, lower, share.y);
}

fn signed(value: f32) -> vec3<f32> {
    let end = select(vec3<f32>(1.00, 0.52, 0.20), vec3<f32>(0.30, 0.66, 1.00), value < 0.0);
    return end * min(abs(value), 1.0);
}

fn inferno(value: f32) -> vec3<f32> {
    var stops = array<vec3<f32>, 9>(
        vec3<f32>(0.001, 0.000, 0.014),
        vec3<f32>(0.123, 0.047, 0.282),
        vec3<f32>(0.316, 0.072, 0.485),
        vec3<f32>(0.491, 0.120, 0.505),
        vec3<f32>(0.733, 0.212, 0.331),
        vec3<f32>(0.882, 0.318, 0.217),
        vec3<f32>(0.978, 0.558, 0.035),
        vec3<f32>(0.974, 0.797, 0.207),
        vec3<f32>(0.988, 0.998, 0.645),
    );
    let at = clamp(value, 0.0, 1.0) * 8.0;
    let low = min(u32(at), 7u);
    return mix(stops[low], stops[low + 1u], at - f32(low));
}

fn to_linear(colour: vec3<f32>) -> vec3<f32> {
    return select(pow((colour + 0.055) / 1.055, vec3<f32>(2.4)), colour / 12.92, colour <= vec3<f32>(0.04045));
}

@fragment
fn fragment(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let px = position.xy;
    var uv = params.start + (px - params.origin) * params.per_px;
    if any(uv < vec2<f32>(0.0)) || any(uv >= vec2<f32>(1.0)) {
        discard;
    }
    if params.squares == 1u {
        uv = (floor(uv * vec2<f32>(params.size_a)) + 0.5) / vec2<f32>(params.size_a);
    }
    // What a mode does not show is not looked up.
    var show_original = params.mode == 0u;
    if params.mode == 4u {
        show_original = px.x < params.divider.x;
    } else if params.mode == 5u {
        show_original = distance(px, params.divider) >= params.radius;
    }
    var colour: vec3<f32>;
    if show_original {
        colour = sample(original, params.size_a, params.level_a, uv);
    } else {
        colour = sample(dissolved, params.size_b, params.level_b, uv);
        if params.mode == 2u || params.mode == 3u {
            let change = colour - sample(original, params.size_a, params.level_a, uv);
            if params.mode == 2u {
                colour = signed((change.r + change.g + change.b) / 3.0 * params.gain);
            } else {
                colour = inferno((abs(change.r) + abs(change.g) + abs(change.b)) / 3.0 * params.gain);
            }
        }
    }
    if params.linear == 1u {
        colour = to_linear(colour);
    }
    return vec4<f32>(colour, 1.0);
}
