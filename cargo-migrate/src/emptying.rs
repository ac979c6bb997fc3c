//! Empties a database whose revisions cannot be taken back.

use revchain::{Dialect, Migrations, Target};

use crate::database::{Access, Database};
use crate::failure::Failure;
use crate::session::Session;
use crate::url::{DatabaseUrl, Place, SqlitePlace};

/// What of the current schema is dropped, as statements; members of extensions stay, and the sequence of an
/// identity column goes with its table.
const POSTGRES: &str = "\
SELECT format('DROP %s IF EXISTS %I.%I CASCADE',
    CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
        WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, n.nspname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('e', 'i'))
UNION ALL
SELECT format('DROP %s IF EXISTS %s CASCADE',
    CASE p.prokind WHEN 'a' THEN 'AGGREGATE' ELSE 'ROUTINE' END, p.oid::regprocedure)
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = current_schema()
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT format('DROP TYPE IF EXISTS %I.%I CASCADE', n.nspname, t.typname)
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
WHERE n.nspname = current_schema() AND (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')";

/// What of the database is dropped, as statements.
const MYSQL: &str = "\
SELECT CONCAT('DROP ', IF(table_type = 'VIEW', 'VIEW', 'TABLE'), ' IF EXISTS `', REPLACE(table_name, '`', '``'), '`')
FROM information_schema.tables WHERE table_schema = DATABASE()
UNION ALL
SELECT CONCAT('DROP ', routine_type, ' IF EXISTS `', REPLACE(routine_name, '`', '``'), '`')
FROM information_schema.routines WHERE routine_schema = DATABASE()";

/// Drops everything in a database, and returns it open and empty.
///
/// # Errors
///
/// The database refuses it, or the file cannot be removed.
pub(crate) fn empty(
    session: &mut Session<'_>,
    migrations: &Migrations,
    url: &DatabaseUrl,
    mut database: Database,
) -> Result<Database, Failure> {
    let refused = |refused: revchain::cli::database::Refused| {
        Failure::new(format!("not everything in {url} could be dropped")).note(refused.words)
    };
    match url.dialect() {
        Dialect::Sqlite => {
            drop(database);
            remove(session, url)?;
            database = url.open(session, migrations.set(), Access::Write)?;
        }
        Dialect::Postgres => {
            let statements = database.texts(POSTGRES).map_err(refused)?;
            // One message is one transaction: all or nothing.
            database.execute(&statements.join(";\n")).map_err(refused)?;
        }
        Dialect::Mysql => {
            let statements = database.texts(MYSQL).map_err(refused)?;
            database.execute("SET foreign_key_checks = 0").map_err(refused)?;
            for statement in statements {
                database.execute(&statement).map_err(refused)?;
            }
            database.execute("SET foreign_key_checks = 1").map_err(refused)?;
        }
    }
    // A ledger in a schema of its own is still there.
    if database.current(migrations)?.exists {
        database.run(migrations.stamp([Target::Base]).purge(true))?;
    }
    Ok(database)
}

/// Removes a database's file, and what SQLite keeps beside it.
fn remove(session: &Session<'_>, url: &DatabaseUrl) -> Result<(), Failure> {
    let Place::Sqlite(SqlitePlace::File { path, .. }) = &url.place else { return Ok(()) };
    let path = session.folder.join(path);
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.clone().into_os_string();
        name.push(ending);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::file("remove", name.as_ref(), &error));
            }
            _ => {}
        }
    }
    Ok(())
}
