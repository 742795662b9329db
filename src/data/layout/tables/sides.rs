//! Tables with a row for two images, such as those of a left and a right eye (ODIR-5K): columns that differ in `left` and `right`.

use super::{
    columns::{Columns, plain},
    label_scheme::LabelScheme,
    table::{Table, in_line_of},
};
use crate::config::LabelColumns;
use csv::StringRecord;

/// The name of a column without its side, and whether that is the right one; `None` where it says no side.
fn side(header: &str) -> Option<(String, bool)> {
    let name = plain(header);
    let words: Vec<&str> = name.split('_').collect();
    let at = words.iter().position(|word| ["left", "right"].contains(word))?;
    let rest: Vec<&str> = words.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, word)| *word).collect();
    (!rest.is_empty()).then(|| (rest.join("_"), words[at] == "right"))
}

impl Table {
    /// The same with a row for each image, where the names of files and what is said of them are in a column for each side.
    pub(super) fn sides_apart(&self) -> Option<Self> {
        let partner = |c: usize| -> Option<(String, usize)> {
            let (name, _) = side(&self.headers[c]).filter(|(_, is_right)| !is_right)?;
            let other = (0..self.headers.len()).find(|&o| side(&self.headers[o]).is_some_and(|s| s == (name.clone(), true)))?;
            Some((name, other))
        };
        let pairs: Vec<(usize, String, usize)> =
            (0..self.headers.len()).filter_map(|c| partner(c).map(|(name, other)| (c, name, other))).collect();
        let names_files = |c: usize| self.column(c).any(|v| !v.is_empty()) && LabelScheme::names_files(self, c);
        let of_files = pairs.iter().filter(|(left, _, right)| names_files(*left) && names_files(*right)).count();
        // Another column may name one file a row.
        let is_of_pair = |c: usize| pairs.iter().any(|(left, _, right)| [*left, *right].contains(&c));
        let named = Columns::find(&self.headers, &LabelColumns::default()).ok().and_then(|columns| columns.file);
        if of_files != 1 || pairs.len() < 2 || named.is_some_and(|c| !is_of_pair(c) && names_files(c)) {
            return None;
        }
        let kept: Vec<usize> = (0..self.headers.len()).filter(|c| !pairs.iter().any(|(_, _, right)| right == c)).collect();
        let pair = |c: usize| pairs.iter().find(|(left, ..)| *left == c);
        let headers =
            kept.iter().map(|&c| pair(c).map_or_else(|| self.headers[c].clone(), |(_, name, _)| name.clone())).collect();
        let row = |row: &StringRecord, is_right: bool| {
            let at = |c: usize| pair(c).filter(|_| is_right).map_or(c, |(_, _, right)| *right);
            in_line_of(row, kept.iter().map(|&c| self.field(row, Some(at(c)))))
        };
        let rows = self.rows.iter().flat_map(|fields| [false, true].map(|is_right| row(fields, is_right))).collect();
        Some(Self { headers, rows, sheet: self.sheet.clone(), ..*self })
    }

    /// With a row for each image, and what is said of it in columns of its own; as it is where columns are wanted that only the file
    /// itself has.
    pub fn apart(mut self, wanted: &LabelColumns) -> Self {
        let is_number = |name: &str| name.parse::<usize>().is_ok();
        // Their columns are those of the file, and one more.
        if let Some(apart) = self.names_apart().filter(|apart| wanted.given().all(|name| apart.has(name) || is_number(name))) {
            self = apart;
        }
        match self.sides_apart() {
            Some(apart) if wanted.given().all(|name| apart.has(name)) => apart,
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_for_two_images_becomes_two() {
        let text = "ID,Left-Fundus,Right-Fundus,Left-Diagnostic Keywords,Right-Diagnostic Keywords,N\n1,1_left.jpg,1_right.jpg,normal fundus,cataract,0\n";
        let table = Table::parse(text.as_bytes()).unwrap().apart(&LabelColumns::default());
        assert_eq!(table.headers, ["ID", "fundus", "diagnostic_keywords", "N"]);
        let rows: Vec<Vec<&str>> = table.rows.iter().map(|row| row.iter().collect()).collect();
        assert_eq!(rows, [["1", "1_left.jpg", "normal fundus", "0"], ["1", "1_right.jpg", "cataract", "0"]]);
        assert_eq!(table.line(1), 2);
        let text = text.replace(",N\n", ",filename\n").replace(",0\n", ",1_left.jpg\n");
        assert!(Table::parse(text.as_bytes()).unwrap().sides_apart().is_none(), "a row for each image as it is");
        for other in ["file,left or right breast,label\na.jpg,LEFT,1\n", "Left-Fundus,Right-Fundus,label\na.jpg,b.jpg,1\n"] {
            assert!(Table::parse(other.as_bytes()).unwrap().sides_apart().is_none(), "{other}");
        }
    }
}
