//! Renames: what a person said is one, and what loses nothing under another name.

use super::super::catalog::{Body, Catalog, Column, Identity, Object, table_key};
use super::super::definition;
use super::super::names::{is_relation, literal, name_of, quote, renamed, table_of, with_suffix};
use super::Step;
use super::renamed::{follow, rename_in, texts};
use crate::renames::{Asked, asked, chosen, in_the_way};
use crate::{Choices, Key, Kind, Rename};

/// What was renamed, and by which statements.
#[derive(Default)]
pub(super) struct Renames {
    pub(super) statements: Vec<Step>,
    pub(super) used: Vec<Rename>,
    /// Each key and the one that it became, in order.
    names: Vec<(Key, Key)>,
}

/// One rename of what is there.
#[derive(Clone, Debug)]
struct Move {
    old: Key,
    new: Key,
    /// The identity column whose sequence it is: such a sequence is no object of its own.
    column: Option<Key>,
}

/// Renames in `from` what `choices` say, and then what is the same but for its name.
pub(super) fn apply(from: &mut Catalog, to: &Catalog, choices: &Choices) -> Renames {
    let mut renames = Renames::default();
    let wholes: Vec<_> = asked(choices).map(|(rename, _)| in_schema(rename, from, to)).collect();
    // A column is named with its table's new name.
    for level in 0..=3 {
        let of_level = || {
            let whole = wholes.iter().map(Option::as_ref);
            let asked = asked(choices).zip(whole);
            asked.filter(move |((rename, _), whole)| level_of(rename, whole.is_some()) == level)
        };
        let wanted = of_level().filter_map(|((rename, noted), whole)| {
            let (old, new) = resolve(whole.unwrap_or(rename), from, to)?;
            Some(Asked { rename, noted, old, new })
        });
        let there = |key: &Key| from.objects.contains_key(key);
        let same = |old: &Key, new: &Key| alike(from, to, old, new);
        let chosen = chosen(wanted.collect(), choices.back, there, same);
        let doomed = in_the_way(&chosen, there);
        let doomed = doomed.into_iter().map(|key| (aside(from, to, &key), key));
        let doomed = doomed.map(|(new, old)| Move { old, new, column: None });
        renames.used.extend(chosen.iter().map(|one| one.rename.clone()));
        let moves =
            chosen.into_iter().map(|Asked { old, new, .. }| Move { old, new, column: None });
        let moves = doomed.chain(moves).collect();
        renames.go(from, to, moves);
        for ((rename, _), _) in of_level() {
            if rename.kind == Kind::Enum && renames.value(from, to, rename) {
                renames.used.push(rename.clone());
            }
        }
    }
    renames.follow(from, to);
    renames.clear_names(from, to);
    renames
}

/// What stands alone and has rows, or gives columns their type.
const WHOLE: [Kind; 7] = [
    Kind::Table,
    Kind::View,
    Kind::MaterializedView,
    Kind::Sequence,
    Kind::Enum,
    Kind::Domain,
    Kind::Type,
];

fn level_of(rename: &Rename, is_whole: bool) -> u8 {
    match rename.kind {
        _ if is_whole => 1,
        Kind::Schema => 0,
        Kind::Column => 2,
        Kind::Enum if rename.table.is_some() => 2,
        Kind::Index | Kind::Constraint | Kind::ForeignKey | Kind::Trigger | Kind::Policy => 3,
        _ => 1,
    }
}

/// Tells how much of what is there is as it is wanted under another name.
fn alike(from: &Catalog, to: &Catalog, old: &Key, new: &Key) -> usize {
    let (Some(before), Some(after)) = (from.objects.get(old), to.objects.get(new)) else {
        return 0;
    };
    match (&before.body, &after.body) {
        (Body::Table(_), Body::Table(_)) => {
            let after = to.columns(new);
            let same = |(key, column): &(&Key, &Column)| {
                after.iter().any(|(other, like)| other.name == key.name && is_like(column, like))
            };
            from.columns(old).iter().filter(|one| same(one)).count()
        }
        (Body::Column(a), Body::Column(b)) => {
            usize::from(a.base == b.base) + usize::from(is_like(a, b))
        }
        (a, b) => usize::from(a == b),
    }
}

/// Tells whether all that is said of two columns is the same, wherever they stand.
pub(super) fn is_like(one: &Column, other: &Column) -> bool {
    let identity = |column: &Column| column.identity.as_ref().map(|identity| identity.always);
    (&one.data_type, &one.collation, one.not_null, one.generated)
        == (&other.data_type, &other.collation, other.not_null, other.generated)
        && one.default == other.default
        && identity(one) == identity(other)
}

