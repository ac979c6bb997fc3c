//! Round trips, counted by a proxy between the run and the server, and what they cost when the way is long.

use std::time::{Duration, Instant};

use revchain::Target;
use revchain_tests::project::Draft;
use revchain_tests::proxy::Proxy;
use sqlx::ConnectOptions as _;

use crate::{Result, TABLE, execute, migrations, on_a_database};

/// Returns a table, and so many revisions that write to it.
fn chain(count: usize) -> Result<revchain::Migrations> {
    let ids: Vec<String> = (0..count).map(|number| format!("r{number:03}")).collect();
    let mut drafts = vec![TABLE];
    for (number, id) in ids.iter().enumerate() {
        let revises = if number == 0 { "aaaa1" } else { &ids[number - 1] };
        drafts.push(Draft::new(
            id,
            revises,
            "INSERT INTO a VALUES ((SELECT max(id) + 1 FROM a), 'n');\nUPDATE a SET n = n;",
            "SELECT 1;",
        ));
    }
    migrations(&drafts)
}

#[test]
fn a_revision_is_one_and_a_start_with_nothing_to_do_is_two() -> Result {
    on_a_database(async |database| {
        let migrations = chain(20)?;
        let proxy = Proxy::before(&database, Duration::ZERO)?;
        let mut spoken = Vec::new();
        for target in ["+1", "+20", "head"] {
            let mut connection = proxy.options(&database).connect().await?;
            let before = proxy.round_trips();
            migrations.upgrade(target.parse()?).run_async(&mut connection).await?;
            spoken.push(proxy.round_trips() - before);
        }
        // The session, lock, its table, its row, the session again; the revision; the lock given back.
        assert_eq!(spoken[0], 5 + 1 + 1, "{spoken:?}");
        // The lock's table is there, and a ledger that is read twice, with its last number.
        // A long run prepares what it repeats, and throws it away.
        assert_eq!(spoken[1], 4 + 3 + 20 + 2 + 1, "{spoken:?}");
        assert_eq!(spoken[2], 2, "{spoken:?}");
        let mut direct = database.postgres().await?;
        let again = migrations.upgrade(Target::Head).run_async(&mut direct).await?;
        assert!(again.is_empty());
        Ok(())
    })
}

#[test]
fn a_hundred_revisions_over_a_long_way_take_little_more_than_a_hundred_round_trips() -> Result {
    const ROUND_TRIP: Duration = Duration::from_millis(20);
    const LIMIT: Duration = Duration::from_millis(2500);
    on_a_database(async |database| {
        let migrations = chain(99)?;
        let proxy = Proxy::before(&database, ROUND_TRIP / 2)?;
        let (mut fastest, mut within) = (Duration::MAX, false);
        // The rest is the server's work and other processes', of which the second and third time may have less.
        // The first makes the tables, the others read the ledger.
        let (first, again) = (5 + 100 + 2 + 1, 4 + 3 + 100 + 2 + 1);
        for expected in [first, again, again, again] {
            let mut connection = proxy.options(&database).connect().await?;
            let (before, began) = (proxy.round_trips(), Instant::now());
            migrations.upgrade(Target::Head).run_async(&mut connection).await?;
            let (took, spoken) = (began.elapsed(), proxy.round_trips() - before);
            assert_eq!(spoken, expected);
            assert!(took >= ROUND_TRIP * 108, "{took:?}: the way was not long");
            fastest = fastest.min(took);
            // Where other processes slow the way itself down, the way is what counts.
            let began = Instant::now();
            for _ in 0..spoken {
                execute(&mut connection, "SELECT 1").await?;
            }
            within |= took <= LIMIT.max(began.elapsed() + LIMIT - ROUND_TRIP * 108);
            if within {
                break;
            }
            let mut direct = database.postgres().await?;
            migrations.downgrade(Target::Base).run_async(&mut direct).await?;
        }
        let note = format!("100 revisions in {fastest:?}\n");
        std::io::Write::write_all(&mut std::io::stderr(), note.as_bytes())?;
        assert!(within, "{fastest:?}");
        Ok(())
    })
}
