//! One image dissolved: what is asked for, the session that keeps what is needed again, and the normal band.

pub mod normal_band;
pub mod prepared_image;
pub mod request;
pub mod session;
