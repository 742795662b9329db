//! Where in a picture: the anomaly map.
//!
//! A tile's score does not find a lesion of a few pixels (measured on IDRiD, AUROC of "which tile has a lesion": about 0.5 for every
//! score of the encoder). The map is therefore made by a network of its own that judges each pixel by what lies around it: local
//! contrast at octaves of scale, and how the brightness bends ([`pixel_features`]). It is trained on normal pictures alone, by
//! telling spots that were [drawn into them](training_spots) from what was there, as CutPaste (Li et al. 2021) and DRAEM (Zavrtanik et
//! al. 2021) do with patches and textures; so vessels, rims and whatever else normal pictures are full of do not stand out.
//!
//! | file | what it holds |
//! |---|---|
//! | [`pixel_features`] | what is seen around a pixel |
//! | [`training_spots`] | the spots |
//! | [`pixel_net`] | the network |
//! | [`map_model`] | its training on a data set, its file, and maps |
//! | [`tile_and_map_scorer`] | the scores of pictures by tiles and by map |

pub mod map_model;
pub mod pixel_features;
pub mod pixel_net;
pub mod tile_and_map_scorer;
pub mod training_spots;
