//! Rows become objects.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::catalog::{
    Body, Catalog, Column, Constraint, Domain, Function, Grant, Identity, Index, Object, Policy,
    Range, Sequence, Shape, Table, View,
};
use super::queries::Answer;
use crate::{Key, Kind, Row, Unreadable};

/// What an identifier of the server's stands for.
#[derive(Default)]
struct Places {
    /// By catalog and object; columns with their number.
    keys: HashMap<(&'static str, u32, i32), Key>,
    /// Names of columns, also of views, by their numbers.
    columns: HashMap<(u32, i32), String>,
    /// Objects of extensions.
    members: HashMap<(String, u32), Key>,
}

struct Reader<'a> {
    answers: &'a [Vec<Row>],
    catalog: Catalog,
    places: Places,
}

impl Catalog {
    /// Reads the rows of all queries; leaves out tables named in `ignored`.
    pub(crate) fn read(answers: &[Vec<Row>], ignored: &[String]) -> Result<Self, Unreadable> {
        let mut reader = Reader { answers, catalog: Self::default(), places: Places::default() };
        reader.alone()?;
        reader.relations()?;
        reader.parts()?;
        reader.dependencies()?;
        for mut row in reader.rows(Answer::Unseen)? {
            let (kind, name) = (row.text()?, row.text()?);
            let catalog = &mut reader.catalog;
            let list = if kind == "database" { &mut catalog.own } else { &mut catalog.unseen };
            list.insert(name);
        }
        let mut catalog = reader.catalog;
        let own = |key: &Key| {
            let table = key.table.as_ref().unwrap_or(&key.name);
            ignored.contains(table)
                && (key.table.is_some() || matches!(key.kind, Kind::Table | Kind::View))
        };
        let owned = |object: &Object| match &object.body {
            Body::Sequence(sequence) => sequence.owner.as_ref().is_some_and(own),
            _ => false,
        };
        catalog.objects.retain(|key, object| !own(key) && !owned(object));
        let Self { objects, needs, .. } = &mut catalog;
        needs.retain(|key, _| objects.contains_key(key));
        for needs in needs.values_mut() {
            needs.retain(|key| objects.contains_key(key));
        }
        Ok(catalog)
    }
}

impl<'a> Reader<'a> {
    fn rows(
        &self,
        answer: Answer,
    ) -> Result<impl Iterator<Item = Cells<'a>> + use<'a>, Unreadable> {
        let rows = self.answers.get(answer as usize);
        let rows = rows.ok_or_else(|| Unreadable(format!("no answer for {answer:?}")))?;
        Ok(rows.iter().map(move |row| Cells { row, answer, at: 0 }))
    }

