//! How each object is written: for statements, and to compare.

use std::collections::BTreeMap;

use super::catalog::{
    Body, Catalog, Column, Constraint, Domain, Identity, Index, Object, Policy, Range, Shape,
    Table, View,
};
use super::names::{literal, name_of, qualified, quote, table_of};
use crate::{Key, Kind};

/// Writes what `CREATE` says of it; two objects are alike if this is.
pub(super) fn definition(key: &Key, object: &Object) -> String {
    match &object.body {
        Body::Schema => format!("CREATE SCHEMA {}", quote(&key.name)),
        Body::Extension { schema, version, .. } => {
            format!("{} VERSION {}", extension(key, schema), literal(version))
        }
        Body::Enum { labels } => enumeration(key, labels),
        Body::Domain(body) => domain(key, body),
        Body::Composite { attributes } => composite(key, attributes),
        Body::Range(body) => range(key, body),
        Body::Sequence(body) => {
            let owner =
                body.owner.as_ref().map(|owner| format!(" OWNED BY {}", column_name(owner)));
            let unlogged = if body.unlogged { "UNLOGGED " } else { "" };
            format!(
                "CREATE {unlogged}SEQUENCE {}{}{}",
                name_of(key),
                whole_shape(&body.shape),
                owner.unwrap_or_default()
            )
        }
        Body::Function(body) if body.kind == 'a' => {
            aggregate(key, &body.identity, &body.definition)
        }
        Body::Function(body) => body.definition.trim_end().to_owned(),
        Body::Table(body) => table_definition(key, body),
        Body::Column(body) => {
            let inherited = if body.inherited { " inherited" } else { "" };
            let local = if body.local || !body.inherited { "" } else { " not local" };
            let sequence =
                body.identity.as_ref().map(|i| format!(" of {}", i.sequence)).unwrap_or_default();
            let storage = body.storage.map(|s| format!(" storage {s}")).unwrap_or_default();
            let statistics =
                body.statistics.as_ref().map(|s| format!(" statistics {s}")).unwrap_or_default();
            format!("{}{sequence}{storage}{statistics}{inherited}{local}", column(key, body))
        }
        Body::Constraint(body) => {
            let parent =
                body.parent.as_ref().map(|parent| format!(" attached to {}", quote(&parent.name)));
            let clustered = if body.clustered { " clustered" } else { "" };
            let comment =
                body.index_comment.as_ref().map(|c| format!(" index comment {}", literal(c)));
            let local = if body.local || body.parent.is_some() { "" } else { " not local" };
            format!(
                "{}{}{clustered}{local}{}",
                constraint(key, body),
                parent.unwrap_or_default(),
                comment.unwrap_or_default()
            )
        }
        Body::Index(body) => {
            let parent =
                body.parent.as_ref().map(|parent| format!(" attached to {}", quote(&parent.name)));
            let clustered = if body.clustered { " clustered" } else { "" };
            let valid = if body.valid { "" } else { " invalid" };
            format!("{}{}{clustered}{valid}", index(key, body, ""), parent.unwrap_or_default())
        }
        Body::View(body) => {
            let comments = body
                .comments
                .iter()
                .map(|(column, said)| format!(" {} {}", quote(column), literal(said)));
            format!("{}{}", view(key, body), comments.collect::<String>())
        }
        Body::Trigger { definition, enabled } | Body::Rule { definition, enabled } => {
            format!("{definition} {enabled}")
        }
        Body::Policy(body) => policy(key, body),
        Body::Statistics { definition } => definition.clone(),
    }
}

pub(super) fn extension(key: &Key, schema: &str) -> String {
    format!("CREATE EXTENSION {} WITH SCHEMA {}", quote(&key.name), quote(schema))
}

pub(super) fn enumeration(key: &Key, labels: &[String]) -> String {
    let labels: Vec<_> = labels.iter().map(|label| literal(label)).collect();
    format!("CREATE TYPE {} AS ENUM ({})", name_of(key), labels.join(", "))
}

