//! Judges plans of `cargo migrate diff` on SQLite, by pragmas and values alone: nothing of the planner's own reading is used.

use std::collections::BTreeMap;

use revchain_core::{Dialect, TokenKind};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;

use crate::command::Desk;
use crate::random_schemas::Chance;

/// For each object what the database says of it.
pub type Catalog = BTreeMap<String, String>;

/// For each table and column its values, sorted; the number of rows under the name `*`.
pub type Contents = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Makes a database in memory, with foreign keys on.
///
/// # Panics
///
/// When SQLite refuses the text.
#[must_use]
pub fn database(sql: &str) -> Connection {
    let connection = Connection::open_in_memory().expect("SQLite is there");
    connection.execute_batch("PRAGMA foreign_keys = ON").expect("it is a setting");
    connection.execute_batch(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    connection
}

/// Asks for the plan between two texts; the error's words if there is none.
///
/// # Errors
///
/// What the command said.
///
/// # Panics
///
/// When what it printed is no JSON.
pub fn plan(from: &str, to: &str, flags: &[&str]) -> Result<Value, String> {
    let desk = Desk::new();
    for (name, text) in [("from.sql", from), ("to.sql", to)] {
        std::fs::write(desk.path().join(name), text).expect("a file can be written");
    }
    let words = ["diff", "--from", "from.sql", "--to", "to.sql", "--dialect", "sqlite", "--json"];
    let words: Vec<&str> = words.iter().chain(flags).copied().collect();
    let ended = desk.call(&words);
    if ended.code != 0 {
        return Err(format!("exit code {}: {}{}", ended.code, ended.stderr, ended.stdout));
    }
    Ok(serde_json::from_str(&ended.stdout).expect("JSON is printed"))
}

/// Tells whether a direction has nothing to do.
#[must_use]
pub fn is_empty(direction: &Value) -> bool {
    direction["parts"].as_array().is_none_or(Vec::is_empty)
}

/// Runs one direction of a plan by the runtime's protocol for such sections.
///
/// # Errors
///
/// What SQLite has against it; then all is as it was.
pub fn run(connection: &Connection, direction: &Value) -> Result<(), String> {
    for part in direction["parts"].as_array().into_iter().flatten() {
        let off = part["foreign_keys_off"] == true;
        let set = |on: bool| {
            let (keys, legacy) = if on { ("ON", "OFF") } else { ("OFF", "ON") };
            connection.execute_batch(&format!(
                "PRAGMA foreign_keys = {keys}; PRAGMA legacy_alter_table = {legacy}"
            ))
        };
        if off {
            set(false).map_err(|error| error.to_string())?;
        }
        let ran = run_part(connection, part, off);
        if ran.is_err() && !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK").map_err(|error| error.to_string())?;
        }
        if off {
            set(true).map_err(|error| error.to_string())?;
        }
        ran?;
    }
    Ok(())
}

fn run_part(connection: &Connection, part: &Value, off: bool) -> Result<(), String> {
    let execute =
        |sql: &str| connection.execute_batch(sql).map_err(|error| format!("{error}, at {sql}"));
    let violations = || violations(connection);
    let before = violations();
    execute("BEGIN IMMEDIATE")?;
    for statement in part["statements"].as_array().into_iter().flatten() {
        execute(statement["sql"].as_str().unwrap_or_default())?;
    }
    if off && let Some(new) = violations().iter().find(|one| !before.contains(one)) {
        return Err(format!("a foreign key is violated: {new}"));
    }
    execute("COMMIT")
}

/// Returns the rows that refer to nothing; SQLite checks no table with a foreign key that fits no unique key of its parent.
fn violations(connection: &Connection) -> Vec<String> {
    let tables = texts(connection, "SELECT name FROM sqlite_schema WHERE type = 'table'");
    let check = |table: &String| {
        let sql = "SELECT \"table\" || ' ' || coalesce(rowid, '') || ' ' || parent FROM pragma_foreign_key_check(?)";
        let mut statement = connection.prepare(sql).expect("it is sound");
        let found = statement.query_map([table], |row| row.get(0));
        found.and_then(Iterator::collect).unwrap_or_else(|error| {
            assert!(error.to_string().contains("foreign key mismatch"), "{error}");
            Vec::new()
        })
    };
    tables.iter().flat_map(check).collect()
}

