//! What the planner knows of each object.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{Key, Kind};

/// The catalog of a PostgreSQL database: its objects, and what each needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    pub(super) objects: BTreeMap<Key, Object>,
    /// What each object refers to and cannot be without.
    pub(super) needs: BTreeMap<Key, BTreeSet<Key>>,
    /// Pairs of types between which there is a cast.
    pub(super) casts: BTreeSet<(String, String)>,
    /// What there is that is not compared, as PostgreSQL describes it.
    pub(super) unseen: BTreeSet<String>,
    /// What is this database's own, and no revision's to make: its settings, and roles that objects belong to.
    pub(super) own: BTreeSet<String>,
    /// Names of functions, types and relations that belong to an extension.
    pub(super) members: BTreeSet<String>,
}

/// A key, and its object in two catalogs.
pub(super) type Pair<'a> = (&'a Key, Option<&'a Object>, Option<&'a Object>);

/// An object, with what can be said of any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) body: Body,
    pub(super) comment: Option<String>,
    pub(super) grants: BTreeSet<Grant>,
}

/// A privilege that somebody has who is not the owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    pub(super) privilege: String,
    /// As it is written: quoted where it must be, or `PUBLIC`.
    pub(super) grantee: String,
    pub(super) grantable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Schema,
    Extension { schema: String, version: String, reachable: Vec<String> },
    Enum { labels: Vec<String> },
    Domain(Domain),
    Composite { attributes: Vec<(String, String)> },
    Range(Range),
    Sequence(Sequence),
    Function(Function),
    Table(Table),
    Column(Column),
    Constraint(Constraint),
    Index(Index),
    View(View),
    Trigger { definition: String, enabled: char },
    Policy(Policy),
    Rule { definition: String, enabled: char },
    Statistics { definition: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Domain {
    pub(super) base: String,
    pub(super) not_null: bool,
    pub(super) default: Option<String>,
    pub(super) collation: Option<String>,
    /// Name and definition.
    pub(super) checks: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) subtype: String,
    /// What else is said of it, each behind a comma.
    pub(super) settings: String,
    /// The name of the type of several ranges, which stands in the same schema.
    pub(super) multirange: String,
}

/// What `CREATE SEQUENCE` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) data_type: String,
    pub(super) start: i64,
    pub(super) increment: i64,
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) cache: i64,
    pub(super) cycle: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    pub(super) shape: Shape,
    pub(super) unlogged: bool,
    /// The column with which it is dropped.
    pub(super) owner: Option<Key>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function {
    /// `f`, `p` for a procedure, `a` for an aggregate, `w` for a window function.
    pub(super) kind: char,
    pub(super) definition: String,
    pub(super) language: String,
    /// Whether what its body needs stands in the catalog: `BEGIN ATOMIC`, `RETURN`.
    pub(super) parsed: bool,
    pub(super) result: Option<String>,
    pub(super) arguments: String,
    pub(super) identity: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) unlogged: bool,
    pub(super) partition_by: Option<String>,
    /// Tables that it inherits from or is a partition of.
    pub(super) parents: Vec<Key>,
    /// `FOR VALUES …` of a partition.
    pub(super) bound: Option<String>,
    /// Of a partition, the rows that it takes: says the same as `bound` and those above it.
    pub(super) taken: Option<String>,
    pub(super) options: Option<String>,
    pub(super) row_security: bool,
    pub(super) force_row_security: bool,
    /// `d`, `f`, `n`, or `i` with the index.
    pub(super) replica_identity: char,
    pub(super) replica_index: Option<String>,
    /// `SERVER …` of a foreign table.
    pub(super) server: Option<String>,
    pub(super) of_type: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) position: i32,
    pub(super) data_type: String,
    /// The type without modifiers, of a domain the one below.
    pub(super) base: String,
    pub(super) category: char,
    pub(super) element: Option<String>,
    pub(super) is_domain: bool,
    pub(super) collation: Option<String>,
    pub(super) not_null: bool,
    pub(super) default: Option<String>,
    pub(super) generated: bool,
    pub(super) identity: Option<Identity>,
    /// Whether a parent has it too.
    pub(super) inherited: bool,
    pub(super) local: bool,
    pub(super) storage: Option<char>,
    pub(super) compression: Option<char>,
    pub(super) statistics: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) always: bool,
    pub(super) shape: Shape,
    pub(super) sequence: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Constraint {
    /// `p`, `u`, `c`, `x`, `f`.
    pub(super) kind: char,
    pub(super) definition: String,
    pub(super) validated: bool,
    pub(super) columns: Vec<String>,
    pub(super) expression: Option<String>,
    pub(super) references: Option<Key>,
    pub(super) referenced_columns: Vec<String>,
    /// The index of the partitioned table to which its own is attached.
    pub(super) parent: Option<Key>,
    pub(super) local: bool,
    pub(super) clustered: bool,
    pub(super) index_comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Index {
    /// From `USING` on.
    pub(super) definition: String,
    pub(super) unique: bool,
    pub(super) valid: bool,
    pub(super) clustered: bool,
    /// Of an expression the name is empty.
    pub(super) columns: Vec<String>,
    pub(super) has_expressions: bool,
    pub(super) predicate: Option<String>,
    /// The index of the partitioned table to which it is attached.
    pub(super) parent: Option<Key>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) materialized: bool,
    pub(super) definition: String,
    pub(super) populated: bool,
    pub(super) options: Option<String>,
    /// Name and type of each column, in order.
    pub(super) columns: Vec<(String, String)>,
    pub(super) comments: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) permissive: bool,
    /// `r`, `a`, `w`, `d`, `*`.
    pub(super) command: char,
    pub(super) roles: String,
    pub(super) using: Option<String>,
    pub(super) check: Option<String>,
}

