//! Files that annotate one image each, called like it: Pascal VOC's XML, YOLO's text and LabelMe's JSON, as most programs for
//! detection export them.
//!
//! | room | what it holds | may use |
//! |---|---|---|
//! | `voc`, `yolo`, `labelme` | what one file marks | nothing |
//! | `class_names` | what the numbers of classes are called | nothing |
//! | `pairing` | which picture a file belongs to | nothing |
//! | `sets` | the files of a folder, as tables of labels | all of the above |

mod class_names;
mod labelme;
mod pairing;
mod sets;
mod voc;
mod yolo;

pub use pairing::PictureIndex;
pub use sets::{AnnotationSet, Annotations};
