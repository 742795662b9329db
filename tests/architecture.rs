//! The table "may use, of ours" in `src/lib.rs` is held: no module imports what its row does not name.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// The rows: names of modules, and what they may use.
fn table() -> Vec<(Vec<String>, String)> {
    let text = fs::read_to_string(Path::new(SOURCES).join("lib.rs")).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("//! | [`"))
        .filter_map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            let names = cells.first()?.split('`').filter(|s| s.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
            Some((names.filter(|s| !s.is_empty()).map(String::from).collect(), (*cells.get(2)?).trim().to_string()))
        })
        .collect()
}

/// What each module may use, read from its row.
fn allowed() -> BTreeMap<String, Vec<String>> {
    let all: Vec<String> = table().into_iter().flat_map(|(names, _)| names).collect();
    let (mut above, mut allowed) = (Vec::<String>::new(), BTreeMap::new());
    for (names, rule) in table() {
        // Every second piece between backticks is code: names with spaces between them.
        let listed: Vec<String> = rule.split('`').skip(1).step_by(2).flat_map(|s| s.split(' ').map(String::from)).collect();
        let may: Vec<String> = if rule.starts_with("all of the above") {
            above.iter().chain(&listed).cloned().collect()
        } else if rule.starts_with("all but") {
            all.iter().filter(|n| !listed.contains(n)).cloned().collect()
        } else {
            listed
        };
        for name in &names {
            allowed.insert(name.clone(), may.clone());
        }
        above.extend(names);
    }
    allowed
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Names after `crate::`, of code and not of comments or of tests at the end of a file.
fn imports(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let code: String = code.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let word = |s: &str| s.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push(word(rest)),
            Some(list) => {
                // The names at the first level of the braces.
                let mut depth = 0;
                let mut start = true;
                for (i, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && depth == 0 && !c.is_whitespace() => {
                            found.push(word(&list[i..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn the_table_names_every_module() {
    let allowed = allowed();
    let text = fs::read_to_string(Path::new(SOURCES).join("lib.rs")).unwrap();
    for line in text.lines().filter_map(|l| l.strip_prefix("pub mod ")) {
        let name = line.trim_end_matches(';');
        assert!(allowed.contains_key(name), "{name} is missing in the table of lib.rs");
    }
}

#[test]
fn imports_point_the_way_of_the_table() {
    let allowed = allowed();
    let mut wrong = Vec::new();
    let mut files = Vec::new();
    sources(Path::new(SOURCES), &mut files);
    for file in files {
        let relative = file.strip_prefix(SOURCES).unwrap();
        let module = relative.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_string();
        let Some(may) = allowed.get(&module) else { continue };
        for name in imports(&fs::read_to_string(&file).unwrap()) {
            if allowed.contains_key(&name) && name != module && !may.contains(&name) {
                wrong.push(format!("{}: {module} may not use {name}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_engine_knows_no_window() {
    let mut files = Vec::new();
    sources(Path::new(SOURCES), &mut files);
    for file in files {
        let relative = file.strip_prefix(SOURCES).unwrap();
        if ["app", "gpu", "ui"].iter().any(|shown| relative.starts_with(shown)) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for word in ["egui::", "eframe::", "wgpu::"] {
            assert!(!text.contains(word), "{} knows {word}", relative.display());
        }
    }
}

/// A panel shows what the engine says; it never calls it.
#[test]
fn panels_know_of_the_engine_only_what_is_reported() {
    let mut files = Vec::new();
    sources(&Path::new(SOURCES).join("ui"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.matches("ml::").count(), text.matches("ml::progress").count(), "{} calls the engine", file.display());
    }
}

#[test]
fn imports_are_read_at_their_first_level() {
    let text = "use crate::{\n    a::{b, c},\n    d,\n};\nuse crate::e::f;\n// crate::comment\n";
    assert_eq!(imports(text), ["a", "d", "e"]);
}
