//! Random chains in which random ranges are replaced, and random runs over them: the ledger tells what is there, whatever
//! is asked; the head can always be reached, and so can base.
#![expect(clippy::unwrap_used, reason = "a test ends with a panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::{Config, TestCaseError};
use revchain::{ErrorKind, Migrations, Target};
use revchain_core::check;
use revchain_core::folder::Folder;
use revchain_core::problem::{Fact, ReplacementFault};
use revchain_core::set::Heads;
use revchain_tests::project::Project;
use rusqlite::Connection;

/// What a revision does: which tables it makes, and whose tables it writes its name into.
type Effects = BTreeMap<String, Vec<(String, Vec<String>)>>;

/// A folder of revisions, and what each does.
struct World {
    project: Project,
    effects: Effects,
    ids: Vec<String>,
}

fn text(id: &str, parents: &[String], replaces: &str, effects: &[(String, Vec<String>)]) -> String {
    let revises = if parents.is_empty() { "base".to_owned() } else { parents.join(", ") };
    let (mut up, mut down) = (String::new(), String::new());
    for (table, written) in effects {
        up.push_str(&format!("CREATE TABLE t_{table} (n TEXT NOT NULL UNIQUE);\n"));
        for other in written {
            up.push_str(&format!("INSERT INTO t_{other} VALUES ('{table}');\n"));
        }
    }
    for (table, written) in effects.iter().rev() {
        for other in written {
            down.push_str(&format!("DELETE FROM t_{other} WHERE n = '{table}';\n"));
        }
        down.push_str(&format!("DROP TABLE t_{table};\n"));
    }
    format!(
        "-- m\n-- revision: {id}\n-- revises: {revises}\n{replaces}\n-- migrate:upgrade\n{up}\n-- migrate:downgrade\n{down}"
    )
}

impl World {
    /// Makes a chain with branches and merges from random numbers.
    fn new(numbers: &[(u8, u8)]) -> Self {
        let mut project = Project::new().unwrap();
        project.settings.heads = Heads::Many;
        let mut world = Self { project, effects: Effects::new(), ids: Vec::new() };
        for (place, (first, second)) in numbers.iter().enumerate() {
            let id = format!("rev{place:02}");
            let mut parents: Vec<String> = [first, second]
                .into_iter()
                .filter(|_| place > 0)
                // Mostly the one before, so that there are ranges.
                .map(|number| if *number < 160 { place - 1 } else { *number as usize % place })
                .map(|parent| world.ids[parent].clone())
                .collect();
            parents.sort();
            parents.dedup();
            let effects = vec![(id.clone(), parents.clone())];
            world.write(&id, &parents, "", effects);
        }
        world.project.seal().unwrap();
        world
    }

    fn write(
        &mut self,
        id: &str,
        parents: &[String],
        replaces: &str,
        effects: Vec<(String, Vec<String>)>,
    ) {
        let text = text(id, parents, replaces, &effects);
        fs::write(self.project.path().join(format!("{id}.sql")), text).unwrap();
        self.effects.insert(id.to_owned(), effects);
        if !self.ids.iter().any(|known| known == id) {
            self.ids.push(id.to_owned());
        }
    }

    /// Replaces a range, where it can be; the checks say what the replacer has to revise.
    fn replace(&mut self, id: &str, first: &str, last: &str) -> bool {
        let replaces = format!("-- replaces: {first}..{last}\n");
        let mut parents = Vec::new();
        for _ in 0..2 {
            self.write(id, &parents, &replaces, Vec::new());
            let checked = check(&Folder::read(self.project.path(), "migrations"));
            let fault = checked.problems.iter().find_map(|problem| match &problem.fact {
                Fact::UnsoundReplacement { fault, .. } => Some(fault.clone()),
                _ => None,
            });
            match fault {
                Some(ReplacementFault::Parents { expected }) => parents = expected,
                Some(_) => break,
                None => {
                    let list = checked.revision(id).unwrap().revision.replaces.to_vec();
                    let direct = list.iter().filter(|one| one.direct);
                    let effects = direct.flat_map(|one| self.effects[&*one.id].clone()).collect();
                    self.write(id, &parents, &replaces, effects);
                    self.project.seal().unwrap();
                    return true;
                }
            }
        }
        fs::remove_file(self.project.path().join(format!("{id}.sql"))).unwrap();
        self.effects.remove(id);
        self.ids.retain(|known| known != id);
        false
    }

    fn migrations(&self) -> Migrations {
        self.project.migrations().unwrap()
    }

    /// Tells what must be there when these revisions are applied: tables, and the rows in them.
    fn expected(&self, applied: &[String]) -> (BTreeSet<String>, usize) {
        let effects: BTreeMap<&String, usize> = applied
            .iter()
            .flat_map(|id| &self.effects[id])
            .map(|(table, written)| (table, written.len()))
            .collect();
        (effects.keys().map(|table| format!("t_{table}")).collect(), effects.values().sum())
    }
}

/// Returns the tables that are there, and how many rows are in them.
fn there(connection: &Connection) -> (BTreeSet<String>, usize) {
    let sql =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 't\\_%' ESCAPE '\\'";
    let mut statement = connection.prepare(sql).unwrap();
    let tables: BTreeSet<String> =
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let count = |table: &String| -> usize {
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap() as usize
    };
    let rows = tables.iter().map(count).sum();
    (tables, rows)
}

