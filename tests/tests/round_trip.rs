//! A thousand realistic revisions: up, down and up again leaves equal schemas and rows.

use std::error::Error;

use revchain::{Dialect, Migrations, Target, Transactions};
use revchain_tests::project::Project;
use rusqlite::Connection;
use rusqlite::types::Value;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const REVISIONS: usize = 1_000;

fn history(seed: u64) -> Result<(Project, Migrations)> {
    let project = Project::new()?;
    let revisions = revchain_generator::revisions(REVISIONS, seed);
    revchain_generator::write_revchain(project.path(), &revisions)?;
    project.seal()?;
    let migrations = project.migrations()?;
    Ok((project, migrations))
}

/// Returns the whole database but the ledger: each object of the schema, and each table's rows as they stand.
fn contents(connection: &Connection) -> Result<Vec<String>> {
    let mut contents = Vec::new();
    let mut tables = Vec::new();
    let mut schema = connection.prepare(
        "SELECT type, name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'revchain%' \
         AND tbl_name NOT LIKE 'revchain%' ORDER BY type, name",
    )?;
    let mut rows = schema.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name, sql): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        contents.push(format!("{kind} {name}: {sql}"));
        if kind == "table" {
            tables.push(name);
        }
    }
    for table in tables {
        let name = Dialect::Sqlite.quote_identifier(&table);
        let mut statement = connection.prepare(&format!("SELECT * FROM {name}"))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let values: Vec<Value> =
                (0..columns).map(|column| row.get(column)).collect::<rusqlite::Result<_>>()?;
            contents.push(format!("{table} {values:?}"));
        }
    }
    Ok(contents)
}

fn there_and_back(
    connection: &mut Connection,
    migrations: &Migrations,
    transactions: Transactions,
) -> Result {
    let mut run = |run: revchain::Run<'_>| run.transactions(transactions).run(connection);
    assert_eq!(run(migrations.upgrade(Target::Head))?.steps.len(), REVISIONS);
    let first = contents(connection)?;
    assert!(first.len() > REVISIONS / 2, "{} objects and rows", first.len());
    let mut run = |run: revchain::Run<'_>| run.transactions(transactions).run(connection);
    assert_eq!(run(migrations.downgrade(Target::Base))?.steps.len(), REVISIONS);
    let empty: Vec<String> = contents(connection)?;
    assert!(empty.iter().all(|line| line.contains("sqlite_")), "{empty:?}");
    let mut run = |run: revchain::Run<'_>| run.transactions(transactions).run(connection);
    assert_eq!(run(migrations.upgrade(Target::Head))?.steps.len(), REVISIONS);
    let second = contents(connection)?;
    let differs = first.iter().zip(&second).find(|(first, second)| first != second);
    assert_eq!(differs, None);
    assert_eq!(first.len(), second.len());
    migrations.verify().run(connection)?;
    Ok(())
}

#[test]
fn a_run_of_one_transaction_goes_there_and_back() -> Result {
    let (project, migrations) = history(1)?;
    let mut connection = Connection::open(project.database())?;
    there_and_back(&mut connection, &migrations, Transactions::PerRun)
}

#[test]
fn a_transaction_for_each_revision_goes_there_and_back() -> Result {
    let (_project, migrations) = history(2)?;
    let mut connection = Connection::open_in_memory()?;
    there_and_back(&mut connection, &migrations, Transactions::PerRevision)
}

#[test]
fn every_way_back_and_forth_ends_alike() -> Result {
    // Down to a revision in the middle and up again, at several places, against the straight way.
    let (_project, migrations) = history(3)?;
    let mut straight = Connection::open_in_memory()?;
    migrations.upgrade(Target::Head).run(&mut straight)?;
    let mut winding = Connection::open_in_memory()?;
    for place in [500, 40] {
        let target = Target::Revision(migrations.set().revisions[place].id.to_string());
        migrations.upgrade(Target::Head).run(&mut winding)?;
        migrations.downgrade(target).run(&mut winding)?;
        assert_eq!(migrations.current().run(&mut winding)?.applied.len(), place + 1);
    }
    migrations.upgrade(Target::Head).run(&mut winding)?;
    let (straight, winding) = (contents(&straight)?, contents(&winding)?);
    assert_eq!(straight.iter().zip(&winding).find(|(a, b)| a != b), None);
    assert_eq!(straight.len(), winding.len());
    Ok(())
}
