//! Runs a plan on databases with rows, and asks the server alone what became of them.

use std::collections::BTreeMap;

use revchain::Dialect;
use revchain_tests::clients::Database;
use revchain_tests::random_schemas::Chance;
use serde_json::Value;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, Row as _};

use crate::statements;

/// A database of the server, and a connection to it.
pub(crate) struct Server {
    connection: MySqlConnection,
    name: String,
    _database: Database,
}

/// For each object its text.
pub(crate) type Catalog = BTreeMap<String, String>;

/// For each table and column what says its type, and its values, sorted.
type Contents = BTreeMap<(String, String), (String, Vec<String>)>;

impl Server {
    pub(crate) async fn connect() -> Self {
        let database = Database::fresh(Dialect::Mysql).expect("the server makes a database");
        let options: MySqlConnectOptions = database.mysql_options();
        let connection = options.connect().await.expect("the server lets us in");
        let mut server = Self { connection, name: String::new(), _database: database };
        server.name = server.texts("SELECT DATABASE()").await.remove(0);
        server
    }

    /// Makes the database empty, and then what a text says.
    pub(crate) async fn make(&mut self, sql: &str) {
        let name = self.name.clone();
        let again = format!("DROP DATABASE `{name}`; CREATE DATABASE `{name}`; USE `{name}`");
        self.run(&again).await.expect("a database can be made again");
        let split = Dialect::Mysql.split(sql).expect("it can be split");
        let mut left: Vec<&str> =
            split.statements.iter().map(|one| &sql[one.span.clone()]).collect();
        while !left.is_empty() {
            let mut refused = Vec::new();
            let mut words = String::new();
            for statement in &left {
                if let Err(error) = self.run(statement).await {
                    words = format!("{error}, at {statement}");
                    refused.push(*statement);
                }
            }
            assert!(refused.len() < left.len(), "the case itself: {words}");
            left = refused;
        }
    }

    pub(crate) async fn run(&mut self, sql: &str) -> Result<(), String> {
        let done = self.connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await;
        done.map(|_| ()).map_err(|error| error.to_string())
    }

    async fn rows(&mut self, sql: &str) -> Vec<Vec<String>> {
        let asked = self.connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await;
        let rows = asked.unwrap_or_else(|error| panic!("{error}, at {sql}"));
        let text = |row: &sqlx::mysql::MySqlRow, column| {
            let value: Option<String> = row.try_get_unchecked(column).expect("all is text");
            value.unwrap_or_else(|| "NULL".to_owned())
        };
        rows.iter().map(|row| (0..row.len()).map(|column| text(row, column)).collect()).collect()
    }

    async fn texts(&mut self, sql: &str) -> Vec<String> {
        self.rows(sql).await.into_iter().map(|row| row.join("|")).collect()
    }

    async fn tables(&mut self, kind: &str) -> Vec<String> {
        let of = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()";
        self.texts(&format!("{of} AND table_type = '{kind}' ORDER BY 1")).await
    }

    /// Returns the catalog as the server writes it, without what only rows have to do with, and how wide a number is shown.
    pub(crate) async fn catalog(&mut self) -> Catalog {
        let mut catalog = Catalog::new();
        for table in self.tables("BASE TABLE").await {
            let sql = format!("SHOW CREATE TABLE `{}`", table.replace('`', "``"));
            let text = self.rows(&sql).await.remove(0).remove(1);
            let lines = text.lines().map(|line| without_width(line.trim_end_matches(',')));
            // In which order indexes and constraints were made says nothing.
            let (columns, mut others): (Vec<String>, Vec<String>) =
                lines.partition(|line| line.starts_with("  `"));
            others.sort_unstable();
            catalog.insert(table, [columns, others].concat().join("\n"));
        }
        for sequence in self.tables("SEQUENCE").await {
            let text = self.rows(&format!("SHOW CREATE SEQUENCE `{sequence}`")).await.remove(0);
            catalog.insert(sequence, text[1].clone());
        }
        let views = "SELECT table_name, CONCAT(view_definition, check_option, security_type, algorithm) \
                     FROM information_schema.views WHERE table_schema = DATABASE()";
        let triggers = "SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_order, \
                        action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE()";
        for query in [views, triggers] {
            for row in self.rows(query).await {
                let text = row.join(" ").replace(&format!("`{}`.", self.name), "");
                catalog.insert(format!("{} of {}", row[0], query.len()), text);
            }
        }
        catalog
    }