/// Returns the catalog as the pragmas tell it, and of the texts what no pragma tells.
#[must_use]
pub fn catalog(connection: &Connection) -> Catalog {
    let mut catalog = Catalog::new();
    let objects = rows(
        connection,
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL \
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    );
    for object in objects {
        let [kind, name, table, sql] = &object[..] else { continue };
        let key = format!("{kind} {}", name.to_lowercase());
        if kind != "table" {
            let body = folded(sql).into_iter().skip_while(|token| token != "on" && token != "as");
            let body: Vec<String> = body.filter(|token| token != "asc").collect();
            catalog.insert(key, format!("{} {}", table.to_lowercase(), body.join(" ")));
            continue;
        }
        let quoted = Dialect::Sqlite.quote_literal(name);
        let mut facts = Vec::new();
        for query in [
            format!("SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo({quoted})"),
            format!("SELECT type, wr, strict FROM pragma_table_list WHERE name = {quoted}"),
        ] {
            facts.push(texts(connection, &query).join("\n").to_lowercase());
        }
        for query in [
            format!(
                "SELECT (SELECT group_concat(coalesce(name, '?') || \"desc\" || coll || key) \
                 FROM pragma_index_xinfo(l.name)), \"unique\", origin, partial \
                 FROM pragma_index_list({quoted}) l WHERE origin <> 'c'"
            ),
            format!(
                "SELECT \"table\", \"from\", \"to\", seq, on_update, on_delete FROM pragma_foreign_key_list({quoted})"
            ),
        ] {
            let mut lines = texts(connection, &query);
            lines.sort_unstable();
            lines.dedup();
            facts.push(lines.join("\n").to_lowercase());
        }
        let defaults = format!("SELECT name, dflt_value FROM pragma_table_xinfo({quoted})");
        for row in rows(connection, &defaults) {
            facts.push(format!("{} {}", row[0].to_lowercase(), folded(&row[1]).join(" ")));
        }
        facts.extend(clauses(&folded(sql)));
        catalog.insert(key, facts.join("\n"));
    }
    catalog
}

/// Returns what a table's text says that no pragma tells: checks, computed columns, collations, conflict clauses.
fn clauses(tokens: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match &**token {
            "check" | "as" => {
                let mut depth = 0;
                let end = tokens[at + 1..].iter().position(|token| {
                    depth += i32::from(token == "(") - i32::from(token == ")");
                    depth == 0
                });
                found.push(tokens[at..=at + 1 + end.unwrap_or_default()].join(" "));
            }
            "collate" | "conflict" => found.push(tokens[at..at + 2].join(" ")),
            "autoincrement" | "stored" | "deferred" => found.push(token.clone()),
            _ => {}
        }
    }
    found.sort_unstable();
    found
}

fn folded(sql: &str) -> Vec<String> {
    let split = Dialect::Sqlite.split(sql).expect("SQLite has taken it");
    let fold = |token: &revchain_core::Token<'_>| match token.kind {
        TokenKind::String => token.text.to_owned(),
        TokenKind::Identifier => token.text[1..token.text.len() - 1].to_lowercase(),
        _ => token.text.to_lowercase(),
    };
    split.tokens.iter().map(fold).collect()
}

/// Puts up to three rows into every table.
pub fn fill(connection: &Connection) {
    fill_with(connection, &mut value);
}

/// Puts up to three rows into every table: values of any type, wherever the table takes them.
pub fn fill_by_chance(connection: &Connection, seed: u64) {
    let mut chance = Chance(seed);
    fill_with(connection, &mut |kind, number| {
        let values = [
            "NULL",
            "0",
            "1",
            "2",
            "-7",
            "9007199254740993",
            "1.5",
            "-1234.5",
            "'1'",
            "'007'",
            "''",
            "'v1'",
            "'V1'",
            "'v1  '",
            "'1e2'",
            "x'00'",
            "x''",
        ];
        match chance.below(3) {
            0 => (*chance.one_of(&values)).to_owned(),
            _ => value(kind, number),
        }
    });
}

fn fill_with(connection: &Connection, value: &mut dyn FnMut(&str, u32) -> String) {
    let tables = tables(connection);
    // A row may want one of a table that comes later.
    for _ in 0..3 {
        for table in &tables {
            let name = Dialect::Sqlite.quote_identifier(table);
            let columns = columns(connection, table);
            for number in 1..=3 {
                let count = texts(connection, &format!("SELECT count(*) FROM {name}"));
                if count[0].parse::<u32>().is_ok_and(|count| count >= 3) {
                    break;
                }
                let needed: Vec<_> = columns.iter().filter(|column| column.needed).collect();
                for columns in [columns.iter().collect(), needed] {
                    let names =
                        columns.iter().map(|one| Dialect::Sqlite.quote_identifier(&one.name));
                    let names: Vec<String> = names.collect();
                    let values: Vec<String> =
                        columns.iter().map(|one| value(&one.kind, number)).collect();
                    let (names, values) = (names.join(", "), values.join(", "));
                    let sql = if names.is_empty() {
                        format!("INSERT INTO {name} DEFAULT VALUES")
                    } else {
                        format!("INSERT INTO {name} ({names}) VALUES ({values})")
                    };
                    if connection.execute_batch(&sql).is_ok() {
                        break;
                    }
                }
            }
        }
    }
}

