//! The form of a training.

use super::fields::FIELDS;
use crate::{
    config::{DataConfig, LearntFrom, Preset, RunConfig, apply_fitting},
    engine::runs::list::ModelSource,
    ml::base::reporter::Stage,
};
use serde::{Deserialize, Serialize};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::LazyLock,
};

/// Texts of fields, by [`Field::key`](super::Field::key).
pub type Texts = BTreeMap<&'static str, String>;

/// What stands in the form; it can be undone as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainState {
    /// The last settings that were valid.
    pub config: RunConfig,
    /// A diffusion model that is there already, to be used in place of a new one.
    pub reuse: Option<ModelSource>,
    /// What stands in each field, valid or not.
    pub texts: Texts,
    /// Fields the user typed in: their value is deliberate even if it equals the preset's.
    pub typed: BTreeSet<&'static str>,
    /// What stood there before anything was changed.
    pub begun: Texts,
    /// Why a field's text cannot be used.
    pub errors: BTreeMap<&'static str, String>,
}

/// The settings of the form as a run on the open data takes them.
#[derive(Debug)]
pub struct ResolvedSettings {
    /// `data.tile` is decided.
    pub config: RunConfig,
    /// Why it is as it is.
    pub why: String,
    /// What is taken in the place of a field's value: of runs by tiles alone.
    pub instead: Texts,
}

/// What was decided last, and what that depended on: the settings, the shorter side of the open images and what the model has learnt
/// from.
#[derive(Debug, Default)]
pub struct ResolvedMemo(RefCell<Option<(ResolvedInputs, Rc<ResolvedSettings>)>>);

type ResolvedInputs = (RunConfig, Option<usize>, Option<LearntFrom>);

impl ResolvedMemo {
    /// At each frame several panels ask for the same.
    pub fn of(&self, config: RunConfig, median_side: Option<usize>, given: Option<LearntFrom>) -> Rc<ResolvedSettings> {
        let from = (config, median_side, given);
        let mut known = self.0.borrow_mut();
        match &*known {
            Some((before, decided)) if *before == from => decided.clone(),
            _ => {
                let (config, why) = from.0.with_tiles(median_side, given);
                let instead = instead(&from.0, &config);
                known.insert((from, Rc::new(ResolvedSettings { config, why, instead }))).1.clone()
            }
        }
    }
}

fn instead(plain: &RunConfig, decided: &RunConfig) -> Texts {
    if decided.data.tiles().is_none() {
        return Texts::new();
    }
    let mut config = decided.clone();
    let t = config.dia.steps_of_t(true);
    (config.dia.t_min, config.dia.t_max) = (t.start, t.end);
    let is_of_tiles = |key: &str| key.starts_with("ddpm.") || ["dia.t_min", "dia.t_max"].contains(&key);
    let (plain, decided) = (texts_of(plain), texts_of(&config));
    decided.into_iter().filter(|(key, text)| is_of_tiles(key) && plain.get(key) != Some(text)).collect()
}

/// The form as it is remembered; preprocessing is remembered with its data set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainForm {
    preset: Option<Preset>,
    texts: BTreeMap<String, String>,
    typed: BTreeSet<String>,
}

impl From<&TrainState> for TrainForm {
    fn from(train: &TrainState) -> Self {
        let texts = train.texts.iter().map(|(key, text)| ((*key).to_string(), text.clone())).collect();
        let typed = train.typed.iter().map(|key| (*key).to_string()).collect();
        Self { preset: Some(train.config.run.preset), texts, typed }
    }
}

impl Default for TrainState {
    fn default() -> Self {
        Self::from_preset(Preset::Quick)
    }
}

impl TrainState {
    /// The preset, with an AUROC on the way for the curve: each epoch, of many a tenth of them.
    pub fn from_preset(preset: Preset) -> Self {
        let mut config = preset.config();
        config.dia.eval_every = (config.dia.epochs / 10).max(1);
        let texts = texts_of(&config);
        Self { config, begun: texts.clone(), texts, typed: BTreeSet::new(), errors: BTreeMap::new(), reuse: None }
    }

    /// Gives the fields of one card the values of a preset.
    pub fn set_card(&mut self, card: Stage, preset: Preset) {
        let of_preset = PRESETS.iter().filter(|(p, _)| *p == preset).flat_map(|(_, texts)| of_card(card, texts));
        for (key, text) in of_preset {
            self.texts.insert(key, text.clone());
            self.typed.remove(key);
        }
        self.read();
    }

    /// The preset that all fields of a card have the values of.
    pub fn card_preset(&self, card: Stage) -> Option<Preset> {
        let is_as = |texts: &Texts| of_card(card, texts).all(|(key, text)| self.texts.get(key) == Some(text));
        PRESETS.iter().find(|(_, texts)| is_as(texts)).map(|(preset, _)| *preset)
    }

    /// Fields that hold something else than the preset has there; the seed, which a preset leaves alone, is none of them.
    pub fn differing(&self) -> usize {
        let preset = PRESETS.iter().find(|(preset, _)| *preset == self.config.run.preset);
        let differs = |(key, text): &(&&'static str, &String)| {
            **key != "run.seed" && preset.is_some_and(|(_, texts)| texts.get(**key) != Some(*text))
        };
        self.texts.iter().filter(differs).count()
    }

