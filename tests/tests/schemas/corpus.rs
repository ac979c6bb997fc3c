//! Schema pairs written by others.

use std::io::Write as _;

use revchain_tests::schemas::{catalog, contents, database, fill, is_empty, lost, plan, run};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    current_sql: String,
    desired_sql: String,
    kind: String,
    #[serde(default)]
    renames: Vec<(String, Option<String>, String, String)>,
}

/// What is alike on both sides, and has nothing to do with the rest.
const BYSTANDERS: &str = "
CREATE TABLE by_a (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '');
CREATE TABLE by_b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES by_a (id));
CREATE INDEX by_b_a ON by_b (a);
CREATE VIEW by_v AS SELECT by_b.id, name FROM by_b JOIN by_a ON by_a.id = a;
CREATE TRIGGER by_t AFTER DELETE ON by_a BEGIN DELETE FROM by_b WHERE a = OLD.id; END;
";

/// Adds words that make nothing, so that all of both sides is made and looked at.
fn told_apart(text: &str) -> String {
    format!("{text};\nSELECT 1;")
}

/// Returns what is wrong with the answer to a case.
fn judge(case: &Case) -> Result<(), String> {
    let plan = plan(&case.current_sql, &case.desired_sql, &[])?;
    if is_empty(&plan["upgrade"]) != (case.kind == "noop") {
        return Err(format!("the upgrade of a `{}` is {}", case.kind, plan["upgrade"]));
    }
    for text in [&case.current_sql, &case.desired_sql] {
        let same = self::plan(text, &told_apart(text), &[])?;
        if !is_empty(&same["upgrade"]) || !is_empty(&same["downgrade"]) {
            return Err(format!("a schema differs from itself: {same}"));
        }
    }
    let [from, to] =
        [&case.current_sql, &case.desired_sql].map(|text| format!("{text};{BYSTANDERS}"));
    let (rest, whole) = (self::plan(&from, &to, &[])?, self::plan(&from, &told_apart(&to), &[])?);
    if rest != whole {
        return Err(format!("beside what is alike another plan comes out: {rest}\n\n{whole}"));
    }
    let renamed = plan["renames"].as_array().map_or(0, Vec::len);
    if case.kind != "noop" && renamed != case.renames.len() {
        return Err(format!("{renamed} renames were used, not {}", case.renames.len()));
    }
    let current = database(&case.current_sql);
    let desired = database(&case.desired_sql);
    let (before, after) = (catalog(&current), catalog(&desired));
    let equal = |what: &str, found, wanted| {
        if found == wanted {
            Ok(())
        } else {
            Err(format!("{what}: {found:#?}\nis not {wanted:#?}"))
        }
    };
    run(&current, &plan["upgrade"])?;
    if case.kind != "noop" {
        equal("the upgrade", catalog(&current), after.clone())?;
    }
    run(&current, &plan["downgrade"])?;
    equal("the downgrade", catalog(&current), before.clone())?;

    let filled = database(&case.current_sql);
    fill(&filled);
    let rows = contents(&filled);
    if let Err(error) = run(&filled, &plan["upgrade"]) {
        if !plan["upgrade"].to_string().contains("refused_by_rows") {
            return Err(format!("rows are in the way, which was not said: {error}"));
        }
        if contents(&filled) != rows {
            return Err(format!("rows changed although it failed: {error}"));
        }
        return equal("the failed upgrade", catalog(&filled), before);
    }
    let upgraded = contents(&filled);
    let gone = lost(&rows, &upgraded, &plan, false);
    if !gone.is_empty() {
        return Err(gone.join("\n"));
    }
    if let Err(error) = run(&filled, &plan["downgrade"]) {
        let foreseen = plan["downgrade"].to_string().contains("refused_by_rows");
        return if foreseen { Ok(()) } else { Err(format!("the downgrade: {error}")) };
    }
    let gone = lost(&upgraded, &contents(&filled), &plan, true);
    if gone.is_empty() { Ok(()) } else { Err(gone.join("\n")) }
}

fn each_passes(file: &str, count: usize) {
    let folder = std::env::var_os("REVCHAIN_SHARED").map(std::path::PathBuf::from);
    let path = folder.map(|folder| folder.join("corpus").join(file)).filter(|path| path.exists());
    let Some(path) = path else {
        let note = format!("skipped: REVCHAIN_SHARED names no folder with corpus/{file}\n");
        std::io::stderr().write_all(note.as_bytes()).expect("stderr is there");
        return;
    };
    let text = std::fs::read_to_string(path).expect("it can be read");
    let cases: Vec<Case> = serde_json::from_str(&text).expect("it has cases");
    assert_eq!(cases.len(), count);
    let wrong = cases
        .iter()
        .filter_map(|case| judge(case).err().map(|error| format!("{}: {error}", case.name)));
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{} of {count} fail:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn each_case_of_sqldef_passes() {
    each_passes("sqldef_sqlite.json", 30);
}

#[test]
fn each_case_borrowed_from_other_dialects_passes() {
    each_passes("borrowed_sqlite.json", 238);
}

#[test]
fn each_case_of_alembic_passes() {
    each_passes("alembic_sqlite.json", 73);
}