    async fn columns(&mut self, table: &str) -> Vec<Vec<String>> {
        let sql = format!(
            "SELECT column_name, data_type, CONCAT_WS(' ', column_type, collation_name), extra \
             FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = {} \
             ORDER BY ordinal_position",
            Dialect::Mysql.quote_literal(table)
        );
        self.rows(&sql).await
    }

    /// Puts up to three rows into every table: always the same for the seed 0, else some values are others.
    pub(crate) async fn fill(&mut self, seed: u64) {
        let mut chance = Chance(seed);
        let tables = self.tables("BASE TABLE").await;
        // A row may want one of a table that comes later.
        for _ in 0..2 {
            for table in &tables {
                let columns = self.columns(table).await;
                let named = columns.iter().filter(|column| {
                    !column[3].contains("GENERATED") && !column[3].contains("auto_increment")
                });
                let named: Vec<&Vec<String>> = named.collect();
                for number in 1..=3 {
                    let names: Vec<String> =
                        named.iter().map(|one| Dialect::Mysql.quote_identifier(&one[0])).collect();
                    let values: Vec<String> = named
                        .iter()
                        .map(|one| some(&one[1], &one[2], number, &mut chance))
                        .collect();
                    let table = Dialect::Mysql.quote_identifier(table);
                    let (names, values) = (names.join(", "), values.join(", "));
                    let _ =
                        self.run(&format!("INSERT INTO {table} ({names}) VALUES ({values})")).await;
                }
            }
        }
    }

    async fn contents(&mut self) -> Contents {
        let mut contents = Contents::new();
        for table in self.tables("BASE TABLE").await {
            let quoted = Dialect::Mysql.quote_identifier(&table);
            let count = self.texts(&format!("SELECT count(*) FROM {quoted}")).await;
            contents.insert((table.clone(), "*".to_owned()), (String::new(), count));
            for column in self.columns(&table).await {
                if column[3].contains("GENERATED") {
                    continue;
                }
                let name = Dialect::Mysql.quote_identifier(&column[0]);
                let mut values = self.texts(&format!("SELECT HEX({name}) FROM {quoted}")).await;
                values.sort_unstable();
                let kind = without_width(&column[2]);
                contents.insert((table.clone(), column[0].to_lowercase()), (kind, values));
            }
        }
        contents
    }

    /// Runs a plan there, back and there again; says what is wrong.
    pub(crate) async fn judge(
        &mut self,
        from: &str,
        to: &str,
        plan: &Value,
        seed: u64,
    ) -> Result<(), String> {
        self.make(to).await;
        let after = self.catalog().await;
        self.make(from).await;
        let before = self.catalog().await;
        for with_rows in [true, false] {
            self.make(from).await;
            if with_rows {
                self.fill(seed).await;
            }
            if self.there_and_back(plan, &before, &after).await? {
                return Ok(());
            }
            if !with_rows {
                return Err("a row was in the way where there are none".to_owned());
            }
        }
        Ok(())
    }

    /// Tells whether rows let the plan be.
    async fn there_and_back(
        &mut self,
        plan: &Value,
        before: &Catalog,
        after: &Catalog,
    ) -> Result<bool, String> {
        for (direction, wanted, back) in
            [("upgrade", after, false), ("downgrade", before, true), ("upgrade", after, false)]
        {
            let rows = self.contents().await;
            for sql in statements(&plan[direction]) {
                if let Err(error) = self.run(&sql).await {
                    return match plan[direction].to_string().contains("refused_by_rows") {
                        true => Ok(false),
                        false => Err(format!("{direction}: {error}, at {sql}\n{plan:#}")),
                    };
                }
            }
            let found = self.catalog().await;
            if found != *wanted {
                return Err(format!("{direction}: {found:#?}\nis not {wanted:#?}\n{plan:#}"));
            }
            let lost = lost(&rows, &self.contents().await, plan, back);
            if !lost.is_empty() {
                return Err(format!("{direction}: {}\n{plan:#}", lost.join("\n")));
            }
        }
        Ok(true)
    }
}

