//! The views that a picture is scored by, T_eval(S_k(flip(x))), as nodes. What is drawn for them is the same for every picture, so
//! it is constant.

use super::graph::{Attribute, GraphBuilder, Value};
use crate::{
    config::ShiftKind,
    ml::encoder::{
        augment::{CropBox, Draw, Jitter, LUMA},
        shift::{SHIFTS, shift_into},
        views::SampleDraw,
    },
};
use std::f32::consts::{FRAC_PI_2, FRAC_PI_3};

/// (N, 3, side, side) in \[0, 1\] to (V N, 3, side, side), where V = samples x K: view after view, N pictures each.
pub fn views(graph: &mut GraphBuilder, pictures: &Value, side: usize, shift: ShiftKind, samples: &[SampleDraw]) -> Value {
    let draws: Vec<&Draw> = samples.iter().flat_map(|sample| &sample.draws).collect();
    let flat = graph.reshape(pictures, &[0, 3, -1]);
    let places = graph.ints("shift.places", &[2 * SHIFTS, side * side], &places(shift, side));
    let shifted = graph.node("Gather", &[&flat, &places], &[("axis", Attribute::Int(2))]);
    let shifted = graph.node("Transpose", &[&shifted], &[("perm", Attribute::Ints(vec![2, 0, 1, 3]))]);
    let of_view: Vec<i64> = samples.iter().flat_map(|s| (0..SHIFTS).map(|k| (usize::from(s.flip) * SHIFTS + k) as i64)).collect();
    let of_view = graph.ints("shift.of_view", &[draws.len()], &of_view);
    // (V, N, 3, pixels)
    let mut views = graph.node("Gather", &[&shifted, &of_view], &[("axis", Attribute::Int(0))]);
    if draws.iter().any(|draw| draw.jitter.is_some()) {
        views = jitter(graph, &views, &draws);
    }
    if draws.iter().any(|draw| draw.grey) {
        views = to_grey(graph, &views, &draws);
    }
    crop(graph, &views, side, &draws)
}

/// Where each pixel of S_k(x), then of S_k(flip(x)), lies in x: 2 K rows.
fn places(shift: ShiftKind, side: usize) -> Vec<i64> {
    // Whole numbers up to 2^24 are exact.
    let numbers: Vec<f32> = (0..side * side).map(|i| i as f32).collect();
    let mut shifted = numbers.clone();
    let mut row = |flip, k| {
        shift_into(shift, k, flip, &numbers, side, &mut shifted);
        shifted.iter().map(|&v| v as i64).collect::<Vec<_>>()
    };
    [false, true].into_iter().flat_map(|flip| (0..SHIFTS).map(move |k| (flip, k))).flat_map(|(flip, k)| row(flip, k)).collect()
}

/// [`Jitter::apply`] where a view is jittered; a factor of 1 where the contrast has the other place in the order.
fn jitter(graph: &mut GraphBuilder, x: &Value, draws: &[&Draw]) -> Value {
    let of_views = |neutral: f32, factor: &dyn Fn(&Jitter) -> f32| -> Vec<f32> {
        draws.iter().map(|draw| draw.jitter.as_ref().map_or(neutral, factor)).collect()
    };
    let first = of_views(1.0, &|j| if j.contrast_first { j.contrast } else { 1.0 });
    let last = of_views(1.0, &|j| if j.contrast_first { 1.0 } else { j.contrast });
    let jittered = contrast(graph, x, "contrast_first", &first);
    let hue = of_views(0.0, &|j| j.hue * 255.0 / 360.0);
    let jittered = hsv(graph, &jittered, &hue, &of_views(1.0, &|j| j.saturation), &of_views(1.0, &|j| j.value));
    let jittered = contrast(graph, &jittered, "contrast_last", &last);
    // Factors that change nothing would: the angle of a hue is not quite the hue that colours are made of again.
    let [on, off] = [("on", of_views(0.0, &|_| 1.0)), ("off", of_views(1.0, &|_| 0.0))]
        .map(|(name, share)| graph.floats(&format!("jitter.{name}"), &[draws.len(), 1, 1, 1], &share));
    let (jittered, plain) = (graph.apply("Mul", &[&jittered, &on]), graph.apply("Mul", &[x, &off]));
    graph.apply("Add", &[&jittered, &plain])
}

/// [`Jitter::apply_contrast`]
fn contrast(graph: &mut GraphBuilder, x: &Value, name: &str, factors: &[f32]) -> Value {
    let factors = graph.floats(&format!("jitter.{name}"), &[factors.len(), 1, 1, 1], factors);
    let mean = graph.reduce("ReduceMean", x, 3, true);
    let distance = graph.apply("Sub", &[x, &mean]);
    let scaled = graph.apply("Mul", &[&distance, &factors]);
    let moved = graph.apply("Add", &[&scaled, &mean]);
    graph.clip(&moved, 0.0, 1.0)
}