pub(super) fn domain(key: &Key, body: &Domain) -> String {
    let mut sql = format!("CREATE DOMAIN {} AS {}", name_of(key), body.base);
    if let Some(collation) = &body.collation {
        sql += &format!(" COLLATE {collation}");
    }
    if let Some(default) = &body.default {
        sql += &format!(" DEFAULT {default}");
    }
    if body.not_null {
        sql += " NOT NULL";
    }
    for (name, check) in &body.checks {
        sql += &format!(" CONSTRAINT {} {check}", quote(name));
    }
    sql
}

pub(super) fn composite(key: &Key, attributes: &[(String, String)]) -> String {
    let attributes: Vec<_> =
        attributes.iter().map(|(name, data_type)| format!("{} {data_type}", quote(name))).collect();
    format!("CREATE TYPE {} AS ({})", name_of(key), attributes.join(", "))
}

pub(super) fn range(key: &Key, range: &Range) -> String {
    let Range { subtype, settings, multirange } = range;
    let multirange = qualified(key.schema.as_deref(), multirange);
    format!(
        "CREATE TYPE {} AS RANGE (subtype = {subtype}{settings}, multirange_type_name = {multirange})",
        name_of(key)
    )
}

pub(super) fn aggregate(key: &Key, arguments: &str, definition: &str) -> String {
    let name = key.name.split('(').next().unwrap_or_default();
    let arguments = if arguments.is_empty() { "*" } else { arguments };
    format!(
        "CREATE AGGREGATE {}({arguments}) ({definition})",
        qualified(key.schema.as_deref(), name)
    )
}

/// Writes what of a shape is not what PostgreSQL would take.
pub(super) fn shape(shape: &Shape) -> String {
    let mut plain = Shape::plain(&shape.data_type);
    plain.increment = shape.increment;
    if shape.increment < 0 {
        (plain.min, plain.max) = (-plain.max - 1, -1);
    }
    plain.start = if shape.increment < 0 { shape.max } else { shape.min };
    let mut sql = String::new();
    if shape.increment != 1 {
        sql += &format!(" INCREMENT BY {}", shape.increment);
    }
    if shape.min != plain.min {
        sql += &format!(" MINVALUE {}", shape.min);
    }
    if shape.max != plain.max {
        sql += &format!(" MAXVALUE {}", shape.max);
    }
    if shape.start != plain.start {
        sql += &format!(" START WITH {}", shape.start);
    }
    if shape.cache != 1 {
        sql += &format!(" CACHE {}", shape.cache);
    }
    if shape.cycle {
        sql += " CYCLE";
    }
    sql
}

/// Writes a shape with its type.
pub(super) fn whole_shape(of: &Shape) -> String {
    let data_type =
        if of.data_type == "bigint" { String::new() } else { format!(" AS {}", of.data_type) };
    data_type + &shape(of)
}

pub(super) fn column_name(column: &Key) -> String {
    format!("{}.{}", table_of(column), quote(&column.name))
}

/// Writes a column as `CREATE TABLE` and `ADD COLUMN` have it.
pub(super) fn column(key: &Key, body: &Column) -> String {
    let mut sql = format!("{} {}", quote(&key.name), body.data_type);
    if let Some(compression) = body.compression {
        sql += if compression == 'l' { " COMPRESSION lz4" } else { " COMPRESSION pglz" };
    }
    if let Some(collation) = &body.collation {
        sql += &format!(" COLLATE {collation}");
    }
    if let Some(identity) = &body.identity {
        sql += &format!(" {}", identity_clause(key, identity));
    }
    match &body.default {
        Some(expression) if body.generated => {
            sql += &format!(" GENERATED ALWAYS AS ({expression}) STORED");
        }
        Some(default) => sql += &format!(" DEFAULT {default}"),
        None => {}
    }
    if body.not_null {
        sql += " NOT NULL";
    }
    sql
}

