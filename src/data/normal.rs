//! Which classes are normal.

use super::Dataset;
use crate::error::Result;

impl Dataset {
    /// The same images with these classes normal and all others abnormal; `!name` means every class but that one, `*` every
    /// image of a set without classes. Remakes the split where it is ours. Errors, listing the classes with their counts,
    /// where a name is no class.
    pub fn with_normal(&self, names: &[String]) -> Result<Self> {
        todo!()
    }

    /// An error that asks for the normal class and lists the classes, where none is known yet.
    pub fn require_normal(&self) -> Result<()> {
        todo!()
    }
}