/// Reads `s.users` as a table of the schema `s` where no table `s` has such a column: no flag tells which it is.
fn in_schema(rename: &Rename, from: &Catalog, to: &Catalog) -> Option<Rename> {
    let schema = rename.table.as_ref().filter(|_| rename.kind == Kind::Column)?;
    let has = |catalog: &Catalog, name: &String| {
        let is = |key: &Key| key.schema.as_ref() == Some(schema) && key.name == *name;
        catalog.objects.keys().any(|key| key.table.is_none() && is(key))
    };
    let full = |name: &String| format!("{schema}.{name}");
    let found = has(from, &rename.old) && has(to, &rename.new);
    let (old, new) = (full(&rename.old), full(&rename.new));
    found.then_some(Rename { kind: Kind::Table, table: None, old, new })
}

/// Finds what is there before, and what is wanted; if several have the name, one whose name is free.
fn resolve(rename: &Rename, from: &Catalog, to: &Catalog) -> Option<(Key, Key)> {
    // A value of an enum.
    if rename.kind == Kind::Enum && rename.table.is_some() {
        return None;
    }
    let kinds: &[Kind] = match rename.kind {
        // A flag does not tell what it names.
        Kind::Table => &WHOLE,
        Kind::View | Kind::MaterializedView | Kind::Sequence => &WHOLE[..4],
        Kind::Enum | Kind::Domain | Kind::Type => &[Kind::Enum, Kind::Domain, Kind::Type],
        Kind::Index | Kind::Constraint | Kind::ForeignKey => {
            &[Kind::Index, Kind::Constraint, Kind::ForeignKey]
        }
        _ => std::slice::from_ref(&rename.kind),
    };
    let is_named = |key: &Key, name: &str| {
        let full = key.schema.as_ref().map(|schema| format!("{schema}.{}", key.name));
        key.name == name
            || full.as_deref() == Some(name)
            || (key.kind == Kind::Function && key.name.split('(').next() == Some(name))
    };
    let of_table = |key: &Key| match (&rename.table, &key.table) {
        (Some(said), Some(table)) => {
            table == said
                || key.schema.as_ref().is_some_and(|schema| format!("{schema}.{table}") == *said)
        }
        (Some(_), None) => false,
        (None, _) => true,
    };
    let candidates = to
        .objects
        .keys()
        .filter(|key| kinds.contains(&key.kind) && of_table(key) && is_named(key, &rename.new));
    let pairs = candidates.filter_map(|new| {
        let old = from.objects.keys().find(|old| {
            old.kind == new.kind
                && old.schema == new.schema
                && old.table == new.table
                && is_named(old, &rename.old)
        });
        Some((old?.clone(), new.clone()))
    });
    pairs.min_by_key(|(_, new)| from.objects.contains_key(new))
}

impl Renames {
    /// Renames one after the other, each when its name is free; where names change places, one steps aside.
    fn go(&mut self, from: &mut Catalog, to: &Catalog, mut moves: Vec<Move>) {
        while !moves.is_empty() {
            let holds = |one: &Move| moves.iter().any(|other| excludes(&other.old, &one.new));
            let free = moves.iter().position(|one| !holds(one));
            let next = moves.remove(free.unwrap_or_default());
            if free.is_some() {
                self.make_room(from, to, &next.new);
                self.rename(from, &next);
                continue;
            }
            let aside = Move { new: aside(from, to, &next.old), ..next.clone() };
            self.rename(from, &aside);
            moves.push(Move { old: aside.new, ..next });
        }
    }

    /// Indexes and sequences go with their table or column, which is dropped last: one whose name is wanted gets another until then.
    fn clear_names(&mut self, from: &mut Catalog, to: &Catalog) {
        for (key, object) in &to.objects {
            let new = match &object.body {
                Body::Column(Column { identity: Some(identity), .. }) => {
                    let old = from.column(key).and_then(|column| column.identity.as_ref());
                    if old.is_some_and(|old| old.sequence == identity.sequence) {
                        continue;
                    }
                    sequence_of(key, identity)
                }
                _ if from.objects.contains_key(key) => continue,
                Body::Constraint(_) if !has_index(object) => continue,
                _ if is_relation(key.kind) => key.clone(),
                _ => continue,
            };
            // A sequence goes with its column, or once another, of an identity, has taken its place.
            let sequence_goes = |owner: &Key| {
                to.column(owner).is_none_or(|new| new.identity.is_some() && owner != key)
            };
            let goes_late = |old: &Key, object: &Object| match &object.body {
                Body::Sequence(body) => body.owner.as_ref().is_some_and(sequence_goes),
                Body::Column(_) => !to.objects.contains_key(old),
                _ => has_index(object) && !to.objects.contains_key(&table_key(old)),
            };
            self.put_aside(from, to, &new, &goes_late);
        }
    }

