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

#[test]
fn amend_takes_an_edited_revision_back_and_applies_it_as_it_is_now() -> Result {
    for transactions in [Transactions::PerRun, Transactions::PerRevision] {
        let project = three();
        let mut connection = Connection::open(project.database())?;
        project.migrations().expect("sound").upgrade(Target::Head).run(&mut connection)?;
        let edited = "CREATE TABLE a (id INTEGER PRIMARY KEY, n TEXT, added TEXT);";
        project.write(&Draft::new("aaaa1", "base", edited, "DROP TABLE a;"))?;
        // The second revision inserts without naming columns.
        let second =
            Draft::new("bbbb2", "aaaa1", "INSERT INTO a (id) VALUES (1);", "DELETE FROM a;");
        project.write(&second)?;
        project.seal()?;
        let migrations = project.migrations().expect("the edited set is sound");
        let error = migrations.upgrade(Target::Head).run(&mut connection).expect_err("edited");
        assert!(matches!(error.kind(), ErrorKind::Edited(edited) if edited.len() == 2));
        let ids = vec!["aaaa1".to_owned(), "bbbb2".to_owned()];
        let run = migrations.amend(ids, std::collections::HashMap::new());
        let report = run.transactions(transactions).run(&mut connection)?;
        assert_eq!(report.steps.len(), 6, "{transactions:?}: three back, three applied");
        connection.execute("UPDATE a SET added = 'x'", [])?;
        migrations.verify().run(&mut connection)?;
    }
    Ok(())
}
