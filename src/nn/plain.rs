//! The switch between the plain and the fast forms.

use std::cell::Cell;

thread_local! { static PLAIN: Cell<bool> = const { Cell::new(false) }; }

/// Whether this thread is inside [`with_plain`].
pub(super) fn forced() -> bool {
    PLAIN.get()
}

/// Runs `f` with every operation called on this thread in its plain form. Tests use it to compare the two.
pub fn with_plain<T>(f: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            PLAIN.set(self.0);
        }
    }
    let _restore = Restore(PLAIN.replace(true));
    f()
}
