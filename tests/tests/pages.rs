//! The pages about problems and errors, the map of the code, and the pictures of the example say what is there.
//!
//! With `REVCHAIN_BLESS=1` the texts are written into the pages instead of compared.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use revchain_core::folder::Folder;
use revchain_core::lock::{FILE, Lock};
use revchain_core::problem::{Fact, Place, Problem, Reseal};
use revchain_core::set::Settings;
use revchain_core::{Dialect, check};
use revchain_tests::command::Desk;
use revchain_tests::sealing;

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

/// A block of a page: the words behind the backticks, and what stands in it.
#[derive(Clone)]
struct Block {
    info: String,
    text: String,
    /// The lines of the page between the fences.
    lines: std::ops::Range<usize>,
}

/// A code's section of a page.
struct Section {
    code: String,
    prose: String,
    blocks: Vec<Block>,
}

struct Page {
    path: PathBuf,
    lines: Vec<String>,
    before: Vec<Block>,
    sections: Vec<Section>,
}

impl Page {
    fn read(name: &str) -> std::io::Result<Self> {
        let path = root().join("docs").join(name);
        let lines: Vec<String> = fs::read_to_string(&path)?.lines().map(str::to_owned).collect();
        let mut page = Self { path, lines, before: Vec::new(), sections: Vec::new() };
        let mut open: Option<Block> = None;
        for (number, line) in page.lines.iter().enumerate() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(info)) => {
                    let lines = number + 1..number + 1;
                    open = Some(Block { info: info.to_owned(), text: String::new(), lines });
                }
                (Some(block), Some(_)) => {
                    block.lines.end = number;
                    let section = page.sections.last_mut();
                    section.map_or(&mut page.before, |s| &mut s.blocks).extend(open.take());
                }
                (Some(block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, None) => {
                    if let Some(code) = line.strip_prefix("### `").and_then(|l| l.strip_suffix('`'))
                    {
                        let (code, prose) = (code.to_owned(), String::new());
                        page.sections.push(Section { code, prose, blocks: Vec::new() });
                    } else if let Some(section) = page.sections.last_mut() {
                        section.prose.push_str(line);
                        section.prose.push(' ');
                    }
                }
            }
        }
        Ok(page)
    }

    /// Compares each section's text with what the code says of it, or writes it down.
    fn compare(&self, said: impl Fn(&Section, &Block) -> String) -> Result {
        let mut lines = self.lines.clone();
        let mut wrong = Vec::new();
        for section in self.sections.iter().rev() {
            let text = section.blocks.iter().find(|block| block.info == "text");
            let text = text.ok_or_else(|| format!("`{}` shows no message", section.code))?;
            let said = said(section, text);
            if said.trim_end() != text.text.trim_end() {
                wrong.push(format!("`{}`: the code says\n{said}", section.code));
                lines.splice(text.lines.clone(), said.trim_end().lines().map(str::to_owned));
            }
        }
        if !wrong.is_empty() && std::env::var_os("REVCHAIN_BLESS").is_some() {
            fs::write(&self.path, lines.join("\n") + "\n")?;
        } else if !wrong.is_empty() {
            let name = self.path.file_name().unwrap_or_default().display();
            return Err(format!("docs/{name} is not what is said:\n{}", wrong.join("\n")).into());
        }
        Ok(())
    }

    fn codes(&self) -> BTreeSet<&str> {
        let codes: BTreeSet<&str> = self.sections.iter().map(|s| s.code.as_str()).collect();
        assert_eq!(codes.len(), self.sections.len(), "a code has two sections");
        codes
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is above")
}

/// Returns the codes in the function `code` of a source file.
fn codes_of(source: &str) -> std::io::Result<BTreeSet<String>> {
    let text = fs::read_to_string(root().join(source))?;
    let matching = "fn code(&self) -> &'static str {\n        match self {";
    let (_, body) = text.split_once(matching).expect("the source has a function `code`");
    let (body, _) = body.split_once("\n    }\n").expect("it ends");
    Ok(body.split('"').skip(1).step_by(2).map(str::to_owned).collect())
}

