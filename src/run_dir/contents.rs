//! What a run holds, from its files.

use super::{RunDir, RunKind, files};
use crate::error::Result;
use std::{fs, path::PathBuf};

/// What a run and its parts hold now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunContents {
    /// The run itself, then those of its parts that were begun (`ddpm/`, `dia/`, `csi/`, `tiles/`), each with what it trains.
    pub parts: Vec<(RunKind, RunDir)>,
    /// The finished diffusion model.
    pub model: Option<PathBuf>,
    /// The finished encoder.
    pub encoder: Option<PathBuf>,
    /// The scores of its own images.
    pub scores: Option<PathBuf>,
    /// All files of scores, its own first.
    pub all_scores: Vec<PathBuf>,
}

impl RunDir {
    /// Looks at what is there now.
    ///
    /// # Errors
    /// Where the manifest cannot be read.
    pub fn contents(&self) -> Result<RunContents> {
        let own = (self.manifest()?.kind, self.clone());
        let part = |kind: RunKind| Some((kind, Self { path: self.join(kind.name()) })).filter(|(_, part)| part.path.is_dir());
        let parts: Vec<_> = std::iter::once(own)
            .chain([RunKind::Ddpm, RunKind::Dia, RunKind::Csi, RunKind::Tiles].into_iter().filter_map(part))
            .collect();
        let finished = |is_wanted: fn(RunKind) -> bool, file: &str| {
            let trained = parts.iter().filter(|(kind, _)| is_wanted(*kind));
            trained.map(|(_, part)| part.join(file)).find(|path| path.is_file())
        };
        let mut all_scores: Vec<PathBuf> = entries(self.path.clone()).filter(|path| files::is_scores(path)).collect();
        all_scores.sort_by_key(|path| (!files::is_own_scores(path), path.clone()));
        Ok(RunContents {
            model: finished(|kind| kind == RunKind::Ddpm, files::MODEL),
            encoder: finished(RunKind::has_encoder, files::ENCODER),
            scores: all_scores.first().filter(|path| files::is_own_scores(path)).cloned(),
            all_scores,
            parts,
        })
    }

    /// All checkpoints with their steps, newest first; the newest may be cut off.
    pub fn checkpoints(&self) -> Vec<(usize, PathBuf)> {
        let mut found: Vec<_> =
            entries(self.join(files::CHECKPOINTS)).filter_map(|path| Some((files::step_of(&path)?, path))).collect();
        found.sort_by(|a, b| b.cmp(a));
        found
    }
}

impl RunContents {
    /// Where the diffusion model is trained.
    pub fn ddpm(&self) -> Option<&RunDir> {
        self.parts.iter().find(|(kind, _)| *kind == RunKind::Ddpm).map(|(_, run)| run)
    }

    /// Where the encoder is trained.
    pub fn dia(&self) -> Option<&RunDir> {
        let trained: Vec<&RunDir> = self.parts.iter().filter(|(kind, _)| kind.has_encoder()).map(|(_, run)| run).collect();
        let is_finished = |run: &&&RunDir| self.encoder.as_ref().is_some_and(|file| file.starts_with(&run.path));
        trained.iter().find(is_finished).or(trained.first()).copied()
    }

    /// Where the encoder of tiles is trained.
    pub fn tiles(&self) -> Option<&RunDir> {
        self.parts.iter().find(|(kind, _)| *kind == RunKind::Tiles).map(|(_, run)| run)
    }

    /// The finished weights, each with the part that trained them.
    pub fn weights(&self) -> Vec<(RunKind, PathBuf)> {
        let tiles = self.tiles().map(|run| run.join(files::ENCODER)).filter(|file| file.is_file());
        let of = |file: &PathBuf| Some((self.parts.iter().find(|(_, run)| file.parent() == Some(run.path()))?.0, file.clone()));
        [&self.model, &self.encoder, &tiles].into_iter().flatten().filter_map(of).collect()
    }
}

fn entries(folder: PathBuf) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RunConfig;

    #[test]
    fn a_run_tells_what_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let config = RunConfig::default();
        let run = RunDir::create(dir.path(), RunKind::Train, "r", &config).unwrap();
        let empty = run.contents().unwrap();
        assert_eq!((empty.parts.len(), empty.ddpm(), empty.dia(), empty.weights()), (1, None, None, Vec::new()));
        assert_eq!((empty.scores, empty.all_scores), (None, Vec::new()));

        let (ddpm, csi) = (run.part(RunKind::Ddpm, &config).unwrap(), run.part(RunKind::Csi, &config).unwrap());
        for (file, part) in
            [("model.safetensors", &ddpm), ("encoder.safetensors", &csi), ("scores-b.csv", &run), ("scores.csv", &run)]
        {
            part.write(file, b"x").unwrap();
        }
        let full = run.contents().unwrap();
        assert_eq!((full.ddpm(), full.dia()), (Some(&ddpm), Some(&csi)));
        let weights = [(RunKind::Ddpm, ddpm.join("model.safetensors")), (RunKind::Csi, csi.join("encoder.safetensors"))];
        assert_eq!(full.weights(), weights);
        assert_eq!(full.all_scores, [run.join("scores.csv"), run.join("scores-b.csv")]);
        assert_eq!(ddpm.contents().unwrap().weights(), weights[..1], "a part is a run of its own");
    }

    #[test]
    fn checkpoints_are_listed_newest_first() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), RunKind::Ddpm, "r", &RunConfig::default()).unwrap();
        for step in [5, 100, 20] {
            run.write(files::checkpoint(step), b"x").unwrap();
        }
        run.write("checkpoints/.writing-abc", b"x").unwrap();
        assert_eq!(run.checkpoints().into_iter().map(|(step, _)| step).collect::<Vec<_>>(), [100, 20, 5]);
    }
}