fn applied(migrations: &Migrations, connection: &mut Connection) -> Vec<String> {
    let status = migrations.current().run(connection).unwrap();
    assert!(status.unknown.is_empty() && status.edited.is_empty(), "{status:?}");
    status.applied.into_iter().map(|row| row.revision).collect()
}

/// Goes up to every head; where the database is in the middle of something, as the error says.
fn to_the_heads(migrations: &Migrations, connection: &mut Connection) -> Result<(), TestCaseError> {
    for _ in 0..8 {
        match migrations.upgrade(Target::Heads).run(connection) {
            Ok(_) => return Ok(()),
            Err(error) => match error.kind() {
                ErrorKind::PartlyReplaced(partly) if partly.last.is_some() => {
                    let last = partly.last.clone().unwrap();
                    migrations.upgrade(last.parse().unwrap()).run(connection).map_err(|error| {
                        TestCaseError::fail(format!("to the end, {last}: {error:?}"))
                    })?;
                }
                _ => return Err(TestCaseError::fail(format!("to the heads: {error:?}"))),
            },
        }
    }
    Err(TestCaseError::fail("the heads are not reached"))
}

fn numbers(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::vec((any::<u8>(), any::<u8>()), length)
}

proptest! {
    #![proptest_config(Config { cases: 96, failure_persistence: None, ..Config::default() })]

    #[test]
    fn the_ledger_tells_what_is_there_and_every_end_can_be_reached(
        chain in numbers(3..9),
        ranges in numbers(1..4),
        start in any::<u8>(),
        runs in prop::collection::vec((0..6_u8, any::<u8>()), 0..8),
        prune in any::<bool>(),
    ) {
        let mut world = World::new(&chain);
        let mut connection = Connection::open_in_memory().unwrap();
        // An older version upgraded the database somewhere.
        let older = world.migrations();
        if usize::from(start) % (chain.len() + 1) > 0 {
            let id = &world.ids[usize::from(start) % (chain.len() + 1) - 1];
            older.upgrade(id.parse().unwrap()).run(&mut connection).unwrap();
        }
        for (number, (first, last)) in ranges.iter().enumerate() {
            let pick = |number: u8| world.ids[number as usize % world.ids.len()].clone();
            let (first, last) = (pick(*first), pick(*last));
            world.replace(&format!("sq{number:02}"), &first, &last);
            // Between two squashes the application may have been deployed.
            if first < last {
                let _ = world.migrations().upgrade(Target::Heads).run(&mut connection);
            }
        }
        let migrations = world.migrations();
        for (verb, number) in runs {
            let id = world.ids[number as usize % world.ids.len()].clone();
            let before = (applied(&migrations, &mut connection), there(&connection));
            let target = |text: &str| text.parse::<Target>().unwrap();
            let run = match verb {
                0 => migrations.upgrade(Target::Heads),
                1 => migrations.upgrade(target(&id)),
                2 => migrations.upgrade(Target::Up(1)),
                3 => migrations.downgrade(target(&id)),
                4 => migrations.downgrade(Target::Down(1)),
                _ => migrations.downgrade(Target::Base),
            };
            let result = run.run(&mut connection);
            let now = applied(&migrations, &mut connection);
            prop_assert_eq!(there(&connection), world.expected(&now), "{} {}", verb, id);
            if let Err(error) = result {
                prop_assert_eq!((now, there(&connection)), before, "{:?}", error);
                let known = ["target", "not-applied", "partly-replaced", "replaced"];
                prop_assert!(known.contains(&error.code()), "{error:?}");
            }
        }
        to_the_heads(&migrations, &mut connection)?;
        let now = applied(&migrations, &mut connection);
        prop_assert_eq!(there(&connection), world.expected(&now));
        prop_assert_eq!(there(&connection).0.len(), chain.len());
        prop_assert!(migrations.upgrade(Target::Heads).run(&mut connection).unwrap().is_empty());
        let mut heads = migrations.current().run(&mut connection).unwrap().heads;
        let mut expected: Vec<String> = migrations.heads().into_iter().map(str::to_owned).collect();
        heads.sort();
        expected.sort();
        prop_assert_eq!(heads, expected);

        let replaced: Vec<String> =
            migrations.set().replaced().iter().map(|one| one.id.to_string()).collect();
        let migrations = if prune && !replaced.is_empty() {
            let ids: Vec<&str> = replaced.iter().map(String::as_str).collect();
            world.project.prune(&ids).unwrap();
            world.migrations()
        } else {
            migrations
        };
        prop_assert_eq!(applied(&migrations, &mut connection), now);
        prop_assert!(migrations.upgrade(Target::Heads).run(&mut connection).unwrap().is_empty());
        let run = migrations.downgrade(Target::Base).stored(true);
        run.run(&mut connection).map_err(|error| TestCaseError::fail(format!("to base: {error:?}")))?;
        prop_assert_eq!(there(&connection), (BTreeSet::new(), 0));
        prop_assert!(applied(&migrations, &mut connection).is_empty());
    }
}
