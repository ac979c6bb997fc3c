//! Three rows for every table: values that its types, keys and checks take, found by trying.

use std::collections::{BTreeMap, BTreeSet};

use revchain_schema::{Kind, Plan, Rename, Row};
use revchain_tests::random_schemas::Chance;

use crate::server::Server;

#[derive(Debug)]
pub(crate) struct Table {
    schema: String,
    name: String,
    columns: Vec<Column>,
    /// Texts that say which values are taken: checks, bounds of partitions.
    hints: Vec<String>,
    references: BTreeSet<(String, String)>,
    is_partition: bool,
    /// The table of which it is a partition.
    parent: Option<String>,
    /// Whether its rows stand in its partitions.
    is_divided: bool,
}

#[derive(Debug)]
struct Column {
    name: String,
    data_type: String,
    category: String,
    not_null: bool,
    /// Whether it has its value without our doing.
    filled: bool,
    generated: bool,
    labels: Vec<String>,
    /// The column that it refers to: schema, table, column.
    refers: Option<(String, String, String)>,
}

const TABLES: &str = "SELECT c.oid::text, n.nspname, c.relname, c.relispartition::text, \
    coalesce((SELECT string_agg(pg_get_constraintdef(k.oid), E'\\n') FROM pg_constraint k WHERE k.contype = 'c' AND (k.conrelid = c.oid OR k.contypid IN (SELECT atttypid FROM pg_attribute WHERE attrelid = c.oid))), '') \
    || coalesce((SELECT string_agg(pg_get_expr(p.relpartbound, p.oid), E'\\n') FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid WHERE i.inhparent = c.oid), '') \
    || coalesce(pg_get_expr(c.relpartbound, c.oid), ''), c.relkind::text, \
    (SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid AND c.relispartition) \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' \
    AND n.nspname <> 'information_schema' ORDER BY c.oid";

const COLUMNS: &str = "SELECT a.attrelid::text, a.attname, format_type(a.atttypid, a.atttypmod), b.typcategory::text, \
    (a.attnotnull OR t.typnotnull)::text, (a.atthasdef OR a.attidentity <> '')::text, (a.attgenerated <> '' OR a.attidentity = 'a')::text, (a.attgenerated <> '')::text, \
    (SELECT string_agg(e.enumlabel, E'\\t' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = b.oid), \
    rn.nspname, r.relname, ra.attname \
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_type t ON t.oid = a.atttypid JOIN pg_type b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid) \
    LEFT JOIN LATERAL (SELECT k.confrelid, k.confkey[array_position(k.conkey, a.attnum)] AS num FROM pg_constraint k \
      WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey) LIMIT 1) f ON true \
    LEFT JOIN pg_class r ON r.oid = f.confrelid LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace \
    LEFT JOIN pg_attribute ra ON ra.attrelid = f.confrelid AND ra.attnum = f.num \
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' \
    AND n.nspname <> 'information_schema' ORDER BY a.attrelid, a.attnum";

/// Reads which tables there are.
pub(crate) async fn tables(server: &mut Server) -> Vec<Table> {
    let answers =
        server.answers(&format!("{TABLES};{COLUMNS}")).await.expect("the catalog answers");
    let text = |row: &Row, at: usize| row[at].clone().unwrap_or_default();
    let mut columns: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for row in &answers[1] {
        let always = text(row, 6) == "true";
        let labels = row[8].as_ref().map(|labels| labels.split('\t').map(str::to_owned).collect());
        let refers = row[9].is_some().then(|| (text(row, 9), text(row, 10), text(row, 11)));
        columns.entry(text(row, 0)).or_default().push(Column {
            name: text(row, 1),
            data_type: text(row, 2),
            category: text(row, 3),
            not_null: text(row, 4) == "true",
            filled: always || (text(row, 5) == "true" && text(row, 4) == "true"),
            generated: text(row, 7) == "true",
            labels: labels.unwrap_or_default(),
            refers,
        });
    }
    answers[0]
        .iter()
        .map(|row| {
            let columns = columns.remove(&text(row, 0)).unwrap_or_default();
            let references = columns
                .iter()
                .filter_map(|column| column.refers.clone())
                .map(|(schema, table, _)| (schema, table));
            Table {
                references: references.collect(),
                schema: text(row, 1),
                name: text(row, 2),
                is_partition: text(row, 3) == "true",
                parent: row[6].clone(),
                is_divided: text(row, 5) == "p",
                hints: words(&text(row, 4)),
                columns,
            }
        })
        .collect()
}

/// Returns the strings and numbers of an expression.
fn words(expression: &str) -> Vec<String> {
    let strings = expression.split('\'').skip(1).step_by(2);
    let numbers =
        expression.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
    strings.chain(numbers).map(str::to_owned).collect()
}

