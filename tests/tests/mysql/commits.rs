//! Statements that commit by themselves: journaled one by one, and a later run goes on behind the last that is done.

use revchain::Target;
use revchain_tests::project::Draft;

use crate::{Result, TABLE, migrations, on_a_database, one};

#[test]
fn two_revisions_go_up_and_back() -> Result {
    on_a_database(async |database| {
        let rows = Draft::new(
            "bbbb2",
            "aaaa1",
            "INSERT INTO a VALUES (3, 'it''s \\\\ ü');",
            "DELETE FROM a WHERE id = 3;",
        );
        let migrations = migrations(&[TABLE, rows])?;
        let mut connection = database.mysql().await?;
        let report = migrations.upgrade(Target::Head).run_async(&mut connection).await?;
        assert_eq!(report.steps.len(), 2);
        assert_eq!(one(&mut connection, "SELECT n FROM a WHERE id = 3").await?, "it's \\ ü");
        migrations.verify().run_async(&mut connection).await?;
        assert!(migrations.upgrade(Target::Head).run_async(&mut connection).await?.is_empty());
        let report = migrations.downgrade(Target::Base).run_async(&mut connection).await?;
        assert_eq!(report.steps.len(), 2);
        let left = "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() \
                    AND table_name NOT LIKE 'revchain%'";
        assert_eq!(one(&mut connection, left).await?, "0");
        Ok(())
    })
}
