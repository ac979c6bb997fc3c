"""Schemas and sources of a size that a large application has."""

import random
import shutil

SEED = 1
TABLES = 500
CHANGED = 20
FILES = 1_000

TYPES = {
    "sqlite": {"key": "INTEGER", "word": "TEXT", "number": "INTEGER", "amount": "NUMERIC", "moment": "TEXT"},
    "postgres": {"key": "bigint", "word": "text", "number": "integer", "amount": "numeric(12, 2)", "moment": "timestamptz"},
}
WORDS = ["name", "code", "title", "email", "status", "note", "city", "street", "phone", "region"]
NUMBERS = ["quantity", "position", "weight", "version", "retries"]
MOMENTS = ["created_at", "updated_at", "deleted_at"]


class Table:
    """A table as data, so that a changed one is written by the same words."""

    def __init__(self, number, dice):
        self.name = f"items_{number:03}"
        self.columns = [("id", "key", " PRIMARY KEY")]
        self.checks, self.indexes, self.references = [], [], []
        for word in dice.sample(WORDS, dice.randint(3, 5)):
            self.columns.append((word, "word", dice.choice(["", " NOT NULL", " NOT NULL DEFAULT ''"])))
        for word in dice.sample(NUMBERS, dice.randint(2, 3)):
            self.columns.append((word, "number", dice.choice(["", " NOT NULL DEFAULT 0"])))
            if dice.random() < 0.3:
                self.checks.append(f"{word} >= 0")
        self.columns.append(("price", "amount", " NOT NULL DEFAULT 0"))
        for word in MOMENTS[:dice.randint(1, 3)]:
            self.columns.append((word, "moment", ""))
        for other in dice.sample(range(number), min(number, dice.choice([0, 1, 1, 2]))):
            self.columns.append((f"items_{other:03}_id", "key", ""))
            self.references.append(other)
        named = [name for name, kind, _ in self.columns if kind in ("word", "number")]
        self.indexes += [("", name) for name in dice.sample(named, dice.randint(1, 2))]
        if dice.random() < 0.2:
            self.indexes.append(("UNIQUE ", f"{named[0]}, {named[-1]}"))

    def change(self, way):
        """Changes it in one of the ways in which tables change."""
        if way == 0:
            self.columns.append(("added", "word", ""))
        elif way == 1:
            self.indexes.append(("", "price"))
        elif way == 2:
            self.columns.append(("added", "number", " NOT NULL DEFAULT 0"))
            self.indexes.append(("", "added"))
        elif way == 3:
            at = next(at for at, column in enumerate(self.columns) if column[1] == "moment")
            del self.columns[at]
        elif way == 4:
            self.checks.append("price >= 0")
        else:
            at = next(at for at, column in enumerate(self.columns) if column[1] == "number")
            name, _, rest = self.columns[at]
            self.columns[at] = (name, "amount", rest)

    def statements(self, types):
        parts = [f"    {name} {types[kind]}{rest}" for name, kind, rest in self.columns]
        parts += [f"    CHECK ({check})" for check in self.checks]
        for other in self.references:
            column = f"items_{other:03}_id"
            parts.append(f"    FOREIGN KEY ({column}) REFERENCES items_{other:03} (id) ON DELETE SET NULL")
        yield f"CREATE TABLE {self.name} (\n" + ",\n".join(parts) + "\n)"
        for number, (unique, on) in enumerate(self.indexes):
            yield f"CREATE {unique}INDEX {self.name}_{number} ON {self.name} ({on})"


def tables():
    dice = random.Random(SEED)
    return [Table(number, dice) for number in range(TABLES)]