#[test]
fn every_problem_has_its_section_and_its_message_is_what_is_reported() -> Result {
    let page = Page::read("problems.md")?;
    let codes = codes_of("core/src/problem.rs")?;
    assert_eq!(page.codes(), codes.iter().map(String::as_str).collect());
    let example = Example { base: page.before[0].clone() };
    page.compare(|section, _| {
        let problems = example.problems(section).expect("a temporary folder can be written");
        let own = problems.iter().filter(|problem| problem.code() == section.code);
        let texts: Vec<String> = own.map(|problem| format!("error: {problem}\n")).collect();
        assert!(!texts.is_empty(), "`{}`: the example is {problems:#?}", section.code);
        texts.join("\n")
    })
}

#[test]
fn every_error_has_its_section_and_its_message_and_exit_code_are_what_is_reported() -> Result {
    let page = Page::read("errors.md")?;
    let codes = codes_of("runtime/src/error/words.rs")?;
    assert_eq!(page.codes(), codes.iter().map(String::as_str).collect());
    // One value of each error, in words: the runtime's own test holds this file true.
    let snapshot = "runtime/src/error/snapshots/\
        revchain__error__tests__every_error_says_what_where_why_and_what_helps.snap";
    let snapshot = fs::read_to_string(root().join(snapshot))?;
    let errors: Vec<&str> = snapshot.split("\n\n").collect();
    page.compare(|section, block| {
        let mark = format!("[{}]\n", section.code);
        let own = errors.iter().filter(|error| format!("{error}\n").contains(&mark));
        let reports: Vec<(&str, &str)> =
            own.filter_map(|error| error.split_once("exit code ")?.1.split_once('\n')).collect();
        assert!(!reports.is_empty(), "`{}` is not among the errors", section.code);
        for (exit_code, _) in &reports {
            let named = section.prose.contains(&format!("xit code {exit_code}"))
                || section.prose.contains(&format!("; {exit_code} where"));
            assert!(named, "`{}` ends with exit code {exit_code}", section.code);
        }
        // An error has several forms: any of them is a good example.
        let is_shown = |(_, report): &&(&str, &str)| report.trim_end() == block.text.trim_end();
        let shown = reports.iter().find(is_shown).unwrap_or(&reports[0]);
        format!("{}\n", shown.1)
    })
}

#[test]
fn the_map_of_the_code_is_true() -> Result {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md"))?;
    let map = text.split("```").nth(1).expect("the map is the first block");
    let mut listed = BTreeSet::new();
    let mut crates = Vec::new();
    for line in map.lines().skip(1) {
        let path = line.split_whitespace().next().unwrap_or_default().trim_end_matches('/');
        if line.starts_with(' ') {
            listed.insert(format!("{}/{path}", crates.last().expect("a crate comes first")));
        } else {
            crates.push(path.to_owned());
        }
    }
    let gone: Vec<&String> =
        listed.iter().chain(&crates).filter(|path| !root().join(path).exists()).collect();
    assert!(gone.is_empty(), "on the map, and not there: {gone:?}");
    let mut there = BTreeSet::new();
    for package in crates.iter().filter(|path| listed.contains(&format!("{path}/src/lib.rs"))) {
        for entry in fs::read_dir(root().join(package).join("src"))? {
            there.insert(format!("{package}/src/{}", entry?.file_name().display()));
        }
    }
    let missing: Vec<&String> = there.difference(&listed).collect();
    assert!(missing.is_empty(), "there, and not on the map: {missing:?}");
    Ok(())
}

