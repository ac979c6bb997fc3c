//! What must become of an object because of what becomes of those that it needs.

use std::collections::VecDeque;

use super::super::catalog::{Body, Catalog, Table, table_key};
use super::super::names::{quote, tokens};
use super::fate::{Fate, Fates};
use crate::{Key, Kind};

/// What happens to something that others need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// It is dropped before anything is made.
    Goes,
    /// A column gets another type.
    Retyped,
    /// A type is swapped for a new one of its name.
    Swapped,
}

/// Follows each change to all that needs what changes.
pub(super) fn spread(fates: &mut Fates, from: &Catalog, to: &Catalog) {
    let mut queue: VecDeque<(Key, Event)> = VecDeque::new();
    for key in fates.changing.keys().filter(|key| from.objects.contains_key(key)) {
        queue.extend(event(key, fates).map(|event| (key.clone(), event)));
    }
    for key in &fates.retyped {
        queue.push_back((key.clone(), Event::Retyped));
    }
    if queue.is_empty() {
        return;
    }
    let needed_by = from.needed_by();
    while let Some((key, event)) = queue.pop_front() {
        if key.kind == Kind::Table && fates.of(&key) == Fate::Recreate {
            // All that is part of a table is made anew with it.
            let parts: Vec<_> = from.parts(&key).map(|(key, _)| key.clone()).collect();
            for part in parts {
                if matches!(fates.of(&part), Fate::Same | Fate::Alter) {
                    fates.changing.insert(part.clone(), Fate::Recreate);
                    queue.push_back((part, Event::Goes));
                }
            }
            // A child that gets its parent again has all columns as its own.
            for child in from.children(&key).filter(|child| inherits(to, child, &key)) {
                if matches!(fates.of(child), Fate::Same | Fate::Alter) {
                    fates.changing.insert(child.clone(), Fate::Recreate);
                    queue.push_back((child.clone(), Event::Goes));
                }
            }
        }
        if event == Event::Retyped && divides(from, &key) {
            let table = table_key(&key);
            if matches!(fates.of(&table), Fate::Same | Fate::Alter) {
                fates.changing.insert(table.clone(), Fate::Recreate);
                queue.push_back((table, Event::Goes));
            }
        }
        for dependent in needed_by.get(&key).into_iter().flatten() {
            let spreading = Spreading { from, to, key: &key, event };
            spreading.reach(dependent, fates, &mut queue);
        }
    }
}

/// Whether a column is one by which its table is divided: PostgreSQL gives it no other type.
fn divides(catalog: &Catalog, column: &Key) -> bool {
    let by = catalog.table(column).and_then(|table| table.partition_by.as_ref());
    by.is_some_and(|by| tokens(by).contains(&quote(&column.name).as_str()))
}

fn inherits(catalog: &Catalog, child: &Key, parent: &Key) -> bool {
    let is_child = |table: &Table| table.bound.is_none() && table.parents.contains(parent);
    catalog.table(child).is_some_and(is_child)
}

fn event(key: &Key, fates: &Fates) -> Option<Event> {
    match (fates.of(key), key.kind) {
        (Fate::Recreate, Kind::Enum | Kind::Domain | Kind::Type) => Some(Event::Swapped),
        (Fate::Recreate, _) => Some(Event::Goes),
        (Fate::Drop, _) if fates.early.contains(key) => Some(Event::Goes),
        (Fate::Drop, Kind::Index | Kind::Constraint | Kind::View | Kind::MaterializedView) => {
            Some(Event::Goes)
        }
        _ => None,
    }
}

struct Spreading<'a> {
    from: &'a Catalog,
    to: &'a Catalog,
    key: &'a Key,
    event: Event,
}

