//! The structure of `src` is held: modules use what their row in `src/lib.rs` names, and there is no circle, neither between
//! files nor between the rooms of any folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// Segments after `crate`, such as `["ml", "base", "device"]`.
type Module = Vec<String>;
/// The modules that each module uses.
type Arrows = BTreeMap<Module, BTreeSet<Module>>;

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

fn module_of(file: &Path) -> Module {
    let relative = file.strip_prefix(SOURCES).unwrap().with_extension("");
    let mut module: Module = relative.iter().map(|s| s.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib") {
        module.pop();
    }
    module
}

/// All files but the program's own.
fn crate_files() -> BTreeMap<Module, String> {
    let mut files = Vec::new();
    sources(Path::new(SOURCES), &mut files);
    let code = files.iter().filter(|f| !f.ends_with("main.rs"));
    code.map(|f| (module_of(f), fs::read_to_string(f).unwrap())).collect()
}

/// Words, `::` and single signs, without comments and texts.
fn tokens(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let word = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let rest = &bytes[at..];
        let length = match rest {
            [b'/', b'/', ..] => rest.iter().position(|&c| c == b'\n').unwrap_or(rest.len()),
            [b'r', b'"', ..] => 3 + rest[2..].iter().position(|&c| c == b'"').unwrap_or(rest.len() - 3),
            [b'r', b'#', b'"', ..] => 2 + rest.windows(2).position(|w| w == b"\"#").unwrap_or(rest.len() - 2),
            [b'"', ..] => {
                let mut end = 1;
                while end < rest.len() && rest[end] != b'"' {
                    end += if rest[end] == b'\\' { 2 } else { 1 };
                }
                end + 1
            }
            [b'\'', b'\\', ..] => 3 + rest[3..].iter().position(|&c| c == b'\'').unwrap_or(0),
            [b'\'', _, b'\'', ..] => 3,
            [c, ..] if word(*c) => {
                let length = rest.iter().take_while(|&&c| word(c)).count();
                found.push(&text[at..at + length]);
                length
            }
            [b':', b':', ..] => {
                found.push("::");
                2
            }
            [c, ..] => {
                if c.is_ascii_punctuation() {
                    found.push(&text[at..=at]);
                }
                1
            }
            [] => unreachable!("inside the text"),
        };
        at += length;
    }
    found
}

/// What one file says of others.
#[derive(Debug, Default, PartialEq)]
struct Paths {
    /// Paths of `use`, with the name that each has here.
    uses: Vec<(Vec<String>, String)>,
    /// The same where others may take the name from here.
    exports: Vec<(Vec<String>, String)>,
    /// Paths within the code.
    code: Vec<Vec<String>>,
    /// Modules that are there in tests alone.
    test_modules: Vec<String>,
}

/// Takes the paths of one tree of `use` from `tokens`, which begin after the word.
fn use_tree(
    tokens: &mut std::iter::Peekable<std::slice::Iter<'_, &str>>,
    before: &[String],
    into: &mut Vec<(Vec<String>, String)>,
) {
    let mut path = before.to_vec();
    let mut name = None;
    while let Some(&&token) = tokens.peek() {
        match token {
            ";" | "," | "}" => break,
            "{" => {
                tokens.next();
                while tokens.peek().is_some_and(|t| !matches!(**t, "}" | ";")) {
                    use_tree(tokens, &path, into);
                    tokens.next_if(|t| **t == ",");
                }
                tokens.next();
                return;
            }
            "as" => {
                tokens.next();
                name = tokens.peek().map(|t| t.to_string());
            }
            "::" | "*" => {}
            "self" if !path.is_empty() => {}
            word => path.push(word.to_string()),
        }
        tokens.next();
    }
    let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
    into.push((path, name));
}

