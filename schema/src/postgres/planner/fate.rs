//! What becomes of each object.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{Body, Catalog, Column, Index, Object, table_key};
use super::super::names::is_relation;
use super::spread;
use crate::{Key, Kind};

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Same,
    Alter,
    Create,
    Drop,
    /// Dropped and made anew. A type is swapped for a new one, a table's rows are copied.
    Recreate,
}

#[derive(Debug, Default)]
pub(super) struct Fates {
    /// All that do not stay the same.
    pub(super) changing: BTreeMap<Key, Fate>,
    /// Columns that get another type, or a new one of the same name.
    pub(super) retyped: BTreeSet<Key>,
    /// Columns whose default must go before what it needs.
    pub(super) default_goes: BTreeSet<Key>,
    /// What is dropped first although it could be last: its name is wanted, or what it needs goes.
    pub(super) early: BTreeSet<Key>,
    /// Constraints that take the unique index of their name.
    pub(super) promoted: BTreeSet<Key>,
}

impl Fates {
    pub(super) fn of(&self, key: &Key) -> Fate {
        self.changing.get(key).copied().unwrap_or(Fate::Same)
    }
}

/// Decides for each object, and for what needs it.
pub(super) fn decide(from: &Catalog, to: &Catalog) -> Fates {
    let mut fates = Fates::default();
    for (key, old, new) in from.beside(to) {
        let fate = match (old, new) {
            (Some(old), Some(new)) => compare(key, old, new, from, to),
            (Some(_), None) => Fate::Drop,
            (None, _) => Fate::Create,
        };
        if fate != Fate::Same {
            fates.changing.insert(key.clone(), fate);
        }
        if let (Some(Body::Column(old)), Some(Body::Column(new))) =
            (old.map(|old| &old.body), new.map(|new| &new.body))
            && (old.data_type != new.data_type || old.collation != new.collation)
        {
            fates.retyped.insert(key.clone());
        }
    }
    promote(&mut fates, from, to);
    collisions(&mut fates, from, to);
    strange_to_parents(&mut fates, from, to);
    overloaded(&mut fates, from);
    spread::spread(&mut fates, from, to);
    fates
}

/// A table that is attached has the columns of its parent and no others: those that go, go before.
fn strange_to_parents(fates: &mut Fates, from: &Catalog, to: &Catalog) {
    let is_strange = |key: &Key| {
        let (Some(old), Some(new)) = (from.table(key), to.table(key)) else { return false };
        let moves = old.parents != new.parents || old.bound != new.bound;
        let lacks = |parent: &Key| {
            let above = Key { table: Some(parent.name.clone()), ..key.clone() };
            let above = Key { schema: parent.schema.clone(), ..above };
            let remade = matches!(fates.of(parent), Fate::Create | Fate::Recreate);
            remade || moves && from.column(&above).is_none()
        };
        new.bound.is_some() && new.parents.iter().any(lacks)
    };
    let gains = |parent: &Key| {
        let mut children = to
            .children(parent)
            .filter(|child| to.table(child).is_some_and(|one| one.bound.is_some()));
        children.any(|child| from.table(child).is_some_and(|old| !old.parents.contains(parent)))
    };
    let goes = fates.changing.iter().filter(|(key, fate)| {
        let column = key.kind == Kind::Column && **fate == Fate::Drop;
        column && (is_strange(key) || gains(&table_key(key)))
    });
    let goes: Vec<Key> = goes.map(|(key, _)| key.clone()).collect();
    fates.early.extend(goes);
}

/// What stays, and calls a function that goes, calls another of its name from then on: that one goes first.
fn overloaded(fates: &mut Fates, from: &Catalog) {
    let goes = |key: &Key| key.kind == Kind::Function && fates.of(key) == Fate::Drop;
    let called = from.needs.iter().filter(|(key, _)| fates.of(key) == Fate::Same);
    let called = called.flat_map(|(_, needs)| needs).filter(|need| goes(need));
    let called: Vec<Key> = called.cloned().collect();
    fates.early.extend(called);
}