/// Writes `GENERATED … AS IDENTITY`.
pub(super) fn identity_clause(key: &Key, identity: &Identity) -> String {
    let mut options = shape(&identity.shape);
    let table = key.table.as_deref().unwrap_or_default();
    if identity.sequence != format!("{table}_{}_seq", key.name) && identity.sequence.len() < 60 {
        let name = qualified(key.schema.as_deref(), &identity.sequence);
        options = format!(" SEQUENCE NAME {name}{options}");
    }
    let when = if identity.always { "ALWAYS" } else { "BY DEFAULT" };
    match options.trim_start() {
        "" => format!("GENERATED {when} AS IDENTITY"),
        options => format!("GENERATED {when} AS IDENTITY ({options})"),
    }
}

fn table_definition(key: &Key, body: &Table) -> String {
    let mut sql = create_table(key, body, &[]);
    let parents: Vec<_> = body.parents.iter().map(name_of).collect();
    if let Some(bound) = &body.bound {
        sql += &format!(" PARTITION OF {} {bound}", parents.join(", "));
    } else if !parents.is_empty() {
        sql += &format!(" INHERITS ({})", parents.join(", "));
    }
    if body.row_security {
        sql += " ENABLE ROW LEVEL SECURITY";
    }
    if body.force_row_security {
        sql += " FORCE ROW LEVEL SECURITY";
    }
    sql + &replica_identity(body)
}

/// Writes ` REPLICA IDENTITY …`, nothing for the default.
pub(super) fn replica_identity(body: &Table) -> String {
    match (body.replica_identity, &body.replica_index) {
        ('f', _) => " REPLICA IDENTITY FULL".to_owned(),
        ('n', _) => " REPLICA IDENTITY NOTHING".to_owned(),
        ('i', Some(index)) => format!(" REPLICA IDENTITY USING INDEX {}", quote(index)),
        _ => String::new(),
    }
}

/// Writes `CREATE TABLE` with what stands between the parentheses, without parents.
pub(super) fn create_table(key: &Key, body: &Table, lines: &[String]) -> String {
    let kind = match (&body.server, body.unlogged) {
        (Some(_), _) => "FOREIGN ",
        (None, true) => "UNLOGGED ",
        (None, false) => "",
    };
    let of_type = body.of_type.as_ref().map(|of_type| format!(" OF {of_type}")).unwrap_or_default();
    let mut sql = format!("CREATE {kind}TABLE {}{of_type}", name_of(key));
    match lines {
        [] if body.of_type.is_some() => {}
        [] => sql += " ()",
        lines => sql += &format!(" (\n    {}\n)", lines.join(",\n    ")),
    }
    if let Some(server) = &body.server {
        sql += &format!(" {server}");
    }
    if let Some(by) = &body.partition_by {
        sql += &format!(" PARTITION BY {by}");
    }
    if let Some(options) = &body.options {
        sql += &format!(" WITH ({options})");
    }
    sql
}

/// Writes a constraint as `CREATE TABLE` and `ADD` have it.
pub(super) fn constraint(key: &Key, body: &Constraint) -> String {
    format!("CONSTRAINT {} {}", quote(&key.name), body.definition)
}

/// Writes `CREATE INDEX`; `option` is `CONCURRENTLY ` or `ONLY `.
pub(super) fn index(key: &Key, body: &Index, option: &str) -> String {
    let unique = if body.unique { "UNIQUE " } else { "" };
    let (before, after) = if option == "ONLY " { ("", option) } else { (option, "") };
    format!(
        "CREATE {unique}INDEX {before}{} ON {after}{} USING {}",
        quote(&key.name),
        table_of(key),
        body.definition
    )
}

pub(super) fn view(key: &Key, body: &View) -> String {
    let options =
        body.options.as_ref().map(|options| format!(" WITH ({options})")).unwrap_or_default();
    let kind = if body.materialized { "MATERIALIZED VIEW" } else { "VIEW" };
    let unpopulated = if body.materialized && !body.populated { "\n  WITH NO DATA" } else { "" };
    format!("CREATE {kind} {}{options} AS\n{}{unpopulated}", name_of(key), body.definition)
}

