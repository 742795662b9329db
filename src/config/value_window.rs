//! Which values of a picture are shown, from black to white.

use super::serde_as_text;
use std::{fmt, str::FromStr};

/// The values of DICOM pictures and of 16-bit ones that are shown. In `config.toml`: `auto`; of DICOM pictures a usual window of CT
/// by its name (`lung`), centre and width (`40/400`), or one that the files name (`file:SOFT`, `file:2`); of other pictures with 16
/// bits the lowest so many of them (`12bit`). Pictures of another kind than a window is for are shown as by `auto`.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ValueWindow {
    /// DICOM as each file says; where it says nothing, 8-bit values as they are and others from the smallest to the largest. Other
    /// pictures of 16 bits by the bits that all of their data set use.
    #[default]
    Auto,
    /// A usual one.
    Ct(CtWindow),
    /// In the units of the modality, such as Hounsfield units.
    Values {
        /// Shown as middle grey.
        centre: f64,
        /// From black to white, > 0.
        width: f64,
    },
    /// The window of a file that has this explanation (in any case) or, counted from 1, this number; where a file has none, as
    /// [`Auto`](Self::Auto).
    OfFile(String),
    /// The lowest so many bits of 16-bit pictures, 8 to 16: the greatest value of those is white.
    Bits(u32),
}

/// The usual windows of CT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CtWindow {
    /// -600 / 1500.
    Lung,
    /// 40 / 400.
    SoftTissue,
    /// 400 / 1800.
    Bone,
    /// 40 / 80.
    Brain,
}

impl CtWindow {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Lung, Self::SoftTissue, Self::Bone, Self::Brain];

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lung => "lung",
            Self::SoftTissue => "soft-tissue",
            Self::Bone => "bone",
            Self::Brain => "brain",
        }
    }

    /// Centre and width, Hounsfield units.
    pub fn values(self) -> [f64; 2] {
        match self {
            Self::Lung => [-600.0, 1500.0],
            Self::SoftTissue => [40.0, 400.0],
            Self::Bone => [400.0, 1800.0],
            Self::Brain => [40.0, 80.0],
        }
    }
}

impl ValueWindow {
    /// Centre and width, where it does not depend on the file.
    pub fn values(&self) -> Option<[f64; 2]> {
        match self {
            Self::Auto | Self::OfFile(_) | Self::Bits(_) => None,
            Self::Ct(window) => Some(window.values()),
            Self::Values { centre, width } => Some([*centre, *width]),
        }
    }
}

impl fmt::Display for ValueWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => write!(f, "auto"),
            Self::Ct(window) => write!(f, "{}", window.name()),
            Self::Values { centre, width } => write!(f, "{centre}/{width}"),
            Self::OfFile(name) => write!(f, "file:{name}"),
            Self::Bits(bits) => write!(f, "{bits}bit"),
        }
    }
}

impl FromStr for ValueWindow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        /// Beyond all values that pictures hold.
        const MOST: f64 = 1e9;
        let text = text.trim();
        let word = text.to_lowercase().replace([' ', '_'], "-");
        if word == "auto" {
            return Ok(Self::Auto);
        }
        if let Some(window) = CtWindow::ALL.into_iter().find(|window| window.name() == word) {
            return Ok(Self::Ct(window));
        }
        if let Some(name) = text.strip_prefix("file:").map(str::trim).filter(|name| !name.is_empty()) {
            return Ok(Self::OfFile(name.into()));
        }
        let bits = word.strip_suffix("bit").and_then(|bits| bits.trim_end_matches('-').parse().ok());
        if let Some(bits) = bits.filter(|bits| (8..=16).contains(bits)) {
            return Ok(Self::Bits(bits));
        }
        let values = text.split_once('/').and_then(|(c, w)| Some((c.trim().parse().ok()?, w.trim().parse().ok()?)));
        match values {
            Some((centre, width)) if f64::abs(centre) <= MOST && width > 0.0 && width <= MOST => {
                Ok(Self::Values { centre, width })
            }
            _ => Err(format!(
                "{text} is no window; there are auto, lung, soft-tissue, bone, brain, centre and width such as 40/400, one that the \
                 files name such as file:SOFT or file:2, and of 16-bit pictures 8bit to 16bit"
            )),
        }
    }
}

serde_as_text!(ValueWindow);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{RunConfig, apply_setting};

    #[test]
    fn a_window_is_set_by_name_or_by_its_values() {
        let config = RunConfig::default();
        for (text, window, written) in [
            ("auto", ValueWindow::Auto, "auto"),
            ("Lung", ValueWindow::Ct(CtWindow::Lung), "lung"),
            ("soft tissue", ValueWindow::Ct(CtWindow::SoftTissue), "soft-tissue"),
            ("-600 / 1500.5", ValueWindow::Values { centre: -600.0, width: 1500.5 }, "-600/1500.5"),
            ("file:SOFT", ValueWindow::OfFile("SOFT".into()), "file:SOFT"),
            ("12 Bit", ValueWindow::Bits(12), "12bit"),
        ] {
            let set = apply_setting(&config, "data.window", text).unwrap();
            assert_eq!((&set.data.window, set.data.window.to_string()), (&window, written.into()));
            assert_eq!(RunConfig::from_toml(&set.to_toml()).unwrap().data.window, window);
        }
        for wrong in ["", "heart", "40", "40/0", "40/-3", "nan/400", "40/inf", "1e300/4", "file:", "7bit", "17bit", "bit"] {
            assert!(apply_setting(&config, "data.window", wrong).is_err(), "{wrong}");
        }
    }
}