fn compare(key: &Key, old: &Object, new: &Object, from: &Catalog, to: &Catalog) -> Fate {
    let alter_if = |can: bool| if can { Fate::Alter } else { Fate::Recreate };
    match (&old.body, &new.body) {
        (Body::Index(a), Body::Index(b)) => return compare_index(key, a, b, from, to),
        (Body::Constraint(a), Body::Constraint(b)) => {
            let same = {
                let mut a = a.clone();
                a.parent.clone_from(&b.parent);
                a.local = b.local;
                a.index_comment.clone_from(&b.index_comment);
                a.columns.clone_from(&b.columns);
                a == *b
            };
            if same {
                return attached(a.parent.as_ref(), b.parent.as_ref(), key, from, to);
            }
            let validated = a.definition.strip_suffix(" NOT VALID") == Some(&b.definition);
            let only_deferrable = a.kind == 'f'
                && a.validated == b.validated
                && undeferred(&a.definition) == undeferred(&b.definition);
            let only_cluster = {
                let mut a = a.clone();
                a.clustered = b.clustered;
                a.parent.clone_from(&b.parent);
                a.index_comment.clone_from(&b.index_comment);
                a == *b
            };
            return alter_if(validated || only_deferrable || only_cluster);
        }
        (Body::Column(a), Body::Column(b)) => return compare_column(a, b),
        (Body::Table(a), Body::Table(b)) => {
            let mut alike = a.clone();
            alike.taken.clone_from(&b.taken);
            if alike == *b && !gives_columns_away(key, from, to) {
                return Fate::Same;
            }
        }
        (a, b) if a == b => return Fate::Same,
        _ => {}
    }
    match (&old.body, &new.body) {
        (
            Body::Extension { schema: a, version: v, reachable },
            Body::Extension { schema: b, version: w, .. },
        ) => alter_if(v == w || (reachable.contains(w) && a == b)),
        (Body::Enum { labels: a }, Body::Enum { labels: b }) => alter_if(is_subsequence(a, b)),
        (Body::Domain(a), Body::Domain(b)) => {
            alter_if(a.base == b.base && a.collation == b.collation)
        }
        (Body::Composite { attributes: a }, Body::Composite { attributes: b }) => {
            let type_of =
                |name| b.iter().find(|(other, _)| other == name).map(|(_, data_type)| data_type);
            let kept: Vec<_> = a.iter().filter(|(name, _)| type_of(name).is_some()).collect();
            let same_types = kept.iter().all(|(name, data_type)| type_of(name) == Some(data_type));
            let at_the_end = b.iter().take(kept.len()).eq(kept.iter().copied());
            alter_if(same_types && at_the_end)
        }
        (Body::Sequence(_), Body::Sequence(_)) => Fate::Alter,
        (Body::Function(a), Body::Function(b)) => {
            let defaults = |arguments: &str| arguments.matches(" DEFAULT ").count();
            let keeps_defaults = defaults(&a.arguments) <= defaults(&b.arguments);
            alter_if(
                a.kind == b.kind
                    && a.kind != 'a'
                    && a.result == b.result
                    && a.identity == b.identity
                    && keeps_defaults,
            )
        }
        (Body::Table(a), Body::Table(b)) => alter_if(
            a.partition_by == b.partition_by
                && a.server == b.server
                && a.of_type == b.of_type
                && !gives_columns_away(key, from, to),
        ),
        (Body::View(a), Body::View(b)) if a.materialized => alter_if(
            a.definition == b.definition && a.columns == b.columns && a.populated == b.populated,
        ),
        (Body::View(a), Body::View(b)) => alter_if(b.columns.starts_with(&a.columns)),
        (Body::Trigger { definition: a, .. }, Body::Trigger { definition: b, .. })
        | (Body::Rule { definition: a, .. }, Body::Rule { definition: b, .. }) => alter_if(a == b),
        (Body::Policy(a), Body::Policy(b)) => {
            let removes = (a.using.is_some() && b.using.is_none())
                || (a.check.is_some() && b.check.is_none());
            alter_if(a.permissive == b.permissive && a.command == b.command && !removes)
        }
        _ => Fate::Recreate,
    }
}

/// Whether columns come to be its parents' alone, or its own too: no statement says that of a column that is there, nor of
/// one that a new parent has.
fn gives_columns_away(key: &Key, from: &Catalog, to: &Catalog) -> bool {
    let (Some(old), Some(new)) = (from.table(key), to.table(key)) else { return false };
    let from_kept_parent = |column: &Key| {
        let mut kept = old.parents.iter().filter(|parent| new.parents.contains(parent));
        kept.any(|parent| to.column(&column_of(parent, column)).is_some())
    };
    let mut columns = to.columns(key).into_iter();
    let gives = |(key, new): (&Key, &Column)| {
        let becomes = from.column(key).is_some_and(|old| old.local != new.local);
        new.inherited && (becomes && from_kept_parent(key) || !new.local && !from_kept_parent(key))
    };
    new.bound.is_none() && columns.any(gives)
}

/// Returns the key of a table's column that is called as another.
fn column_of(table: &Key, column: &Key) -> Key {
    Key { schema: table.schema.clone(), table: Some(table.name.clone()), ..column.clone() }
}

fn undeferred(definition: &str) -> String {
    definition
        .replace(" NOT DEFERRABLE", "")
        .replace(" DEFERRABLE", "")
        .replace(" INITIALLY DEFERRED", "")
}