/// Puts three rows into every table; tells whether each has some.
pub(crate) async fn fill(server: &mut Server, tables: &[Table], seed: u64) -> bool {
    let mut done: BTreeSet<(String, String)> = BTreeSet::new();
    // Those that others refer to first; what goes round in a circle is tried with nulls.
    while done.len() < tables.len() {
        let waits = |table: &&Table| {
            table.references.iter().any(|other| {
                !done.contains(other) && *other != (table.schema.clone(), table.name.clone())
            })
        };
        let open = || {
            tables
                .iter()
                .filter(|table| !done.contains(&(table.schema.clone(), table.name.clone())))
        };
        let Some(next) = open().find(|table| !waits(table)).or_else(|| open().next()) else {
            break;
        };
        let circular = waits(&next);
        done.insert((next.schema.clone(), next.name.clone()));
        if !next.is_partition && !fill_table(server, next, circular, seed).await {
            let fresh = format!("SELECT count(*)::text FROM {}", next.full());
            let count = server.answers(&fresh).await.ok().and_then(|rows| rows[0][0][0].clone());
            if count.as_deref() == Some("0")
                && !next.columns.is_empty()
                && !next.is_unbounded(server).await
            {
                return false;
            }
        }
    }
    true
}

async fn fill_table(server: &mut Server, table: &Table, circular: bool, seed: u64) -> bool {
    // The collected pairs have always the same rows.
    let mut chance = Chance(seed.max(7));
    if table.columns.is_empty() {
        return server.run(&format!("INSERT INTO {0} DEFAULT VALUES; INSERT INTO {0} DEFAULT VALUES; INSERT INTO {0} DEFAULT VALUES", table.full())).await.is_ok();
    }
    let mut made = 0;
    for attempt in 0..400 {
        let columns: Vec<_> = table.columns.iter().filter(|column| !column.filled).collect();
        let values: Vec<_> = columns
            .iter()
            .map(|column| value(column, table, made, attempt, circular, &mut chance))
            .collect();
        let names: Vec<_> = columns.iter().map(|column| quote(&column.name)).collect();
        let sql = if names.is_empty() {
            format!("INSERT INTO {} DEFAULT VALUES", table.full())
        } else {
            format!(
                "INSERT INTO {} ({}) VALUES ({})",
                table.full(),
                names.join(", "),
                values.join(", ")
            )
        };
        if server.run(&sql).await.is_ok() {
            made += 1;
            if made == 3 {
                return true;
            }
        }
    }
    made > 0
}

fn value(
    column: &Column,
    table: &Table,
    made: usize,
    attempt: usize,
    circular: bool,
    chance: &mut Chance,
) -> String {
    let own = (table.schema.clone(), table.name.clone());
    if let Some((schema, other, name)) = &column.refers {
        let itself = (schema.clone(), other.clone()) == own;
        if !column.not_null && (circular || itself || attempt % 5 == 4) {
            return "NULL".to_owned();
        }
        return format!(
            "(SELECT {} FROM {}.{} OFFSET {} LIMIT 1)",
            quote(name),
            quote(schema),
            quote(other),
            made % 3
        );
    }
    // A null now and then, where one can be.
    if !column.not_null && (column.category == "C" || made == 2 && attempt.is_multiple_of(2)) {
        return "NULL".to_owned();
    }
    let number = (made + 1).to_string();
    let mut candidates: Vec<String> = match column.category.as_str() {
        "N" => vec![
            number,
            "1".into(),
            "2".into(),
            "3".into(),
            "10".into(),
            "5".into(),
            "100".into(),
            "-5".into(),
        ],
        "S" => vec![
            number,
            "a".into(),
            "b".into(),
            "c@d".into(),
            "abc".into(),
            "x".into(),
            "12345".into(),
            "http://a.de".into(),
        ],
        "B" => vec!["true".into(), "false".into()],
        "D" => vec![
            "2024-01-1".to_owned() + &number,
            "2024-02-01".into(),
            "12:00".into(),
            format!("0{number}:30"),
            "2026-05-05".into(),
        ],
        "T" => vec!["1 day".into()],
        "E" => column.labels.clone(),
        "A" => vec!["{}".into()],
        "R" => vec![format!("[2024-01-0{number},2024-01-0{number}]"), "empty".into()],
        "V" => vec!["1".into(), "101".into()],
        _ => vec![
            format!("00000000-0000-0000-0000-00000000000{number}"),
            "{}".into(),
            "1".into(),
            "a".into(),
        ],
    };
    if attempt > 3 || matches!(column.category.as_str(), "S") {
        candidates.splice(0..0, table.hints.iter().cloned());
    }
    let plain = attempt < 4 && (chance.0 == 7 || chance.below(3) > 0);
    let at = if plain { 0 } else { chance.below(candidates.len()) };
    match candidates.get(at) {
        Some(text) => format!("'{}'::{}", text.replace('\'', "''"), column.data_type),
        None => "NULL".to_owned(),
    }
}

impl Table {
    fn full(&self) -> String {
        format!("{}.{}", quote(&self.schema), quote(&self.name))
    }

    /// Writes it without the rows of what inherits from it.
    fn own_rows(&self) -> String {
        format!("{}{}", if self.is_divided { "" } else { "ONLY " }, self.full())
    }

