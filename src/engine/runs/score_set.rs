//! The scores of a run with everything that the charts and the gallery read at each frame.

use super::normal_quantiles::Normals;
use crate::{
    config::{DataConfig, RunConfig, ThresholdRule},
    error::{Error, Result},
    metrics::{Confusion, PrPoint, Ranking, RocPoint},
    run_dir::{RunDir, SavedMaps, files},
    scores::{
        Evaluation, Histogram, LeadParts, PixelFigures, Review, ScoreKind, ScoreRow, Scores, SyntheticLesions, ThresholdOrigin,
        threshold_by,
    },
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// One file of scores, seen by one of its scores. Nothing in it changes; looking by another score reads it anew.
#[derive(Debug)]
pub struct ScoreSet {
    /// The run folder.
    pub run: PathBuf,
    /// Name of the run, for people.
    pub name: String,
    /// The run's settings, with the shift that was decided while DIA was trained.
    pub config: RunConfig,
    /// Where the scored images lie: the run's own data, or a folder that was scored later.
    pub data: DataConfig,
    /// [`DataConfig::place`] of [`data`](Self::data).
    pub place: PathBuf,
    /// The file that was read, in the run folder.
    pub file: PathBuf,
    /// All files of scores in the run folder, the run's own first.
    pub files: Vec<PathBuf>,
    /// The score that everything here is of.
    pub kind: ScoreKind,
    /// The scores there are to choose from.
    pub kinds: Vec<ScoreKind>,
    /// The weights that the scores are of; the demo comes without.
    pub encoder: Option<PathBuf>,
    /// The complete file, seen by this score.
    pub scores: Scores,
    /// What is shown: the rows of the split that the figures are over, unlabelled ones included, highest score first; then
    /// the normal training images in the same order.
    pub rows: Vec<ScoreRow>,
    /// How many of the rows the figures are over.
    pub evaluated: usize,
    /// Figures of the labelled rows among the evaluated ones.
    pub evaluation: Evaluation,
    /// ROC curve; empty where it is undefined, and the evaluation says why.
    pub roc: Vec<RocPoint>,
    /// Precision-recall curve; empty where it is undefined.
    pub pr: Vec<PrPoint>,
    /// Histogram of the evaluated rows.
    pub histogram: Histogram,
    /// Names of the classes of the evaluated rows, and of the normal training images.
    classes: [Vec<String>; 2],
    /// How the terms of training normals lie, left out one by one; `None` where the file has none.
    pub normals: Option<Normals>,
    /// How many synthetic lesions the run finds, where that was measured.
    pub lesions: Option<Arc<SyntheticLesions>>,
    /// What the anomaly maps of these images reach, where masks are known.
    pub pixels: Option<PixelFigures>,
    /// The anomaly maps that were kept of these images.
    pub maps: SavedMaps,
    /// What makes maps of images, where the run works by tiles and was scored.
    pub map_model: Option<PathBuf>,
    /// Normal tiles to hold one of an image against, where the run works by tiles and was scored.
    pub tile_bank: Option<PathBuf>,
    /// Tags and notes that were saved beside the run.
    pub review: Review,
    /// What the leading score of an image is made of.
    pub lead: LeadParts,
    ranking: Option<Ranking>,
    /// Scores of the normal training images, ascending.
    training: Vec<f64>,
}

impl ScoreSet {
    /// Reads the scores of a run: its folder, or one of the files of scores in it. `kind`: the score to look at; by default the one
    /// that leads.
    ///
    /// # Errors
    /// No run, no scores, or scores that cannot be used.
    pub fn read(path: &Path, kind: Option<ScoreKind>) -> Result<Self> {
        let (folder, file) = match path.is_file().then(|| path.parent()).flatten() {
            Some(folder) => (folder, path.to_path_buf()),
            None => (path, path.join(files::SCORES)),
        };
        let run = RunDir::open(folder)?;
        let contents = run.contents()?;
        let mut config = run.config()?;
        if let Some(part) = contents.dia() {
            // Decided while it was trained.
            config.dia.shift = part.config()?.dia.shift;
        }
        let mut set = Self::new(folder, run.manifest()?.name, config, Scores::read(&file)?, kind)?;
        if let Some(text) = files::data_note(&file).and_then(|f| fs::read_to_string(f).ok()) {
            set.data = toml::from_str(&text).map_err(|e| {
                Error::user(format!("the note beside {} cannot be read: {e}", file.display()), "score the folder again")
            })?;
            set.place = set.data.place();
        }
        set.encoder.clone_from(&contents.encoder);
        // Figures that cannot be read are no reason not to show the scores; they can be made anew.
        set.lesions = SyntheticLesions::read(&folder.join(files::SYNTHETIC_LESIONS)).ok().flatten().map(Arc::new);
        set.pixels = PixelFigures::read(&file).ok().flatten();
        let of_tiles = |name| files::tiles_part(folder).map(|part| part.join(name)).filter(|path| path.is_file());
        [set.map_model, set.tile_bank] = [files::MAP_MODEL, files::TILE_BANK].map(of_tiles);
        if files::is_own_scores(&file) {
            set.maps = SavedMaps::find(&folder.join(files::MAPS), set.rows.iter().map(|row| row.path.as_str()));
        }
        set.review = Review::read(&files::review_of(&file))?;
        if let Some(own) = contents.scores.filter(|own| *own != file) {
            // Other images are held against the run's own training images, which their file does not have.
            let own = Scores::read(&own)?;
            set.lead = LeadParts::of(&own);
            if let Some(own) = own.seen_by(set.kind, Some(set.config.score.rule)) {
                set.normals = Normals::new(&own.rows.iter().filter(|r| r.is_training_normal()).collect::<Vec<_>>());
                if set.kind != ScoreKind::Dia {
                    set.evaluation.threshold = own.threshold(set.config.score.rule, None).ok();
                    set.evaluation.rule = ThresholdOrigin::File;
                }
            }
        }
        set.files = contents.all_scores;
        set.file = file;
        Ok(set)
    }

    /// `kind`: the score to look at; by default the one that leads, or DIA's where there is none.
    ///
    /// # Errors
    /// Scores that are no finite numbers, or have not got the one that is wanted.
    pub fn new(run: &Path, name: String, config: RunConfig, scores: Scores, kind: Option<ScoreKind>) -> Result<Self> {
        let (kinds, lead_parts) = (scores.kinds(), LeadParts::of(&scores));
        let kind = kind.unwrap_or_else(|| scores.leading_kind());
        let scores = scores.seen_by(kind, Some(config.score.rule)).ok_or_else(|| {
            Error::user(
                format!("the run {name} has no score called {}", kind.title()),
                "score its images again, or look at DIA's",
            )
        })?;
        let scores = scores.into_owned();
        let evaluation = Evaluation::new(&scores, None, None)?;
        let labelled = scores.labelled(None);
        let (labels, values): (Vec<bool>, Vec<f64>) = labelled.iter().map(|r| (r.label == Some(true), r.score)).unzip();
        let ranking = Ranking::new(&labels, &values).ok();
        let mut rows: Vec<ScoreRow> = scores.evaluated().into_iter().cloned().collect();
        rows.sort_by(|a, b| b.score.total_cmp(&a.score));
        let evaluated = rows.len();
        let others = |r: &&ScoreRow| r.is_training_normal() && evaluated < scores.rows.len();
        let mut train: Vec<ScoreRow> = scores.rows.iter().filter(others).cloned().collect();
        train.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut training: Vec<f64> = scores.rows.iter().filter(|r| r.is_training_normal()).map(|r| r.score).collect();
        training.sort_by(f64::total_cmp);
        let classes = [&rows, &train].map(|rows| {
            let mut names: Vec<String> = rows.iter().map(|r| r.class.clone()).filter(|c| !c.is_empty()).collect();
            names.sort();
            names.dedup();
            names
        });
        Ok(Self {
            run: run.to_path_buf(),
            name,
            place: config.data.place(),
            data: config.data.clone(),
            config,
            file: run.join(files::SCORES),
            files: Vec::new(),
            kind,
            kinds,
            encoder: None,
            evaluated,
            roc: ranking.as_ref().and_then(|r| r.roc().ok()).unwrap_or_default(),
            pr: ranking.as_ref().and_then(|r| r.precision_recall().ok()).unwrap_or_default(),
            histogram: Histogram::new(rows.iter()),
            classes,
            normals: Normals::new(&scores.rows.iter().filter(|r| r.is_training_normal()).collect::<Vec<_>>()),
            lesions: None,
            pixels: None,
            maps: SavedMaps::default(),
            map_model: None,
            tile_bank: None,
            review: Review::default(),
            rows: rows.into_iter().chain(train).collect(),
            scores,
            evaluation,
            lead: lead_parts,
            ranking,
            training,
        })
    }

    /// The threshold by a rule, or why it does not exist. Fast enough to be asked at each frame.
    pub fn threshold(&self, rule: ThresholdRule) -> Result<f64, String> {
        let found = threshold_by(rule, self.ranking.as_ref(), &self.training);
        found.map_or_else(|| self.scores.threshold(rule, None), Ok).or_else(|why| {
            // A folder that was scored later has no training images; the run's own rule was applied when it was scored.
            let is_own = self.evaluation.rule == ThresholdOrigin::File && rule == self.config.score.rule;
            self.evaluation.threshold.filter(|_| is_own).ok_or(why)
        })
    }

    /// The rule that set the threshold which the scores came with.
    pub fn own_rule(&self) -> ThresholdRule {
        match self.evaluation.rule {
            ThresholdOrigin::Rule(rule) => rule,
            ThresholdOrigin::File => self.config.score.rule,
        }
    }

    /// What a threshold gets right and wrong among the labelled evaluated rows. O(log n).
    pub fn confusion(&self, threshold: f64) -> Confusion {
        self.ranking.as_ref().map_or(Confusion { tp: 0, fp: 0, tn: 0, fn_: 0 }, |r| r.confusion(threshold))
    }

    /// These are scores of images that the run did not learn from.
    pub fn is_foreign(&self) -> bool {
        self.data.path != self.config.data.path
    }

    /// Title of a file of scores: that of the folder it is of.
    pub fn title(file: &Path) -> String {
        files::scored_data(file).unwrap_or_else(|| "the run's own images".into())
    }

    /// Where an exported file goes: those of a folder that was scored later do not replace those of the run's own images.
    pub fn export_path(&self, name: &str) -> PathBuf {
        let folder = self.run.join(files::EXPORTS);
        folder.join(files::scored_data(&self.file).map_or(name.into(), |data| format!("{data}-{name}")))
    }

    /// Names of the classes of the evaluated rows, or of the normal training images.
    pub fn classes(&self, training: bool) -> &[String] {
        &self.classes[usize::from(training)]
    }

    /// The evaluated rows.
    pub fn evaluated(&self) -> &[ScoreRow] {
        &self.rows[..self.evaluated]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data::Dataset, engine::runs::list::RunEntry, run_dir::RunKind, scores::Tag};

    #[cfg(unix)]
    #[test]
    fn images_are_known_again_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, link) = (dir.path().join("images"), dir.path().join("link"));
        fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        image::GrayImage::new(8, 8).save(folder.join("a.png")).unwrap();
        let opened = Dataset::open(&DataConfig { path: link.clone(), ..DataConfig::default() }, &|_| ()).unwrap();
        let mut config = RunConfig::default();
        for path in [folder.clone(), link] {
            config.data.path = path;
            let run = RunDir::create(dir.path(), RunKind::Train, "r", &config).unwrap();
            fs::write(run.join("scores.csv"), "path,split,label,score\na.png,test,0,0.5\n").unwrap();
            assert_eq!(ScoreSet::read(run.path(), None).unwrap().place, opened.place);
            assert_eq!(RunEntry::read(&run).unwrap().place, opened.place);
        }
    }

    #[test]
    fn scores_of_run_and_of_folder_are_read_with_tags() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = RunConfig::default();
        config.data.path = "own".into();
        let run = RunDir::create(dir.path(), RunKind::Train, "r", &config).unwrap();
        let write = |name: &str, text: &str| fs::write(run.join(name), text).unwrap();
        write(
            "scores.csv",
            "path,split,label,score\na,test,0,0.5\nb,test,1,2\nc,train,0,1\nd,train,0,3\ne,test,,1\nf,train,1,9\n",
        );
        let set = ScoreSet::read(run.path(), None).unwrap();
        let names = |set: &ScoreSet| set.rows.iter().map(|r| r.path.clone()).collect::<String>();
        assert_eq!((names(&set).as_str(), set.evaluated, set.is_foreign()), ("beadc", 3, false));
        assert_eq!((set.histogram.range, set.confusion(1.0).tp, &set.pixels), ([0.5, 2.0], 1, &None));
        assert_eq!(set.histogram.counts.map(|counts| counts.iter().sum::<usize>()), [1, 1, 1]);

        let pixels = r#"{"pixel_auroc":0.75,"pixel_ap":0.5,"aupro":0.25,"pointing":1,"pixel_images":3,"pixel_rulers":[]}"#;
        write("scores.pixels.json", pixels);
        assert_eq!(ScoreSet::read(run.path(), None).unwrap().pixels.map(|p| (p.pixel_images, p.aupro)), Some((3, 0.25)));
        write("scores.pixels.json", "{");
        assert_eq!(ScoreSet::read(run.path(), None).unwrap().pixels, None, "the scores are there all the same");
        write("scores.pixels.json", pixels);
        fs::create_dir(run.join("maps")).unwrap();
        ["maps/a.png", "maps/a-overlay.png"].iter().for_each(|name| write(name, "x"));
        let maps = ScoreSet::read(run.path(), None).unwrap().maps;
        assert!(maps.overlay("a").is_some() && maps.overlay("b").is_none());

        write("scores-new.csv", "path,score,threshold\nx,1,2\ny,3,2\n");
        write("scores-new.toml", "path = \"/elsewhere\"\n");
        let mut review = Review::default();
        review.set("x", crate::scores::ImageReview::default().toggled(Tag::Interesting));
        review.write(&run.join("tags-new.csv")).unwrap();
        let set = ScoreSet::read(&run.join("scores-new.csv"), None).unwrap();
        assert_eq!(set.pixels, None, "those of the run are not those of the folder");
        assert!(set.maps.is_empty());
        assert!(set.is_foreign() && set.roc.is_empty() && set.evaluation.undefined.is_some());
        assert_eq!((names(&set).as_str(), set.review.len(), set.files.len()), ("yx", 1, 2));
        assert_eq!(set.threshold(config.score.rule), Ok(2.0), "the rule was applied when the folder was scored");
        assert_eq!(ScoreSet::title(&set.file), "new");
    }
}
