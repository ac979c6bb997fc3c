//! A copy of the database first, where the caller wants one.

use std::fs;
use std::path::PathBuf;

use revchain::{ErrorKind, Progress, Target};

use crate::contract::{Result, Sqlite, THREE, applied, project};
use crate::put_back::beside;

pub(crate) fn a_backup_holds_what_was_there_before<D: Sqlite>() -> Result {
    let migrations = project::<D>(&THREE)?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::execute(&mut connection, "PRAGMA journal_mode = WAL")?;
    D::run(&mut connection, migrations.upgrade(Target::Up(2)))?;
    let path = database.file().with_file_name("before.db");
    let upgrade = || migrations.upgrade(Target::Head).backup(&path);
    let mut told = Vec::new();
    D::run(&mut connection, upgrade().observer(|progress| told.push(progress.clone())))?;
    assert_eq!(told[0], Progress::BackedUp { path: path.clone() });
    assert_eq!(beside(&database)?, ["before.db"]);
    let before = rusqlite::Connection::open(&path)?;
    let rows: i64 =
        before.query_row("SELECT count(*) FROM revchain_revisions", [], |row| row.get(0))?;
    assert_eq!(rows, 2);
    drop(before);

    // With nothing to do there is nothing to copy, and the file in the way does not matter.
    assert!(D::run(&mut connection, upgrade())?.is_empty());
    let downgrade = |path: &PathBuf| migrations.downgrade(Target::Base).backup(path);
    let error = D::run(&mut connection, downgrade(&path)).expect_err("it is there");
    assert!(matches!(error.kind(), ErrorKind::BackupExists(there) if *there == path));
    let nowhere = database.file().with_file_name("none").join("before.db");
    let error = D::run(&mut connection, downgrade(&nowhere)).expect_err("there is no folder");
    assert!(matches!(error.kind(), ErrorKind::Backup { .. }), "{error:?}");
    assert_eq!(applied::<D>(&mut connection, &migrations)?.len(), 3);
    D::run(&mut connection, downgrade(&path.with_extension("2")))?;
    Ok(())
}

#[cfg(unix)]
pub(crate) fn a_backup_is_read_by_nobody_who_may_not_read_the_database<D: Sqlite>() -> Result {
    use std::os::unix::fs::PermissionsExt;

    let migrations = project::<D>(&THREE)?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::execute(&mut connection, "CREATE TABLE secrets (n)")?;
    fs::set_permissions(database.file(), fs::Permissions::from_mode(0o600))?;
    let path = database.file().with_file_name("before.db");
    D::run(&mut connection, migrations.upgrade(Target::Head).backup(&path))?;
    assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
    Ok(())
}
