//! The cases: what is asked, and what Alembic answered.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A graph, where a database is on it, a command, and Alembic's answer.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// What the case is called.
    #[serde(default)]
    pub id: Value,
    /// In the order of the files.
    pub revisions: Vec<Revision>,
    /// The heads of what is applied.
    #[serde(default)]
    pub current: Vec<String>,
    /// The command.
    pub command: String,
    /// What the command is given: a word, or several.
    #[serde(default)]
    pub target: Value,
    /// For `stamp`: whether everything is forgotten first.
    #[serde(default)]
    pub purge: bool,
    /// For `revision`: what it revises.
    #[serde(default)]
    pub head: Value,
    /// For `revision`: whether it may begin a branch.
    #[serde(default)]
    pub splice: bool,
    /// For `revision`: its labels.
    #[serde(default)]
    pub labels: Value,
    /// For `revision`: what it depends on.
    #[serde(default)]
    pub depends_on: Value,
    /// For `heads`: whether what is depended on is left out.
    #[serde(default)]
    pub resolve_dependencies: bool,
    /// For `iterate`: its options.
    #[serde(default)]
    pub flags: BTreeMap<String, bool>,
    /// For `iterate`: where it begins and ends.
    #[serde(default)]
    pub upper: Value,
    /// For `iterate`: where it begins and ends.
    #[serde(default)]
    pub lower: Value,
    /// Whether the database is where one can be.
    #[serde(default)]
    pub state: String,
    /// Why Alembic's own check refuses the graph, if it does.
    #[serde(default)]
    pub broken: Option<String>,
    /// Whether the answer does not depend on how Python hashes.
    #[serde(default = "yes")]
    pub core_stable: bool,
    /// Alembic's answer.
    pub expect: Expected,
}

/// What Alembic answered.
#[derive(Clone, Debug, Deserialize)]
pub struct Expected {
    /// The answer.
    #[serde(default)]
    pub ok: Option<Value>,
    /// A refusal (`user`) or a traceback (`internal`).
    #[serde(default)]
    pub error: Option<Refusal>,
}

/// Why Alembic did not answer.
#[derive(Clone, Debug, Deserialize)]
pub struct Refusal {
    /// `user` or `internal`.
    pub kind: String,
    /// Its words.
    #[serde(default)]
    pub message: Option<String>,
}

/// A revision of a case.
#[derive(Clone, Debug, Deserialize)]
pub struct Revision {
    /// The id.
    pub id: String,
    /// What it revises.
    pub down: Vec<String>,
    /// Ids or labels.
    pub depends_on: Vec<String>,
    /// Names of its branch.
    pub labels: Vec<String>,
}

fn yes() -> bool {
    true
}

/// Reads a file: a case on each line, or the topologies and facts of Alembic's own tests.
///
/// # Errors
///
/// Neither can be read from it.
pub fn read(text: &str) -> Result<Vec<Case>, serde_json::Error> {
    match serde_json::from_str::<Facts>(text) {
        Ok(facts) => facts.cases(),
        Err(_) => {
            text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str).collect()
        }
    }
}

/// Graphs by name, and what Alembic's tests assert on each.
#[derive(Deserialize)]
struct Facts {
    topologies: BTreeMap<String, Topology>,
    facts: Vec<Value>,
}

#[derive(Deserialize)]
struct Topology {
    revisions: Value,
}

impl Facts {
    fn cases(self) -> Result<Vec<Case>, serde_json::Error> {
        let mut cases = Vec::new();
        for mut fact in self.facts {
            let topology = fact["topology"].as_str().unwrap_or_default().to_owned();
            let revisions =
                self.topologies.get(&topology).map(|topology| topology.revisions.clone());
            fact["revisions"] = revisions.unwrap_or_default();
            fact["id"] = fact["test"].clone();
            let error = fact.get("error").cloned();
            fact["expect"] = match error {
                Some(error) => serde_json::json!({ "error": error }),
                None => {
                    let part = |name: &str| fact.get(name).cloned().unwrap_or_default();
                    serde_json::json!({"ok": {
                        "steps": part("steps"), "heads": part("heads"), "revs": part("revs"),
                    }})
                }
            };
            cases.push(serde_json::from_value(fact)?);
        }
        Ok(cases)
    }
}

/// Returns the words of a value: none, one or several.
pub(super) fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().flat_map(words).collect(),
        Value::String(word) => vec![word.clone()],
        other => vec![other.to_string()],
    }
}