    fn add(
        &mut self,
        place: (&'static str, u32),
        key: Key,
        body: Body,
        comment: Option<String>,
        grants: Option<&str>,
    ) {
        self.places.keys.insert((place.0, place.1, 0), key.clone());
        self.catalog.objects.insert(key, Object { body, comment, grants: read_grants(grants) });
    }

    /// Schemas, extensions, types, functions.
    fn alone(&mut self) -> Result<(), Unreadable> {
        for mut row in self.rows(Answer::Schemas)? {
            let (oid, name) = (row.oid()?, row.text()?);
            let (comment, grants) = (row.maybe()?, row.maybe()?);
            let key = Key { kind: Kind::Schema, schema: None, table: None, name };
            self.add(("pg_namespace", oid), key, Body::Schema, comment, grants.as_deref());
        }
        for mut row in self.rows(Answer::Extensions)? {
            let (oid, name, schema, version) = (row.oid()?, row.text()?, row.text()?, row.text()?);
            let reachable = row.list()?;
            let key = Key { kind: Kind::Extension, schema: None, table: None, name };
            let body = Body::Extension { schema, version, reachable };
            let comment = row.maybe()?;
            self.add(("pg_extension", oid), key, body, comment, None);
        }
        let mut labels: HashMap<u32, Vec<String>> = HashMap::new();
        for mut row in self.rows(Answer::Labels)? {
            labels.entry(row.oid()?).or_default().push(row.text()?);
        }
        for mut row in self.rows(Answer::Types)? {
            self.data_type(&mut row, &mut labels)?;
        }
        for mut row in self.rows(Answer::Functions)? {
            let (oid, schema, name, identity) = (row.oid()?, row.text()?, row.text()?, row.text()?);
            let (kind, definition) = (row.letter()?, row.text()?);
            let (language, parsed, result) = (row.text()?, row.flag()?, row.maybe()?);
            let (arguments, types) = (row.text()?, row.text()?);
            let (comment, grants) = (row.maybe()?, row.maybe()?);
            let name = format!("{name}({types})");
            let key = Key { kind: Kind::Function, schema: Some(schema), table: None, name };
            let body = Function { kind, definition, language, parsed, result, arguments, identity };
            self.add(("pg_proc", oid), key, Body::Function(body), comment, grants.as_deref());
        }
        Ok(())
    }

    fn data_type(
        &mut self,
        row: &mut Cells<'_>,
        labels: &mut HashMap<u32, Vec<String>>,
    ) -> Result<(), Unreadable> {
        let (oid, schema, name, kind) = (row.oid()?, row.text()?, row.text()?, row.letter()?);
        let (array, relation) = (row.oid()?, row.oid()?);
        let (base, not_null, default) = (row.maybe()?, row.flag()?, row.maybe()?);
        let (collation, settings, multirange) = (row.maybe()?, row.maybe()?, row.number::<u32>()?);
        let (subtype, multirange_name) = (row.maybe()?, row.maybe()?);
        let (comment, grants) = (row.maybe()?, row.maybe()?);
        let (kind, body) = match kind {
            'e' => (Kind::Enum, Body::Enum { labels: labels.remove(&oid).unwrap_or_default() }),
            'd' => {
                let base = base.unwrap_or_default();
                let checks = BTreeMap::new();
                (Kind::Domain, Body::Domain(Domain { base, not_null, default, collation, checks }))
            }
            'r' => {
                let (subtype, settings) =
                    (subtype.unwrap_or_default(), settings.unwrap_or_default());
                let multirange = multirange_name.unwrap_or_default();
                (Kind::Type, Body::Range(Range { subtype, settings, multirange }))
            }
            _ => (Kind::Type, Body::Composite { attributes: Vec::new() }),
        };
        let key = Key { kind, schema: Some(schema), table: None, name };
        self.places.keys.insert(("pg_type", array, 0), key.clone());
        if let Some(multirange) = multirange {
            self.places.keys.insert(("pg_type", multirange, 0), key.clone());
        }
        if relation != 0 {
            self.places.keys.insert(("pg_class", relation, 0), key.clone());
        }
        self.add(("pg_type", oid), key, body, comment, grants.as_deref());
        Ok(())
    }

    /// Tables, views, sequences, and their columns.
    fn relations(&mut self) -> Result<(), Unreadable> {
        let mut parents: HashMap<u32, Vec<Key>> = HashMap::new();
        for mut row in self.rows(Answer::Parents)? {
            let (child, _, schema, name) = (row.oid()?, row.oid()?, row.text()?, row.text()?);
            let key = Key { kind: Kind::Table, schema: Some(schema), table: None, name };
            parents.entry(child).or_default().push(key);
        }
        for mut row in self.rows(Answer::Relations)? {
            self.relation(&mut row, &mut parents)?;
        }
        let mut owners = Vec::new();
        let mut identities = HashMap::new();
        for mut row in self.rows(Answer::Sequences)? {
            let (oid, schema, name) = (row.oid()?, row.text()?, row.text()?);
            let data_type = row.text()?;
            let mut next = || row.number::<i64>().map(Option::unwrap_or_default);
            let (start, increment, min, max, cache) = (next()?, next()?, next()?, next()?, next()?);
            let shape = Shape { data_type, start, increment, min, max, cache, cycle: row.flag()? };
            let (unlogged, link) = (row.letter()? == 'u', row.maybe()?);
            let (table, column) = (row.number::<u32>()?, row.number::<i32>()?);
            let owner = table.zip(column);
            if link.as_deref() == Some("i") {
                identities.insert(owner.unwrap_or_default(), (oid, name, shape));
                continue;
            }
            let key = Key { kind: Kind::Sequence, schema: Some(schema), table: None, name };
            if let Some(owner) = owner {
                owners.push((key.clone(), owner));
            }
            let (comment, grants) = (row.maybe()?, row.maybe()?);
            let body = Body::Sequence(Sequence { shape, unlogged, owner: None });
            self.add(("pg_class", oid), key, body, comment, grants.as_deref());
        }
        for mut row in self.rows(Answer::Columns)? {
            self.column(&mut row, &mut identities)?;
        }
        for (key, (table, column)) in owners {
            let owner = self.places.keys.get(&("pg_class", table, column)).cloned();
            if let Some(Object { body: Body::Sequence(sequence), .. }) =
                self.catalog.objects.get_mut(&key)
            {
                sequence.owner = owner;
            }
        }
        Ok(())
    }

    fn relation(
        &mut self,
        row: &mut Cells<'_>,
        parents: &mut HashMap<u32, Vec<Key>>,
    ) -> Result<(), Unreadable> {
        let (oid, schema, name, kind) = (row.oid()?, row.text()?, row.text()?, row.letter()?);
        let unlogged = row.letter()? == 'u';
        let (row_security, force_row_security) = (row.flag()?, row.flag()?);
        let (replica_identity, replica_index) = (row.letter()?, row.maybe()?);
        let (options, partition_by, bound) = (row.maybe()?, row.maybe()?, row.maybe()?);
        let taken = row.maybe()?;
        let (view, populated, server) = (row.maybe()?, row.flag()?, row.maybe()?);
        let (row_type, of_type) = (row.oid()?, row.maybe()?);
        let (comment, grants) = (row.maybe()?, row.maybe()?);
        let materialized = kind == 'm';
        let (kind, body) = match view {
            Some(definition) => {
                let definition = definition.trim_end_matches(';').to_owned();
                let (columns, comments) = (Vec::new(), BTreeMap::new());
                let view = View { materialized, definition, populated, options, columns, comments };
                (if materialized { Kind::MaterializedView } else { Kind::View }, Body::View(view))
            }
            None => {
                let parents = parents.remove(&oid).unwrap_or_default();
                let table = Table {
                    unlogged,
                    partition_by,
                    parents,
                    bound,
                    taken,
                    options,
                    row_security,
                    force_row_security,
                    replica_identity,
                    replica_index,
                    server,
                    of_type,
                };
                (Kind::Table, Body::Table(table))
            }
        };
        let key = Key { kind, schema: Some(schema), table: None, name };
        self.places.keys.insert(("pg_type", row_type, 0), key.clone());
        self.add(("pg_class", oid), key, body, comment, grants.as_deref());
        Ok(())
    }

    fn column(
        &mut self,
        row: &mut Cells<'_>,
        identities: &mut HashMap<(u32, i32), (u32, String, Shape)>,
    ) -> Result<(), Unreadable> {
        let (table, position, name, data_type) =
            (row.oid()?, row.number::<i32>()?.unwrap_or(0), row.text()?, row.text()?);
        let (base, category, element) = (row.text()?, row.letter()?, row.maybe()?);
        let (collation, not_null, default) = (row.maybe()?, row.flag()?, row.maybe()?);
        let (generated, identity) =
            (row.maybe()?.is_some_and(|g| g == "s"), row.maybe()?.unwrap_or_default());
        let (inherited, local) = (row.number::<i32>()?.unwrap_or(0) > 0, row.flag()?);
        let (storage, compression, statistics) = (row.maybe()?, row.maybe()?, row.maybe()?);
        let (comment, grants) = (row.maybe()?, row.maybe()?);
        let (_, type_kind) = (row.letter()?, row.letter()?);
        self.places.columns.insert((table, position), name.clone());
        let Some(owner) = self.places.keys.get(&("pg_class", table, 0)).cloned() else {
            return Ok(());
        };
        match self.catalog.objects.get_mut(&owner).map(|object| &mut object.body) {
            Some(Body::Composite { attributes }) => {
                let collation = collation.map(|c| format!(" COLLATE {c}")).unwrap_or_default();
                attributes.push((name, data_type + &collation));
                return Ok(());
            }
            Some(Body::View(view)) => {
                view.columns.push((name.clone(), data_type));
                view.comments.extend(comment.map(|comment| (name, comment)));
                return Ok(());
            }
            Some(Body::Table(_)) => {}
            _ => return Ok(()),
        }
        let key = Key { kind: Kind::Column, schema: owner.schema, table: Some(owner.name), name };
        let identity = identities.remove(&(table, position)).filter(|_| !identity.is_empty()).map(
            |(oid, sequence, shape)| {
                self.places.keys.insert(("pg_class", oid, 0), key.clone());
                Identity { always: identity == "a", shape, sequence }
            },
        );
        let letter = |text: Option<String>| text.and_then(|text| text.chars().next());
        let column = Column {
            position,
            data_type,
            base,
            category,
            element,
            is_domain: type_kind == 'd',
            collation,
            not_null,
            default,
            generated,
            identity,
            inherited,
            local,
            storage: letter(storage),
            compression: letter(compression),
            statistics,
        };
        self.places.keys.insert(("pg_class", table, position), key.clone());
        let grants = read_grants(grants.as_deref());
        self.catalog.objects.insert(key, Object { body: Body::Column(column), comment, grants });
        Ok(())
    }

    /// Constraints, indexes, triggers, policies, rules, statistics.
    fn parts(&mut self) -> Result<(), Unreadable> {
        let mut index_keys = HashMap::new();
        let mut constraint_indexes = Vec::new();
        for mut row in self.rows(Answer::Constraints)? {
            self.constraint(&mut row, &mut constraint_indexes)?;
        }
        for (index, key) in constraint_indexes {
            index_keys.insert(index, key);
        }
        self.indexes(&mut index_keys)?;
        for mut row in self.rows(Answer::Triggers)? {
            let (oid, table, name) = (row.oid()?, row.oid()?, row.text()?);
            let body = Body::Trigger { definition: row.text()?, enabled: row.letter()? };
            let comment = row.maybe()?;
            self.part(("pg_trigger", oid), Kind::Trigger, table, name, body, comment);
        }
        for mut row in self.rows(Answer::Policies)? {
            let (oid, table, name) = (row.oid()?, row.oid()?, row.text()?);
            let (permissive, command, roles) = (row.flag()?, row.letter()?, row.text()?);
            let body =
                Policy { permissive, command, roles, using: row.maybe()?, check: row.maybe()? };
            let comment = row.maybe()?;
            self.part(("pg_policy", oid), Kind::Policy, table, name, Body::Policy(body), comment);
        }
        for mut row in self.rows(Answer::Rules)? {
            let (oid, table, name, definition) =
                (row.oid()?, row.oid()?, row.text()?, row.maybe()?);
            let (enabled, comment) = (row.letter()?, row.maybe()?);
            match definition {
                Some(definition) => {
                    let definition = definition.trim_end_matches(';').to_owned();
                    let body = Body::Rule { definition, enabled };
                    self.part(("pg_rewrite", oid), Kind::Rule, table, name, body, comment);
                }
                // The rule that makes a view what it is.
                None => {
                    let view = self.places.keys.get(&("pg_class", table, 0)).cloned();
                    self.places.keys.extend(view.map(|view| (("pg_rewrite", oid, 0), view)));
                }
            }
        }
        for mut row in self.rows(Answer::Statistics)? {
            let (oid, schema, name, table) = (row.oid()?, row.text()?, row.text()?, row.oid()?);
            let (definition, comment) = (row.text()?, row.maybe()?);
            let Some(owner) = self.places.keys.get(&("pg_class", table, 0)) else { continue };
            let key = Key {
                kind: Kind::Statistics,
                schema: Some(schema),
                table: Some(owner.name.clone()),
                name,
            };
            self.add(
                ("pg_statistic_ext", oid),
                key,
                Body::Statistics { definition },
                comment,
                None,
            );
        }
        Ok(())
    }

    fn part(
        &mut self,
        place: (&'static str, u32),
        kind: Kind,
        table: u32,
        name: String,
        body: Body,
        comment: Option<String>,
    ) {
        let Some(owner) = self.places.keys.get(&("pg_class", table, 0)).cloned() else { return };
        let key = Key { kind, schema: owner.schema, table: Some(owner.name), name };
        self.add(place, key, body, comment, None);
    }

    fn constraint(
        &mut self,
        row: &mut Cells<'_>,
        indexes: &mut Vec<(u32, Key)>,
    ) -> Result<(), Unreadable> {
        let (oid, table, domain, name, kind) =
            (row.oid()?, row.oid()?, row.oid()?, row.text()?, row.letter()?);
        let (definition, validated) = (row.text()?, row.flag()?);
        let (_, local, inherited) =
            (row.flag()?, row.flag()?, row.number::<i32>()?.unwrap_or(0) > 0);
        let (parent, index) = (row.oid()?, row.oid()?);
        let (columns, referenced) = (row.maybe()?, row.oid()?);
        let referenced_columns = row.maybe()?;
        let columns = self.places.names(table, columns.as_deref());
        let referenced_columns = self.places.names(referenced, referenced_columns.as_deref());
        let (_, expression, comment) = (row.flag()?, row.maybe()?, row.maybe()?);
        if domain != 0 {
            let key = self.places.keys.get(&("pg_type", domain, 0)).cloned();
            if let Some(key) = key {
                if let Some(Object { body: Body::Domain(body), .. }) =
                    self.catalog.objects.get_mut(&key)
                {
                    body.checks.insert(name, definition);
                }
                self.places.keys.insert(("pg_constraint", oid, 0), key);
            }
            return Ok(());
        }
        let Some(owner) = self.places.keys.get(&("pg_class", table, 0)).cloned() else {
            return Ok(());
        };
        // The parent has it, and with it the child.
        let from_above = (kind == 'f' && parent != 0) || (kind == 'c' && inherited && !local);
        if from_above {
            return Ok(());
        }
        let references = self.places.keys.get(&("pg_class", referenced, 0)).cloned();
        let body = Constraint {
            kind,
            definition,
            validated,
            columns,
            expression,
            references,
            referenced_columns,
            parent: None,
            local,
            clustered: false,
            index_comment: None,
        };
        let kind = if body.kind == 'f' { Kind::ForeignKey } else { Kind::Constraint };
        let key = Key { kind, schema: owner.schema, table: Some(owner.name), name };
        if matches!(body.kind, 'p' | 'u' | 'x') {
            self.places.keys.insert(("pg_class", index, 0), key.clone());
            indexes.push((index, key.clone()));
        }
        self.add(("pg_constraint", oid), key, Body::Constraint(body), comment, None);
        Ok(())
    }

    fn indexes(&mut self, keys: &mut HashMap<u32, Key>) -> Result<(), Unreadable> {
        let mut parents = Vec::new();
        for mut row in self.rows(Answer::Indexes)? {
            let (oid, table, schema, name) = (row.oid()?, row.oid()?, row.text()?, row.text()?);
            let (definition, unique, valid) = (row.text()?, row.flag()?, row.flag()?);
            let (clustered, _, has_expressions) = (row.flag()?, row.flag()?, row.flag()?);
            let (columns, parent) = (row.maybe()?, row.number::<u32>()?);
            let columns = self.places.names(table, columns.as_deref());
            let (constraint, predicate, comment) =
                (row.number::<u32>()?, row.maybe()?, row.maybe()?);
            let Some(owner) = self.places.keys.get(&("pg_class", table, 0)).cloned() else {
                continue;
            };
            if let Some(parent) = parent {
                parents.push((oid, parent));
            }
            if constraint.is_some() {
                let key = keys.get(&oid);
                let object = key.and_then(|key| self.catalog.objects.get_mut(key));
                if let Some(Object { body: Body::Constraint(constraint), .. }) = object {
                    constraint.clustered = clustered;
                    constraint.index_comment = comment;
                }
                continue;
            }
            let key =
                Key { kind: Kind::Index, schema: Some(schema), table: Some(owner.name), name };
            keys.insert(oid, key.clone());
            let definition =
                definition.split_once(" USING ").map_or("", |(_, after)| after).to_owned();
            let body = Index {
                definition,
                unique,
                valid,
                clustered,
                columns,
                has_expressions,
                predicate,
                parent: None,
            };
            self.add(("pg_class", oid), key, Body::Index(body), comment, None);
        }
        for (child, parent) in parents {
            let parent = keys.get(&parent).cloned();
            let object = keys.get(&child).and_then(|key| self.catalog.objects.get_mut(key));
            match object.map(|object| &mut object.body) {
                Some(Body::Index(index)) => index.parent = parent,
                Some(Body::Constraint(constraint)) => constraint.parent = parent,
                _ => {}
            }
        }
        Ok(())
    }

    /// What needs what: as the server recorded it, and each part its whole.
    fn dependencies(&mut self) -> Result<(), Unreadable> {
        for mut row in self.rows(Answer::Members)? {
            let (class, oid, extension) = (row.text()?, row.oid()?, row.oid()?);
            if let Some(key) = self.places.keys.get(&("pg_extension", extension, 0)) {
                self.places.members.insert((class, oid), key.clone());
            }
            self.catalog.members.extend(row.maybe()?);
        }
        let mut rows: Vec<_> = Vec::new();
        for mut row in self.rows(Answer::Dependencies)? {
            let from = (row.text()?, row.oid()?, row.number::<i32>()?.unwrap_or(0));
            let to = (row.text()?, row.oid()?, row.number::<i32>()?.unwrap_or(0));
            rows.push((from, to, row.letter()?));
        }
        // A default is part of its column, which its own row says.
        for (from, to, link) in &rows {
            if from.0 == "pg_attrdef" && to.0 == "pg_class" && matches!(link, 'a' | 'i') && to.2 > 0
            {
                let column = self.places.keys.get(&("pg_class", to.1, to.2)).cloned();
                if let Some(column) = column {
                    self.places.keys.entry(("pg_attrdef", from.1, 0)).or_insert(column);
                }
            }
        }
        let mut needs: BTreeMap<Key, BTreeSet<Key>> = BTreeMap::new();
        for (from, to, link) in &rows {
            let (Some(from_key), Some(to_key)) = (self.places.find(from), self.places.find(to))
            else {
                continue;
            };
            // A sequence belongs to its column, which needs it.
            let owned = from_key.kind == Kind::Sequence && *link == 'a';
            if from_key != to_key && !owned {
                needs.entry(from_key.clone()).or_default().insert(to_key.clone());
            }
        }
        for key in self.catalog.objects.keys() {
            if let Some(table) = &key.table {
                let whole = |kind| Key {
                    kind,
                    schema: key.schema.clone(),
                    table: None,
                    name: table.clone(),
                };
                for whole in [Kind::Table, Kind::View, Kind::MaterializedView].map(whole) {
                    if self.catalog.objects.contains_key(&whole) {
                        needs.entry(key.clone()).or_default().insert(whole);
                    }
                }
            }
            if let Some(schema) = &key.schema {
                let schema =
                    Key { kind: Kind::Schema, schema: None, table: None, name: schema.clone() };
                needs.entry(key.clone()).or_default().insert(schema);
            }
        }
        self.catalog.needs = needs;
        for mut row in self.rows(Answer::Casts)? {
            self.catalog.casts.insert((row.text()?, row.text()?));
        }
        Ok(())
    }
}

impl Places {
    /// Returns the names of a table's columns by their numbers; what is no column has none.
    fn names(&self, table: u32, numbers: Option<&str>) -> Vec<String> {
        let numbers = numbers.unwrap_or_default().split_whitespace();
        let name = |number: i32| match number {
            0 => None,
            number => self.columns.get(&(table, number)).cloned(),
        };
        numbers.map(|number| number.parse().ok().and_then(name).unwrap_or_default()).collect()
    }

    fn find(&self, place: &(String, u32, i32)) -> Option<&Key> {
        let class = CLASSES.iter().find(|class| **class == place.0)?;
        let exact = self.keys.get(&(*class, place.1, place.2));
        let whole = || self.keys.get(&(*class, place.1, 0));
        exact.or_else(whole).or_else(|| self.members.get(&(place.0.clone(), place.1)))
    }
}

/// The catalogs that are read, and those whose objects only extensions have.
const CLASSES: &[&str] = &[
    "pg_namespace",
    "pg_extension",
    "pg_type",
    "pg_proc",
    "pg_class",
    "pg_constraint",
    "pg_trigger",
    "pg_policy",
    "pg_rewrite",
    "pg_statistic_ext",
    "pg_attrdef",
    "pg_opclass",
    "pg_operator",
    "pg_opfamily",
    "pg_collation",
];

fn read_grants(text: Option<&str>) -> BTreeSet<Grant> {
    let lines = text.unwrap_or_default().lines();
    lines
        .filter_map(|line| {
            let mut parts = line.split('\t');
            let (privilege, grantee, grantable) = (parts.next()?, parts.next()?, parts.next()?);
            Some(Grant {
                privilege: privilege.into(),
                grantee: grantee.into(),
                grantable: grantable.starts_with('t'),
            })
        })
        .collect()
}

/// The values of a row, taken in order.
struct Cells<'a> {
    row: &'a Row,
    answer: Answer,
    at: usize,
}

impl Cells<'_> {
    fn maybe(&mut self) -> Result<Option<String>, Unreadable> {
        let value = self.row.get(self.at).ok_or_else(|| self.wrong("is missing"))?;
        self.at += 1;
        Ok(value.clone())
    }

    fn text(&mut self) -> Result<String, Unreadable> {
        self.maybe()?.ok_or_else(|| self.wrong("is null"))
    }

    fn flag(&mut self) -> Result<bool, Unreadable> {
        Ok(self.maybe()?.is_some_and(|text| text.starts_with('t')))
    }

    fn letter(&mut self) -> Result<char, Unreadable> {
        Ok(self.text()?.chars().next().unwrap_or(' '))
    }

    fn number<N: std::str::FromStr>(&mut self) -> Result<Option<N>, Unreadable> {
        self.maybe()?.map(|text| text.parse().map_err(|_| self.wrong("is no number"))).transpose()
    }

    fn oid(&mut self) -> Result<u32, Unreadable> {
        Ok(self.number()?.unwrap_or(0))
    }

    fn list(&mut self) -> Result<Vec<String>, Unreadable> {
        Ok(self
            .maybe()?
            .map(|text| text.split('\t').map(str::to_owned).collect())
            .unwrap_or_default())
    }

    fn wrong(&self, what: &str) -> Unreadable {
        Unreadable(format!("{:?}: column {} {what}", self.answer, self.at))
    }
}