fn compare_column(old: &Column, new: &Column) -> Fate {
    let plain =
        |column: &Column| Column { position: 0, inherited: false, local: true, ..column.clone() };
    if plain(old) == plain(new) {
        return Fate::Same;
    }
    // PostgreSQL 15 has no statement for another expression; without an expression the values stay.
    let can = match (old.generated, new.generated) {
        (true, true) => old.default == new.default,
        (false, true) => false,
        _ => true,
    };
    if can { Fate::Alter } else { Fate::Recreate }
}

fn compare_index(key: &Key, old: &Index, new: &Index, from: &Catalog, to: &Catalog) -> Fate {
    let mut alike = old.clone();
    alike.parent.clone_from(&new.parent);
    alike.clustered = new.clustered;
    alike.columns.clone_from(&new.columns);
    // An index of a partitioned table is valid once each partition has its own attached.
    alike.valid = new.valid || alike.valid;
    alike.predicate.clone_from(&new.predicate);
    if alike != (Index { valid: alike.valid, ..new.clone() }) {
        return Fate::Recreate;
    }
    let fate = attached(old.parent.as_ref(), new.parent.as_ref(), key, from, to);
    if fate == Fate::Same && old.clustered != new.clustered { Fate::Alter } else { fate }
}

/// An index is attached to that of the partitioned table, and never taken off again but with its table.
fn attached(old: Option<&Key>, new: Option<&Key>, key: &Key, from: &Catalog, to: &Catalog) -> Fate {
    let parents = |catalog: &Catalog| {
        catalog.table(key).map(|table| table.parents.clone()).unwrap_or_default()
    };
    match (old, new) {
        (None, None) => Fate::Same,
        (Some(a), Some(b)) if a == b => Fate::Same,
        (None, Some(_)) => Fate::Alter,
        (Some(_), _) if parents(from) != parents(to) => Fate::Alter,
        _ => Fate::Recreate,
    }
}

fn is_subsequence(short: &[String], long: &[String]) -> bool {
    let mut long = long.iter();
    short.iter().all(|label| long.any(|other| other == label))
}

/// A unique index that has the name and the columns of a constraint becomes its index.
fn promote(fates: &mut Fates, from: &Catalog, to: &Catalog) {
    let mut promoted = Vec::new();
    for (key, object) in &to.objects {
        let Body::Constraint(constraint) = &object.body else { continue };
        if fates.of(key) != Fate::Create || !matches!(constraint.kind, 'p' | 'u') {
            continue;
        }
        let index_key = Key { kind: Kind::Index, ..key.clone() };
        let Some(Object { body: Body::Index(index), .. }) = from.objects.get(&index_key) else {
            continue;
        };
        let plain =
            !index.has_expressions && index.predicate.is_none() && index.unique && index.valid;
        let names: Vec<_> =
            index.columns.iter().map(|name| super::super::names::quote(name)).collect();
        let simple = index.definition == format!("btree ({})", names.join(", "));
        let partitioned = from.table(key).is_some_and(|table| table.partition_by.is_some());
        let column = |name: &String| Key { kind: Kind::Column, name: name.clone(), ..key.clone() };
        let retyped = constraint.columns.iter().any(|name| fates.retyped.contains(&column(name)));
        let same_parent = index.parent == constraint.parent || index.parent.is_none();
        if plain
            && simple
            && !partitioned
            && !retyped
            && same_parent
            && index.columns == constraint.columns
        {
            promoted.push((key.clone(), index_key));
        }
    }
    for (key, index) in promoted {
        fates.changing.remove(&index);
        fates.promoted.insert(key);
    }
}

/// What goes and has the name of what comes goes first.
fn collisions(fates: &mut Fates, from: &Catalog, to: &Catalog) {
    let relation =
        |kind: Kind| is_relation(kind) || matches!(kind, Kind::Enum | Kind::Domain | Kind::Type);
    let mut wanted = BTreeSet::new();
    for key in
        to.objects.keys().filter(|key| relation(key.kind) && matches!(fates.of(key), Fate::Create))
    {
        wanted.insert((key.schema.clone(), key.name.clone()));
    }
    for (key, object) in &to.objects {
        if let Body::Column(Column { identity: Some(identity), .. }) = &object.body {
            let had = from.column(key).is_some_and(|column| column.identity.is_some());
            let serial_before = from.column(key).is_some_and(|column| column.default.is_some());
            if !had && !serial_before {
                wanted.insert((key.schema.clone(), identity.sequence.clone()));
            }
        }
    }
    for key in from.objects.keys().filter(|key| relation(key.kind)) {
        let goes = fates.of(key) == Fate::Drop;
        if goes && wanted.contains(&(key.schema.clone(), key.name.clone())) {
            fates.early.insert(key.clone());
        }
    }
}
