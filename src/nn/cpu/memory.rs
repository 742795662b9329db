//! Memory between the steps of a training.

use libmimalloc_sys::{mi_collect, mi_option_get, mi_option_set, mi_option_t};
use std::ffi::c_long;

/// `mi_option_purge_delay` of mimalloc 3: milliseconds until freed memory goes back to the system, -1 = never.
const PURGE_DELAY: mi_option_t = 15;
const NEVER: c_long = -1;

/// While one of these lives, freed memory stays with the process: each step of a training takes the same large buffers again,
/// and fresh pages cost it 8 to 14 % of its time. When it is dropped, what is free goes back to the system.
#[derive(Debug)]
pub struct RetainPages(c_long);

impl RetainPages {
    /// From now on.
    #[must_use = "pages are retained only as long as this lives"]
    pub fn new() -> Self {
        // SAFETY: plain calls into the allocator that this program is linked with. The option is a number that it reads when it
        // frees; it may be changed from any thread at any time.
        unsafe {
            let before = mi_option_get(PURGE_DELAY);
            mi_option_set(PURGE_DELAY, NEVER);
            Self(before)
        }
    }
}

impl Default for RetainPages {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for RetainPages {
    fn drop(&mut self) {
        // SAFETY: as above; collecting gives back only what is free.
        unsafe {
            mi_option_set(PURGE_DELAY, self.0);
            mi_collect(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_is_back_afterwards() {
        // SAFETY: reading an option.
        let delay = || unsafe { mi_option_get(PURGE_DELAY) };
        let before = delay();
        // The number of the option is mimalloc's, and another one would not have this default.
        assert_eq!(before, 1000);
        let retained = RetainPages::new();
        assert_eq!(delay(), NEVER);
        drop(retained);
        assert_eq!(delay(), before);
    }
}
