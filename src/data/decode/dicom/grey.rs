//! From stored values to what a viewer shows (PS3.3 C.11, PS3.4 N.2): modality transform, values of interest, inversion.

use super::{attributes::Attributes, data_set::DataSet, lut::Lut};
use crate::config::ValueWindow;
use dicom_dictionary_std::tags;

/// From stored values to those of the modality, such as Hounsfield units.
enum Modality {
    Table(Lut),
    Linear { slope: f64, intercept: f64 },
}

/// Which of them are shown, and how bright.
enum Interest {
    Table(Lut),
    /// Black at `low` and below, white at `high` and above.
    Range {
        low: f64,
        high: f64,
    },
    Sigmoid {
        centre: f64,
        width: f64,
    },
}

impl Modality {
    fn of(set: &DataSet, frame: usize, signed: bool) -> Self {
        if let Some(table) = Lut::of_sequence(set, tags::MODALITY_LUT_SEQUENCE, signed) {
            return Self::Table(table);
        }
        let group = set.of_frame(frame, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
        // A slope of 0 would leave nothing of the picture.
        let slope = group.number(tags::RESCALE_SLOPE).filter(|s| *s != 0.0).unwrap_or(1.0);
        Self::Linear { slope, intercept: group.number(tags::RESCALE_INTERCEPT).unwrap_or(0.0) }
    }

    fn of_value(&self, value: i32) -> f64 {
        match self {
            Self::Table(table) => table.at(value.into()).into(),
            Self::Linear { slope, intercept } => f64::from(value) * slope + intercept,
        }
    }

    fn is_signed(&self, signed: bool) -> bool {
        matches!(self, Self::Linear { slope, intercept } if signed || *intercept < 0.0 || *slope < 0.0)
    }
}

impl Interest {
    /// What was chosen, else what the file says.
    fn of(set: &DataSet, frame: usize, signed: bool, chosen: &ValueWindow) -> Option<Self> {
        if let Some([centre, width]) = chosen.values() {
            return Some(Self::window(centre, width, None));
        }
        match chosen {
            ValueWindow::OfFile(name) => Self::named(set, frame, name),
            _ => None,
        }
        .or_else(|| Self::stated(set, frame, signed))
    }

    /// The window of the file with this explanation, else with this number, counted from 1.
    fn named(set: &DataSet, frame: usize, name: &str) -> Option<Self> {
        let group = set.of_frame(frame, tags::FRAME_VOILUT_SEQUENCE);
        let explained = group.text(tags::WINDOW_CENTER_WIDTH_EXPLANATION).unwrap_or_default().to_lowercase();
        let place = explained.split('\\').position(|explanation| explanation.trim() == name.to_lowercase());
        let place = place.or_else(|| name.parse::<usize>().ok()?.checked_sub(1))?;
        let of = |tag| group.numbers(tag).get(place).copied();
        let (centre, width) = (of(tags::WINDOW_CENTER)?, of(tags::WINDOW_WIDTH).filter(|w| *w > 0.0)?);
        Some(Self::window(centre, width, group.text(tags::VOILUT_FUNCTION).as_deref()))
    }

    /// What the file says is of interest: a table before a window, as it says more.
    fn stated(set: &DataSet, frame: usize, signed: bool) -> Option<Self> {
        let group = set.of_frame(frame, tags::FRAME_VOILUT_SEQUENCE);
        if let Some(table) = Lut::of_sequence(group, tags::VOILUT_SEQUENCE, signed) {
            return Some(Self::Table(table));
        }
        let (centre, width) = (group.number(tags::WINDOW_CENTER)?, group.number(tags::WINDOW_WIDTH).filter(|w| *w > 0.0)?);
        Some(Self::window(centre, width, group.text(tags::VOILUT_FUNCTION).as_deref()))
    }

