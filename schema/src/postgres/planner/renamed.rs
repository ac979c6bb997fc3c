//! A catalog as a rename leaves it.

use std::collections::BTreeSet;

use super::super::catalog::{Body, Catalog, Object, table_key};
use super::super::names::renamed;
use crate::{Key, Kind};

/// Gives an object another name wherever it is mentioned.
pub(super) fn rename_in(from: &mut Catalog, old: &Key, new: &Key) {
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
pub(super) fn follow(key: &Key, old: &Key, new: &Key) -> Key {
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
    let readers = from.needs.iter().filter(|(_, needs)| needs.contains(old));
    let readers: BTreeSet<Key> = readers.map(|(key, _)| key.clone()).collect();
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
            Body::View(body) if readers.contains(key) => body.definition.clear(),
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
pub(super) fn texts(object: &mut Object, change: &dyn Fn(&str) -> String) {
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
        | Body::Statistics { definition } => {
            on(definition);
        }
        Body::Range(body) => {
            on(&mut body.subtype);
            on(&mut body.settings);
        }
        Body::Policy(body) => {
            body.using.iter_mut().for_each(on);
            body.check.iter_mut().for_each(on);
        }
        Body::Schema | Body::Extension { .. } | Body::Enum { .. } | Body::Sequence(_) => {}
    }
}
