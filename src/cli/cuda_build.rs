//! Two builds beside each other. One with CUDA is refused by the loader where NVIDIA's driver is missing, before its first line;
//! the ordinary one starts anywhere. So whoever starts the ordinary one gets `dissolve-studio-cuda` beside it, wherever that starts.

/// Becomes the build with CUDA, where it lies beside this one and starts here; returns where it does not.
#[cfg(all(unix, not(feature = "cuda")))]
pub(crate) fn give_way() {
    use std::{
        os::unix::process::CommandExt,
        process::{Command, Stdio},
    };
    let Ok(own) = std::env::current_exe() else { return };
    let other = own.with_file_name("dissolve-studio-cuda");
    // A copy of this build under that name would look for itself for ever.
    if other == own || !other.is_file() {
        return;
    }
    // Whether the loader finds all of its libraries is seen by starting it.
    let tried = Command::new(&other).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if tried.is_ok_and(|status| status.success()) {
        // Returns only where it failed: then this build goes on.
        let _ = Command::new(&other).args(std::env::args_os().skip(1)).exec();
    }
}

#[cfg(not(all(unix, not(feature = "cuda"))))]
pub(crate) fn give_way() {}
