//! Large pictures scored by their tiles.
//!
//! | | |
//! |---|---|
//! | [`features`] | what the encoder of tiles sees in each tile |
//! | [`scorer`] | how far that is from normal tiles, the mean of a picture's |
//! | [`bank`] | some normal tiles that stand for all |
//! | [`highest`] | the tile of a picture where its map is highest, and the one of them nearest to it |

pub mod bank;
pub mod features;
pub mod highest;
pub mod scorer;