#[test]
fn the_pictures_of_the_example_are_what_is_drawn() -> Result {
    let drawn = |verb: &str| {
        let line = format!("--dir examples/tripplanner/migrations {verb}");
        let ended = Desk::new().run_in(&root().to_string_lossy(), &line);
        ended.done().stdout.clone()
    };
    let readme = root().join("README.md");
    let text = fs::read_to_string(&readme)?;
    let command = "$ cargo migrate --dir examples/tripplanner/migrations history --graph\n";
    let (before, rest) = text.split_once(command).expect("the README has the command");
    let (_, after) = rest.split_once("```\n").expect("the block ends");
    let current = format!("{before}{command}{}```\n{after}", drawn("history --graph"));
    let svg = drawn("graph --no-database --format svg");
    for (path, current) in [(readme, current), (root().join("docs/tripplanner.svg"), svg)] {
        if std::env::var_os("REVCHAIN_BLESS").is_some() {
            fs::write(&path, &current)?;
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        let help = "REVCHAIN_BLESS=1 cargo test -p revchain-tests --test pages";
        let name = path.file_name().unwrap_or_default().display();
        assert_eq!(written, current, "{name} is not what is drawn: {help}");
    }
    Ok(())
}

/// The folder that a section of the problems' page describes.
struct Example {
    base: Block,
}

impl Example {
    fn problems(&self, section: &Section) -> std::io::Result<Vec<Problem>> {
        let folder = tempfile::tempdir()?;
        let folder = folder.path();
        let sql = |kind: &'static str| {
            let is_kind = move |block: &&Block| block.info == kind;
            section.blocks.iter().filter(is_kind)
        };
        let settings = self.settings(section);
        write(folder, &self.base)?;
        for block in
            sql("sql").chain(sql("sql removed")).chain(sql("sql draft")).chain(sql("rust,ignore"))
        {
            write(folder, block)?;
        }
        let drafts: Vec<&str> = sql("sql draft").map(id).collect();
        sealing::write(folder, settings.clone(), &drafts)?;
        for block in sql("sql edited").chain(sql("sql unlisted")) {
            write(folder, block)?;
        }
        for block in sql("sql removed") {
            fs::remove_file(folder.join(name(block)))?;
        }
        for block in section.blocks.iter().filter(|block| block.info == "text lock") {
            fs::write(folder.join(FILE), &block.text)?;
        }
        let problem = |path: &str, fact| vec![Problem { place: Place::file(path), fact }];
        Ok(match section.code.as_str() {
            "draft-in-release" => check(&Folder::read(folder, "migrations")).drafts(),
            "unreadable-folder" => Folder::read(&folder.join("none"), "migrations").problems,
            "unreadable-revision" => {
                fs::create_dir(folder.join("9b1d77a0c2ee_create_trips.sql"))?;
                Folder::read(folder, "migrations").problems
            }
            "untracked-folder" => {
                problem("migrations", Fact::UntrackedFolder { folder: "migrations".to_owned() })
            }
            "resealed-revision" => resealed(folder, &self.base),
            _ => check(&Folder::read(folder, "migrations")).problems,
        })
    }

    fn settings(&self, section: &Section) -> Settings {
        let several = section.code == "missing-dialect";
        let dialects = [Dialect::Sqlite, Dialect::Postgres];
        sealing::settings(&dialects[..if several { 2 } else { 1 }])
    }
}

/// What `cargo migrate check --against` says of a seal that was made again.
fn resealed(folder: &Path, base: &Block) -> Vec<Problem> {
    let text = fs::read_to_string(folder.join(FILE)).expect("the lock was written");
    let lock = Lock::parse(&text).expect("it can be read");
    let place = Place::line("migrations/revisions.lock", &text, lock.line_of(id(base)));
    let id = id(base).to_owned();
    let against = "origin/main".to_owned();
    let change = Reseal::Upgrade;
    vec![Problem { place, fact: Fact::ResealedRevision { id, against, change } }]
}

fn write(folder: &Path, block: &Block) -> std::io::Result<()> {
    fs::write(folder.join(name(block)), &block.text)
}

fn id(block: &Block) -> &str {
    let line = block.text.lines().find_map(|line| line.split_once(" revision: ")).map(|(_, id)| id);
    line.expect("an example names its revision")
}

/// The file of a revision, named as `cargo migrate new` would, without the date.
fn name(block: &Block) -> String {
    let (mark, message) = block.text.split_once(' ').unwrap_or_default();
    let message = message.lines().next().unwrap_or_default();
    let ending = if mark == "//!" { "rs" } else { "sql" };
    format!("{}_{}.{ending}", id(block), message.replace(' ', "_"))
}