fn value(kind: &str, number: u32) -> String {
    let has = |parts: &[&str]| parts.iter().any(|part| kind.contains(part));
    if has(&["int", "serial"]) {
        number.to_string()
    } else if has(&["bool"]) {
        (number % 2).to_string()
    } else if has(&["real", "floa", "doub", "num", "dec"]) {
        format!("{number}.5")
    } else if has(&["blob", "byte"]) {
        format!("x'00{number:02}'")
    } else {
        format!("'v{number}'")
    }
}

struct Column {
    name: String,
    kind: String,
    needed: bool,
}

fn columns(connection: &Connection, table: &str) -> Vec<Column> {
    let table = Dialect::Sqlite.quote_literal(table);
    let sql = format!(
        "SELECT name, lower(type), \"notnull\" OR pk FROM pragma_table_xinfo({table}) WHERE hidden = 0"
    );
    let column = |row: Vec<String>| Column {
        name: row[0].clone(),
        kind: row[1].clone(),
        needed: row[2] == "1",
    };
    rows(connection, &sql).into_iter().map(column).collect()
}

fn tables(connection: &Connection) -> Vec<String> {
    texts(
        connection,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND sql NOT LIKE 'create virtual%' ORDER BY rowid",
    )
}

/// Returns all values, by folded names.
#[must_use]
pub fn contents(connection: &Connection) -> Contents {
    let mut contents = Contents::new();
    for table in tables(connection) {
        let name = Dialect::Sqlite.quote_identifier(&table);
        let entry = contents.entry(table.to_lowercase()).or_default();
        entry.insert("*".to_owned(), texts(connection, &format!("SELECT count(*) FROM {name}")));
        for column in columns(connection, &table) {
            let quoted = Dialect::Sqlite.quote_identifier(&column.name);
            let mut values = texts(connection, &format!("SELECT {quoted} FROM {name}"));
            values.sort_unstable();
            entry.insert(column.name.to_lowercase(), values);
        }
    }
    contents
}

/// Says what of one database another has lost; renames are pairs of `table` or `table.column`, new and old.
#[must_use]
pub fn lost(before: &Contents, after: &Contents, plan: &Value, reversed: bool) -> Vec<String> {
    let [old, new] = if reversed { ["new", "old"] } else { ["old", "new"] };
    let same = |value: &Value, text: &str| {
        value.as_str().is_some_and(|value| value.eq_ignore_ascii_case(text))
    };
    // What has the former name of something else is new.
    let was = |kind: &str, table: Option<&str>, name: &str| {
        let renames = || {
            let all = plan["renames"].as_array().into_iter().flatten();
            all.filter(|one| {
                one["kind"] == kind && table.is_none_or(|table| same(&one["table"], table))
            })
        };
        match renames().find(|one| same(&one[new], name)) {
            Some(rename) => rename[old].as_str().map(str::to_lowercase),
            None if renames().any(|one| same(&one[old], name)) => None,
            None => Some(name.to_lowercase()),
        }
    };
    let mut lost = Vec::new();
    for (table, columns) in after {
        let Some(table_before) = was("table", None, table) else { continue };
        let Some(were) = before.get(&table_before) else { continue };
        // A rename of a column names its table as the upgrade leaves it.
        let named = if reversed { &table_before } else { table };
        for (column, values) in columns {
            let was = was("column", Some(named), column).and_then(|name| were.get(&name));
            let is_kept = |was: &Vec<String>| {
                // Where NULL is no longer allowed a default takes its place.
                let mut left = values.clone();
                let mut found = was.iter().filter(|value| *value != "NULL").map(|value| {
                    left.iter().position(|one| one == value).map(|at| left.remove(at))
                });
                was.len() == values.len() && found.all(|found| found.is_some())
            };
            if was.is_some_and(|was| !is_kept(was)) {
                lost.push(format!("{table}.{column}: {was:?} became {values:?}"));
            }
        }
    }
    lost
}

fn texts(connection: &Connection, sql: &str) -> Vec<String> {
    rows(connection, sql).into_iter().map(|row| row.join("|")).collect()
}

fn rows(connection: &Connection, sql: &str) -> Vec<Vec<String>> {
    let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    let columns = statement.column_count();
    let mut rows = statement.query([]).expect("it was prepared");
    let mut texts = Vec::new();
    while let Some(row) = rows.next().expect("it can be read") {
        let value = |column| match row.get_ref(column).expect("it is there") {
            ValueRef::Null => "NULL".to_owned(),
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Real(number) => number.to_string(),
            ValueRef::Text(bytes) => {
                let text = String::from_utf8_lossy(bytes).into_owned();
                // The text of a number is the same as the number.
                let number = text.parse::<f64>().ok().filter(|one| format!("{one:?}") == text);
                number.map_or(text, |number| number.to_string())
            }
            ValueRef::Blob(bytes) => format!("{bytes:02x?}"),
        };
        texts.push((0..columns).map(value).collect());
    }
    texts
}
