//! `--set SECTION.KEY=VALUE`: one setting changed by its name, with the nearest known name where it is unknown.

use super::{ConfigError, DdpmConfig, RunConfig};
use toml::{Table, Value};

/// Returns the configuration with one setting changed and checked.
///
/// # Errors
/// An unknown key (names the nearest known one), a value of the wrong kind, or one that is not allowed.
pub fn apply_setting(config: &RunConfig, key: &str, value: &str) -> Result<RunConfig, ConfigError> {
    let unknown = |known: &[String]| {
        let nearest = known.iter().max_by(|a, b| strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key)));
        let guess = nearest.map_or(String::new(), |n| format!("; did you mean {n}?"));
        ConfigError::new(key, format!("there is no such setting{guess}"))
    };
    let mut table = Table::try_from(config).map_err(|e| ConfigError::new(key, e.to_string()))?;
    // An optional path is absent while unset; it is known all the same.
    let optional = ["data.labels", "data.curation"].map(String::from);
    let known: Vec<String> = keys("", &table).into_iter().chain(optional).collect();
    if !known.iter().any(|k| k == key) {
        return Err(unknown(&known));
    }
    let (sections, last) = key.rsplit_once('.').ok_or_else(|| unknown(&known))?;
    let mut section = &mut table;
    for name in sections.split('.') {
        section = section.get_mut(name).and_then(Value::as_table_mut).ok_or_else(|| unknown(&known))?;
    }
    let parsed = parse(value, section.get(last)).map_err(|reason| ConfigError::new(key, reason))?;
    section.insert(last.to_string(), parsed);
    let mut config: RunConfig = table.try_into().map_err(|e: toml::de::Error| ConfigError::new(key, e.message().to_string()))?;
    config.validate()?;
    keep(&mut config, key);
    Ok(config)
}

/// Remembers that a person has set this, where nothing else tells: it is the preset's value, and tiles would bring another.
fn keep(config: &mut RunConfig, key: &str) {
    let Some(name) = key.strip_prefix("ddpm.") else { return };
    let preset = config.run.preset;
    let value = |of: &DdpmConfig| Table::try_from(of).ok().and_then(|mut table| table.remove(name));
    let plain = value(&preset.config().ddpm);
    let is_hidden = preset.ddpm_of_tiles().is_some_and(|own| value(&own) != plain) && value(&config.ddpm) == plain;
    if is_hidden {
        config.run.kept.insert(key.to_string());
    } else {
        config.run.kept.remove(key);
    }
}

/// Returns the configuration with all of these settings (key, value).
///
/// # Errors
/// As [`apply_setting`], of the first that does not fit in the end.
pub fn apply_settings<'a>(
    config: &RunConfig,
    settings: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<RunConfig, ConfigError> {
    let (config, refused) = apply_fitting(config, settings);
    refused.into_iter().next().map_or(Ok(config), |(_, why)| Err(why))
}