/// Reads the paths of a file, without those of its tests.
fn paths(text: &str) -> Paths {
    let all = tokens(text);
    let mut found = Paths::default();
    let mut at = 0;
    while at < all.len() {
        let rest = &all[at..];
        if let ["#", "[", "cfg", "(", "test", ")", "]", more @ ..] = rest {
            let item = more.iter().position(|t| matches!(*t, "{" | ";")).unwrap_or(more.len());
            if more.get(item) == Some(&";") {
                found.test_modules.extend(more[..item].last().map(ToString::to_string));
                at += 7 + item + 1;
            } else {
                let mut depth = 0;
                let inside = more[item..].iter().position(|t| {
                    depth += i32::from(*t == "{") - i32::from(*t == "}");
                    depth == 0
                });
                at += 7 + item + inside.map_or(more.len(), |end| end + 1);
            }
            continue;
        }
        // `use<'a>` says what a type borrows.
        if rest[0] == "use" && rest.get(1) != Some(&"<") {
            let is_export = at > 0 && matches!(all[at - 1], "pub" | ")");
            let mut tree = rest[1..].iter().peekable();
            use_tree(&mut tree, &[], if is_export { &mut found.exports } else { &mut found.uses });
            at += 1 + rest[1..].len() - tree.len();
            continue;
        }
        let starts =
            rest[0].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && (at == 0 || !matches!(all[at - 1], "::" | "."));
        if starts && rest.get(1) == Some(&"::") {
            let mut path = vec![rest[0].to_string()];
            let mut end = 1;
            while rest.get(end) == Some(&"::")
                && rest.get(end + 1).is_some_and(|t| t.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
            {
                path.push(rest[end + 1].to_string());
                end += 2;
            }
            found.code.push(path);
            at += end;
            continue;
        }
        at += 1;
    }
    found
}

/// The crate's modules and what each says of others.
struct House {
    paths: BTreeMap<Module, Paths>,
}

impl House {
    fn read(files: &BTreeMap<Module, String>) -> Self {
        let mut paths: BTreeMap<Module, Paths> = files.iter().map(|(m, text)| (m.clone(), paths(text))).collect();
        let tests: Vec<Module> =
            paths.iter().flat_map(|(m, p)| p.test_modules.iter().map(|t| m.iter().chain([t]).cloned().collect())).collect();
        paths.retain(|m, _| !tests.iter().any(|t| m.starts_with(t)));
        Self { paths }
    }

    /// The module where the item of an absolute path is made: names that others pass on are followed.
    fn home(&self, path: &[String], depth: usize) -> Option<Module> {
        let mut module = Module::new();
        for (i, segment) in path.iter().enumerate() {
            let inner: Module = module.iter().chain([segment]).cloned().collect();
            if self.paths.contains_key(&inner) {
                module = inner;
                continue;
            }
            let export = self.paths[&module].exports.iter().find(|(_, name)| name == segment);
            if let (Some((target, _)), true) = (export, depth < 9) {
                let target = self.absolute(&module, target)?;
                let further: Vec<String> = target.iter().chain(&path[i + 1..]).cloned().collect();
                return self.home(&further, depth + 1);
            }
            break;
        }
        Some(module)
    }

    /// A path as it is written in `here`, from the crate's root on; `None` for other crates.
    fn absolute(&self, here: &Module, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let root: &[String] = match first.as_str() {
            "crate" => &[],
            "self" => here,
            "super" => {
                let ups = path.iter().take_while(|s| *s == "super").count();
                return Some(here[..here.len().checked_sub(ups)?].iter().chain(&path[ups..]).cloned().collect());
            }
            name => {
                let inner: Module = here.iter().chain([first]).cloned().collect();
                if self.paths.contains_key(&inner) {
                    return Some(here.iter().chain(path).cloned().collect());
                }
                let used = self.paths[here].uses.iter().find(|(target, known)| known == name && target.first() != Some(first))?;
                let target = self.absolute(here, &used.0)?;
                return Some(target.iter().chain(rest).cloned().collect());
            }
        };
        Some(root.iter().chain(rest).cloned().collect())
    }

    /// Which file uses which.
    fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (here, paths) in &self.paths {
            let uses = paths.uses.iter().map(|(path, _)| path);
            let targets = uses.chain(&paths.code).filter_map(|p| self.home(&self.absolute(here, p)?, 0));
            let others: BTreeSet<Module> = targets.filter(|target| target != here && !target.is_empty()).collect();
            arrows.insert(here.clone(), others);
        }
        arrows
    }
}