/// Says which values are gone of columns that are there before and afterwards, with the same type.
fn lost(before: &Contents, after: &Contents, plan: &Value, back: bool) -> Vec<String> {
    let [old, new] = if back { ["new", "old"] } else { ["old", "new"] };
    let renames: Vec<&Value> = plan["renames"].as_array().into_iter().flatten().collect();
    // What has the former name of something else is new.
    let was = |kind: &str, table: Option<&str>, name: &str| {
        let of =
            |one: &&&Value| one["kind"] == kind && table.is_none_or(|table| one["table"] == table);
        match renames.iter().filter(of).find(|one| one[new] == name) {
            Some(rename) => rename[old].as_str().map(str::to_owned),
            None if renames.iter().filter(of).any(|one| one[old] == name) => None,
            None => Some(name.to_owned()),
        }
    };
    let mut lost = Vec::new();
    for ((table, column), (kind, values)) in after {
        let Some(table_before) = was("table", None, table) else { continue };
        // A rename of a column names its table as the upgrade leaves it.
        let named = if back { &table_before } else { table };
        let Some(column_before) = was("column", Some(named), column) else { continue };
        let Some((kind_before, were)) = before.get(&(table_before, column_before)) else {
            continue;
        };
        // Where NULL is no longer allowed something takes its place.
        let mut left = values.clone();
        let all = were.iter().filter(|value| *value != "NULL").all(|value| {
            left.iter().position(|one| one == value).map(|at| left.remove(at)).is_some()
        });
        if kind == kind_before && (!all || were.len() != values.len()) {
            lost.push(format!("{table}.{column}: {were:?} became {values:?}"));
        }
    }
    lost
}

/// Leaves out how wide a whole number is shown, where nothing fills it, and where counting has arrived.
fn without_width(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("int(").filter(|_| !line.contains("zerofill")) {
        text.push_str(&rest[..at + 3]);
        rest = &rest[at + 3..];
        let end = rest.find(')').map_or(0, |end| end + 1);
        let digits = rest[..end].trim_matches(['(', ')']).bytes().all(|one| one.is_ascii_digit());
        let truth = text.ends_with("tinyint") && rest.starts_with("(1)");
        if digits && !truth {
            rest = &rest[end..];
        }
    }
    text.push_str(rest);
    let words = text.split(' ').filter(|word| !word.starts_with("AUTO_INCREMENT="));
    words.collect::<Vec<_>>().join(" ")
}

/// Returns a value of a type; where chance has it, one that is on the edge of several.
fn some(kind: &str, whole: &str, number: u32, chance: &mut Chance) -> String {
    let values =
        ["NULL", "8", "-7", "255", "70000", "1.25", "''", "'007'", "'V1'", "'v1  '", "'2'"];
    if chance.0 == 0 || chance.below(4) > 0 {
        return value(kind, whole, number);
    }
    (*chance.one_of(&values)).to_owned()
}

fn value(kind: &str, whole: &str, number: u32) -> String {
    let has = |parts: &[&str]| parts.iter().any(|part| kind.contains(part));
    if has(&["int", "bit", "decimal", "double", "float"]) {
        (if has(&["bit"]) { number % 2 } else { number }).to_string()
    } else if has(&["enum", "set"]) {
        "1".to_owned()
    } else if has(&["blob", "binary"]) {
        format!("x'0{number}'")
    } else if has(&["date", "timestamp"]) {
        format!("'2024-01-0{number} 10:00:0{number}'")
    } else if kind == "time" {
        format!("'10:00:0{number}'")
    } else if kind == "year" {
        format!("202{number}")
    } else if has(&["point", "geometry"]) {
        format!("ST_GeomFromText('POINT({number} 1)')")
    } else if kind == "uuid" {
        format!("'00000000-0000-0000-0000-00000000000{number}'")
    } else if kind == "inet6" {
        format!("'::{number}'")
    } else if whole.contains("(1)") || whole.contains("(2)") || kind == "longtext" {
        format!("'{number}'")
    } else {
        format!("'v{number}'")
    }
}
