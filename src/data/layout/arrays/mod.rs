//! Images and labels as arrays of numbers, which belong together by their names: in an archive ([`npz`]), or as files in a folder
//! ([`npy`]).

mod labels;
mod names;
pub mod npy;
pub mod npz;
