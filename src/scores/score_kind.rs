//! The scores of a run: which there are, and what they are called.

use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap as _};
use std::{
    ops::{Index, IndexMut},
    str::FromStr,
};

/// A score of a run. Of these DIA's alone is in the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScoreKind {
    /// DIA's score (paper, Eq. 10).
    #[default]
    Dia,
    /// How the image changes when it is dissolved.
    Profile,
    /// How unlike those of normal images its features are, as DIA's encoder sees them.
    Features,
    /// How unlike normal tiles its tiles are, where large pictures are worked on by tiles.
    Tiles,
    /// How much of it stands out in its anomaly map.
    Map,
    /// Combines all other scores by rank; leads by default.
    Lead,
}

impl ScoreKind {
    /// All of them, in the order they are declared and shown: [`PerScore`] counts on it.
    pub const ALL: [Self; 6] = [Self::Dia, Self::Profile, Self::Features, Self::Tiles, Self::Map, Self::Lead];

    /// Its column in `scores.csv` (DIA's is `score`); its figures in `evaluation.json` begin with it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dia => "dia",
            Self::Profile => "profile",
            Self::Features => "features",
            Self::Tiles => "tiles",
            Self::Map => "map",
            Self::Lead => "lead",
        }
    }

    /// What it says of an image, for people; higher is more abnormal.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Dia => "The paper's score (Eq. 10): how unlike the nearest normal image, and how unsure of its shift",
            Self::Profile => "How the image changes when it is dissolved, against what normal images do",
            Self::Features => "How unlike normal images the encoder's features of it are",
            Self::Tiles => "How unlike normal tiles its tiles are, as the encoder of tiles sees them",
            Self::Map => "How far the most conspicuous thousandth of its anomaly map stands out",
            Self::Lead => {
                "The mean of its ranks among held-out normals, by whole pictures or by tiles, whichever is higher; no label is needed"
            }
        }
    }

    /// Whether it sees the picture at its own scale, where the others see it resized as a whole.
    pub fn is_by_tiles(self) -> bool {
        matches!(self, Self::Tiles | Self::Map)
    }

    /// As it stands in tables for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Dia => "DIA",
            Self::Profile => "Dissolve profile",
            Self::Features => "Features",
            Self::Tiles => "Tiles",
            Self::Map => "Anomaly map",
            Self::Lead => "Lead",
        }
    }
}

impl FromStr for ScoreKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| format!("there is no score {name}; there are {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// Something for each score.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PerScore<T>([T; ScoreKind::ALL.len()]);

impl<T> PerScore<T> {
    /// One by one.
    pub fn from_fn(mut of: impl FnMut(ScoreKind) -> T) -> Self {
        Self(ScoreKind::ALL.map(&mut of))
    }

    /// All of them, in the order of [`ScoreKind::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (ScoreKind, &T)> {
        ScoreKind::ALL.into_iter().zip(&self.0)
    }
}

impl<T> Index<ScoreKind> for PerScore<T> {
    type Output = T;

    fn index(&self, score: ScoreKind) -> &T {
        &self.0[score as usize]
    }
}

impl<T> IndexMut<ScoreKind> for PerScore<T> {
    fn index_mut(&mut self, score: ScoreKind) -> &mut T {
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
impl Serialize for PerScore<Area> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2 * ScoreKind::ALL.len()))?;
        for (score, area) in self.iter() {
            map.serialize_entry(&format!("{}_auroc", score.name()), &area.auroc)?;
            map.serialize_entry(&format!("{}_auroc_ci95", score.name()), &area.ci95)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lists_every_kind_in_the_order_of_the_enum() {
        // The compiler asks for a new kind here.
        let next = |kind| match kind {
            ScoreKind::Dia => Some(ScoreKind::Profile),
            ScoreKind::Profile => Some(ScoreKind::Features),
            ScoreKind::Features => Some(ScoreKind::Tiles),
            ScoreKind::Tiles => Some(ScoreKind::Map),
            ScoreKind::Map => Some(ScoreKind::Lead),
            ScoreKind::Lead => None,
        };
        let declared: Vec<ScoreKind> = std::iter::successors(Some(ScoreKind::Dia), |kind| next(*kind)).collect();
        assert_eq!(ScoreKind::ALL.to_vec(), declared);
        assert!(declared.iter().enumerate().all(|(place, kind)| *kind as usize == place));
    }
}
