//! What a sweep's workspace holds, for programs that share it.

use crate::{
    error::{Error, Result},
    run_dir::{Manifest, RunDir, files},
};
use std::{collections::HashMap, fs, path::Path};

/// The runs of a workspace by their names, with their manifests. Of two with one name the older, which the sweep goes on with.
pub fn runs(workspace: &Path) -> HashMap<String, (RunDir, Manifest)> {
    let mut all = HashMap::new();
    for run in RunDir::list(workspace) {
        if let Ok(manifest) = run.manifest() {
            all.entry(manifest.name.clone()).or_insert((run, manifest));
        }
    }
    all
}

/// Held until the file is dropped, or the process ends.
pub(super) fn lock(workspace: &Path) -> Result<fs::File> {
    fs::create_dir_all(workspace).map_err(Error::io("create", workspace))?;
    let path = workspace.join(files::SWEEP_LOCK);
    let file = fs::File::create(&path).map_err(Error::io("write", &path))?;
    // Some network disks have no locks: they are no reason not to train.
    let _ = file.lock();
    Ok(file)
}
