//! The command lines that make the figures again.

use super::parts::Parts;
use crate::{
    config::{DissolveMethod, RunConfig},
    run_dir::{RunKind, files},
    text::quoted,
};
use std::path::Path;

/// What each command makes, and the command.
pub fn commands(parts: &Parts) -> Vec<(&'static str, String)> {
    let run = quoted(&parts.run.path().to_string_lossy());
    let scores = quoted(&parts.run.join(files::SCORES).to_string_lossy());
    let mut all = vec![("the run, from the start", train(parts.manifest.kind, &parts.config))];
    if parts.dia.is_some() {
        all.push((files::SCORES, format!("{} --out {scores}", score(parts.run.path(), &parts.config.data.path))));
        all.push((
            "every figure and the reality check",
            format!("dissolve-studio evaluate {scores} --by lead --rule {} --json", parts.config.score.rule),
        ));
    }
    if let Some(planted) = &parts.planted {
        all.push(("planted lesions", format!("dissolve-studio evaluate {scores} --planted --seed {}", planted.seed)));
    }
    all.push(("this page", format!("dissolve-studio report --run {run}")));
    all
}

/// The command that scores the run's own images.
pub fn score(run: &Path, data: &Path) -> String {
    let [run, data] = [run, data].map(|path| quoted(&path.to_string_lossy()));
    format!("dissolve-studio score --run {run} --data {data}")
}

/// The training's command: its preset, and `--set` for all that differs from it.
fn train(kind: RunKind, config: &RunConfig) -> String {
    let mut line = String::from(match kind {
        RunKind::Train => "dissolve-studio train",
        RunKind::Ddpm => "dissolve-studio train-ddpm",
        RunKind::Dia | RunKind::Csi | RunKind::Tiles => "dissolve-studio train-dia",
    });
    line += &format!(" --data {}", quoted(&config.data.path.to_string_lossy()));
    for name in &config.data.normal {
        line += &format!(" --normal {}", quoted(name));
    }
    if let Some(labels) = &config.data.labels {
        line += &format!(" --labels {}", quoted(&labels.to_string_lossy()));
    }
    let columns = &config.data.columns;
    let pairs = [("file", &columns.file), ("label", &columns.label), ("split", &columns.split), ("patient", &columns.patient)];
    let map: Vec<String> = pairs.iter().filter(|(_, c)| !c.is_empty()).map(|(field, c)| format!("{field}={c}")).collect();
    if !map.is_empty() {
        line += &format!(" --map {}", quoted(&map.join(",")));
    }
    if matches!(kind, RunKind::Dia | RunKind::Csi) {
        line += &match config.dia.dissolve {
            DissolveMethod::Diffusion => format!(" --ddpm {}", quoted(&config.dia.model.to_string_lossy())),
            other => format!(" --dissolve {other}"),
        };
    }
    line += &format!(" --preset {} --seed {}", config.run.preset.name(), config.run.seed);
    let mut preset = RunConfig::preset(config.run.preset);
    if matches!(kind, RunKind::Dia | RunKind::Csi) {
        preset.dia.dissolve = config.dia.dissolve;
        preset.dia.model.clone_from(&config.dia.model);
    }
    for (key, value) in differences(&preset, config) {
        line += &format!(" --set {}", quoted(&format!("{key}={value}")));
    }
    line
}

/// Settings of the data that have flags of their own, or that the window alone makes.
const FLAGS: [&str; 5] = ["data.path", "data.normal", "data.labels", "data.columns", "data.only"];

/// Settings that differ, or were said to be the same, as `section.key` and value; those with flags of their own are not among them.
fn differences(from: &RunConfig, to: &RunConfig) -> Vec<(String, String)> {
    let table = |config: &RunConfig| config.to_toml().parse::<toml::Table>().unwrap_or_default();
    let (from, to, kept) = (table(from), table(to), &to.run.kept);
    let mut all = Vec::new();
    for (section, values) in to.iter().filter(|(name, _)| name.as_str() != "run") {
        for (key, value) in values.as_table().into_iter().flatten() {
            let name = format!("{section}.{key}");
            if FLAGS.contains(&name.as_str()) {
                continue;
            }
            if from.get(section).and_then(|s| s.get(key)) != Some(value) || kept.contains(&name) {
                all.push((name, value.as_str().map_or_else(|| value.to_string(), String::from)));
            }
        }
    }
    all
}

/// A path as it is shown.
pub fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Preset, apply_setting};

    #[test]
    fn the_command_repeats_the_configuration() {
        let mut config = RunConfig::preset(Preset::Quick);
        config.data.path = "/data/it's here".into();
        config.data.normal = vec!["!polyps".into()];
        config.dia.epochs = 3;
        config.dia.dissolve = DissolveMethod::Gaussian(7);
        config.ddpm.dim_mults = vec![1, 2];
        config.data.split_seed = 4;
        config.data.test_fraction.0 = 0.5;
        config.data.curation = Some("/data/curation.csv".into());
        config.data.window = "40/400".parse().unwrap();
        let config = apply_setting(&config, "ddpm.dim", "32").unwrap();
        assert_eq!(config.run.kept.len(), 1, "the preset's own, said");
        let line = train(RunKind::Train, &config);
        assert!(
            line.starts_with(r"dissolve-studio train --data '/data/it'\''s here' --normal '!polyps' --preset quick --seed 0"),
            "{line}"
        );
        // Setting what the command says leads from the preset to the configuration.
        let mut again = RunConfig::preset(Preset::Quick);
        for (key, value) in differences(&again, &config) {
            again = apply_setting(&again, &key, &value).unwrap();
        }
        (again.data.path, again.data.normal) = (config.data.path.clone(), config.data.normal.clone());
        assert_eq!(again, config);
    }
}
