//! From values to pixels, and the round numbers along the way.

use crate::text::thousands;

/// An axis of a chart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// With the unit.
    pub label: String,
    /// Fixed limits; otherwise those of the data, with a little room.
    pub range: Option<[f64; 2]>,
    /// Logarithmic; falls back to linear where a value is not positive.
    pub log: bool,
}

impl Axis {
    /// Linear, with the limits of the data.
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// Limits from 0 to 1.
    pub fn unit(label: impl Into<String>) -> Self {
        Self { range: Some([0.0, 1.0]), ..Self::new(label) }
    }
}

/// An axis with its data: limits and pixels.
pub(crate) struct AxisScale {
    low: f64,
    high: f64,
    log: bool,
    pixels: [f64; 2],
}

impl AxisScale {
    /// `data`: least and largest value. `pixels`: where the limits lie.
    pub fn new(axis: &Axis, data: Option<[f64; 2]>, pixels: [f64; 2]) -> Self {
        let [mut low, mut high] = axis.range.or(data).unwrap_or([0.0, 1.0]);
        let log = axis.log && low > 0.0;
        if log {
            (low, high) = (low.log10(), high.log10());
        }
        if axis.range.is_none() {
            let room = if high > low { 0.04 * (high - low) } else { 0.5 * low.abs().max(if log { 1.0 } else { 1e-9 }) };
            // A quantity that starts at zero keeps its zero.
            (low, high) = (if low == 0.0 && high > 0.0 && !log { 0.0 } else { low - room }, high + room);
        }
        Self { low, high, log, pixels }
    }

    pub fn at(&self, value: f64) -> f64 {
        let value = if self.log { value.max(f64::MIN_POSITIVE).log10() } else { value };
        let share = (value - self.low) / (self.high - self.low);
        self.pixels[0] + share.clamp(-0.02, 1.02) * (self.pixels[1] - self.pixels[0])
    }

    /// Pixel of the lower limit.
    pub fn base(&self) -> f64 {
        self.pixels[0]
    }

    /// Pixel of the upper limit.
    pub fn top(&self) -> f64 {
        self.pixels[1]
    }

    /// As many as there is room for.
    fn most_ticks(&self) -> f64 {
        ((self.pixels[1] - self.pixels[0]).abs() / 32.0).clamp(2.0, 5.0)
    }

    /// Round values inside the limits, as they are written.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        if self.log && self.high - self.low >= 1.0 {
            let powers = self.low.floor() as i32..=self.high.floor() as i32;
            let (between, every) =
                if self.high - self.low < 2.0 { (&[1.0, 2.0, 5.0][..], 1) } else { (&[1.0][..], powers.clone().count() / 6 + 1) };
            let values = powers.step_by(every).flat_map(|p| between.iter().map(move |m| (m * 10_f64.powi(p), 10_f64.powi(p))));
            let inside = values.filter(|(v, _)| (self.low..=self.high).contains(&v.log10()));
            return inside.map(|(value, power)| (value, write(value, power))).collect();
        }
        let (low, high) = if self.log { (10_f64.powf(self.low), 10_f64.powf(self.high)) } else { (self.low, self.high) };
        let step = round_step((high - low) / self.most_ticks());
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        (first..=last).take(20).map(|i| (i as f64 * step, write(i as f64 * step, step))).collect()
    }
}

/// The nearest of 1, 2, 5 times a power of ten that is not below.
fn round_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.max(f64::MIN_POSITIVE).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= rough * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

/// A tick's value with the digits that its step needs.
fn write(value: f64, step: f64) -> String {
    let size = value.abs().max(step);
    let text = if size != 0.0 && !(1e-3..1e7).contains(&size) {
        let digits = (size.log10().floor() - step.log10().floor()).clamp(0.0, 6.0) as usize;
        if value == 0.0 { "0".into() } else { format!("{value:.digits$e}") }
    } else {
        let decimals = (-(step * (1.0 + 1e-9)).log10().floor()).clamp(0.0, 6.0) as usize;
        thousands(format_args!("{value:.decimals$}"))
    };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: Axis, data: [f64; 2]) -> Vec<String> {
        AxisScale::new(&axis, Some(data), [0.0, 400.0]).ticks().into_iter().map(|t| t.1).collect()
    }

    #[test]
    fn ticks_are_round_and_written_as_people_would() {
        assert_eq!(labels(Axis::unit(""), [0.0, 1.0]), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(Axis::new(""), [0.0, 25_000.0]), ["0", "10,000", "20,000"]);
        assert_eq!(labels(Axis::new(""), [0.0, 8e-5]), ["0", "2e−5", "4e−5", "6e−5", "8e−5"]);
        assert_eq!(labels(Axis::new(""), [-1.0, 1.0]), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
        let log = Axis { log: true, ..Axis::new("") };
        assert_eq!(labels(log.clone(), [0.01, 60.0]), ["0.01", "0.1", "1", "10"]);
        assert_eq!(labels(log.clone(), [0.3, 6.0]), ["0.5", "1", "2", "5"]);
        assert_eq!(labels(log, [0.0, 10.0]).first().map(String::as_str), Some("0"), "linear where log is impossible");
    }

    #[test]
    fn any_limits_give_finite_pixels_and_few_ticks() {
        for data in [[0.0, 0.0], [5.0, 5.0], [-1e300, 1e300], [1e-300, 1e-299], [1e9, 1e9 + 1.0], [-3.0, -3.0]] {
            for log in [false, true] {
                let scale = AxisScale::new(&Axis { log, ..Axis::new("") }, Some(data), [0.0, 100.0]);
                let ticks = scale.ticks();
                assert!(ticks.len() <= 20 && ticks.iter().all(|(v, _)| scale.at(*v).is_finite()), "{data:?} {ticks:?}");
            }
        }
    }
}
