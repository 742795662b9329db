//! Next steps in the words of the command line: its verbs and flags.

use std::path::Path;

use crate::{
    error::{NextStep, Warning},
    ml::base::reporter::{CpuInstead, Notice},
    text::quoted,
};

/// What to do next, to follow the sentence of the error.
pub fn words(step: &NextStep) -> String {
    match step {
        NextStep::Text(text) => text.clone(),
        NextStep::NameData => "name a folder of images, or a MedMNIST .npz, with --data PATH".into(),
        NextStep::NameNormal { such_as } => {
            format!("say which is normal, as in --normal '{such_as}', or --normal '!NAME' for every class but one")
        }
        NextStep::SayWhatIsNormal => {
            "if all of its images are normal, say --normal '*'; else give a table of labels with --labels".into()
        }
        NextStep::CheckNormal => "look with `inspect` at what was recognised, and check --normal".into(),
        NextStep::NameColumns => "name the columns with --map file=COLUMN,label=COLUMN (also split=, patient=)".into(),
        NextStep::SeeUnusable => "run `inspect` to see all files that cannot be used".into(),
        NextStep::RemoveFile => "take the file out of the folder, or run `inspect` to see all files that cannot be used".into(),
        NextStep::Resume => "go on with train --resume RUN".into(),
        NextStep::FreeSpace => "free some disk space, then go on with train --resume RUN".into(),
        NextStep::PutFileBack => "put the file back, then go on with train --resume RUN".into(),
        NextStep::FinishRun => "finish the run first (train --resume RUN), or give a run of train or train-dia".into(),
        NextStep::ChooseRun => "give a folder under runs/, as `dissolve-studio runs` lists them".into(),
        NextStep::WaitForWeights => "wait for its first checkpoint, or take another run (`dissolve-studio runs`)".into(),
        NextStep::OtherModel => "give the run of train-ddpm or train that its images were dissolved with".into(),
        NextStep::ModelOrOtherMethod => {
            "train one with train-ddpm and give its run, or choose gaussian:K, median:K or resample".into()
        }
        NextStep::MoreNormalsOrNoProfile => {
            "use more normal images, or turn the second score off with --set score.profile=false".into()
        }
        NextStep::Steadier { part, lr, unclipped } => {
            let clip = if *unclipped { format!(" and --set {part}.clip=1") } else { String::new() };
            let warmup = if *part == "dia" { "warmup_epochs" } else { "warmup" };
            format!("start a new run with a lower --set {part}.lr (now {lr}){clip}, or a longer --set {part}.{warmup}")
        }
        NextStep::UseTable { path } => format!("to use it instead: {}", labels(path)),
        NextStep::OpenOneOf { folders, table } => format!("open one of {folders} alone, with {}", labels(table)),
        NextStep::ChooseLabel { path, file } => {
            format!("choose it with {} --map {}", labels(path), quoted(&format!("file={file},label=COLUMN")))
        }
        NextStep::LessMemory => {
            "the memory of the device is full: free it and go on with train --resume RUN, or begin anew with \
             --set dia.view_parts=4, smaller --set ddpm.batch or dia.batch, or --device cpu; the last checkpoint is kept"
                .into()
        }
        NextStep::NameTable => "name it with --labels".into(),
        NextStep::ClassLevel(level) => format!("if they are the classes: --set data.level={level}"),
        NextStep::UseFolders { outer } => {
            let which = if *outer { "outer" } else { "inner" };
            format!("to use the folders instead: --set data.reading={which}-folders")
        }
        NextStep::LowBits(bits) => {
            format!("--set preprocess.window='[0, {}]' shows them as they are meant", 2f64.powi(*bits as i32 - 16))
        }
        NextStep::KeepProportions => "--set preprocess.aspect=letterbox or =crop keeps their proportions, \
             --set preprocess.circle_crop=true cuts fundus photographs to their disc"
            .into(),
        NextStep::OmitSplit => "leave --split away: nothing is split in this file".into(),
        NextStep::ThreadsAtStart => "give --threads at the start".into(),
        NextStep::DesktopOrVerb => "start it in a desktop session, or use a verb; --help lists them".into(),
    }
}

/// A warning, with what to do about it.
pub fn warning(warning: &Warning) -> String {
    match &warning.step {
        Some(step) => format!("{} ({})", warning.text, words(step)),
        None => warning.text.clone(),
    }
}

fn labels(path: &Path) -> String {
    format!("--labels {}", quoted(&path.display().to_string()))
}

/// A notice, with the build that would bring a missing device.
pub fn notice(notice: &Notice) -> String {
    match notice {
        Notice::OnCpu(CpuInstead::NotBuilt { feature, .. }) => format!("{notice} (build with --features {feature})"),
        Notice::NotReady(_) => format!("{notice} (in a new run: --set ddpm.steps, --set ddpm.lr)"),
        Notice::Data(about) => warning(about),
        Notice::Text(_) | Notice::OnCpu(_) => notice.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_says_what_to_type() {
        let said = |step| warning(&Warning::new("That is so.", step));
        assert_eq!(
            said(NextStep::UseTable { path: "my scans/l.csv".into() }),
            "That is so. (to use it instead: --labels 'my scans/l.csv')"
        );
        assert_eq!(
            said(NextStep::ChooseLabel { path: "l.csv".into(), file: "it's".into() }),
            r"That is so. (choose it with --labels l.csv --map 'file=it'\''s,label=COLUMN')"
        );
        assert_eq!(said(NextStep::ClassLevel(2)), "That is so. (if they are the classes: --set data.level=2)");
        assert_eq!(warning(&"That is so.".into()), "That is so.");
    }
}
