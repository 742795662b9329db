//! The scores that stand beside DIA's own: which there are, and what they are called.

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use std::ops::{Index, IndexMut};

/// A score of a run beside DIA's own (Eq. 10). None of them is in the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherScore {
    /// How the image changes when it is dissolved.
    Profile,
    /// How unlike those of normal images its features are, as DIA's encoder sees them.
    Features,
    /// How unlike normal tiles its tiles are, where large pictures are worked on by tiles.
    Tiles,
    /// How much of it stands out in its anomaly map.
    Map,
    /// DIA's and all of these, by their ranks among held-out normals.
    Combined,
}

impl OtherScore {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 5] = [Self::Profile, Self::Features, Self::Tiles, Self::Map, Self::Combined];

    /// Its column in `scores.csv`; its figures in `evaluation.json` begin with it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Features => "features",
            Self::Tiles => "tiles",
            Self::Map => "map",
            Self::Combined => "combined",
        }
    }

    /// As it stands in tables for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Profile => "Dissolve profile",
            Self::Features => "Features",
            Self::Tiles => "Tiles",
            Self::Map => "Anomaly map",
            Self::Combined => "All scores by rank",
        }
    }
}

/// Something for each of the other scores.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OfEach<T>([T; OtherScore::ALL.len()]);

impl<T> OfEach<T> {
    /// One by one.
    pub fn from_fn(mut of: impl FnMut(OtherScore) -> T) -> Self {
        Self(OtherScore::ALL.map(&mut of))
    }

    /// All of them, in the order of [`OtherScore::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (OtherScore, &T)> {
        OtherScore::ALL.into_iter().zip(&self.0)
    }
}

impl<T> Index<OtherScore> for OfEach<T> {
    type Output = T;

    fn index(&self, score: OtherScore) -> &T {
        &self.0[score as usize]
    }
}

impl<T> IndexMut<OtherScore> for OfEach<T> {
    fn index_mut(&mut self, score: OtherScore) -> &mut T {
        &mut self.0[score as usize]
    }
}

/// An area under the ROC curve with its 95 % interval (DeLong); `None` where it does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Area {
    /// \[0, 1\]
    pub auroc: Option<f64>,
    /// 95 % interval (DeLong).
    pub ci95: Option<[f64; 2]>,
}

/// `NAME_auroc` and `NAME_auroc_ci95` of each.
impl Serialize for OfEach<Area> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2 * OtherScore::ALL.len()))?;
        for (score, area) in self.iter() {
            map.serialize_entry(&format!("{}_auroc", score.name()), &area.auroc)?;
            map.serialize_entry(&format!("{}_auroc_ci95", score.name()), &area.ci95)?;
        }
        map.end()
    }
}
