//! Columns that say the split of an image: by its name, or by yes and no (`is_train`).

use super::{
    columns::{Columns, SplitColumns, plain},
    label_scheme::mark,
    table::Table,
};
use crate::{config::LabelColumns, data::dataset::Split};
use csv::StringRecord;
use std::collections::BTreeSet;

/// The split that a column stands for by its name: `is_train`, `test set`, `is_training_image`.
fn split_of(header: &str) -> Option<Split> {
    const BESIDE: &[&str] = &["is", "in", "for", "set", "split", "image", "data"];
    let header = plain(header);
    let mut words = header.split('_').filter(|word| !BESIDE.contains(word));
    let word = words.next().filter(|word| word.len() > 2 && words.next().is_none())?;
    Split::from_name(word).or_else(|| Split::from_name(word.strip_prefix("is")?))
}

impl Table {
    /// Columns of names of splits by their usual name, else of such values, else of yes and no; `given`: the person named it.
    pub(super) fn split_columns(&self, columns: &Columns, wanted: &LabelColumns) -> Option<SplitColumns> {
        let is_free = |c: usize| ![columns.file, columns.label, columns.patient].contains(&Some(c));
        let marks = Split::ALL.map(|split| self.marks_of(split).find(|&c| is_free(c)));
        match columns.split.and_then(|split| split.all().next()) {
            Some(given) if !wanted.split.is_empty() => {
                Some(if marks.contains(&Some(given)) { SplitColumns::Marks(marks) } else { SplitColumns::Named(given) })
            }
            Some(usual) => Some(SplitColumns::Named(usual)),
            None => (0..self.headers.len())
                .find(|&c| is_free(c) && self.says_splits(c))
                .map(SplitColumns::Named)
                .or_else(|| Some(SplitColumns::Marks(marks)).filter(|marks| self.parts_train_from_others(*marks))),
        }
    }

    /// Columns that are called like this split and hold nothing but yes and no.
    fn marks_of(&self, split: Split) -> impl Iterator<Item = usize> {
        let is_mark = move |c: &usize| split_of(&self.headers[*c]) == Some(split) && self.column(*c).all(|v| mark(v).is_some());
        (0..self.headers.len()).filter(is_mark)
    }

    /// Whether all values of a column are names of splits, and not of one only where the column has a name for something else.
    pub(super) fn says_splits(&self, column: usize) -> bool {
        let splits: Option<Vec<Split>> = self.column(column).filter(|v| !v.is_empty()).map(Split::from_name).collect();
        splits.is_some_and(|splits| splits.iter().any(|split| self.header_line == 0 || *split != splits[0]))
    }

    /// Whether some images train and some do not; by `valid` alone, which may say that an image is sound, more train.
    fn parts_train_from_others(&self, columns: SplitColumns) -> bool {
        let of = |split| self.rows.iter().filter(|row| self.split(row, columns) == Some(split)).count();
        let [train, val, test] = Split::ALL.map(of);
        train > 0 && if test > 0 { true } else { val > 0 && val < train }
    }

    /// The split of a row. Where it is marked as none, it is of the first that has no column: `is_train` 0 is test.
    pub fn split(&self, row: &StringRecord, columns: SplitColumns) -> Option<Split> {
        let marks = match columns {
            SplitColumns::Named(column) => return self.field(row, Some(column)).split('|').find_map(Split::from_name),
            SplitColumns::Marks(marks) => marks,
        };
        let says = |split: &Split| marks[*split as usize].and_then(|c| mark(self.field(row, Some(c))));
        let is_said = marks.iter().flatten().any(|&c| !self.field(row, Some(c)).is_empty());
        // A validation set is often a part of what trains.
        let mut by_weight = [Split::Test, Split::Val, Split::Train].into_iter();
        let others = || [Split::Train, Split::Test].into_iter().find(|&split| marks[split as usize].is_none());
        by_weight.find(|split| says(split) == Some(true)).or_else(|| others().filter(|_| is_said))
    }

    /// Names of columns that sound like splits and are not used as such.
    pub fn unused_splits(&self, columns: &Columns) -> BTreeSet<&str> {
        let used: Vec<usize> = [columns.file, columns.label, columns.patient].into_iter().flatten().collect();
        let is_used = |c: &usize| used.contains(c) || columns.split.is_some_and(|split| split.all().any(|s| s == *c));
        let sounds_so = |c: &usize| split_of(&self.headers[*c]).is_some();
        (0..self.headers.len()).filter(|c| sounds_so(c) && !is_used(c)).map(|c| self.headers[c].as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splits(text: &str) -> Option<Vec<Option<Split>>> {
        let table = Table::parse(text.as_bytes()).unwrap();
        let columns = table.columns(&LabelColumns::default()).unwrap().split?;
        Some(table.rows.iter().map(|row| table.split(row, columns)).collect())
    }

    const TRAIN: Option<Split> = Some(Split::Train);
    const VAL: Option<Split> = Some(Split::Val);
    const TEST: Option<Split> = Some(Split::Test);

    #[test]
    fn a_column_of_splits_is_told_by_its_values() {
        assert_eq!(splits("file,label,part_of\na,1,training\nb,2,test\n"), Some(vec![TRAIN, TEST]));
        assert_eq!(splits("file,label,part_of\na,1,training\nb,2,ward\n"), None);
    }

    #[test]
    fn columns_of_yes_and_no_say_splits() {
        for (header, yes, no) in
            [("is_train", TRAIN, TEST), ("Train", TRAIN, TEST), ("isTest", TEST, TRAIN), ("is test", TEST, TRAIN)]
        {
            let found = splits(&format!("file,label,{header}\na,1,1\nb,2,0\nc,2,0\n"));
            assert_eq!(found, Some(vec![yes, no, no]), "{header}");
        }
        assert_eq!(splits("file,label,is_training_image\na,1,True\nb,2,False\nc,2,\n"), Some(vec![TRAIN, TEST, None]));
        assert_eq!(splits("file,label,is_valid\na,1,False\nb,2,False\nc,2,True\n"), Some(vec![TRAIN, TRAIN, VAL]), "fastai");
        let three = "file,label,train,val,test\na,1,1,0,0\nb,2,1,1,0\nc,2,0,0,1\nd,1,0,0,0\n";
        assert_eq!(splits(three), Some(vec![TRAIN, VAL, TEST, None]));
        let two = "file,label,is_train,is_val\na,1,1,0\nb,2,0,1\nc,2,0,0\n";
        assert_eq!(splits(two), Some(vec![TRAIN, VAL, TEST]));
    }

    #[test]
    fn columns_that_only_sound_like_splits_are_named() {
        let unused = |text: &str| {
            let table = Table::parse(text.as_bytes()).unwrap();
            let columns = table.columns(&LabelColumns::default()).unwrap();
            assert_eq!(columns.split, None, "{text}");
            table.unused_splits(&columns).into_iter().map(str::to_string).collect::<Vec<_>>()
        };
        assert_eq!(unused("file,label,valid\na,1,1\nb,2,1\nc,2,0\n"), ["valid"], "most are valid");
        assert_eq!(unused("file,label,test\na,1,PCR\nb,2,none\n"), ["test"]);
        assert_eq!(unused("file,label,is_train\na,1,1\nb,2,1\n"), ["is_train"], "nothing is left to test on");
        assert_eq!(unused("file,label,train of thought,ts\na,1,1,1\nb,2,0,0\n"), [""; 0]);
    }
}