/// The arrows between what lies in one folder: its files and its rooms, each room as one.
fn within(arrows: &Arrows, folder: &[String]) -> Arrows {
    let child = |m: &Module| m.starts_with(folder).then(|| m[..m.len().min(folder.len() + 1)].to_vec());
    let mut between = Arrows::new();
    for (from, targets) in arrows {
        let Some(a) = child(from) else { continue };
        let others = targets.iter().filter_map(child).filter(|b| *b != a);
        between.entry(a.clone()).or_default().extend(others);
    }
    between
}

/// One circle, as the modules on it; empty where there is none.
fn circle(arrows: &Arrows) -> Vec<Module> {
    fn visit(at: &Module, arrows: &Arrows, way: &mut Vec<Module>, done: &mut BTreeSet<Module>) -> Option<Vec<Module>> {
        if let Some(start) = way.iter().position(|m| m == at) {
            return Some(way[start..].to_vec());
        }
        if !done.insert(at.clone()) {
            return None;
        }
        way.push(at.clone());
        let found = arrows.get(at).into_iter().flatten().find_map(|next| visit(next, arrows, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    arrows.keys().find_map(|m| visit(m, arrows, &mut Vec::new(), &mut done)).unwrap_or_default()
}

fn spell(way: &[Module]) -> String {
    way.iter().chain(way.first()).map(|m| m.join("::")).collect::<Vec<_>>().join(" -> ")
}

/// All circles of a house: one for each folder that has any, and one of files.
fn circles(files: &BTreeMap<Module, String>) -> Vec<String> {
    let arrows = House::read(files).arrows();
    let folders: BTreeSet<Module> = files.keys().flat_map(|m| (0..m.len()).map(|n| m[..n].to_vec())).collect();
    let views = folders.iter().map(|folder| within(&arrows, folder)).chain([arrows.clone()]);
    views.map(|view| circle(&view)).filter(|way| !way.is_empty()).map(|way| spell(&way)).collect()
}

/// The rows of the map in `lib.rs`: names of modules, and what they may use.
fn table(lib: &str) -> Vec<(Vec<String>, String)> {
    lib.lines()
        .filter_map(|line| line.strip_prefix("//! | [`"))
        .filter_map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            let names = cells.first()?.split('`').filter(|s| s.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
            Some((names.filter(|s| !s.is_empty()).map(String::from).collect(), (*cells.get(2)?).trim().to_string()))
        })
        .collect()
}

/// What each module may use, read from its row.
fn allowed(lib: &str) -> BTreeMap<String, Vec<String>> {
    let (mut above, mut allowed) = (Vec::<String>::new(), BTreeMap::new());
    for (names, rule) in table(lib) {
        // Every second piece between backticks is code: names with spaces between them.
        let listed: Vec<String> = rule.split('`').skip(1).step_by(2).flat_map(|s| s.split(' ').map(String::from)).collect();
        let may: Vec<String> = match rule.strip_prefix("all of the above") {
            Some(but) if but.starts_with(" but") => above.iter().filter(|n| !listed.contains(n)).cloned().collect(),
            Some(_) => above.clone(),
            None => listed,
        };
        for name in &names {
            allowed.insert(name.clone(), may.clone());
        }
        above.extend(names);
    }
    allowed
}

#[test]
fn the_map_names_every_module() {
    let files = crate_files();
    let allowed = allowed(&files[&Module::new()]);
    let tops: BTreeSet<&String> = files.keys().filter_map(|m| m.first()).collect();
    let missing: Vec<_> = tops.iter().filter(|m| !allowed.contains_key(**m)).collect();
    assert!(missing.is_empty(), "missing in the map of lib.rs: {missing:?}");
    assert_eq!(allowed.len(), tops.len(), "the map names a module that is not there");
}

#[test]
fn imports_point_the_way_of_the_map() {
    let files = crate_files();
    let allowed = allowed(&files[&Module::new()]);
    let tops = within(&House::read(&files).arrows(), &[]);
    let arrows = tops.iter().flat_map(|(a, others)| others.iter().map(move |b| (a, b)));
    let wrong: Vec<String> = arrows
        .filter(|(a, b)| !a.is_empty() && !allowed[&a[0]].contains(&b[0]))
        .map(|(a, b)| format!("{} may not use {}", a[0], b[0]))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_circle_at_any_level() {
    let found = circles(&crate_files());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_circle_that_is_put_in_is_found() {
    let house = |files: &[(&str, &str)]| -> BTreeMap<Module, String> {
        let module = |path: &str| path.split('/').filter(|s| !s.is_empty()).map(String::from).collect();
        files.iter().map(|(path, text)| (module(path), text.to_string())).collect()
    };
    let good =
        [("", "mod a; mod b;"), ("a", "use crate::b::Thing;"), ("b", "pub use self::inner::Thing; mod inner;"), ("b/inner", "")];
    assert_eq!(circles(&house(&good)), Vec::<String>::new());
    let files = [("", "mod a; mod b;"), ("a", "use crate::b;\nfn f() { b::g() }"), ("b", "fn g() { crate::a::f() }")];
    assert!(circles(&house(&files)).contains(&"a -> b -> a".to_string()));
    // Two rooms need each other, though no two files do.
    let rooms = [
        ("", "mod x; mod y;"),
        ("x", "mod one; mod two;"),
        ("x/one", "use crate::y::one::Y;"),
        ("x/two", ""),
        ("y", "mod one; mod two;"),
        ("y/one", ""),
        ("y/two", "use crate::x::two::X;"),
    ];
    assert_eq!(circles(&house(&rooms)), ["x -> y -> x"]);
    let passed_on = [
        ("", "mod a;"),
        ("a", "mod b; pub use b::B; pub struct A;"),
        ("a/b", "use super::A; pub struct B;"),
        ("c", "use crate::a::B;"),
    ];
    assert_eq!(circles(&house(&passed_on)), Vec::<String>::new(), "a name that is passed on is no use of it");
    let in_tests = [("", "mod a; mod b;"), ("a", "use crate::b;"), ("b", "#[cfg(test)]\nmod tests { use crate::a::f; }")];
    assert_eq!(circles(&house(&in_tests)), Vec::<String>::new());
    let borrowing = [("", "mod a; mod b;"), ("a", "fn f<'a>(x: &'a b::B) -> impl Fn() + use<'a> { { move || () } }"), ("b", "")];
    assert_eq!(circles(&house(&borrowing)), Vec::<String>::new(), "that says what is borrowed");
}

/// About a dozen: a folder that is larger is a street, not a room.
#[test]
fn no_folder_is_a_street() {
    let mut folders: BTreeMap<PathBuf, usize> = BTreeMap::new();
    let mut files = Vec::new();
    sources(Path::new(SOURCES), &mut files);
    for file in files {
        *folders.entry(file.parent().unwrap().to_path_buf()).or_default() += 1;
    }
    let streets: Vec<_> = folders.iter().filter(|(_, count)| **count > 15).collect();
    assert!(streets.is_empty(), "{streets:?}");
}

/// `x/mod.rs`, never `x.rs` beside `x/`.
#[test]
fn modules_are_named_one_way() {
    let mut files = Vec::new();
    sources(Path::new(SOURCES), &mut files);
    let other: Vec<_> = files.iter().filter(|f| f.with_extension("").is_dir()).collect();
    assert!(other.is_empty(), "{other:?}");
}

#[test]
fn the_engine_knows_no_window() {
    let mut files = Vec::new();
    sources(Path::new(SOURCES), &mut files);
    for file in files {
        let relative = file.strip_prefix(SOURCES).unwrap();
        if ["app", "gpu", "ui", "window"].iter().any(|shown| relative.starts_with(shown)) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for word in ["egui::", "eframe::", "wgpu::"] {
            assert!(!text.contains(word), "{} knows {word}", relative.display());
        }
    }
}

/// Panels name colours; the theme alone makes them. (Clippy knows the functions, not the constants.)
#[test]
fn panels_make_no_colours() {
    let mut files = Vec::new();
    sources(&Path::new(SOURCES).join("ui"), &mut files);
    let panels: Vec<_> = files.iter().filter(|f| !f.ends_with("shared/theme.rs")).collect();
    assert!(panels.len() > 40, "the panels are looked at, in their rooms");
    for file in panels {
        let text = fs::read_to_string(file).unwrap();
        for raw in ["Color32::from_", "Color32::RED", "Color32::BLACK", "Color32::GRAY"] {
            assert!(!text.contains(raw), "{} makes a colour with {raw}", file.display());
        }
    }
}

/// The text of a file, or of all files of a folder.
fn text_of(path: &Path) -> String {
    let mut files = vec![path.to_path_buf()];
    if path.is_dir() {
        files.clear();
        sources(path, &mut files);
    }
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// `a/{b,c}.rs` as `a/b.rs` and `a/c.rs`.
fn braces_expanded(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_string()] };
    let (inner, after) = rest.split_once('}').expect("a brace is closed");
    inner.split(',').map(|part| format!("{before}{part}{after}")).collect()
}

/// The table of `CONTRIBUTING.md` that says where things go: a row's files are there, and have the names that it names.
#[test]
fn the_table_of_contributing_names_what_is_there() {
    let (root, source) = (Path::new(env!("CARGO_MANIFEST_DIR")), Path::new(SOURCES));
    let guide = fs::read_to_string(root.join(".github/CONTRIBUTING.md")).unwrap();
    let rows: Vec<&str> = guide.lines().filter(|line| line.starts_with("| **")).collect();
    assert!(rows.len() > 20, "the table is found");
    let mut wrong = Vec::new();
    for row in rows {
        let code: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        // "`b.rs` there" lies in the folder that was named last, or in one above it.
        let (mut folder, mut text) = (source.to_path_buf(), String::new());
        for named in code.iter().filter(|c| c.ends_with(".rs") || c.ends_with('/') || c.starts_with("tests/")) {
            for path in braces_expanded(named) {
                let places = folder.ancestors().chain([source]);
                let found = places.map(|place| place.join(&path)).find(|place| place.exists());
                match found {
                    Some(there) => {
                        text += &text_of(&there);
                        folder = if there.is_dir() { there } else { there.parent().unwrap().to_path_buf() };
                    }
                    None => wrong.push(format!("there is no {path}: {row}")),
                }
            }
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let words: BTreeSet<&str> = text.split(|c| !is_part(c)).collect();
        let names = code.iter().filter(|c| c.chars().all(|c| is_part(c) || c == ':'));
        for name in names.flat_map(|c| c.split("::")).filter(|name| !words.contains(name)) {
            wrong.push(format!("no file of the row has {name}: {row}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Documentation is read at the item, often alone: its first sentence names what it is about. (Not yet in `data/layout`; what
/// `cli/verbs` says is help, read as a whole.)
#[test]
fn documentation_stands_alone() {
    let mut files = Vec::new();
    sources(Path::new(SOURCES), &mut files);
    let elsewhere = ["data/layout", "cli/verbs"].map(|room| Path::new(SOURCES).join(room));
    let mut leaning = Vec::new();
    for file in files.iter().filter(|file| !elsewhere.iter().any(|room| file.starts_with(room))) {
        let text = fs::read_to_string(file).unwrap();
        let mut before = "";
        for (number, line) in text.lines().map(str::trim).enumerate() {
            let leans = ["/// The same ", "/// The same,", "/// Of ", "/// Likewise"].iter().any(|start| line.starts_with(start));
            if leans && !before.starts_with("///") {
                leaning.push(format!("{}:{}: {line}", file.display(), number + 1));
            }
            before = line;
        }
    }
    assert!(leaning.is_empty(), "{}", leaning.join("\n"));
}
