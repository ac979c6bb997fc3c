//! What a driver brings to the contract, and what the cases share.

use std::error::Error;
use std::path::Path;

use revchain::{Current, Dialect, Plan, Report, Run, Status, Target, Verify};
use revchain_tests::project::{Draft, Project};

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// A driver and a database of its own: empty, and gone with its value.
pub(crate) trait Driver: Sized {
    const DIALECT: Dialect;
    /// Whether a statement that makes or drops a table can be rolled back.
    const ROLLS_BACK_TABLES: bool = true;
    type Connection;

    /// Tells whether there is a server; says so on stderr where there is none.
    fn is_available() -> bool {
        true
    }

    fn fresh() -> Result<Self>;
    /// Returns the schema in which tables are made.
    fn schema_name(&self) -> String {
        "main".to_owned()
    }
    fn connect(&self) -> Result<Self::Connection>;

    fn run(
        connection: &mut Self::Connection,
        run: Run<'_>,
    ) -> std::result::Result<Report, revchain::Error>;
    fn plan(
        connection: &mut Self::Connection,
        run: Run<'_>,
    ) -> std::result::Result<Plan, revchain::Error>;
    fn verify(
        connection: &mut Self::Connection,
        verify: Verify<'_>,
    ) -> std::result::Result<(), revchain::Error>;
    fn current(
        connection: &mut Self::Connection,
        current: Current<'_>,
    ) -> std::result::Result<Status, revchain::Error>;

    /// Executes statements that are not the runtime's.
    fn execute(connection: &mut Self::Connection, sql: &str) -> Result;
    /// Returns the rows of a query, columns joined by `|`.
    fn rows(connection: &mut Self::Connection, sql: &str) -> Result<Vec<String>>;
    fn in_transaction(connection: &mut Self::Connection) -> Result<bool>;
}

/// A driver whose database is a SQLite file; a `rusqlite` connection is the witness.
pub(crate) trait Sqlite: Driver {
    /// Whether it says where in a statement an error is.
    const OFFSETS: bool = true;

    fn file(&self) -> &Path;

    fn witness(&self) -> Result<rusqlite::Connection> {
        let connection = rusqlite::Connection::open(self.file())?;
        connection.busy_timeout(std::time::Duration::ZERO)?;
        Ok(connection)
    }

    /// Returns what the schema says of the application's own objects.
    fn schema(&self) -> Result<Vec<String>> {
        let witness = self.witness()?;
        let mut statement = witness.prepare(
            "SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_schema \
             WHERE name NOT LIKE 'revchain%' AND name NOT LIKE 'sqlite%' ORDER BY 1",
        )?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// Makes a sealed folder for the driver's dialect.
pub(crate) fn project<D: Driver>(drafts: &[Draft<'_>]) -> Result<Project> {
    let project = Project::for_dialects(&[D::DIALECT])?;
    project.add(drafts)?;
    Ok(project)
}

/// Three revisions: a table, rows, a view; as every database understands them.
pub(crate) const THREE: [Draft<'static>; 3] = [
    Draft::new(
        "aaaa1",
        "base",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, n VARCHAR(40));",
        "DROP TABLE a;",
    ),
    Draft::new(
        "bbbb2",
        "aaaa1",
        "INSERT INTO a VALUES (1, 'x');\nINSERT INTO a VALUES (2, 'y');",
        "DELETE FROM a;",
    ),
    Draft::new("cccc3", "bbbb2", "CREATE VIEW i AS SELECT n FROM a;", "DROP VIEW i;"),
];

/// Returns the ids of the ledger's rows, in the order of application.
pub(crate) fn applied<D: Driver>(
    connection: &mut D::Connection,
    migrations: &revchain::Migrations,
) -> Result<Vec<String>> {
    let status = D::current(connection, migrations.current())?;
    Ok(status.applied.into_iter().map(|row| row.revision).collect())
}

/// Returns the events, as `revision deed`.
pub(crate) fn events<D: Driver>(connection: &mut D::Connection) -> Result<Vec<String>> {
    D::rows(connection, "SELECT revision || ' ' || deed FROM revchain_events ORDER BY id")
}

/// Returns the ids of a report's steps, each with the first letter of its direction.
pub(crate) fn steps(report: &Report) -> Vec<String> {
    let step = |done: &revchain::Done| format!("{} {}", done.direction, done.revision);
    report.steps.iter().map(step).collect()
}

/// Upgrades to the head.
pub(crate) fn upgraded<D: Driver>(
    connection: &mut D::Connection,
    migrations: &revchain::Migrations,
) -> Result<Report> {
    Ok(D::run(connection, migrations.upgrade(Target::Head))?)
}