pub(super) fn policy(key: &Key, body: &Policy) -> String {
    let permissive = if body.permissive { "" } else { " AS RESTRICTIVE" };
    let command = match body.command {
        'r' => " FOR SELECT",
        'a' => " FOR INSERT",
        'w' => " FOR UPDATE",
        'd' => " FOR DELETE",
        _ => "",
    };
    let mut sql = format!(
        "CREATE POLICY {} ON {}{permissive}{command} TO {}",
        quote(&key.name),
        table_of(key),
        body.roles
    );
    if let Some(using) = &body.using {
        sql += &format!(" USING ({using})");
    }
    if let Some(check) = &body.check {
        sql += &format!(" WITH CHECK ({check})");
    }
    sql
}

/// Writes what `GRANT`, `COMMENT` and `DROP` name it by.
pub(super) fn named(key: &Key, object: &Object) -> String {
    match &object.body {
        Body::Schema => format!("SCHEMA {}", quote(&key.name)),
        Body::Extension { .. } => format!("EXTENSION {}", quote(&key.name)),
        Body::Domain(_) => format!("DOMAIN {}", name_of(key)),
        Body::Enum { .. } | Body::Composite { .. } | Body::Range(_) => {
            format!("TYPE {}", name_of(key))
        }
        Body::Sequence(_) => format!("SEQUENCE {}", name_of(key)),
        Body::Function(body) => {
            let kind = match body.kind {
                'p' => "PROCEDURE",
                'a' => "AGGREGATE",
                _ => "FUNCTION",
            };
            let (name, types) = key.name.split_once('(').unwrap_or((&key.name, ")"));
            let types = if body.kind == 'a' && types == ")" { "*)" } else { types };
            format!("{kind} {}({types}", qualified(key.schema.as_deref(), name))
        }
        Body::Table(body) if body.server.is_some() => format!("FOREIGN TABLE {}", name_of(key)),
        Body::Table(_) => format!("TABLE {}", name_of(key)),
        Body::Column(_) => format!("COLUMN {}", column_name(key)),
        Body::Constraint(_) => format!("CONSTRAINT {} ON {}", quote(&key.name), table_of(key)),
        Body::Index(_) => format!("INDEX {}", name_of(key)),
        Body::View(body) if body.materialized => format!("MATERIALIZED VIEW {}", name_of(key)),
        Body::View(_) => format!("VIEW {}", name_of(key)),
        Body::Trigger { .. } => format!("TRIGGER {} ON {}", quote(&key.name), table_of(key)),
        Body::Policy(_) => format!("POLICY {} ON {}", quote(&key.name), table_of(key)),
        Body::Rule { .. } => format!("RULE {} ON {}", quote(&key.name), table_of(key)),
        Body::Statistics { .. } => format!("STATISTICS {}", name_of(key)),
    }
}

impl Catalog {
    /// Returns the canonical definition of each object, of each comment, and of all privileges on one object.
    pub(crate) fn definitions(&self) -> BTreeMap<Key, String> {
        self.definitions_but(|_, _| false)
    }

    /// As [`Self::definitions`], without the objects that `other` has exactly alike.
    pub(crate) fn definitions_beside(&self, other: &Self) -> BTreeMap<Key, String> {
        self.definitions_but(|key, object| other.objects.get(key) == Some(object))
    }

    fn definitions_but(&self, left_out: impl Fn(&Key, &Object) -> bool) -> BTreeMap<Key, String> {
        let mut definitions = BTreeMap::new();
        for (key, object) in self.objects.iter().filter(|(key, object)| !left_out(key, object)) {
            if let Some(comment) = &object.comment {
                definitions.insert(key.about(Kind::Comment), comment.clone());
            }
            if !object.grants.is_empty() {
                definitions.insert(key.about(Kind::Grant), format!("{:?}", object.grants));
            }
            definitions.insert(key.clone(), definition(key, object));
        }
        definitions
    }
}
