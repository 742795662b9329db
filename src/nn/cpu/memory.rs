//! Memory between the steps of a training.

use libmimalloc_sys::{mi_collect, mi_option_get, mi_option_set, mi_option_t};
use std::ffi::c_long;

/// `mi_option_purge_delay` of mimalloc 3: milliseconds until freed memory goes back to the system.
const PURGE_DELAY: mi_option_t = 15;
/// A day: longer than any step. What is freed while the delay is -1, "never", is not noted down as free, and no collecting finds it.
const LONG: c_long = 86_400_000;

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
            mi_option_set(PURGE_DELAY, LONG);
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
        // SAFETY: as above.
        unsafe { mi_option_set(PURGE_DELAY, self.0) };
        // SAFETY: collecting gives back only what is free; each thread has a heap of its own.
        let collect = || unsafe { mi_collect(true) };
        rayon::broadcast(|_| collect());
        collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn the_delay_is_back_afterwards() {
        // SAFETY: reading an option.
        let delay = || unsafe { mi_option_get(PURGE_DELAY) };
        let before = delay();
        // The number of the option is mimalloc's, and another one would not have this default.
        assert_eq!(before, 1000);
        let retained = RetainPages::new();
        assert_eq!(delay(), LONG);
        drop(retained);
        assert_eq!(delay(), before);
    }

    /// In a process of its own: other tests take memory, too.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_the_steps_took_goes_back_to_the_system() {
        const OWN: &str = "TEST_OF_MEMORY";
        if std::env::var_os(OWN).is_none() {
            let name = "nn::cpu::memory::tests::what_the_steps_took_goes_back_to_the_system";
            let test =
                std::process::Command::new(std::env::current_exe().unwrap()).args([name, "--exact"]).env(OWN, "1").output();
            let test = test.unwrap();
            assert!(test.status.success(), "{}", String::from_utf8_lossy(&test.stdout));
            return;
        }
        let megabytes = || {
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
            resident.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
        };
        let retained = RetainPages::new();
        let buffers = |step: usize| (0..60).into_par_iter().map(|i| vec![1f32; 1_000_000 + 7919 * i + step]).collect::<Vec<_>>();
        for step in 0..3 {
            // Freed by other threads than those that took them.
            buffers(step).into_par_iter().rev().for_each(drop);
        }
        let kept = megabytes();
        drop(retained);
        let left = megabytes();
        assert!(kept > 200 && left < 100, "{kept} MB kept, {left} MB left");
    }
}
