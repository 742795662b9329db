//! The Dissolve workspace.

pub mod captioned_image;
pub mod change_curve;
pub mod compare;
pub mod image_frame;
pub mod inspector;
pub mod multi_view;
pub mod t_slider;
pub mod view;