    /// As it was remembered; fields that there were not yet have the preset's values.
    pub fn from_form(form: &TrainForm) -> Self {
        let mut train = Self::from_preset(form.preset.unwrap_or(Preset::Quick));
        let known = FIELDS.iter().filter_map(|f| Some((f.key, form.texts.get(f.key)?.clone())));
        train.texts.extend(known);
        train.typed = FIELDS.iter().map(|f| f.key).filter(|key| form.typed.contains(*key)).collect();
        train.read();
        train
    }

    /// The settings of a run; its own diffusion model is used again where it was given one.
    pub fn from_run(config: &RunConfig) -> Self {
        let mut train = Self::from_preset(config.run.preset);
        train.config.preprocess = config.preprocess.clone();
        train.texts = texts_of(config);
        train.typed = FIELDS.iter().map(|f| f.key).filter(|key| config.run.kept.contains(*key)).collect();
        train.reuse = Some(config.dia.model.clone()).filter(|path| !path.as_os_str().is_empty()).map(ModelSource);
        train.read();
        train
    }

    /// Takes over a field's new text.
    pub fn set(&mut self, key: &'static str, text: String) {
        self.texts.insert(key, text);
        self.typed.insert(key);
        self.read();
    }

    /// As if nothing had been typed there.
    pub fn restore(&mut self, key: &'static str) {
        self.texts.extend(self.begun.get(key).map(|text| (key, text.clone())));
        self.typed.remove(key);
        self.read();
    }

    /// All texts are read again.
    fn read(&mut self) {
        let mut base = RunConfig { run: self.config.run.clone(), ..self.config.run.preset.config() };
        base.run.kept.clear();
        let config = RunConfig { data: self.config.data.clone(), preprocess: self.config.preprocess.clone(), ..base };
        let plain = texts_of(&config);
        let is_own = |key: &&'static str, text: &String| plain.get(key) != Some(text) || self.typed.contains(key);
        let own = self.texts.iter().filter(|(key, text)| is_own(key, text)).map(|(key, text)| (*key, text.trim()));
        let (config, refused) = apply_fitting(&config, own);
        self.errors = refused.into_iter().map(|(key, why)| (key, why.reason)).collect();
        self.config = config;
    }

    /// The settings for a run on these data; how large pictures are worked on is said by the form.
    pub fn run_config(&self, data: &DataConfig) -> RunConfig {
        let DataConfig { tile, working_size, .. } = self.config.data;
        RunConfig { data: DataConfig { tile, working_size, ..data.clone() }, ..self.config.clone() }
    }

    /// The first reason why training cannot start as the form stands.
    pub fn error(&self) -> Option<String> {
        self.errors.iter().next().map(|(key, reason)| format!("{key}: {reason}"))
    }

    /// The field does not hold what it held at first, or what it holds was meant.
    pub fn is_changed(&self, key: &str) -> bool {
        self.texts.get(key) != self.begun.get(key) || self.config.run.kept.contains(key)
    }

    /// Fields of a card's folded part that were changed, or are wrong.
    pub fn changed_in(&self, card: Stage, group: &str) -> usize {
        FIELDS.iter().filter(|f| f.card == card && f.group == group && self.is_changed(f.key)).count()
    }

    /// Whether a field of a card's folded part has a text that cannot be used.
    pub fn has_error_in(&self, card: Stage, group: &str) -> bool {
        FIELDS.iter().any(|f| f.card == card && f.group == group && self.errors.contains_key(f.key))
    }
}

/// The paper's value of a setting.
pub fn paper_value(key: &str) -> Option<&'static str> {
    static PAPER: LazyLock<Texts> = LazyLock::new(|| texts_of(&Preset::Paper.config()));
    // The rest is not the paper's but the program's.
    let own = key.starts_with("run.")
        || key == "score.rule"
        || key.ends_with("_every") && key != "ddpm.ema_every"
        || key.ends_with(".keep");
    PAPER.get(key).filter(|_| !own).map(String::as_str)
}

/// What stands in all fields of each preset.
static PRESETS: LazyLock<[(Preset, Texts); Preset::ALL.len()]> =
    LazyLock::new(|| Preset::ALL.map(|preset| (preset, TrainState::from_preset(preset).texts)));

/// What stands in the fields of a card.
fn of_card(card: Stage, texts: &Texts) -> impl Iterator<Item = (&'static str, &String)> {
    FIELDS.iter().filter(move |f| f.card == card).filter_map(|f| Some((f.key, texts.get(f.key)?)))
}

