//! The pages about coming from another tool: what they tell people to type prints what stands there.
//!
//! A comment `<!-- file: PATH` holds a file of the reader's project; `<!-- file: PATH -->` says that the next block is one. In a
//! block marked `console`, lines that begin with `$ ` are typed, and the others are what comes of it. With `REVCHAIN_BLESS=1`
//! it is written into the pages instead of compared.

use std::fs;
use std::path::Path;
use std::process::Command;

use revchain_tests::alembic::python;
use revchain_tests::command::Desk;
use rusqlite::Connection;

const PAGES: [&str; 5] =
    ["from-alembic.md", "from-sqlx.md", "from-diesel.md", "from-refinery.md", "from-dbmate.md"];

/// Types a line, and returns what comes of it.
fn typed(desk: &Desk, python: Option<&Path>, line: &str) -> String {
    if let Some(words) = line.strip_prefix("cargo migrate ") {
        let ended = desk.run(words);
        return times(&format!("{}{}", ended.stdout, ended.stderr));
    }
    if let Some((database, script)) =
        line.strip_prefix("sqlite3 ").and_then(|words| words.split_once(" < "))
    {
        let connection = Connection::open(desk.at(database)).expect("it opens");
        connection.execute_batch(&desk.read(script)).expect("it runs");
        return String::new();
    }
    let words = line.strip_prefix("alembic ").unwrap_or_else(|| panic!("`{line}` is not known"));
    let python = python.unwrap_or_else(|| panic!("`{line}` is of no page about Alembic"));
    let output = Command::new(python)
        .args(["-m", "alembic"])
        .args(words.split(' '))
        .current_dir(desk.path())
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Puts one time in the place of all: `(0.4 ms)`.
fn times(text: &str) -> String {
    let mut line = String::new();
    for one in text.split_inclusive('\n') {
        match (one.rfind('('), one.trim_end().strip_suffix(" ms)")) {
            (Some(start), Some(_)) => line.push_str(&format!("{}(1.0 ms)\n", &one[..start])),
            _ => line.push_str(one),
        }
    }
    line
}

/// Returns the page as it would be with what comes of its commands.
fn lived(page: &str, python: Option<&Path>) -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    let desk = Desk::new().set("DATABASE_URL", "sqlite:app.db").set("PATH", &path);
    // As an environment that is active says where its Python is.
    let active = python.and_then(Path::parent).and_then(Path::parent);
    let active = active.filter(|folder| folder.is_dir());
    let desk = match active {
        Some(folder) => desk.set("VIRTUAL_ENV", &folder.to_string_lossy()),
        None => desk,
    };
    let mut out = String::new();
    let mut lines = page.lines();
    let mut file: Option<String> = None;
    while let Some(line) = lines.next() {
        out.push_str(&format!("{line}\n"));
        let named = line.strip_prefix("<!-- file: ");
        if let Some(path) = named.and_then(|rest| rest.strip_suffix(" -->")) {
            file = Some(path.to_owned());
        } else if let Some(path) = named {
            let mut text = String::new();
            for line in lines.by_ref().take_while(|line| *line != "-->") {
                text.push_str(&format!("{line}\n"));
            }
            out.push_str(&format!("{text}-->\n"));
            desk.write(path, &text);
        } else if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if let Some(path) = file.take() {
                desk.write(&path, &format!("{}\n", block.join("\n")));
            }
            if language == "console" {
                for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                    out.push_str(&format!("$ {command}\n{}", typed(&desk, python, command)));
                }
            } else {
                block.iter().for_each(|line| out.push_str(&format!("{line}\n")));
            }
            out.push_str("```\n");
        }
    }
    out
}

#[test]
fn what_the_pages_tell_people_to_type_prints_what_stands_there() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    for name in PAGES {
        let is_alembic = name == "from-alembic.md";
        let python = if is_alembic { python() } else { None };
        if is_alembic && python.is_none() {
            continue;
        }
        let path = docs.join(name);
        let page = fs::read_to_string(&path).expect("the page is there");
        let lived = lived(&page, python.as_deref());
        if std::env::var_os("REVCHAIN_BLESS").is_some() {
            fs::write(&path, lived).expect("it is written");
        } else {
            assert_eq!(page, lived, "docs/{name}: REVCHAIN_BLESS=1 writes it");
        }
    }
}
