//! Pairs of schemas in `pairs.sql`, and what is said of single ones.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use revchain::Dialect;
use revchain_tests::clients::Database;
use serde_json::Value;
use tokio::runtime::Builder;

use crate::judge::Server;
use crate::{plan, statements};

/// How many pairs are run at a time.
const WORKERS: usize = 3;

#[derive(Default)]
struct Pair {
    title: String,
    from: String,
    to: String,
}

/// Reads the pairs: `--- title`, what is there, `--- >`, what is wanted.
fn pairs() -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut wanted = false;
    for line in include_str!("pairs.sql").lines() {
        match line.strip_prefix("--- ") {
            Some(">") => wanted = true,
            Some(title) => {
                wanted = false;
                pairs.push(Pair { title: title.to_owned(), ..Pair::default() });
            }
            None => {
                let pair = pairs.last_mut().expect("a title comes first");
                let text = if wanted { &mut pair.to } else { &mut pair.from };
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    pairs
}

#[test]
fn each_pair_of_schemas_is_led_into_each_other_and_none_differs_from_itself() {
    if !Database::has_mysql() {
        return;
    }
    let only = std::env::var("REVCHAIN_CASE").unwrap_or_default();
    let pairs: Vec<Pair> = pairs().into_iter().filter(|pair| pair.title.contains(&only)).collect();
    assert!(!only.is_empty() || pairs.len() > 70, "{}", pairs.len());
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let runtime =
                    Builder::new_current_thread().enable_all().build().expect("a runtime");
                let database =
                    Database::fresh(Dialect::Mysql).expect("the server makes a database");
                let url = database.mysql_url();
                let mut server = runtime.block_on(Server::connect());
                while let Some(pair) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let judged = judge(pair, &url).and_then(|plan| {
                        runtime.block_on(server.judge(&pair.from, &pair.to, &plan, 0))
                    });
                    if let Err(error) = judged {
                        failures
                            .lock()
                            .expect("no worker panics")
                            .push(format!("{}: {error}", pair.title));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no worker panics");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Plans a pair, and each side of it against itself.
fn judge(pair: &Pair, url: &str) -> Result<Value, String> {
    for side in [&pair.from, &pair.to] {
        // Words that make nothing: so all of both sides is made and looked at.
        let told_apart = format!("{side};\nDO 1;");
        let found = statements(&plan(url, side, &told_apart, &[])?["upgrade"]);
        if !found.is_empty() {
            return Err(format!("a side differs from itself: {found:#?}"));
        }
    }
    let plan = plan(url, &pair.from, &pair.to, &[])?;
    match statements(&plan["upgrade"]).is_empty() || statements(&plan["downgrade"]).is_empty() {
        true => Err("nothing is planned".to_owned()),
        false => Ok(plan),
    }
}

/// Plans between two texts; without a server nothing.
fn planned(from: &str, to: &str, flags: &[&str]) -> Option<Value> {
    let database = Database::fresh(Dialect::Mysql)?;
    Some(plan(&database.mysql_url(), from, to, flags).unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn a_table_is_changed_by_one_statement_as_it_commits_by_itself() {
    let from = "CREATE TABLE t (id int PRIMARY KEY, a int, b int, KEY k (a));";
    let to = "CREATE TABLE t (c int, id bigint PRIMARY KEY, a int NOT NULL DEFAULT 1, KEY l (a));";
    let Some(plan) = planned(from, to, &["--drop", "t.b"]) else { return };
    assert_eq!(
        statements(&plan["upgrade"]),
        [
            "UPDATE `t` SET `a` = 1 WHERE `a` IS NULL",
            "ALTER TABLE `t`\n    RENAME INDEX `k` TO `l`,\n    DROP COLUMN `b`,\n    ADD COLUMN `c` int DEFAULT NULL FIRST,\n    \
             MODIFY COLUMN `id` bigint NOT NULL,\n    MODIFY COLUMN `a` int NOT NULL DEFAULT 1",
        ]
    );
    let part = &plan["upgrade"]["parts"][0];
    assert_eq!(part["transaction"], false);
    assert_eq!(part["statements"][1]["destroys"], serde_json::json!(["t.b"]));
}

#[test]
fn what_loses_values_is_marked_and_what_grows_is_not() {
    let cases: [(&str, &str, &[&str]); 9] = [
        ("int", "bigint", &[]),
        ("bigint", "int", &["t.a"]),
        ("varchar(20)", "varchar(10)", &["t.a"]),
        ("varchar(20)", "text", &[]),
        ("decimal(10,2)", "decimal(10,1)", &["t.a"]),
        ("enum('a','b')", "enum('a','b','c')", &[]),
        ("enum('a','b')", "enum('b')", &["t.a"]),
        ("datetime(6)", "datetime", &["t.a"]),
        ("varchar(20) CHARACTER SET utf8mb4", "varchar(20) CHARACTER SET latin1", &["t.a"]),
    ];
    for (from, to, expected) in cases {
        let [from, to] =
            [from, to].map(|kind| format!("CREATE TABLE t (id int PRIMARY KEY, a {kind});"));
        let Some(plan) = planned(&from, &to, &[]) else { return };
        let statement = &plan["upgrade"]["parts"][0]["statements"][0];
        let destroys: Vec<&str> = statement["destroys"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(destroys, expected, "{plan:#}");
    }
}

#[test]
fn what_could_be_a_rename_is_listed_with_its_flags() {
    let from = "CREATE TABLE t (id int PRIMARY KEY, name varchar(20));";
    let to = "CREATE TABLE t (id int PRIMARY KEY, `full name` varchar(30));";
    let Some(plan) = planned(from, to, &[]) else { return };
    let ambiguous = &plan["ambiguous"][0];
    assert_eq!(ambiguous["rename"], "--rename 't.name:full name'");
    assert_eq!(ambiguous["drop"], "--drop t.name");
    let Some(plan) = planned(from, to, &["--rename", "t.name:full name"]) else { return };
    assert_eq!(
        statements(&plan["upgrade"]),
        ["ALTER TABLE `t` CHANGE COLUMN `name` `full name` varchar(30) DEFAULT NULL"]
    );
    let Some(plan) = planned(from, to, &["--drop", "t.name"]) else { return };
    assert_eq!(plan["ambiguous"], serde_json::json!([]));
}

#[test]
fn a_backfill_gives_rows_their_values_before_the_column_must_have_one() {
    let from = "CREATE TABLE t (id int PRIMARY KEY);";
    let to = "CREATE TABLE t (id int PRIMARY KEY, age int NOT NULL, UNIQUE (age));";
    let Some(plan) = planned(from, to, &["--backfill", "t.age=id * 10"]) else { return };
    assert_eq!(
        statements(&plan["upgrade"]),
        [
            "ALTER TABLE `t` ADD COLUMN `age` int NULL",
            "UPDATE `t` SET `age` = id * 10 WHERE `age` IS NULL",
            "ALTER TABLE `t`\n    MODIFY COLUMN `age` int NOT NULL,\n    ADD UNIQUE KEY `age` (`age`)",
        ]
    );
    let Some(plan) = planned(from, to, &[]) else { return };
    let refused = &plan["upgrade"]["parts"][0]["statements"][0]["refused_by_rows"];
    assert!(
        refused["reason"].as_str().is_some_and(|text| text.contains("--backfill \"t.age=…\"")),
        "{plan:#}"
    );
}

#[test]
fn a_backfill_gives_rows_their_values_where_what_was_computed_is_not_any_more() {
    let from = "CREATE TABLE t (id int PRIMARY KEY, a int AS (id * 2), KEY (a, id));";
    let to = "CREATE TABLE t (id int PRIMARY KEY, a date NOT NULL, KEY (a, id));";
    let Some(plan) = planned(from, to, &["--backfill", "t.a='2020-01-01'"]) else { return };
    assert_eq!(
        statements(&plan["upgrade"]),
        [
            "ALTER TABLE `t`\n    DROP INDEX `a`,\n    DROP COLUMN `a`,\n    ADD COLUMN `a` date NULL",
            "UPDATE `t` SET `a` = '2020-01-01' WHERE `a` IS NULL",
            "ALTER TABLE `t`\n    MODIFY COLUMN `a` date NOT NULL,\n    ADD KEY `a` (`a`, `id`)",
        ]
    );
    let Some(plan) = planned(from, to, &[]) else { return };
    let refused = &plan["upgrade"]["parts"][0]["statements"][0]["refused_by_rows"];
    assert!(
        refused["reason"].as_str().is_some_and(|text| text.contains("--backfill \"t.a=…\"")),
        "{plan:#}"
    );
}

#[test]
fn a_history_that_comes_or_goes_is_for_a_person_to_change() {
    let from = "CREATE TABLE t (id int PRIMARY KEY) WITH SYSTEM VERSIONING;";
    let to = "CREATE TABLE t (id int PRIMARY KEY);";
    let Some(database) = Database::fresh(Dialect::Mysql) else { return };
    let error = plan(&database.mysql_url(), from, to, &[]).expect_err("no plan is known");
    assert!(
        error.contains("table `t` cannot be changed: its history or its periods differ"),
        "{error}"
    );
}