    /// What is to go, and has a wanted name, gets another until it is dropped.
    fn make_room(&mut self, from: &mut Catalog, to: &Catalog, new: &Key) {
        let goes = |old: &Key, object: &Object| match &object.body {
            Body::Sequence(body) => to.objects.get(old).is_none_or(|new| match &new.body {
                Body::Sequence(new) => new.owner != body.owner,
                _ => false,
            }),
            Body::Column(_) => true,
            _ => {
                matches!(old.kind, Kind::Index | Kind::Constraint) && !to.objects.contains_key(old)
            }
        };
        self.put_aside(from, to, new, &goes);
    }

    /// Gives another name to what has a wanted one and `goes`: an index, a constraint, a sequence, that of an identity column.
    fn put_aside(
        &mut self,
        from: &mut Catalog,
        to: &Catalog,
        new: &Key,
        goes: &dyn Fn(&Key, &Object) -> bool,
    ) {
        let in_the_way = from.objects.iter().find_map(|(key, object)| {
            let (old, column) = match &object.body {
                Body::Column(Column { identity: Some(identity), .. }) => {
                    (sequence_of(key, identity), Some(key.clone()))
                }
                Body::Column(_) => return None,
                _ => (key.clone(), None),
            };
            (excludes(&old, new) && goes(key, object)).then_some((old, column))
        });
        if let Some((old, column)) = in_the_way {
            let aside = aside(from, to, &old);
            self.rename(from, &Move { old, new: aside, column });
        }
    }

    fn rename(&mut self, from: &mut Catalog, Move { old, new, column }: &Move) {
        let name = quote(&new.name);
        if let Some(column) = column {
            let sequence = name_of(old);
            self.statements.push(Step::new(format!("ALTER SEQUENCE {sequence} RENAME TO {name}")));
            if let Some(Object { body: Body::Column(column), .. }) = from.objects.get_mut(column) {
                column.identity.iter_mut().for_each(|one| one.sequence.clone_from(&new.name));
            }
            return;
        }
        let Some(object) = from.objects.get(old) else { return };
        self.statements.push(Step::new(match old.kind {
            Kind::Column => format!(
                "ALTER TABLE {} RENAME COLUMN {} TO {name}",
                table_of(old),
                quote(&old.name)
            ),
            Kind::Constraint | Kind::ForeignKey => {
                format!(
                    "ALTER TABLE {} RENAME CONSTRAINT {} TO {name}",
                    table_of(old),
                    quote(&old.name)
                )
            }
            Kind::Function => {
                let name = quote(new.name.split('(').next().unwrap_or_default());
                format!("ALTER {} RENAME TO {name}", definition::named(old, object))
            }
            _ => format!("ALTER {} RENAME TO {name}", definition::named(old, object)),
        }));
        rename_in(from, old, new);
        self.names.push((old.clone(), new.clone()));
    }

    /// Returns what a key was before all renames.
    pub(super) fn before(&self, key: &Key) -> Key {
        let names = self.names.iter().rev();
        names.fold(key.clone(), |key, (old, new)| follow(&key, new, old))
    }

    /// A value of an enum; its table is the enum.
    fn value(&mut self, from: &mut Catalog, to: &Catalog, rename: &Rename) -> bool {
        let Some(said) = &rename.table else { return false };
        let found = to.objects.iter().find_map(|(key, object)| match &object.body {
            Body::Enum { labels } if labels.contains(&rename.new) => {
                let full = format!("{}.{}", key.schema.as_deref().unwrap_or_default(), key.name);
                (key.name == *said || full == *said).then(|| key.clone())
            }
            _ => None,
        });
        let Some(key) = found else { return false };
        let Some(Object { body: Body::Enum { labels }, .. }) = from.objects.get_mut(&key) else {
            return false;
        };
        if labels.contains(&rename.new) {
            return false;
        }
        let Some(label) = labels.iter_mut().find(|label| **label == rename.old) else {
            return false;
        };
        label.clone_from(&rename.new);
        let (old, new) = (literal(&rename.old), literal(&rename.new));
        self.statements
            .push(Step::new(format!("ALTER TYPE {} RENAME VALUE {old} TO {new}", name_of(&key))));
        let (old, new) = (format!("{old}::{}", name_of(&key)), format!("{new}::{}", name_of(&key)));
        for object in from.objects.values_mut() {
            texts(object, &|text| text.replace(&old, &new));
        }
        true
    }