impl Spreading<'_> {
    fn reach(&self, dependent: &Key, fates: &mut Fates, queue: &mut VecDeque<(Key, Event)>) {
        if dependent.table.is_some() && self.is_its_own_table(dependent) {
            return;
        }
        if self.is_taken_off(dependent, fates) {
            return;
        }
        match fates.of(dependent) {
            Fate::Same | Fate::Alter => {}
            // What would be dropped last must go first now.
            Fate::Drop if dependent.kind == Kind::Domain && self.key.kind == Kind::Function => {
                return;
            }
            Fate::Drop
                if self.event == Event::Goes
                    && self.key.kind != Kind::Column
                    && is_late(dependent.kind) =>
            {
                let sequence_of_a_column =
                    dependent.kind == Kind::Column && self.key.kind == Kind::Sequence;
                if !sequence_of_a_column
                    && self.key.kind != Kind::Table
                    && fates.early.insert(dependent.clone())
                {
                    queue.push_back((dependent.clone(), Event::Goes));
                }
                return;
            }
            _ => return,
        }
        let recreate = |fates: &mut Fates, queue: &mut VecDeque<(Key, Event)>| {
            fates.changing.insert(dependent.clone(), Fate::Recreate);
            queue.extend(event(dependent, fates).map(|event| (dependent.clone(), event)));
        };
        match dependent.kind {
            Kind::Column => self.column(dependent, fates, queue),
            Kind::Table => {
                let by = self.from.table(dependent).and_then(|table| table.partition_by.as_ref());
                // A function by which it is divided.
                if self.event == Event::Goes && self.key.kind == Kind::Function && by.is_some() {
                    recreate(fates, queue);
                }
            }
            Kind::ForeignKey if self.event == Event::Retyped => {
                if !self.stays_comparable(dependent) {
                    recreate(fates, queue);
                }
            }
            Kind::Constraint | Kind::Index if self.event == Event::Retyped => {
                if self.is_rewritten(dependent) {
                    recreate(fates, queue);
                }
            }
            // Its default and its checks go; nothing else of it needs a function.
            Kind::Domain if self.key.kind == Kind::Function => {
                fates.changing.entry(dependent.clone()).or_insert(Fate::Alter);
            }
            Kind::Schema | Kind::Extension | Kind::Sequence => {}
            Kind::Statistics if self.event == Event::Retyped => {}
            _ => recreate(fates, queue),
        }
    }

    /// The index of a partition that is taken off its table stays.
    fn is_taken_off(&self, dependent: &Key, fates: &Fates) -> bool {
        let parent = match self.from.objects.get(dependent).map(|object| &object.body) {
            Some(Body::Index(body)) => body.parent.as_ref(),
            Some(Body::Constraint(body)) => body.parent.as_ref(),
            _ => None,
        };
        let (Some(old), Some(new)) = (self.from.table(dependent), self.to.table(dependent)) else {
            return false;
        };
        let rebuilt = old.parents.iter().any(|parent| fates.of(parent) == Fate::Recreate);
        parent == Some(self.key)
            && (rebuilt || old.parents != new.parents || old.bound != new.bound)
    }

    /// Parts follow their table by another way.
    fn is_its_own_table(&self, dependent: &Key) -> bool {
        let is_table = self.key.kind == Kind::Table;
        is_table
            && self.key.schema == dependent.schema
            && dependent.table.as_ref() == Some(&self.key.name)
    }

    fn column(&self, column: &Key, fates: &mut Fates, queue: &mut VecDeque<(Key, Event)>) {
        let Some(old) = self.from.column(column) else { return };
        if old.generated && self.key.kind != Kind::Sequence {
            fates.changing.insert(column.clone(), Fate::Recreate);
            queue.push_back((column.clone(), Event::Goes));
            return;
        }
        match (self.event, self.key.kind) {
            (Event::Swapped, _) => {
                fates.changing.insert(column.clone(), Fate::Alter);
                fates.default_goes.insert(column.clone());
                if fates.retyped.insert(column.clone()) {
                    queue.push_back((column.clone(), Event::Retyped));
                }
            }
            (Event::Goes, Kind::Function | Kind::Sequence) => {
                fates.changing.insert(column.clone(), Fate::Alter);
                fates.default_goes.insert(column.clone());
            }
            _ => {}
        }
    }

    /// Numbers can be compared with numbers, texts with texts.
    fn stays_comparable(&self, foreign_key: &Key) -> bool {
        let Some(Body::Constraint(body)) =
            self.to.objects.get(foreign_key).map(|object| &object.body)
        else {
            return false;
        };
        let Some(references) = &body.references else { return false };
        let own =
            |name: &String| Key { kind: Kind::Column, name: name.clone(), ..foreign_key.clone() };
        let their = |name: &String| Key {
            kind: Kind::Column,
            schema: references.schema.clone(),
            table: Some(references.name.clone()),
            name: name.clone(),
        };
        let integers = ["smallint", "integer", "bigint"];
        let is_integer = |catalog: &Catalog, key: Key| {
            catalog.column(&key).is_some_and(|column| integers.contains(&column.data_type.as_str()))
        };
        let all = body.columns.iter().map(own).chain(body.referenced_columns.iter().map(their));
        all.into_iter().all(|key| is_integer(self.from, key.clone()) && is_integer(self.to, key))
    }

    /// Whether PostgreSQL would have to understand the expressions of it anew.
    fn is_rewritten(&self, dependent: &Key) -> bool {
        let expressive = match self.from.objects.get(dependent).map(|object| &object.body) {
            Some(Body::Constraint(body)) => body.expression.is_some() || body.kind == 'x',
            Some(Body::Index(body)) => body.has_expressions || body.predicate.is_some(),
            _ => true,
        };
        let (old, new) = (self.from.column(self.key), self.to.column(self.key));
        let other_kind = match (old, new) {
            (Some(old), Some(new)) => {
                old.category != new.category || new.category == 'E' || new.category == 'U'
            }
            _ => true,
        };
        expressive || other_kind
    }
}

/// Whether it is dropped after all is made.
pub(super) fn is_late(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Table
            | Kind::Column
            | Kind::Sequence
            | Kind::Function
            | Kind::Enum
            | Kind::Domain
            | Kind::Type
            | Kind::Extension
            | Kind::Schema
    )
}
