//! Sentences for people, and names of files made from what people and data sets call things.

use std::{borrow::Cow, fmt::Display, path::Path};

/// With a capital and a full stop; `code` in backticks gets quotation marks.
pub fn sentence(text: &str) -> String {
    let mut quotes = ["‘", "’"].into_iter().cycle();
    let text: String = text
        .split('`')
        .enumerate()
        .map(|(i, part)| format!("{}{part}", if i == 0 { "" } else { quotes.next().unwrap_or_default() }))
        .collect();
    let stop = if text.ends_with(['.', '!', '?', ':']) || text.is_empty() { "" } else { "." };
    // A name of a file stays as it is.
    if text.split(' ').next().is_some_and(|word| word.trim_end_matches([',', '.', ':']).contains(['.', '/', '_'])) {
        return format!("{text}{stop}");
    }
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}{stop}", chars.as_str())
}

/// `1 image`, `3 images`.
pub fn images(count: usize) -> String {
    count_of(count, "image")
}

/// `1 thing`, `3 things`.
pub fn count_of(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{} {thing}s", thousands(count)) }
}

/// A number as people read it: `480`, `25,000`.
pub fn thousands(number: impl Display) -> String {
    let number = number.to_string();
    let (whole, rest) = number.find('.').map_or((&*number, ""), |dot| number.split_at(dot));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut out = String::from(sign);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// `212 images/s`, `2.5 images/s`; slower than that by the image: `4 s an image`.
pub fn speed(images_per_second: f64) -> String {
    match images_per_second {
        9.5.. => format!("{images_per_second:.0} images/s"),
        0.95.. => format!("{images_per_second:.1} images/s"),
        speed if speed > 0.0 && speed.is_finite() => format!("{:.0} s an image", speed.recip()),
        _ => "no images yet".into(),
    }
}

/// A path's last part, for people.
pub fn last_part(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// What some file system does not allow in a name becomes `-`.
pub fn file_name(text: &str) -> String {
    replaced(text, |c| !(c.is_control() || r#"/\:*?"<>|"#.contains(c)))
}

/// The name of an image without its ending, as the beginning of a file's name; its folders stay in it.
pub fn file_stem(image: &str) -> String {
    match image.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && !ending.contains('/') => file_name(stem),
        _ => file_name(image),
    }
}

/// For a name that is typed in a terminal: letters, digits, `-`, `_` and `.` stay, all else becomes `-`.
pub fn folder_name(text: &str) -> String {
    replaced(text, |c| c.is_alphanumeric() || "-_.".contains(c))
}

fn replaced(text: &str, is_allowed: impl Fn(char) -> bool) -> String {
    text.chars().map(|c| if is_allowed(c) { c } else { '-' }).collect()
}

/// As a POSIX shell takes it for one word.
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,%+@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text.into() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The first of `stem`, `stem-2`, `stem-3`… that is free.
pub fn free_name(stem: &str, mut is_free: impl FnMut(&str) -> bool) -> String {
    let (mut name, mut number) = (stem.to_string(), 1_u64);
    while !is_free(&name) {
        number += 1;
        name = format!("{stem}-{number}");
    }
    name
}

/// A name as it fits into a line or a list: of a longer one, so many characters of its beginning and its end.
pub fn elided(text: &str, most: usize) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= most {
        return Cow::Borrowed(text);
    }
    let end = most / 4;
    let start = text.chars().take(most.saturating_sub(end + 1));
    Cow::Owned(start.chain(['…']).chain(text.chars().skip(length - end)).collect())
}

/// With control characters, and those that turn the direction of writing, as one sees them in source code (`\n`, `\u{1b}`): a name
/// of a file can hold any, and a terminal obeys them.
pub fn visible(text: &str) -> Cow<'_, str> {
    let hidden =
        |c: char| c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if hidden(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// Makes each line of a text of several lines [`visible`].
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    if text.split('\n').all(|line| matches!(visible(line), Cow::Borrowed(_))) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split('\n').map(visible).collect::<Vec<_>>().join("\n"))
}

/// A text as a cell of a table, which spreadsheets must not take for a formula: an apostrophe goes before `=`, `+`, `-`, `@`, a tab
/// or a return. [`from_cell`] takes it away again.
pub fn cell(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// What [`cell`] was made of.
pub fn from_cell(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| is_formula(text)).unwrap_or(cell)
}

/// Also where apostrophes stand before, so that one more can be told from them.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_work_is_told_by_the_image() {
        let said = [212.4, 9.4, 0.97, 0.26, 0.001, 0.0].map(speed);
        assert_eq!(said, ["212 images/s", "9.4 images/s", "1.0 images/s", "4 s an image", "1000 s an image", "no images yet"]);
    }

    #[test]
    fn large_numbers_are_read_by_their_thousands() {
        assert_eq!([7, 480, 1234, 50_000, 1_234_567].map(thousands), ["7", "480", "1,234", "50,000", "1,234,567"]);
        assert_eq!([images(1), images(50_000)], ["1 image", "50,000 images"]);
        assert_eq!(["-1234.5678", "-123", "1000"].map(thousands), ["-1,234.5678", "-123", "1,000"]);
    }

    #[test]
    fn control_characters_are_seen() {
        assert_eq!(visible("a\u{1b}[31mb\n\u{7}\u{202e}c"), "a\\u{1b}[31mb\\n\\u{7}\\u{202e}c");
        assert!(matches!(visible("Ünïcode, 日本 'x' \\"), Cow::Borrowed(_)));
        assert_eq!(visible_lines("a\nb\u{1b}\n"), "a\nb\\u{1b}\n");
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(elided("übung", 5), "übung");
        assert_eq!(elided("übungen und mehr.png", 12), "übungen …png");
        assert_eq!(elided(&"1 2 ".repeat(9000), 40).chars().count(), 40);
    }

    #[test]
    fn a_cell_is_no_formula_and_is_read_as_it_was() {
        for text in ["=1+1", "+a", "-1.png", "@eaDir/a", "\tx", "\rx", "'=x", "''-", "'", "a=b", "", "'quoted'"] {
            assert!(!cell(text).starts_with(['=', '+', '-', '@', '\t', '\r']), "{text:?}");
            assert_eq!(from_cell(&cell(text)), text);
        }
        assert_eq!(cell("a/=b.png"), "a/=b.png");
    }

    #[test]
    fn sentences_begin_with_a_capital_and_end_with_a_stop() {
        assert_eq!(sentence("there is no `label` column"), "There is no ‘label’ column.");
        assert_eq!(sentence("what now?"), "What now?");
        assert_eq!(sentence("scores.csv cannot be read"), "scores.csv cannot be read.");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn names_fit_every_file_system() {
        assert_eq!(file_name("a/b: \"c\"\n.png"), "a-b- -c--.png");
        assert_eq!(["eyes/left eye.png", "eyes.v2/a", ".png", "a"].map(file_stem), ["eyes-left eye", "eyes.v2-a", ".png", "a"]);
        assert_eq!(folder_name("my run/ä"), "my-run-ä");
    }

    #[test]
    fn a_taken_name_gets_the_first_free_number() {
        assert_eq!(free_name("a", |_| true), "a");
        assert_eq!(free_name("a", |name| !["a", "a-2"].contains(&name)), "a-3");
    }
}