/// All settings of the form as a person would type them.
fn texts_of(config: &RunConfig) -> Texts {
    let table = toml::Table::try_from(config).unwrap_or_default();
    let text = |key: &str| -> Option<String> {
        let (section, name) = key.split_once('.')?;
        Some(match table.get(section)?.get(name)? {
            toml::Value::String(s) => s.clone(),
            toml::Value::Array(values) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            // 1e-6, not 0.000001.
            toml::Value::Float(v) if *v != 0.0 && v.abs() < 1e-3 => format!("{v:e}"),
            other => other.to_string(),
        })
    };
    FIELDS.iter().map(|f| (f.key, text(f.key).unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::state::fields::FieldKind, config::apply_setting};

    #[test]
    fn each_setting_of_the_sections_has_its_field_and_shows_its_value() {
        let train = TrainState::default();
        for f in FIELDS {
            let text = &train.texts[f.key];
            assert!(!text.is_empty() && !f.help.is_empty(), "{}", f.key);
            let mut said = apply_setting(&train.config, f.key, text).unwrap();
            said.run.kept.clear();
            assert_eq!(said, train.config, "{}", f.key);
            if let FieldKind::Choice(all) = f.kind {
                assert!(all.iter().all(|v| apply_setting(&train.config, f.key, v).is_ok()), "{}", f.key);
                assert!(all.contains(&text.as_str()), "{}", f.key);
            }
        }
        let table = toml::Table::try_from(&train.config).unwrap();
        for key in ["data.tile", "data.working_size"] {
            assert!(FIELDS.iter().any(|f| f.key == key), "{key} has no field");
        }
        for section in ["ddpm", "dia", "score"] {
            for name in table[section].as_table().unwrap().keys() {
                let key = format!("{section}.{name}");
                // The model is chosen from a list.
                assert!(key == "dia.model" || FIELDS.iter().any(|f| f.key == key), "{key} has no field");
            }
        }
    }

    #[test]
    fn a_wrong_value_is_said_at_its_field_and_keeps_the_last_right_one() {
        let mut train = TrainState::default();
        train.set("ddpm.steps", "many".into());
        assert!(train.errors["ddpm.steps"].contains("whole number") && train.has_error_in(Stage::Ddpm, ""));
        assert_eq!(train.config.ddpm.steps, Preset::Quick.config().ddpm.steps);
        train.set("ddpm.steps", "12".into());
        assert_eq!((train.error(), train.config.ddpm.steps), (None, 12));
        assert_eq!(train.changed_in(Stage::Ddpm, ""), 1);
        assert_eq!(train.config.dia.eval_every, 1, "what the window chose stays");
    }

    #[test]
    fn the_presets_own_value_holds_for_tiles_once_it_is_typed() {
        let tiles = crate::config::TileSize { tile: 64, working_size: 512 };
        let (mut train, dim) = (TrainState::default(), |train: &TrainState| train.config.ddpm_of_tiles(tiles).dim);
        assert_eq!(dim(&train), 16, "nothing was typed");
        for text in ["3", "32"] {
            train.set("ddpm.dim", text.into());
        }
        assert!(dim(&train) == 32 && train.is_changed("ddpm.dim"));
        assert_eq!(dim(&TrainState::from_form(&TrainForm::from(&train))), 32, "in the next session");
        assert_eq!(dim(&TrainState::from_run(&train.config)), 32, "from a run");
        let mut other = train.clone();
        other.set_card(Stage::Ddpm, Preset::Quick);
        train.restore("ddpm.dim");
        assert_eq!((dim(&train), train.is_changed("ddpm.dim"), dim(&other)), (16, false, 16));
    }

    #[test]
    fn each_card_has_its_preset() {
        let mut train = TrainState::default();
        train.set_card(Stage::Ddpm, Preset::Paper);
        assert_eq!((train.card_preset(Stage::Ddpm), train.card_preset(Stage::Dia)), (Some(Preset::Paper), Some(Preset::Quick)));
        let (paper, quick) = (Preset::Paper.config(), Preset::Quick.config());
        assert_eq!((train.config.ddpm.steps, train.config.dia.epochs), (paper.ddpm.steps, quick.dia.epochs));
        train.set("ddpm.steps", "12".into());
        assert_eq!(train.card_preset(Stage::Ddpm), None, "changed by hand");
    }

    #[test]
    fn what_differs_from_the_preset_is_counted() {
        let mut train = TrainState::default();
        train.set("run.seed", "7".into());
        assert_eq!(train.differing(), 0);
        train.set("ddpm.steps", "12".into());
        train.set("dia.lr", "much".into());
        assert_eq!(train.differing(), 2);
        train.set("ddpm.steps", Preset::Quick.config().ddpm.steps.to_string());
        assert_eq!(train.differing(), 1);
    }

    #[test]
    fn a_range_can_be_moved_one_end_at_a_time() {
        let mut train = TrainState::default();
        train.set("dia.t_min", "230".into());
        assert!(train.error().is_some(), "230..130 is no range");
        train.set("dia.t_max", "330".into());
        assert_eq!(train.error(), None);
        assert_eq!((train.config.dia.t_min, train.config.dia.t_max), (230, 330));
    }

    #[test]
    fn the_papers_values_are_hints() {
        assert_eq!(paper_value("ddpm.steps"), Some("25000"));
        assert_eq!(paper_value("ddpm.dim_mults"), Some("1, 2, 4, 8"));
        assert_eq!((paper_value("dia.weight_decay"), paper_value("run.seed")), (Some("1e-6"), None));
    }
}