/// Kinds of what is part of a table.
const PARTS: [Kind; 8] = [
    Kind::Column,
    Kind::Constraint,
    Kind::ForeignKey,
    Kind::Index,
    Kind::Trigger,
    Kind::Policy,
    Kind::Rule,
    Kind::Statistics,
];

impl Catalog {
    /// Returns what is part of a table: columns, constraints, indexes, triggers and so on.
    pub(super) fn parts<'a>(
        &'a self,
        table: &Key,
    ) -> impl Iterator<Item = (&'a Key, &'a Object)> + use<'a> {
        let (schema, name) = (table.schema.clone(), table.name.clone());
        PARTS.iter().flat_map(move |kind| {
            let table = Some(name.clone());
            let first = Key { kind: *kind, schema: schema.clone(), table, name: String::new() };
            let (schema, table) = (first.schema.clone(), first.table.clone());
            self.objects.range(first..).take_while(move |(key, _)| {
                key.kind == *kind && key.schema == schema && key.table == table
            })
        })
    }

    /// Returns the columns of a table, in order.
    pub(super) fn columns(&self, table: &Key) -> Vec<(&Key, &Column)> {
        let first = Key {
            kind: Kind::Column,
            table: Some(table.name.clone()),
            name: String::new(),
            ..table.clone()
        };
        let mut columns: Vec<_> = self
            .objects
            .range(first..)
            .take_while(|(key, _)| {
                key.kind == Kind::Column
                    && key.schema == table.schema
                    && key.table.as_ref() == Some(&table.name)
            })
            .filter_map(|(key, object)| match &object.body {
                Body::Column(column) => Some((key, column)),
                _ => None,
            })
            .collect();
        columns.sort_by_key(|(_, column)| column.position);
        columns
    }

    pub(super) fn table(&self, key: &Key) -> Option<&Table> {
        match self.objects.get(&table_key(key))?.body {
            Body::Table(ref table) => Some(table),
            _ => None,
        }
    }

    pub(super) fn column(&self, key: &Key) -> Option<&Column> {
        match self.objects.get(key)?.body {
            Body::Column(ref column) => Some(column),
            _ => None,
        }
    }

    /// Returns the partitions and children of a table.
    pub(super) fn children<'a>(&'a self, table: &Key) -> impl Iterator<Item = &'a Key> + use<'a> {
        let first = Key { kind: Kind::Table, schema: None, table: None, name: String::new() };
        let parent = table.clone();
        let tables = self.objects.range(first..).take_while(|(key, _)| key.kind == Kind::Table);
        tables.filter_map(move |(key, object)| match &object.body {
            Body::Table(child) if child.parents.contains(&parent) => Some(key),
            _ => None,
        })
    }

    /// Returns for each object what needs it, in the order of the keys.
    pub(super) fn needed_by(&self) -> HashMap<&Key, Vec<&Key>> {
        let mut needed: HashMap<&Key, Vec<&Key>> = HashMap::new();
        for (key, needs) in &self.needs {
            for need in needs {
                needed.entry(need).or_default().push(key);
            }
        }
        needed
    }

    /// Returns the objects of both, each key once and in order.
    pub(super) fn beside<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Pair<'a>> {
        let (mut ours, mut theirs) =
            (self.objects.iter().peekable(), other.objects.iter().peekable());
        std::iter::from_fn(move || {
            let order = match (ours.peek(), theirs.peek()) {
                (Some((one, _)), Some((two, _))) => one.cmp(two),
                (Some(_), None) => Ordering::Less,
                (None, _) => Ordering::Greater,
            };
            let old = if order.is_le() { ours.next() } else { None };
            let new = if order.is_ge() { theirs.next() } else { None };
            let (key, _) = old.or(new)?;
            Some((key, old.map(|(_, object)| object), new.map(|(_, object)| object)))
        })
    }

    /// Returns a table, its parents, theirs and so on.
    pub(super) fn lineage(&self, table: &Key) -> Vec<Key> {
        let mut lineage = vec![table.clone()];
        let mut at = 0;
        while let Some(table) = lineage.get(at).and_then(|key| self.table(key)) {
            let new = table.parents.iter().filter(|parent| !lineage.contains(parent));
            let new: Vec<Key> = new.cloned().collect();
            lineage.extend(new);
            at += 1;
        }
        lineage
    }

    /// Gives keys other names, with all that mentions them.
    pub(super) fn rekey(&mut self, new: impl Fn(&Key) -> Key) {
        let objects = std::mem::take(&mut self.objects);
        self.objects = objects
            .into_iter()
            .map(|(key, mut object)| {
                match &mut object.body {
                    Body::Table(table) => table.parents.iter_mut().for_each(|key| *key = new(key)),
                    Body::Sequence(sequence) => {
                        sequence.owner.iter_mut().for_each(|key| *key = new(key));
                    }
                    Body::Constraint(constraint) => {
                        constraint.references.iter_mut().for_each(|key| *key = new(key));
                        constraint.parent.iter_mut().for_each(|key| *key = new(key));
                    }
                    Body::Index(index) => index.parent.iter_mut().for_each(|key| *key = new(key)),
                    _ => {}
                }
                (new(&key), object)
            })
            .collect();
        let needs = std::mem::take(&mut self.needs);
        self.needs = needs
            .into_iter()
            .map(|(key, needs)| (new(&key), needs.iter().map(&new).collect()))
            .collect();
    }
}

/// Returns the key of the table that a key is part of, or the key itself.
pub(super) fn table_key(key: &Key) -> Key {
    match &key.table {
        Some(table) => {
            Key { kind: Kind::Table, schema: key.schema.clone(), table: None, name: table.clone() }
        }
        None => key.clone(),
    }
}

impl Shape {
    /// Returns what PostgreSQL makes of it with another type: bounds that are the type's own become those of the other.
    pub(super) fn retyped(mut self, data_type: &str) -> Self {
        let (old, new) = (Self::plain(&self.data_type), Self::plain(data_type));
        if self.max == old.max {
            self.max = new.max;
        }
        if self.min == -old.max - 1 {
            self.min = -new.max - 1;
        }
        Self { data_type: new.data_type, ..self }
    }

    /// What a sequence is where nothing was said.
    pub(super) fn plain(data_type: &str) -> Self {
        let max = match data_type {
            "smallint" => i64::from(i16::MAX),
            "integer" => i64::from(i32::MAX),
            _ => i64::MAX,
        };
        let data_type = data_type.to_owned();
        Self { data_type, start: 1, increment: 1, min: 1, max, cache: 1, cycle: false }
    }
}