/// [`Jitter::apply_hsv`]; hue in turns.
fn hsv(graph: &mut GraphBuilder, x: &Value, hue: &[f32], saturation: &[f32], value: &[f32]) -> Value {
    let (max, min) = (graph.reduce("ReduceMax", x, 2, true), graph.reduce("ReduceMin", x, 2, true));
    let views = hue.len();
    let [saturation, value] = [("saturation", saturation), ("value", value)]
        .map(|(name, factors)| graph.floats(&format!("jitter.{name}"), &[views, 1, 1, 1], factors));

    // The angle of the hue in sixths of a turn: atan2(y, x) is atan(y / x) and a quarter turn, to the side that x is on.
    let [y, x] = [("hue_y", [0.0, 3f32.sqrt(), -3f32.sqrt()]), ("hue_x", [2.0, -1.0, -1.0])].map(|(name, row)| {
        let row = graph.floats(&format!("jitter.{name}"), &[1, 3], &row);
        graph.apply("MatMul", &[&row, x])
    });
    // Too little to be seen beside any other x than 0.
    let little = graph.scalar(1e-20);
    let x = graph.apply("Add", &[&x, &little]);
    let ratio = graph.apply("Div", &[&y, &x]);
    let (angle, side) = (graph.apply("Atan", &[&ratio]), graph.apply("Sign", &[&x]));
    let quarter = graph.scalar(FRAC_PI_2);
    let side = graph.apply("Mul", &[&side, &quarter]);
    let angle = graph.apply("Sub", &[&angle, &side]);
    let sixth = graph.scalar(FRAC_PI_3);
    let angle = graph.apply("Div", &[&angle, &sixth]);

    // k = (offset + 6 hue) mod 6 for red, green and blue; 1.5 sixths are the quarter turn.
    let offsets: Vec<f32> = hue.iter().flat_map(|turn| [5.0, 3.0, 1.0].map(|offset| offset + 1.5 + 6.0 * turn)).collect();
    let offsets = graph.floats("jitter.hue", &[views, 1, 3, 1], &offsets);
    let k = graph.apply("Add", &[&angle, &offsets]);
    let six = graph.scalar(6.0);
    let turns = graph.apply("Div", &[&k, &six]);
    let turns = graph.apply("Floor", &[&turns]);
    let whole = graph.apply("Mul", &[&turns, &six]);
    let k = graph.apply("Sub", &[&k, &whole]);
    let four = graph.scalar(4.0);
    let falling = graph.apply("Sub", &[&four, &k]);
    let lowered = graph.apply("Min", &[&k, &falling]);
    let lowered = graph.clip(&lowered, 0.0, 1.0);

    // v - v s clamp(min(k, 4 - k)); black has no saturation.
    let chroma = graph.apply("Sub", &[&max, &min]);
    let above_black = graph.apply("Max", &[&max, &little]);
    let own = graph.apply("Div", &[&chroma, &above_black]);
    let saturation = graph.apply("Mul", &[&own, &saturation]);
    let saturation = graph.clip(&saturation, 0.0, 1.0);
    let value = graph.apply("Mul", &[&max, &value]);
    let value = graph.clip(&value, 0.0, 1.0);
    let lost = graph.apply("Mul", &[&value, &saturation]);
    let lost = graph.apply("Mul", &[&lost, &lowered]);
    graph.apply("Sub", &[&value, &lost])
}

/// The three planes mixed, in views that are turned grey.
fn to_grey(graph: &mut GraphBuilder, x: &Value, draws: &[&Draw]) -> Value {
    let [r, g, b] = LUMA;
    let mixing = |draw: &&Draw| if draw.grey { [r, g, b, r, g, b, r, g, b] } else { [1., 0., 0., 0., 1., 0., 0., 0., 1.] };
    let mixing: Vec<f32> = draws.iter().flat_map(mixing).collect();
    let mixing = graph.floats("grey", &[draws.len(), 1, 3, 3], &mixing);
    graph.apply("MatMul", &[&mixing, x])
}

/// [`CropBox::apply`] as two products of matrices: rows x planes x columns.
fn crop(graph: &mut GraphBuilder, x: &Value, side: usize, draws: &[&Draw]) -> Value {
    let identity: Vec<f32> = (0..side * side).map(|i| f32::from(u8::from(i % (side + 1) == 0))).collect();
    // What a crop along one axis makes of the identity is the matrix of that crop.
    let mut matrices = |name: &str, along: &dyn Fn(&CropBox) -> CropBox| {
        let mut values = vec![0.0; draws.len() * side * side];
        for (draw, matrix) in draws.iter().zip(values.chunks_exact_mut(side * side)) {
            along(&draw.crop).apply(&identity, side, matrix);
        }
        graph.floats(name, &[draws.len(), 1, side, side], &values)
    };
    let rows = matrices("crop.rows", &|crop| CropBox { size: [1.0, crop.size[1]], centre: [0.0, crop.centre[1]] });
    let columns = matrices("crop.columns", &|crop| CropBox { size: [crop.size[0], 1.0], centre: [crop.centre[0], 0.0] });
    let side = side as i64;
    let planes = graph.reshape(x, &[0, -1, side, side]);
    let planes = graph.apply("MatMul", &[&rows, &planes]);
    let planes = graph.apply("MatMul", &[&planes, &columns]);
    graph.reshape(&planes, &[-1, 3, side, side])
}
