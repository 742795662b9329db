//! Sentences for people, and names of files made from what people and data sets call things.

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

/// The first of `stem`, `stem-2`, `stem-3`… that is free.
pub fn free_name(stem: &str, mut is_free: impl FnMut(&str) -> bool) -> String {
    let (mut name, mut number) = (stem.to_string(), 1_u64);
    while !is_free(&name) {
        number += 1;
        name = format!("{stem}-{number}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

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
