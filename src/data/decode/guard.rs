//! Third-party decoders kept from doing harm: a panic becomes the reason why a file cannot be used.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Once,
};

/// One line of what a decoder said.
pub fn sentence(what: &str, error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let cut_short =
        ["unexpected eof", "unexpected end", "failed to fill whole buffer"].iter().any(|s| text.to_ascii_lowercase().contains(s));
    if cut_short { format!("is cut short: {line}") } else { format!("{what}: {line}") }
}

thread_local!(static GUARDED: Cell<bool> = const { Cell::new(false) });

/// Runs a decoder; its panic becomes a reason, and prints nothing.
pub fn guarded<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                usual(info);
            }
        }));
    });
    let before = GUARDED.replace(true);
    // The closure only builds its result, so nothing half-changed outlives a panic.
    let result = catch_unwind(AssertUnwindSafe(decode));
    GUARDED.set(before);
    result.unwrap_or_else(|_| Err("made the decoder fail; the file is damaged".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_reason() {
        let reason = guarded::<()>(|| panic!("inside a decoder")).unwrap_err();
        assert!(reason.contains("damaged"));
        assert!(!GUARDED.get());
    }
}