def written(tables, dialect):
    """DDL: the tables with their indexes, a view on every tenth, a trigger on another tenth."""
    statements = []
    if dialect == "postgres":
        statements.append(
            "CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NEW.price := round(NEW.price, 2); RETURN NEW; END $$"
        )
    for table in tables:
        statements += table.statements(TYPES[dialect])
    for number, table in enumerate(tables):
        if number % 10 == 5:
            statements.append(f"CREATE VIEW {table.name}_cheap AS SELECT id, price FROM {table.name} WHERE price < 10")
        if number % 10 == 7 and dialect == "postgres":
            statements.append(
                f"CREATE TRIGGER {table.name}_touched BEFORE UPDATE ON {table.name} FOR EACH ROW EXECUTE FUNCTION touched()"
            )
        elif number % 10 == 7:
            statements.append(
                f"CREATE TRIGGER {table.name}_touched AFTER UPDATE OF price ON {table.name} BEGIN\n"
                f"    UPDATE {table.name} SET price = round(NEW.price, 2) WHERE id = NEW.id;\nEND"
            )
    return ";\n".join(statements) + ";\n"


def write(folder, dialect):
    """Writes a schema, the same with some tables changed, and both with words that make nothing; returns the paths by name.

    What both sides say in the same words is left out where it has to do with nothing that differs. Such words make all differ.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = tables()
    after = tables()
    for number in range(CHANGED):
        after[number * (TABLES // CHANGED)].change(number % 6)
    paths = {}
    for name, each in {"before": before, "after": after}.items():
        for ending, words in {"": "", " apart": "SELECT 1;\n"}.items():
            path = paths[name + ending] = folder / f"{dialect}_{name}{ending.replace(' ', '_')}.sql"
            path.write_text(written(each, dialect) + words)
    return paths


def write_sources(folder):
    """Writes sources: in each file a struct that is a table, others that are none, and code."""
    shutil.rmtree(folder, ignore_errors=True)
    dice = random.Random(SEED)
    for number in range(FILES):
        path = folder / f"area_{number % 20:02}" / f"part_{number:04}.rs"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source(number, dice))


def source(number, dice):
    fields = []
    for word in dice.sample(WORDS, 5):
        fields.append(f"    pub {word}: {dice.choice(['String', 'Option<String>'])},")
    for word in dice.sample(NUMBERS, 3):
        fields.append(f"    #[column(default = 0, check = \"{word} >= 0\")]\n    pub {word}: i64,")
    functions = [function(number, part, dice) for part in range(4)]
    lines = "\n".join(fields)
    return f"""//! Part {number} of an application.

use std::collections::BTreeMap;

use revchain::Table;
use serde::{{Deserialize, Serialize}};

/// What is kept of item {number}.
#[derive(Clone, Debug, Table)]
#[table(name = "items_{number}", index(name = "items_{number}_at", on = "created_at"))]
pub struct Item{number} {{
    #[column(primary_key)]
    pub id: i64,
{lines}
    pub created_at: Option<String>,
}}

/// What is sent of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct View{number} {{
    pub id: i64,
    pub labels: Vec<String>,
    pub totals: BTreeMap<String, f64>,
}}

impl View{number} {{
{"".join(functions)}}}

#[cfg(test)]
mod tests {{
    use super::*;

    #[test]
    fn an_empty_view_has_no_total() {{
        let view = View{number} {{ id: 1, labels: vec!["a".to_owned()], totals: BTreeMap::new() }};
        assert_eq!(view.total_0(&[1.0, 2.5], "none").ok(), Some(0.0));
        assert!(view.labels.iter().all(|label| label.len() < 100), "{{:?}}", view.labels);
    }}
}}
"""


def function(number, part, dice):
    least = dice.randint(1, 99)
    return f"""    /// Adds up what is above {least}.
    pub fn total_{part}(&self, amounts: &[f64], label: &str) -> Result<f64, String> {{
        let mut total = 0.0;
        for (at, amount) in amounts.iter().enumerate().filter(|(_, amount)| **amount > {least}.0) {{
            match self.labels.get(at) {{
                Some(found) if found == label => total += amount * 1.19,
                Some(found) if found.starts_with("item {number}") => total += amount,
                Some(_) => continue,
                None => return Err(format!("no label for {{at}} of {{}}: {{label}}", self.id)),
            }}
        }}
        let known = self.totals.get(label).copied().unwrap_or_default();
        if known > total {{ Ok(known) }} else {{ Ok(total - known / 2.0) }}
    }}
"""