    /// Whether it is divided, and into nothing yet.
    async fn is_unbounded(&self, server: &mut Server) -> bool {
        let sql = format!(
            "SELECT (c.relkind = 'p' AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid))::text FROM pg_class c WHERE c.oid = '{}'::regclass",
            self.full().replace('\'', "''")
        );
        let answers = server.answers(&sql).await.expect("the catalog answers");
        answers[0][0][0].as_deref() == Some("true")
    }
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What was in the tables.
pub(crate) struct Kept {
    columns: Vec<KeptColumn>,
    counts: Vec<(String, String, usize)>,
    /// Partitions: schema, table, that of which they are.
    partitions: Vec<(String, String, Option<String>)>,
}

struct KeptColumn {
    schema: String,
    table: String,
    name: String,
    data_type: String,
    values: Vec<Option<String>>,
}

impl Kept {
    pub(crate) async fn read(server: &mut Server, tables: &[Table]) -> Self {
        let partitions = tables
            .iter()
            .filter(|table| table.is_partition)
            .map(|table| (table.schema.clone(), table.name.clone(), table.parent.clone()));
        let partitions = partitions.collect();
        let mut kept = Self { columns: Vec::new(), counts: Vec::new(), partitions };
        for table in tables {
            let count = server
                .answers(&format!("SELECT 1 FROM {}", table.own_rows()))
                .await
                .expect("rows can be read");
            kept.counts.push((table.schema.clone(), table.name.clone(), count[0].len()));
            for column in table.columns.iter().filter(|column| !column.generated) {
                let values = values(server, table, &column.name).await.expect("rows can be read");
                kept.columns.push(KeptColumn {
                    schema: table.schema.clone(),
                    table: table.name.clone(),
                    name: column.name.clone(),
                    data_type: column.data_type.clone(),
                    values,
                });
            }
        }
        kept
    }

    /// Tells what of it is not there any more although its table and column are.
    pub(crate) async fn lost(&self, server: &mut Server, plan: &Plan) -> Option<String> {
        let renames = &plan.renames;

        // What takes the place of a column that goes has other values.
        let drops = plan.statements().filter(|one| one.sql.contains(" DROP COLUMN "));
        let dropped: BTreeSet<&String> = drops.flat_map(|one| &one.destroys).collect();
        // What has the former name of something else is new.
        let now_called = |kind: Kind, table: Option<&str>, name: &str| {
            let of = |rename: &&Rename| rename.kind == kind && rename.table.as_deref() == table;
            let renames = || renames.iter().filter(of);
            match renames().find(|rename| rename.old == name) {
                Some(rename) => Some(rename.new.clone()),
                None if renames().any(|rename| rename.new == name) => None,
                None => Some(name.to_owned()),
            }
        };
        let mut now = tables(server).await;
        // Rows leave a table with the partition in which they stand, and go from one partition to the other.
        let moved = self.partitions.iter().any(|(schema, name, parent)| {
            let is = |table: &&Table| table.schema == *schema && table.name == *name;
            now.iter().find(is).is_some_and(|table| table.parent != *parent)
        });
        now.retain(|table| !(table.is_partition || moved && table.is_divided));
        for (schema, table, count) in &self.counts {
            let Some(name) = now_called(Kind::Table, None, table) else { continue };
            let Some(table) = now.iter().find(|now| now.schema == *schema && now.name == name)
            else {
                continue;
            };
            let is = server
                .answers(&format!("SELECT 1 FROM {}", table.own_rows()))
                .await
                .expect("rows can be read")[0]
                .len();
            if is < *count {
                return Some(format!("{} of {count} rows of {name}", count - is));
            }
        }
        for column in &self.columns {
            let Some(table) = now_called(Kind::Table, None, &column.table) else { continue };
            let Some(name) = now_called(Kind::Column, Some(&table), &column.name) else { continue };
            let Some(now) = now.iter().find(|now| now.schema == column.schema && now.name == table)
            else {
                continue;
            };
            let Some(there) = now.columns.iter().find(|there| there.name == name) else {
                continue;
            };
            let Ok(mut is) = values(server, now, &name).await else {
                return Some(format!("{table}.{name} cannot be read"));
            };
            let spoken = format!("{table}.{name}");
            let full = format!("{}.{spoken}", column.schema);
            if dropped.contains(&spoken) || dropped.contains(&full) {
                continue;
            }
            let full = |values: &[Option<String>]| values.iter().flatten().count();
            if there.data_type == column.data_type {
                for value in column.values.iter().flatten() {
                    let Some(at) = is.iter().position(|other| other.as_ref() == Some(value)) else {
                        return Some(format!("{table}.{name}: `{value}`, of {:?}", column.values));
                    };
                    is.remove(at);
                }
            } else if full(&is) < full(&column.values) {
                return Some(format!("{table}.{name}: {:?} became {is:?}", column.values));
            }
        }
        None
    }
}

async fn values(
    server: &mut Server,
    table: &Table,
    column: &str,
) -> Result<Vec<Option<String>>, String> {
    let sql = format!("SELECT {}::text FROM {}", quote(column), table.own_rows());
    let answers = server.answers(&sql).await.map_err(|error| error.message)?;
    Ok(answers[0].iter().map(|row| row[0].clone()).collect())
}
