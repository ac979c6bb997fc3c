//! What holds on each server.

/// Makes the tests of a server. The module has its `DIALECT`, four `DRAFTS`, of which a run that is dropped can stop in any,
/// its `Connection`, `connected` (a way to it, a plain connection and a pool of one), `number` (an answer), `is_free` (what the
/// pool's next user finds), `CURRENT_SCHEMA`, `WRONG_INDEXES` (a query that counts none when all is well), and `FEWEST`, how
/// often a run waits at least.
macro_rules! contract {
    () => {
        async fn finishes(migrations: &Migrations, connection: &mut Connection) -> Result {
            let wait = Duration::from_secs(20);
            migrations.upgrade(Target::Head).wait(wait).run_async(&mut *connection).await?;
            migrations.verify().run_async(&mut *connection).await?;
            assert_eq!(number(connection, "SELECT count(*) * 100 + sum(n) FROM a").await?, 410);
            assert_eq!(number(connection, WRONG_INDEXES).await?, 0);
            is_free(connection).await
        }

        async fn finishes_back(migrations: &Migrations, connection: &mut Connection) -> Result {
            let wait = Duration::from_secs(20);
            migrations.downgrade(Target::Base).wait(wait).run_async(&mut *connection).await?;
            let left = format!(
                "SELECT count(*) FROM information_schema.tables WHERE table_name = 'a' AND table_schema = {CURRENT_SCHEMA}"
            );
            assert_eq!(number(connection, &left).await?, 0);
            assert_eq!(number(connection, "SELECT count(*) FROM revchain_revisions").await?, 0);
            is_free(connection).await
        }

        #[derive(Clone, Copy, Debug, PartialEq)]
        enum Whose {
            Plain,
            Acquired,
            Pool,
        }

        fn dropped_everywhere(whose: Whose, transactions: Transactions, direction: Direction) -> Result {
            let Some(database) = Database::fresh(DIALECT) else { return Ok(()) };
            let project = Project::for_dialects(&[DIALECT])?;
            project.add(&DRAFTS)?;
            let migrations = project.migrations()?;
            Builder::new_current_thread().enable_all().build()?.block_on(async {
                let (_way, mut plain, pool) = connected(&database).await?;
                let mut ends = 0;
                // Answers come when they come: a run may end a few polls earlier than another.
                for polls in 0.. {
                    let run = || {
                        let wait = Duration::from_secs(20);
                        let run = match direction {
                            Direction::Upgrade => migrations.upgrade(Target::Head),
                            Direction::Downgrade => migrations.downgrade(Target::Base),
                        };
                        run.transactions(transactions).wait(wait)
                    };
                    if direction == Direction::Downgrade {
                        finishes(&migrations, &mut plain).await?;
                    }
                    let mut acquired = None;
                    let ended = match whose {
                        Whose::Plain => polled(sent(run().run_async(&mut plain)), polls).await,
                        Whose::Pool => polled(sent(run().run_async(&pool)), polls).await,
                        Whose::Acquired => {
                            let acquired = acquired.insert(pool.acquire().await?);
                            polled(sent(run().run_async(acquired)), polls).await
                        }
                    };
                    drop(acquired);
                    let mut next = None;
                    let next = match whose {
                        Whose::Plain => &mut plain,
                        _ => &mut **next.insert(pool.acquire().await?),
                    };
                    if whose != Whose::Plain {
                        is_free(next).await?;
                    }
                    if direction == Direction::Upgrade {
                        finishes(&migrations, next).await?;
                    }
                    finishes_back(&migrations, next).await?;
                    if let Some(report) = ended {
                        assert_eq!(report?.steps.len(), 4);
                        assert!(polls > FEWEST, "{polls} polls are too few to mean anything");
                        ends += 1;
                        if ends == 3 {
                            break;
                        }
                    }
                }
                Ok(())
            })
        }

        #[test]
        fn the_next_run_on_a_plain_connection_rolls_back_and_unlocks() -> Result {
            dropped_everywhere(Whose::Plain, Transactions::PerRevision, Direction::Upgrade)
        }

        #[test]
        fn the_next_run_on_a_plain_connection_ends_a_transaction_of_several_messages() -> Result {
            dropped_everywhere(Whose::Plain, Transactions::PerRun, Direction::Upgrade)
        }

        #[test]
        fn an_acquired_connection_is_closed() -> Result {
            dropped_everywhere(Whose::Acquired, Transactions::PerRevision, Direction::Upgrade)
        }

        #[test]
        fn a_pool_gives_a_free_connection_to_its_next_user() -> Result {
            dropped_everywhere(Whose::Pool, Transactions::PerRevision, Direction::Upgrade)
        }

        #[test]
        fn a_pool_gives_a_free_connection_after_a_transaction_of_several_messages() -> Result {
            dropped_everywhere(Whose::Pool, Transactions::PerRun, Direction::Upgrade)
        }

        #[test]
        fn a_downgrade_on_a_plain_connection_is_rolled_back_by_the_next_run() -> Result {
            dropped_everywhere(Whose::Plain, Transactions::PerRevision, Direction::Downgrade)
        }

        #[test]
        fn a_downgrade_on_an_acquired_connection_leaves_nothing_to_the_next_user() -> Result {
            dropped_everywhere(Whose::Acquired, Transactions::PerRevision, Direction::Downgrade)
        }

        #[test]
        fn a_downgrade_on_a_pool_leaves_nothing_to_its_next_user() -> Result {
            dropped_everywhere(Whose::Pool, Transactions::PerRun, Direction::Downgrade)
        }
    };
}

pub(crate) use contract;