/// Returns the configuration with those of these settings (key, value) that fit, and the others by their keys. One that is refused
/// is tried again after the others: a range is wrong only while one of its ends is still the old one.
pub fn apply_fitting<'k, 'v>(
    config: &RunConfig,
    settings: impl IntoIterator<Item = (&'k str, &'v str)>,
) -> (RunConfig, Vec<(&'k str, ConfigError)>) {
    let mut config = config.clone();
    let mut waiting: Vec<_> = settings.into_iter().collect();
    loop {
        let (before, mut refused) = (waiting.len(), Vec::new());
        waiting.retain(|&(key, value)| match apply_setting(&config, key, value) {
            Ok(next) => {
                config = next;
                false
            }
            Err(why) => {
                refused.push((key, why));
                true
            }
        });
        if waiting.is_empty() || waiting.len() == before {
            return (config, refused);
        }
    }
}

/// All settings as `section.key` and value, in the order of `config.toml`.
pub fn all_settings(config: &RunConfig) -> Vec<(String, String)> {
    let Ok(table) = Table::try_from(config) else { return Vec::new() };
    let value = |key: &str| {
        let found = key.split('.').try_fold(Value::Table(table.clone()), |value, part| value.get(part).cloned());
        found.map_or(String::new(), |v| v.as_str().map_or_else(|| v.to_string(), String::from))
    };
    keys("", &table).into_iter().map(|key| (key.clone(), value(&key))).collect()
}

/// Every leaf of the table as `section.key`.
fn keys(prefix: &str, table: &Table) -> Vec<String> {
    table
        .iter()
        .flat_map(|(name, value)| match value {
            Value::Table(inner) => keys(&format!("{prefix}{name}."), inner),
            _ => vec![format!("{prefix}{name}")],
        })
        .collect()
}

/// Reads `text` as a value of the same kind as `like`; lists may be written `1,2,4`.
fn parse(text: &str, like: Option<&Value>) -> Result<Value, String> {
    let wrong = |kind: &str| format!("{text:?} is not {kind}");
    match like {
        None | Some(Value::String(_)) => Ok(Value::String(text.to_string())),
        Some(Value::Boolean(_)) => text.parse().map(Value::Boolean).map_err(|_| wrong("true or false")),
        Some(Value::Integer(_)) => text.replace('_', "").parse().map(Value::Integer).map_err(|_| wrong("a whole number")),
        Some(Value::Float(_)) => text.parse().map(Value::Float).map_err(|_| wrong("a number")),
        Some(Value::Array(old)) => {
            let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
            let parts = inner.split(',').map(|p| p.trim().trim_matches('"')).filter(|p| !p.is_empty());
            // An empty list of names has no example to follow: names then.
            parts.map(|p| parse(p, old.first())).collect::<Result<_, _>>().map(Value::Array)
        }
        Some(other) => Err(format!("a {} cannot be set this way", other.type_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DissolveMethod, Preset};

    #[test]
    fn a_setting_of_each_kind_is_read() {
        let mut c = RunConfig::preset(Preset::Quick);
        for (k, v) in [
            ("ddpm.steps", "12"),
            ("dia.lr", "0.5"),
            ("ddpm.dim_mults", "1,2"),
            ("dia.dissolve", "median:3"),
            ("ddpm.flip", "false"),
            ("data.normal", "a,b"),
            ("data.columns.file", "id_code"),
            ("score.rule", "percentile:90"),
            ("data.labels", "x.csv"),
            ("data.curation", "y.csv"),
        ] {
            c = apply_setting(&c, k, v).unwrap();
        }
        assert_eq!((c.ddpm.steps, c.dia.lr, c.ddpm.flip), (12, 0.5, false));
        assert_eq!(c.ddpm.dim_mults, [1, 2]);
        assert_eq!(c.dia.dissolve, DissolveMethod::Median(3));
        assert_eq!(c.data.normal, ["a", "b"]);
        assert_eq!(c, RunConfig::from_toml(&c.to_toml()).unwrap());
    }

    #[test]
    fn unknown_and_impossible_settings_are_refused_with_a_reason() {
        let c = RunConfig::default();
        assert!(apply_setting(&c, "ddpm.stepz", "1").unwrap_err().to_string().contains("did you mean ddpm.steps?"));
        for (k, v) in [
            ("ddpm.steps", "many"),
            ("dia.t_min", "400"),
            ("dia.shift", "sideways"),
            ("dia.dissolve", "gaussian:4"),
            ("ddpm.lr", "nan"),
        ] {
            assert!(apply_setting(&c, k, v).is_err(), "{k}={v}");
        }
    }

    #[test]
    fn all_settings_are_listed_with_their_values() {
        let all = all_settings(&RunConfig::default());
        let value = |key: &str| all.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
        assert_eq!((value("ddpm.schedule"), value("run.seed"), value("data.normal")), (Some("cosine"), Some("0"), Some("[]")));
    }

    #[test]
    fn both_ends_of_a_range_are_set_in_either_order() {
        let c = RunConfig::default();
        for ends in [["dia.t_min", "dia.t_max"], ["dia.t_max", "dia.t_min"]] {
            let settings = ends.map(|key| (key, if key == "dia.t_min" { "130" } else { "230" }));
            let set = apply_settings(&c, settings).unwrap();
            assert_eq!((set.dia.t_min, set.dia.t_max), (130, 230));
        }
        let wrong = apply_settings(&c, [("dia.t_min", "300"), ("dia.t_max", "230")]).unwrap_err();
        assert_eq!(wrong.key, "dia.t_min");
    }
}