    /// LINEAR where nothing else is said.
    fn window(centre: f64, width: f64, function: Option<&str>) -> Self {
        match function {
            Some("SIGMOID") => Self::Sigmoid { centre, width },
            Some("LINEAR_EXACT") => Self::Range { low: centre - width / 2.0, high: centre + width / 2.0 },
            // A window of one value is a threshold, and a narrower one is none of LINEAR's.
            _ if width < 1.0 => Self::Range { low: centre - width / 2.0, high: centre + width / 2.0 },
            _ => Self::Range { low: centre - 0.5 - (width - 1.0) / 2.0, high: centre - 0.5 + (width - 1.0) / 2.0 },
        }
    }

    /// Without a word of it, 8-bit pictures keep their range and deeper ones are stretched from smallest to largest.
    fn all(modality: &Modality, about: &Attributes, values: impl Iterator<Item = i32>) -> Self {
        let span = |(low, high): (f64, f64), v: f64| (low.min(v), high.max(v));
        let none = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = match modality {
            Modality::Linear { .. } if about.stored <= 8 && !about.signed => {
                [0, (1 << about.stored) - 1].map(|v| modality.of_value(v)).into_iter().fold(none, span)
            }
            _ => values.map(|v| modality.of_value(v)).fold(none, span),
        };
        Self::Range { low, high }
    }

    /// In \[0, 1\].
    fn shown(&self, value: f64) -> f64 {
        match *self {
            Self::Table(ref table) => f64::from(table.at(value)) / f64::from(table.white()),
            Self::Sigmoid { centre, width } => 1.0 / (1.0 + (-4.0 * (value - centre) / width).exp()),
            Self::Range { low, high } if high > low => ((value - low) / (high - low)).clamp(0.0, 1.0),
            Self::Range { low, .. } => f64::from(u8::from(value > low)),
        }
    }
}

/// Whether a window is named that is no number.
pub fn window_is_unread(set: &DataSet, frame: usize) -> bool {
    let group = set.of_frame(frame, tags::FRAME_VOILUT_SEQUENCE);
    let is_unread = |tag| group.text(tag).is_some() && group.number(tag).is_none();
    is_unread(tags::WINDOW_CENTER) || is_unread(tags::WINDOW_WIDTH)
}

/// The windows that a file explains, of its first frame.
pub fn window_names(set: &DataSet) -> Vec<String> {
    let names = set.of_frame(0, tags::FRAME_VOILUT_SEQUENCE).text(tags::WINDOW_CENTER_WIDTH_EXPLANATION).unwrap_or_default();
    names.split('\\').map(str::trim).filter(|name| !name.is_empty()).map(str::to_string).collect()
}

/// Whether the file has a window of this name or number.
pub fn names_window(set: &DataSet, frame: usize, name: &str) -> bool {
    Interest::named(set, frame, name).is_some()
}

/// Grey values in \[0, 1\], as `window` asks. Padding, which fills a picture where nothing was measured, is black.
pub fn shown(set: &DataSet, about: &Attributes, frame: usize, values: Vec<i32>, window: &ValueWindow) -> Vec<f32> {
    let padding = padding(set, about);
    let is_padding = |v: &i32| padding.is_some_and(|(low, high)| (low..=high).contains(v));
    let modality = Modality::of(set, frame, about.signed);
    let interest = Interest::of(set, frame, modality.is_signed(about.signed), window)
        .unwrap_or_else(|| Interest::all(&modality, about, values.iter().copied().filter(|v| !is_padding(v))));
    // MONOCHROME1 asks for INVERSE by itself (PS3.3 C.11.6): both of them invert once.
    let invert =
        about.photometric == "MONOCHROME1" || set.text(tags::PRESENTATION_LUT_SHAPE).is_some_and(|shape| shape == "INVERSE");
    let shown = |v: i32| {
        if is_padding(&v) {
            return 0.0;
        }
        let shown = interest.shown(modality.of_value(v));
        (if invert { 1.0 - shown } else { shown }) as f32
    };
    values.into_iter().map(shown).collect()
}

/// The stored values that are padding, from the least to the greatest.
fn padding(set: &DataSet, about: &Attributes) -> Option<(i32, i32)> {
    let value = about.value(set.number(tags::PIXEL_PADDING_VALUE)?);
    let limit = set.number(tags::PIXEL_PADDING_RANGE_LIMIT).map_or(value, |limit| about.value(limit));
    Some((value.min(limit), value.max(limit)))
}
