//! The list of the MIAS database of mammograms (`Info.txt`): words between blanks, with pages of explanations before them or not, and
//! a row for each finding.

use super::table::{Table, at_line};
use csv::StringRecord;

const TISSUES: &[&str] = &["F", "G", "D"];
const CLASSES: &[&str] = &["CALC", "CIRC", "SPIC", "MISC", "ARCH", "ASYM", "NORM"];
/// So many rows of this form are no chance.
const LEAST: usize = 3;

/// The rows of such a list: `mdb001 G CIRC B 535 425 197`, `mdb003 D NORM`; `None` of other texts.
pub fn parse(text: &str) -> Option<Table> {
    let row = |(line, text): (usize, &str)| -> Option<StringRecord> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [name, tissue, class, rest @ ..] = &words[..] else { return None };
        let is_name = name.strip_prefix("mdb").is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()));
        if !is_name || !TISSUES.contains(tissue) || !CLASSES.contains(class) {
            return None;
        }
        let severity = rest.first().filter(|word| ["B", "M"].contains(*word));
        // Where a note says it, a finding has no place of its own.
        let place = &rest[usize::from(severity.is_some())..];
        let place = place.get(..3).filter(|place| place.iter().all(|word| word.parse::<f64>().is_ok())).unwrap_or(&["", "", ""]);
        let row = [*name, *tissue, *class, severity.copied().unwrap_or_default()].into_iter().chain(place.iter().copied());
        Some(at_line(row.collect(), line))
    };
    let rows: Vec<StringRecord> = (1..).zip(text.lines()).filter_map(row).collect();
    let headers = ["refnum", "tissue", "class", "severity", "x", "y", "radius"].map(String::from).to_vec();
    (rows.len() >= LEAST).then(|| Table { headers, rows, ..Table::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_wherever_they_begin() {
        let text = "1st column: MIAS database reference number.\n\nmdb001 G CIRC B 535 425 197 \r\nmdb003 D NORM\n\
            mdb059 F CIRC B *NOTE 3*\n";
        let table = parse(text).unwrap();
        let rows: Vec<Vec<&str>> = table.rows.iter().map(|row| row.iter().collect()).collect();
        assert_eq!(rows[0], ["mdb001", "G", "CIRC", "B", "535", "425", "197"]);
        assert_eq!(rows[1..], [["mdb003", "D", "NORM", "", "", "", ""], ["mdb059", "F", "CIRC", "B", "", "", ""]]);
        assert_eq!(table.line(1), 4);
        assert!(parse("mdb001 G CIRC B 535 425 197\n").is_none() && parse("a.png D NORM\n".repeat(9).as_str()).is_none());
    }
}
