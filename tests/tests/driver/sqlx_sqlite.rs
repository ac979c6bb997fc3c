//! The driver for `sqlx` on SQLite.

use std::path::{Path, PathBuf};
use std::time::Duration;

use revchain::{Dialect, Restored};
use revchain_tests::project::Draft;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{
    AssertSqlSafe, Connection as _, Row as _, SqliteConnection, TypeInfo as _, ValueRef as _,
};
use tempfile::TempDir;
use tokio::runtime::Builder;

use crate::blocking::{Blocking, verbs};
use crate::contract::{Driver, Result, Sqlite, THREE, applied, project, upgraded};

pub(crate) struct SqlxSqlite {
    _folder: TempDir,
    file: PathBuf,
}

impl Driver for SqlxSqlite {
    const DIALECT: Dialect = Dialect::Sqlite;
    type Connection = Blocking<SqliteConnection>;

    fn fresh() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("test.db");
        Ok(Self { _folder: folder, file })
    }

    fn connect(&self) -> Result<Self::Connection> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let options = SqliteConnectOptions::new().filename(&self.file).create_if_missing(true);
        let options = options.busy_timeout(Duration::ZERO);
        let connection = runtime.block_on(SqliteConnection::connect_with(&options))?;
        Ok(Blocking { runtime, connection })
    }

    verbs! {}

    fn rows(blocking: &mut Self::Connection, sql: &str) -> Result<Vec<String>> {
        let Blocking { runtime, connection } = blocking;
        let rows = runtime.block_on(sqlx::query(AssertSqlSafe(sql)).fetch_all(connection))?;
        rows.iter().map(joined).collect()
    }

    fn in_transaction(blocking: &mut Self::Connection) -> Result<bool> {
        // sqlx knows only of transactions that it began itself.
        let open = Self::execute(blocking, "BEGIN").is_err();
        if !open {
            Self::execute(blocking, "ROLLBACK")?;
        }
        Ok(open)
    }
}

fn joined(row: &SqliteRow) -> Result<String> {
    let mut columns = Vec::new();
    for index in 0..row.len() {
        let value = row.try_get_raw(index)?;
        columns.push(match value.type_info().name() {
            _ if value.is_null() => String::new(),
            "INTEGER" => row.try_get::<i64, _>(index)?.to_string(),
            "REAL" => row.try_get::<f64, _>(index)?.to_string(),
            "BLOB" => format!("{:?}", row.try_get::<Vec<u8>, _>(index)?),
            _ => row.try_get::<String, _>(index)?,
        });
    }
    Ok(columns.join("|"))
}

impl Sqlite for SqlxSqlite {
    const OFFSETS: bool = false;

    fn file(&self) -> &Path {
        &self.file
    }
}

#[test]
fn an_amend_that_fails_where_nothing_can_be_put_back_says_so() -> Result {
    type D = SqlxSqlite;
    let project = project::<D>(&[THREE[0], THREE[1].options("transaction=off"), THREE[2]])?;
    let sound = project.migrations()?;
    project.add(&[Draft { upgrade: "CREATE INDEX i ON missing (n);", ..THREE[2] }])?;
    let migrations = project.migrations()?;
    let revisions = vec!["bbbb2".to_owned(), "cccc3".to_owned()];
    for wanted in [false, true] {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        upgraded::<D>(&mut connection, &sound)?;
        let backup = wanted.then(|| database.file().with_file_name("before.db"));
        let mut run = migrations.amend(revisions.clone(), std::collections::HashMap::new());
        if let Some(path) = &backup {
            run = run.backup(path);
        }
        let error = D::run(&mut connection, run).expect_err("a table misses");
        let Some(Restored::No { reason, copy, .. }) = error.restored() else { panic!("{error:?}") };
        assert_eq!(reason, "sqlx does not offer SQLite's backup");
        assert_eq!(*copy, backup);
        assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1", "bbbb2"]);
    }
    Ok(())
}
