//! The contract of a driver: what every database that revchain serves must do.

use std::error::Error;

use revchain::{ErrorKind, Target, Transactions};
use revchain_tests::project::{Draft, Project};
use rusqlite::Connection;

type Result = std::result::Result<(), Box<dyn Error>>;

fn three() -> Project {
    let drafts = [
        Draft::new(
            "aaaa1",
            "base",
            "CREATE TABLE a (id INTEGER PRIMARY KEY, n TEXT);",
            "DROP TABLE a;",
        ),
        Draft::new("bbbb2", "aaaa1", "VACUUM;\nINSERT INTO a VALUES (1, 'x');", "DELETE FROM a;")
            .options("transaction=off"),
        Draft::new("cccc3", "bbbb2", "CREATE INDEX i ON a (n);", "DROP INDEX i;"),
    ];
    Project::with(&drafts).expect("a temporary folder can be written")
}

#[test]
fn upgrade_and_downgrade_return_to_where_they_began() -> Result {
    let project = three();
    let migrations = project.migrations().expect("the set is sound");
    for transactions in [Transactions::PerRun, Transactions::PerRevision] {
        let mut connection = Connection::open(project.database())?;
        let report =
            migrations.upgrade(Target::Head).transactions(transactions).run(&mut connection)?;
        assert_eq!(report.steps.len(), 3);
        assert!(migrations.upgrade(Target::Head).run(&mut connection)?.is_empty());
        migrations.verify().run(&mut connection)?;
        let report =
            migrations.downgrade(Target::Base).transactions(transactions).run(&mut connection)?;
        assert_eq!(report.steps.len(), 3);
        let error = migrations.verify().run(&mut connection).expect_err("all is pending");
        assert!(matches!(error.kind(), ErrorKind::Pending(pending) if pending.len() == 3));
    }
    Ok(())
}