    /// Sequences of columns, constraints and indexes that differ in nothing but their names.
    fn follow(&mut self, from: &mut Catalog, to: &Catalog) {
        let mut moves = Vec::new();
        for (key, object) in &to.objects {
            let Body::Column(Column { identity: Some(new), .. }) = &object.body else { continue };
            let old = from.column(key).and_then(|column| column.identity.as_ref());
            if let Some(old) = old.filter(|old| old.sequence != new.sequence) {
                let (old, new) = (sequence_of(key, old), sequence_of(key, new));
                moves.push(Move { old, new, column: Some(key.clone()) });
            }
        }
        for kind in [Kind::Sequence, Kind::Constraint, Kind::ForeignKey, Kind::Index, Kind::Trigger]
        {
            let of_kind = |catalog: &'_ Catalog, other: &'_ Catalog| -> Vec<Key> {
                let all = catalog.objects.keys().filter(|key| key.kind == kind);
                all.filter(|key| is_other(key, catalog, other)).cloned().collect()
            };
            let (mut goes, comes) = (of_kind(from, to), of_kind(to, from));
            for new in comes {
                let twin = goes.iter().position(|old| is_twin(from, to, old, &new));
                if let Some(old) = twin.map(|at| goes.remove(at)) {
                    moves.push(Move { old, new, column: None });
                }
            }
        }
        self.go(from, to, moves);
    }
}

fn has_index(object: &Object) -> bool {
    match &object.body {
        Body::Index(_) => true,
        Body::Constraint(body) => matches!(body.kind, 'p' | 'u' | 'x'),
        _ => false,
    }
}

/// Returns the key that the sequence of an identity column would have.
fn sequence_of(column: &Key, identity: &Identity) -> Key {
    let (schema, name) = (column.schema.clone(), identity.sequence.clone());
    Key { kind: Kind::Sequence, schema, table: None, name }
}

/// Tells whether another catalog lacks what a key names, or has a sequence of another column under its name.
fn is_other(key: &Key, catalog: &Catalog, other: &Catalog) -> bool {
    match (&catalog.objects[key].body, other.objects.get(key).map(|object| &object.body)) {
        (_, None) => true,
        (Body::Sequence(one), Some(Body::Sequence(other))) => one.owner != other.owner,
        _ => false,
    }
}

/// Tells whether two names cannot be there at once: tables, views, sequences and indexes of a schema share theirs.
fn excludes(one: &Key, other: &Key) -> bool {
    let relations = is_relation(one.kind) && is_relation(other.kind);
    one == other || relations && one.schema == other.schema && one.name == other.name
}

/// Returns a name that nothing has, now or later.
fn aside(from: &Catalog, to: &Catalog, key: &Key) -> Key {
    let mut suffix = "__old".to_owned();
    loop {
        let free = Key { name: with_suffix(&key.name, &suffix), ..key.clone() };
        let taken = |catalog: &Catalog| catalog.objects.keys().any(|one| excludes(one, &free));
        if !taken(from) && !taken(to) {
            return free;
        }
        suffix.push('_');
    }
}

fn is_twin(from: &Catalog, to: &Catalog, old: &Key, new: &Key) -> bool {
    let (Some(before), Some(after)) = (from.objects.get(old), to.objects.get(new)) else {
        return false;
    };
    if old.schema != new.schema || old.table != new.table {
        return false;
    }
    match (&before.body, &after.body) {
        // Only with the column that owns it is it sure that it is the same.
        (Body::Sequence(a), Body::Sequence(b)) => a.owner.is_some() && a == b,
        (Body::Trigger { definition: a, .. }, Body::Trigger { definition: b, .. }) => {
            renamed(a, None, &old.name, &new.name) == *b
        }
        // The index of a partition follows that of its table.
        (Body::Index(a), Body::Index(b)) => a == b && a.parent.is_none(),
        (Body::Constraint(a), Body::Constraint(b)) => a == b && a.parent.is_none(),
        _ => false,
    }
}
