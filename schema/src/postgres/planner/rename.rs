//! Renames: what a person said is one, and what loses nothing under another name.

use super::super::catalog::{Body, Catalog, Object, table_key};
use super::super::definition;
use super::super::names::{literal, name_of, qualified, quote, renamed, table_of, with_suffix};
use super::Step;
use crate::{Choices, Key, Kind, Rename};

/// What was renamed, and by which statements.
#[derive(Default)]
pub(super) struct Renames {
    pub(super) statements: Vec<Step>,
    pub(super) used: Vec<Rename>,
    /// Each key and the one that it became, in order.
    names: Vec<(Key, Key)>,
}

/// Renames in `from` what `choices` say, and then what is the same but for its name.
pub(super) fn apply(from: &mut Catalog, to: &Catalog, choices: &Choices) -> Renames {
    let mut renames = Renames::default();
    let mut chosen: Vec<_> = choices.renames.iter().collect();
    // A column is named with its table's new name.
    chosen.sort_by_key(|rename| match rename.kind {
        Kind::Schema => 0,
        Kind::Column => 2,
        Kind::Enum if rename.table.is_some() => 2,
        Kind::Index | Kind::Constraint | Kind::ForeignKey | Kind::Trigger | Kind::Policy => 3,
        _ => 1,
    });
    for rename in chosen {
        if let Some((old, new)) = resolve(rename, from, to) {
            renames.rename(from, to, &old, &new);
            renames.used.push(rename.clone());
        } else if rename.kind == Kind::Enum && renames.value(from, to, rename) {
            renames.used.push(rename.clone());
        }
    }
    renames.follow(from, to);
    renames
}

