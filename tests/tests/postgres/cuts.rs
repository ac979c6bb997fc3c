//! The connection is cut at every message of a run, in either direction.

use std::time::Duration;

use revchain::{Migrations, Report, State, Target, Transactions};
use revchain_tests::project::Draft;
use revchain_tests::proxy::Proxy;
use revchain_tests::reliability;
use sqlx::{ConnectOptions as _, PgConnection};

use crate::{ADVISORY_LOCKS, Result, execute, migrations, on_a_database, one};

/// Each statement that is done leaves a mark; one that is done twice leaves two.
const DRAFTS: [Draft<'static>; 4] = [
    Draft::new("aaaa1", "base", "CREATE TABLE a (n integer);\nINSERT INTO marks VALUES ('1');", "DROP TABLE a;\nINSERT INTO marks VALUES ('-1');"),
    Draft::new("bbbb2", "aaaa1", "SET work_mem = '9MB';\nINSERT INTO marks VALUES ('2');", "INSERT INTO marks VALUES ('-2');"),
    Draft::new(
        "cccc3",
        "bbbb2",
        "INSERT INTO marks VALUES ('3');\nCREATE UNIQUE INDEX CONCURRENTLY i ON a (n);\nINSERT INTO marks VALUES ('4');",
        "INSERT INTO marks VALUES ('-4');\nDROP INDEX CONCURRENTLY i;\nINSERT INTO marks VALUES ('-3');",
    )
    .options("transaction=off"),
    Draft::new("dddd4", "cccc3", "INSERT INTO marks VALUES ('5');", "INSERT INTO marks VALUES ('-5');"),
];

/// What the statements leave of a revision, each way.
const MARKS: [(&str, &[&str], &[&str]); 4] = [
    ("aaaa1", &["1"], &["-1"]),
    ("bbbb2", &["2"], &["-2"]),
    ("cccc3", &["3", "", "4"], &["-4", "", "-3"]),
    ("dddd4", &["5"], &["-5"]),
];

/// Compares the ledger with the marks; those of a whole way up and down cancel each other out.
async fn tells_the_truth(
    connection: &mut PgConnection,
    migrations: &Migrations,
    context: &str,
) -> Result {
    let status = migrations.current().run_async(&mut *connection).await?;
    let mut told: Vec<&str> = Vec::new();
    for (id, up, down) in MARKS {
        let Some(row) = status.applied.iter().find(|row| row.revision == id) else { continue };
        let done = usize::try_from(row.statements_done)?;
        let (up, down) = match row.state {
            State::Applied => (up, &down[..0]),
            State::Upgrading => (&up[..done], &down[..0]),
            State::Downgrading => (up, &down[..done]),
        };
        let undone = |mark: &&&str| !down.contains(&format!("-{mark}").as_str());
        told.extend(up.iter().filter(|mark| !mark.is_empty()).filter(undone));
    }
    // `1+2?` are mark 1, done once, and mark 2, done another number of times.
    let seen = "SELECT coalesce(string_agg(n || CASE sum WHEN 1 THEN '+' ELSE '?' END, '' ORDER BY n), '') FROM \
                (SELECT abs(mark::int) AS n, sum(sign(mark::int)) FROM marks GROUP BY 1) m WHERE sum <> 0";
    let seen: String = one(connection, seen).await?;
    let told: String = told.iter().map(|mark| format!("{mark}+")).collect();
    assert_eq!(seen, told, "{context}: {:?}", status.applied);
    Ok(())
}

/// Waits until what the cut session had begun is done or undone.
async fn others_have_gone(connection: &mut PgConnection) -> Result {
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                  AND backend_type = 'client backend'";
    while one::<i64>(connection, others).await? > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

async fn perform(
    migrations: &Migrations,
    up: bool,
    transactions: Transactions,
    connection: &mut PgConnection,
) -> std::result::Result<Report, revchain::Error> {
    let run =
        if up { migrations.upgrade(Target::Head) } else { migrations.downgrade(Target::Base) };
    run.transactions(transactions).run_async(connection).await
}

fn cut_everywhere(up: bool, transactions: Transactions) -> Result {
    on_a_database(async |database| {
        let migrations = migrations(&DRAFTS)?;
        let mut direct = database.postgres().await?;
        execute(&mut direct, "CREATE TABLE marks (mark text)").await?;
        // The lock's and the ledger's tables are there then.
        for up in if up { &[true, false][..] } else { &[true][..] } {
            perform(&migrations, *up, transactions, &mut direct).await?;
        }
        let proxy = Proxy::before(&database, Duration::ZERO)?;
        // How long a run is when nothing is cut.
        let mut connection = proxy.options(&database).connect().await?;
        let first = proxy.messages();
        perform(&migrations, up, transactions, &mut connection).await?;
        let last = proxy.messages();
        perform(&migrations, !up, transactions, &mut connection).await?;
        sqlx::Connection::close(connection).await?;
        let mut refused = 0;
        for cut in first..last {
            let context = format!("cut at message {} of {}", cut - first, last - first);
            proxy.cut_at(cut);
            let mut connection = proxy.options(&database).connect().await?;
            match perform(&migrations, up, transactions, &mut connection).await {
                // The last messages only give the lock back.
                Ok(report) => assert_eq!(report.steps.len(), 4, "{context}"),
                Err(error) => {
                    refused += 1;
                    let words = error.report();
                    let clear = words.contains("[unreachable]") && words.contains("= note:");
                    assert!(clear && error.exit_code() == 5, "{context}: {words}");
                }
            }
            drop(connection);
            others_have_gone(&mut direct).await?;
            tells_the_truth(&mut direct, &migrations, &context).await?;
            let whole = perform(&migrations, up, transactions, &mut direct).await;
            whole.map_err(|error| format!("{context}: the next run: {error:?}"))?;
            tells_the_truth(&mut direct, &migrations, &format!("{context}, then")).await?;
            assert_eq!(one::<i64>(&mut direct, ADVISORY_LOCKS).await?, 0, "{context}");
            perform(&migrations, !up, transactions, &mut direct).await?;
        }
        let run = match (up, transactions) {
            (true, Transactions::PerRevision) => "upgrade, a transaction for each revision",
            (true, Transactions::PerRun) => "upgrade, one transaction",
            (false, Transactions::PerRevision) => "downgrade, a transaction for each revision",
            (false, Transactions::PerRun) => "downgrade, one transaction",
        };
        let row = format!("| {run} | {} | {refused} |", last - first);
        std::io::Write::write_all(&mut std::io::stderr(), format!("{row}\n").as_bytes())?;
        reliability::note("cuts", &row)?;
        assert!(refused > 50, "{refused} cuts are too few to mean anything");
        Ok(())
    })
}

#[test]
fn an_upgrade_whose_connection_is_cut_at_any_message_is_finished_by_the_next() -> Result {
    cut_everywhere(true, Transactions::PerRevision)
}

#[test]
fn a_downgrade_whose_connection_is_cut_at_any_message_is_finished_by_the_next() -> Result {
    cut_everywhere(false, Transactions::PerRevision)
}

#[test]
fn an_upgrade_in_one_transaction_that_is_cut_at_any_message_is_finished_by_the_next() -> Result {
    cut_everywhere(true, Transactions::PerRun)
}

#[test]
fn a_downgrade_in_one_transaction_that_is_cut_at_any_message_is_finished_by_the_next() -> Result {
    cut_everywhere(false, Transactions::PerRun)
}
