//! Plans between schemas of MySQL and MariaDB, run by hand and judged by what the server says, with rows in every table.

mod cases;
mod judge;
mod random;
mod tables;

use revchain_tests::command::Desk;
use serde_json::Value;

/// Asks for the plan between two texts; the error's words if there is none.
fn plan(url: &str, from: &str, to: &str, flags: &[&str]) -> Result<Value, String> {
    let desk = Desk::new();
    for (name, text) in [("from.sql", from), ("to.sql", to)] {
        std::fs::write(desk.path().join(name), text).expect("a file can be written");
    }
    let words = ["diff", "--from", "from.sql", "--to", "to.sql", "--dialect", "mysql", "--json"];
    let server = ["--scratch-url", url];
    let words: Vec<&str> = words.iter().chain(&server).chain(flags).copied().collect();
    let ended = desk.call(&words);
    if ended.code != 0 {
        return Err(format!("exit code {}: {}{}", ended.code, ended.stderr, ended.stdout));
    }
    Ok(serde_json::from_str(&ended.stdout).expect("JSON is printed"))
}

/// Returns the statements of one direction of a plan.
fn statements(direction: &Value) -> Vec<String> {
    let parts = direction["parts"].as_array().into_iter().flatten();
    let all = parts.flat_map(|part| part["statements"].as_array().into_iter().flatten());
    all.map(|one| one["sql"].as_str().unwrap_or_default().to_owned()).collect()
}
