//! Next steps in the words of the window: its pages and controls.

use crate::{
    error::{NextStep, Warning},
    ml::base::reporter::Notice,
    text::{last_part, sentence},
};

/// What to do next; empty where there is nothing sensible to say.
pub fn words(step: Option<&NextStep>) -> String {
    let Some(step) = step else { return String::new() };
    let words = match step {
        NextStep::Text(text) => text,
        NextStep::NameData => "open a folder of images, or a MedMNIST .npz, in Data",
        NextStep::NameNormal { .. } | NextStep::SayWhatIsNormal => "choose the normal class in Data",
        NextStep::CheckNormal => "look in Data at what was recognised, and which class is normal",
        NextStep::NameColumns => "choose the columns of the table in Data",
        NextStep::SeeUnusable => "look in Data at the files that cannot be used",
        NextStep::RemoveFile => "take the file out of the folder, and open it again",
        NextStep::Resume => "resume the run",
        NextStep::FreeSpace => "free some space, then resume the run",
        NextStep::PutFileBack => "put the file back, then resume the run",
        NextStep::FinishRun => "resume the run until it is finished, or choose another one",
        NextStep::ChooseRun => "choose one of the runs in the list",
        NextStep::WaitForWeights => "wait for its first checkpoint, or choose another run",
        NextStep::OtherModel => "choose the diffusion model that its images were dissolved with",
        NextStep::ModelOrOtherMethod => "train a diffusion model and choose it, or choose another way to dissolve",
        NextStep::MoreNormalsOrNoProfile => "use more normal images, or turn the dissolve profile off",
        NextStep::Steadier { lr, unclipped, .. } => {
            let clip = if *unclipped { ", gradients clipped at 1" } else { "" };
            return format!("train anew with a lower learning rate (now {lr}){clip}, or a longer warm-up");
        }
        NextStep::LessMemory => {
            "the memory of the device is full: free it and resume the run, or train anew with more parts (DIA, Views), a smaller batch, \
             or on the CPU; the last checkpoint is kept"
        }
        NextStep::UseTable { path } => {
            return format!("to use it instead, choose {} as the table of labels in Data", last_part(path));
        }
        NextStep::OpenOneOf { folders, table } => {
            return format!("open one of {folders} alone, and choose {} as the table of labels in Data", last_part(table));
        }
        NextStep::ChooseLabel { path, file } => {
            return format!(
                "to use it, choose {} as the table of labels in Data, with “{file}” for the files and a column of labels",
                last_part(path)
            );
        }
        NextStep::NameTable => "choose it as the table of labels in Data",
        NextStep::ClassLevel(level) => return format!("if they are the classes, choose the folders at level {level} in Data"),
        NextStep::UseFolders { outer } => {
            let which = if *outer { "outer folders" } else { "folders that the images lie in" };
            return format!("to use the folders instead, have the {which} name the classes in Data");
        }
        NextStep::LowBits(bits) => {
            let white = 100.0 * 2f64.powi(*bits as i32 - 16);
            return format!(
                "the grey window 0 to {white} % among the settings of the preprocessing shows them as they are meant"
            );
        }
        NextStep::KeepProportions => {
            "letterbox or crop, among the settings of the preprocessing in Data, keeps their proportions"
        }
        NextStep::OmitSplit => "nothing is split in this file: evaluate all of it",
        NextStep::ThreadsAtStart => "start the program again",
        NextStep::DesktopOrVerb => "start it in a desktop session",
    };
    words.into()
}

/// A warning, with what to do about it.
pub fn warning(warning: &Warning) -> String {
    match &warning.step {
        Some(step) => format!("{} {}", warning.text, sentence(&words(Some(step)))),
        None => warning.text.clone(),
    }
}

/// A notice of work, with what to do about it.
pub fn notice(notice: &Notice) -> String {
    match notice {
        Notice::Data(about) => warning(about),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_never_speaks_of_flags() {
        let steps = [
            NextStep::NameData,
            NextStep::NameNormal { such_as: "good".into() },
            NextStep::SayWhatIsNormal,
            NextStep::CheckNormal,
            NextStep::NameColumns,
            NextStep::UseFolders { outer: true },
            NextStep::SeeUnusable,
            NextStep::RemoveFile,
            NextStep::Resume,
            NextStep::FreeSpace,
            NextStep::PutFileBack,
            NextStep::FinishRun,
            NextStep::ChooseRun,
            NextStep::WaitForWeights,
            NextStep::OtherModel,
            NextStep::ModelOrOtherMethod,
            NextStep::MoreNormalsOrNoProfile,
            NextStep::Steadier { part: "ddpm", lr: "1e-4".into(), unclipped: true },
            NextStep::UseTable { path: "/a/l.csv".into() },
            NextStep::OpenOneOf { folders: "a, b".into(), table: "/a/l.csv".into() },
            NextStep::ChooseLabel { path: "/a/l.csv".into(), file: "scan".into() },
            NextStep::LessMemory,
            NextStep::NameTable,
            NextStep::ClassLevel(2),
            NextStep::LowBits(12),
            NextStep::KeepProportions,
            NextStep::OmitSplit,
            NextStep::ThreadsAtStart,
            NextStep::DesktopOrVerb,
        ];
        for step in &steps {
            let words = words(Some(step));
            assert!(!words.contains("--") && !words.contains('`') && !words.is_empty(), "{words}");
        }
        assert_eq!(words(None), "");
        assert_eq!(
            warning(&Warning::new("l.csv names these files.", NextStep::UseTable { path: "/a/l.csv".into() })),
            "l.csv names these files. To use it instead, choose l.csv as the table of labels in Data."
        );
    }
}
