//! Which statements of a SQLite section rebuild a table.

use super::facts::Words;
use super::sqlite::{Pragma, name};
use super::{Split, UnsafeRebuild, UnsafeRebuildKind};
use crate::map::Places;

/// As [`Dialect::unsafe_rebuilds`](super::Dialect::unsafe_rebuilds).
pub(super) fn unsafe_rebuilds(split: &Split<'_>) -> Vec<UnsafeRebuild> {
    let begins = |words: &[&str]| {
        let mut statements = split.statements.iter();
        statements.any(|statement| split.tokens[statement.tokens.start].is_any(words))
    };
    let may_rebuild = || begins(&["drop"]) && begins(&["create", "alter"]);
    if !(begins(&["pragma"]) || may_rebuild()) {
        return Vec::new();
    }
    let mut tables = Tables::default();
    let mut found = Vec::new();
    for statement in 0..split.statements.len() {
        let tokens = split.tokens_of(statement);
        if Pragma::read(tokens).is_some_and(|pragma| pragma.sets("foreign_keys")) {
            found.push(UnsafeRebuild { statement, kind: UnsafeRebuildKind::ForeignKeysPragma });
        } else if let Some(change) = Change::read(Words::new(tokens)) {
            tables.apply(change, statement);
        }
    }
    tables.rebuilds(&mut found);
    found
}

impl Pragma {
    fn sets(&self, name: &str) -> bool {
        self.has_value && self.name == name
    }
}

/// A table's schema, if it is not `main`, and its name.
#[derive(Clone)]
struct Name {
    schema: Option<String>,
    table: String,
}

impl Name {
    fn read(words: &mut Words<'_, '_>) -> Option<Self> {
        let first = name(words.pop()?)?;
        if !words.take_sign(".") {
            return Some(Self { schema: None, table: first });
        }
        let schema = Some(first).filter(|schema| schema != "main");
        Some(Self { schema, table: name(words.pop()?)? })
    }

    fn temporary(self) -> Self {
        Self { schema: Some("temp".into()), ..self }
    }

    fn is_temporary(&self) -> bool {
        self.schema.as_deref() == Some("temp")
    }

    /// No name holds a NUL.
    fn key(&self) -> String {
        format!("{}\0{}", self.schema.as_deref().unwrap_or_default(), self.table)
    }
}

/// What a statement does to a table.
enum Change {
    Create { name: Name, may_exist: bool },
    Drop(Name),
    Rename { from: Name, to: String },
}

impl Change {
    fn read(mut words: Words<'_, '_>) -> Option<Self> {
        if words.take(&["drop", "table"]) {
            words.take(&["if", "exists"]);
            return Name::read(&mut words).map(Self::Drop);
        }
        if words.take(&["alter", "table"]) {
            let from = Name::read(&mut words)?;
            let renames = words.take(&["rename", "to"]);
            return Some(Self::Rename { from, to: renames.then(|| name(words.pop()?))?? });
        }
        if !words.take(&["create"]) {
            return None;
        }
        let is_temporary = words.take_any(&["temp", "temporary"]);
        if !words.take(&["table"]) {
            return None;
        }
        let may_exist = words.take(&["if", "not", "exists"]);
        let name = Name::read(&mut words)?;
        let name = if is_temporary { name.temporary() } else { name };
        Some(Self::Create { name, may_exist })
    }
}

/// Where a table comes from.
#[derive(Clone)]
enum Origin {
    /// The section made it, under a name that was free.
    Fresh,
    /// Children may refer to it, by the name that it had before the section or has taken over.
    Referenced(Name),
}

/// The names a section has touched.
#[derive(Default)]
struct Tables {
    names: Vec<Touched>,
    places: Places<'static>,
}

struct Touched {
    name: Name,
    /// The table that has the name now; none where it was not touched, or has gone.
    present: Option<Origin>,
    /// What became of the name, where a referenced table gave it up.
    given_up: Option<Fate>,
}

/// Whether a name was taken again, and by which statement the first table that had it was dropped.
#[derive(Default)]
struct Fate {
    is_taken_again: bool,
    dropped_by: Option<usize>,
}

impl Tables {
    fn apply(&mut self, change: Change, statement: usize) {
        match change {
            Change::Create { name, may_exist } => self.arrive(name, Origin::Fresh, may_exist),
            Change::Drop(name) => {
                if let Some(Origin::Referenced(origin)) = self.leave(name) {
                    let fate = self.touched(&origin).given_up.get_or_insert_default();
                    fate.dropped_by.get_or_insert(statement);
                }
            }
            Change::Rename { from, to } => {
                let from = self.resolve(from);
                let to = Name { schema: from.schema.clone(), table: to };
                if let Some(origin) = self.leave(from) {
                    self.arrive(to, origin, false);
                }
            }
        }
    }

    fn touched(&mut self, name: &Name) -> &mut Touched {
        let next = self.names.len();
        let place = self.places.insert_first(name.key().into(), next as u32) as usize;
        if place == next {
            self.names.push(Touched { name: name.clone(), present: None, given_up: None });
        }
        &mut self.names[place]
    }

    /// An unqualified name means the temporary table, if there is one.
    fn resolve(&mut self, name: Name) -> Name {
        let temporary = name.clone().temporary();
        if name.schema.is_none() && self.touched(&temporary).present.is_some() {
            temporary
        } else {
            name
        }
    }

    /// Gives up a name, and returns what had it.
    fn leave(&mut self, name: Name) -> Option<Origin> {
        let name = self.resolve(name);
        let touched = self.touched(&name);
        let origin = touched.present.take();
        if name.is_temporary() {
            return Some(Origin::Fresh);
        }
        let origin = origin.unwrap_or_else(|| Origin::Referenced(name.clone()));
        if let Origin::Referenced(_) = origin {
            touched.given_up.get_or_insert_default();
        }
        Some(origin)
    }

    fn arrive(&mut self, name: Name, origin: Origin, may_exist: bool) {
        let touched = self.touched(&name);
        if let Some(fate) = touched.given_up.as_mut().filter(|_| !name.is_temporary()) {
            fate.is_taken_again = true;
            touched.present = Some(Origin::Referenced(name));
        } else if !may_exist {
            touched.present = Some(origin);
        }
    }

    /// Puts in the rebuilt tables, each at the statement that drops it: the last, where one drops several.
    fn rebuilds(self, found: &mut Vec<UnsafeRebuild>) {
        for Touched { name, given_up, .. } in self.names {
            let Some(Fate { is_taken_again: true, dropped_by: Some(statement) }) = given_up else {
                continue;
            };
            let table = match name.schema {
                Some(schema) => format!("{schema}.{}", name.table),
                None => name.table,
            };
            let mut at = 0;
            while at < found.len() && found[at].statement < statement {
                at += 1;
            }
            let rebuild = UnsafeRebuild { statement, kind: UnsafeRebuildKind::Rebuild { table } };
            if at < found.len() && found[at].statement == statement {
                found[at] = rebuild;
            } else {
                found.insert(at, rebuild);
            }
        }
    }
}
