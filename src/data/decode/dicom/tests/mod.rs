//! DICOM files made here, and the pixels that are written down of them.

mod form;
mod made;
mod pixels;