/// Finds what is renamed: there before and not afterwards, and the other way round.
fn resolve(rename: &Rename, from: &Catalog, to: &Catalog) -> Option<(Key, Key)> {
    // A value of an enum.
    if rename.kind == Kind::Enum && rename.table.is_some() {
        return None;
    }
    let kinds: &[Kind] = match rename.kind {
        Kind::Table | Kind::View | Kind::MaterializedView | Kind::Sequence => {
            &[Kind::Table, Kind::View, Kind::MaterializedView, Kind::Sequence]
        }
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
    for new in candidates {
        if from.objects.contains_key(new) {
            continue;
        }
        let old = from.objects.keys().find(|old| {
            old.kind == new.kind
                && old.schema == new.schema
                && old.table == new.table
                && is_named(old, &rename.old)
        });
        if let Some(old) = old {
            return Some((old.clone(), new.clone()));
        }
    }
    None
}

impl Renames {
    fn rename(&mut self, from: &mut Catalog, to: &Catalog, old: &Key, new: &Key) {
        self.make_room(from, to, new);
        let Some(object) = from.objects.get(old) else { return };
        let name = quote(&new.name);
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
            Kind::Trigger | Kind::Policy | Kind::Rule => {
                let named = definition::named(old, object);
                format!("ALTER {named} RENAME TO {name}")
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

    /// What has the wanted name already, and is to go, gets another until it is dropped.
    fn make_room(&mut self, from: &mut Catalog, to: &Catalog, new: &Key) {
        if !from.objects.contains_key(new) || to.objects.contains_key(new) {
            return;
        }
        let aside = Key { name: with_suffix(&new.name, "__old"), ..new.clone() };
        self.rename(from, to, &new.clone(), &aside);
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
        for (key, object) in &to.objects {
            let Body::Column(new) = &object.body else { continue };
            let old = from.objects.get_mut(key).map(|object| &mut object.body);
            let (Some(Body::Column(old)), Some(new)) = (old, &new.identity) else { continue };
            let Some(identity) = &mut old.identity else { continue };
            if identity.sequence != new.sequence {
                let before = qualified(key.schema.as_deref(), &identity.sequence);
                let sql = format!("ALTER SEQUENCE {before} RENAME TO {}", quote(&new.sequence));
                self.statements.push(Step::new(sql));
                identity.sequence.clone_from(&new.sequence);
            }
        }
        for kind in [Kind::Sequence, Kind::Constraint, Kind::ForeignKey, Kind::Index, Kind::Trigger]
        {
            let comes: Vec<_> = to
                .objects
                .keys()
                .filter(|key| key.kind == kind && !from.objects.contains_key(key))
                .cloned()
                .collect();
            for new in comes {
                let goes: Vec<_> = from
                    .objects
                    .keys()
                    .filter(|old| {
                        old.kind == kind && old.schema == new.schema && old.table == new.table
                    })
                    .filter(|old| !to.objects.contains_key(old))
                    .cloned()
                    .collect();
                let twin = goes.into_iter().find(|old| is_twin(from, to, old, &new));
                if let Some(old) = twin {
                    self.rename(from, to, &old, &new);
                }
            }
        }
    }
}

fn is_twin(from: &Catalog, to: &Catalog, old: &Key, new: &Key) -> bool {
    let (Some(before), Some(after)) = (from.objects.get(old), to.objects.get(new)) else {
        return false;
    };
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

/// Gives an object another name wherever it is mentioned.
fn rename_in(from: &mut Catalog, old: &Key, new: &Key) {
    let schema = old.schema.as_deref();
    match old.kind {
        Kind::Column => rename_column(from, old, new),
        Kind::Schema => {
            for object in from.objects.values_mut() {
                texts(object, &|text| renamed(text, None, &old.name, &new.name));
            }
        }
        Kind::Table
        | Kind::View
        | Kind::MaterializedView
        | Kind::Sequence
        | Kind::Enum
        | Kind::Domain
        | Kind::Type => {
            for object in from.objects.values_mut() {
                texts(object, &|text| renamed(text, schema, &old.name, &new.name));
            }
        }
        Kind::Trigger => {
            if let Some(object) = from.objects.get_mut(old) {
                texts(object, &|text| renamed(text, None, &old.name, &new.name));
            }
        }
        _ => {}
    }
    from.rekey(|key| follow(key, old, new));
}

/// Returns what a key is after the rename of `old` to `new`.
fn follow(key: &Key, old: &Key, new: &Key) -> Key {
    let is_whole = matches!(old.kind, Kind::Table | Kind::View | Kind::MaterializedView);
    if key == old {
        return new.clone();
    }
    if is_whole && key.schema == old.schema && key.table.as_ref() == Some(&old.name) {
        return Key { table: Some(new.name.clone()), ..key.clone() };
    }
    if old.kind == Kind::Schema && key.schema.as_ref() == Some(&old.name) {
        return Key { schema: Some(new.name.clone()), ..key.clone() };
    }
    key.clone()
}

fn rename_column(from: &mut Catalog, old: &Key, new: &Key) {
    let table = table_key(old);
    let children: Vec<_> = from.children(&table).cloned().collect();
    for (key, object) in &mut from.objects {
        let own = key.schema == old.schema && (key.table == old.table || *key == table);
        match &mut object.body {
            Body::Constraint(body) if body.references.as_ref() == Some(&table) => {
                let (before, after) =
                    body.definition.split_once(" REFERENCES ").unwrap_or((&body.definition, ""));
                let before = if own {
                    renamed(before, None, &old.name, &new.name)
                } else {
                    before.to_owned()
                };
                body.definition =
                    format!("{before} REFERENCES {}", renamed(after, None, &old.name, &new.name));
                swap(&mut body.referenced_columns, old, new);
                if own {
                    swap(&mut body.columns, old, new);
                }
            }
            Body::Constraint(body) if own => {
                swap(&mut body.columns, old, new);
                texts(object, &|text| renamed(text, None, &old.name, &new.name));
            }
            Body::Index(body) if own => {
                swap(&mut body.columns, old, new);
                texts(object, &|text| renamed(text, None, &old.name, &new.name));
            }
            // What a view calls its columns stays: its text is not what it would be if it were made again.
            Body::View(_) => {}
            _ if own => texts(object, &|text| renamed(text, None, &old.name, &new.name)),
            _ => {}
        }
    }
    for child in children {
        let of = |name: &str| Key {
            kind: Kind::Column,
            table: Some(child.name.clone()),
            name: name.to_owned(),
            ..child.clone()
        };
        let (old, new) = (of(&old.name), of(&new.name));
        if from.column(&old).is_some_and(|column| column.inherited) {
            rename_in(from, &old, &new);
        }
    }
}

fn swap(names: &mut [String], old: &Key, new: &Key) {
    for name in names.iter_mut().filter(|name| **name == old.name) {
        name.clone_from(&new.name);
    }
}

/// Changes all texts of an object that mention others.
fn texts(object: &mut Object, change: &dyn Fn(&str) -> String) {
    let on = |text: &mut String| *text = change(text);
    match &mut object.body {
        Body::Domain(body) => {
            on(&mut body.base);
            body.default.iter_mut().for_each(on);
            body.checks.values_mut().for_each(on);
        }
        Body::Composite { attributes } => {
            attributes.iter_mut().for_each(|(_, data_type)| on(data_type));
        }
        Body::Function(body) => {
            // A body that is a string is not touched by a rename.
            if body.parsed {
                on(&mut body.definition);
            }
            on(&mut body.arguments);
            on(&mut body.identity);
            body.result.iter_mut().for_each(on);
        }
        Body::Table(body) => body.partition_by.iter_mut().for_each(on),
        Body::Column(body) => {
            on(&mut body.data_type);
            on(&mut body.base);
            body.element.iter_mut().for_each(on);
            body.default.iter_mut().for_each(on);
        }
        Body::Constraint(body) => {
            on(&mut body.definition);
            body.expression.iter_mut().for_each(on);
        }
        Body::Index(body) => {
            on(&mut body.definition);
            body.predicate.iter_mut().for_each(on);
        }
        Body::View(body) => {
            on(&mut body.definition);
            body.columns.iter_mut().for_each(|(_, data_type)| on(data_type));
        }
        Body::Trigger { definition, .. }
        | Body::Rule { definition, .. }
        | Body::Statistics { definition }
        | Body::Range { definition } => {
            on(definition);
        }
        Body::Policy(body) => {
            body.using.iter_mut().for_each(on);
            body.check.iter_mut().for_each(on);
        }
        Body::Schema | Body::Extension { .. } | Body::Enum { .. } | Body::Sequence(_) => {}
    }
}
