//! What goes wrong around a run: each fault is a clear error with the right exit code, the database is as it was, and the
//! next run finishes. The table stands in `tests/RELIABILITY.md`.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use revchain::{Dialect, Migrations, Run, Target};
use revchain_tests::project::{Draft, Project};
use revchain_tests::reliability;
use revchain_tests::server::Server;
use rusqlite::{Connection as Sqlite, OpenFlags};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgConnection, Row as _};
use tokio::runtime::Builder;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The table, row by row.
#[derive(Default)]
struct Table(String);

impl Table {
    fn add(&mut self, fault: &str, error: &revchain::Error, word: &str, exit_code: u8, then: &str) {
        let report = error.report();
        assert!(report.contains(word), "{fault}: {report}");
        assert_eq!(error.exit_code(), exit_code, "{fault}: {report}");
        let _ = writeln!(
            self.0,
            "| {fault} | {error} `[{}]`{}{word} | {exit_code} | {then} |",
            error.code(),
            if word.is_empty() { "" } else { ": " },
        );
    }
}

/// Three revisions; the middle one does what is given.
fn migrations(dialect: Dialect, options: &str, upgrade: &str) -> Result<Migrations> {
    let project = Project::for_dialects(&[dialect])?;
    project.add(&[
        Draft::new("aaaa1", "base", "CREATE TABLE a (n integer, t text);", "DROP TABLE a;"),
        Draft::new("bbbb2", "aaaa1", upgrade, "DROP TABLE b;").options(options),
        Draft::new("cccc3", "bbbb2", "CREATE TABLE c (n integer);", "DROP TABLE c;"),
    ])?;
    Ok(project.migrations()?)
}

/// A PostgreSQL database that a fault is about to meet.
struct Place<'s> {
    server: &'s mut Server,
    name: String,
    migrations: Migrations,
}

/// What the database has of tables and revisions.
const STATE: &str = "SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class \
    WHERE relname IN ('a', 'b', 'c')";
const ROWS: &str = "SELECT string_agg(revision || ' ' || state || ' ' || statements_done, ', ' ORDER BY revision) \
    FROM revchain_revisions";

impl<'s> Place<'s> {
    /// Makes a database with the first revision; `fault` has a row as long as the fault is there.
    async fn new(server: &'s mut Server, options: &str, upgrade: &str) -> Result<Self> {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let name = format!("faults{number}");
        let mut admin = server.options().connect().await?;
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create).execute(&mut admin).await?;
        let place =
            Self { server, name, migrations: migrations(Dialect::Postgres, options, upgrade)? };
        let mut connection = place.connect().await?;
        let fault = "CREATE TABLE fault (n integer); INSERT INTO fault VALUES (1)";
        sqlx::raw_sql(fault).execute(&mut connection).await?;
        place.migrations.upgrade("+1".parse()?).run_async(&mut connection).await?;
        Ok(place)
    }

    fn options(&self) -> PgConnectOptions {
        self.server.options().database(&self.name)
    }

    async fn connect(&self) -> Result<PgConnection> {
        Ok(self.options().connect().await?)
    }

    fn run(&self) -> Run<'_> {
        let run = self.migrations.upgrade(Target::Head).retries(1);
        run.lock_timeout(Some(Duration::from_millis(50)))
    }

    async fn one(&self, sql: &'static str) -> Result<String> {
        let row = sqlx::raw_sql(sql).fetch_one(&mut self.connect().await?).await?;
        Ok(row.try_get_unchecked(0)?)
    }

    /// Runs on a connection that was prepared, and returns the error.
    async fn fails(&self, prepare: &'static str) -> Result<revchain::Error> {
        let mut connection = self.connect().await?;
        sqlx::raw_sql(prepare).execute(&mut connection).await?;
        Ok(self.run().run_async(&mut connection).await.err().ok_or("it does not fail")?)
    }

    /// Looks at what is there, takes the fault away, and lets the next run finish.
    async fn is_as_it_was_and_finishes(&self, rows: &str, tables: &str) -> Result {
        assert_eq!((self.one(ROWS).await?, self.one(STATE).await?), (rows.into(), tables.into()));
        let mut connection = self.connect().await?;
        sqlx::raw_sql("DELETE FROM fault").execute(&mut connection).await?;
        let run = self.migrations.upgrade(Target::Head);
        assert_eq!(run.run_async(&mut connection).await?.steps.len(), 2);
        assert_eq!(self.one(STATE).await?, "a b c");
        let locks = "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory'";
        sqlx::Connection::close(connection).await?;
        assert_eq!(self.one(locks).await?, "0");
        Ok(())
    }
}

const FIRST: &str = "aaaa1 applied 0";
const AS_IT_WAS: &str = "as it was";

async fn on_postgres(server: &mut Server, table: &mut Table) -> Result {
    const TERMINATE: &str =
        "CREATE TABLE b (n integer);\nSELECT pg_terminate_backend(pg_backend_pid()) FROM fault;";
    let place = Place::new(server, "", TERMINATE).await?;
    let error = place.fails("").await?;
    let word = "terminating connection due to administrator command";
    table.add("PostgreSQL: its process is terminated", &error, word, 5, AS_IT_WAS);
    place.is_as_it_was_and_finishes(FIRST, "a").await?;

    let place = Place::new(server, "transaction=off", TERMINATE).await?;
    let error = place.fails("").await?;
    let then = "statement 1 of 2 is done, and the next run goes on behind it";
    table.add("the same, `transaction=off`", &error, word, 5, then);
    let rows = "aaaa1 applied 0, bbbb2 upgrading 1";
    place.is_as_it_was_and_finishes(rows, "a b").await?;

    const SLEEP: &str = "CREATE TABLE b (n integer);\nSELECT pg_sleep(60) FROM fault;";
    let place = Place::new(server, "", SLEEP).await?;
    let mut stop = place.server.stopper();
    let mut run = place.connect().await?;
    let mut looks = place.connect().await?;
    let stopping = async {
        let asleep = "SELECT count(*)::text FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        while sqlx::raw_sql(asleep).fetch_one(&mut looks).await?.try_get_unchecked::<&str, _>(0)?
            == "0"
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok::<_, Box<dyn Error>>(stop.status()?)
    };
    let (ended, stopped) = tokio::join!(place.run().run_async(&mut run), stopping);
    assert!(stopped?.success());
    let error = ended.err().ok_or("it does not fail")?;
    // Its last words may not arrive.
    let word = "";
    table.add(
        "its server is stopped, `-m immediate`, and started again",
        &error,
        word,
        5,
        AS_IT_WAS,
    );
    place.server.wait()?;
    place.server.start_again()?;
    place.is_as_it_was_and_finishes(FIRST, "a").await?;

    let fill = "CREATE TABLE b (n integer);\nINSERT INTO a SELECT m, repeat('x', 1000) FROM fault, generate_series(1, 40000) s(m);";
    let place = Place::new(server, "", fill).await?;
    let error = place.fails("").await?;
    table.add(
        "its disk is full (a file may not grow)",
        &error,
        "could not extend file",
        1,
        AS_IT_WAS,
    );
    place.is_as_it_was_and_finishes(FIRST, "a").await?;

    const TABLE: &str = "CREATE TABLE b (n integer);\nALTER TABLE a ADD m integer;";
    let place = Place::new(server, "", TABLE).await?;
    let role = "CREATE ROLE limited; SET ROLE limited";
    let error = place.fails(role).await?;
    let word = "permission denied for table revchain_revisions";
    table.add("the role may not read the ledger", &error, word, 1, AS_IT_WAS);
    let error = place
        .fails("GRANT SELECT ON revchain_revisions, revchain_lock TO limited; SET ROLE limited")
        .await?;
    let word = "permission denied for table revchain_lock";
    table.add("the role may not write", &error, word, 1, AS_IT_WAS);
    place.is_as_it_was_and_finishes(FIRST, "a").await?;

    let place = Place::new(server, "", TABLE).await?;
    let error = place.fails("SET default_transaction_read_only = on").await?;
    let word = "cannot execute UPDATE in a read-only transaction";
    table.add("the server is read-only, as a standby", &error, word, 1, AS_IT_WAS);
    place.is_as_it_was_and_finishes(FIRST, "a").await?;

    let place = Place::new(server, "", SLEEP).await?;
    let mut connection = place.connect().await?;
    let run = place.run().statement_timeout(Duration::from_millis(50));
    let error = run.run_async(&mut connection).await.err().ok_or("it does not fail")?;
    let word = "canceling statement due to statement timeout";
    table.add("a statement takes longer than `statement_timeout`", &error, word, 1, AS_IT_WAS);
    place.is_as_it_was_and_finishes(FIRST, "a").await?;

    let place = Place::new(server, "", TABLE).await?;
    let mut reader = place.connect().await?;
    sqlx::raw_sql("BEGIN; SELECT * FROM a").execute(&mut reader).await?;
    let error = place.fails("").await?;
    let word = "canceling statement due to lock timeout";
    table.add("a reader holds a lock for long", &error, word, 5, AS_IT_WAS);
    sqlx::raw_sql("COMMIT").execute(&mut reader).await?;
    sqlx::Connection::close(reader).await?;
    place.is_as_it_was_and_finishes(FIRST, "a").await?;

    let place = Place::new(server, "", TABLE).await?;
    let options = place.options();
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    for (fault, options, word, exit_code) in [
        (
            "a wrong password",
            options.clone().password("wrong"),
            "password authentication failed for user",
            1,
        ),
        (
            "a database that is not there",
            options.clone().database("nowhere"),
            "database \"nowhere\" does not exist",
            1,
        ),
        (
            "an unknown host",
            options.clone().host("db.invalid"),
            "failed to lookup address information",
            5,
        ),
        ("nobody listens", options.port(nobody), "", 5),
    ] {
        let pool =
            PgPoolOptions::new().acquire_timeout(Duration::from_secs(2)).connect_lazy_with(options);
        let error = place.run().run_async(&pool).await.err().ok_or("it does not fail")?;
        table.add(fault, &error, word, exit_code, AS_IT_WAS);
    }
    place.is_as_it_was_and_finishes(FIRST, "a").await
}

/// A SQLite file that a fault is about to meet.
struct File {
    project: Project,
    migrations: Migrations,
}

impl File {
    fn new(upgrade: &str) -> Result<Self> {
        let file = Self {
            project: Project::new()?,
            migrations: migrations(Dialect::Sqlite, "", upgrade)?,
        };
        file.migrations.upgrade("+1".parse()?).run(&mut file.open()?)?;
        Ok(file)
    }

    fn open(&self) -> Result<Sqlite> {
        let connection = Sqlite::open(self.project.database())?;
        // The run waits, and not SQLite for it.
        connection.busy_timeout(Duration::ZERO)?;
        Ok(connection)
    }

    fn fails(&self, connection: &mut Sqlite) -> Result<revchain::Error> {
        let run = self.migrations.upgrade(Target::Head).wait(Duration::from_millis(50));
        Ok(run.run(connection).err().ok_or("it does not fail")?)
    }

    fn is_as_it_was_and_finishes(&self) -> Result {
        let mut connection = self.open()?;
        let status = self.migrations.current().run(&mut connection)?;
        assert_eq!(status.heads, ["aaaa1"]);
        let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('a', 'b', 'c')";
        assert_eq!(connection.query_row(tables, [], |row| row.get::<_, u32>(0))?, 1);
        self.migrations.upgrade(Target::Head).run(&mut connection)?;
        assert_eq!(connection.query_row(tables, [], |row| row.get::<_, u32>(0))?, 3);
        Ok(())
    }
}

fn on_sqlite(table: &mut Table) -> Result {
    const TABLE: &str = "CREATE TABLE b (n integer);";
    let file = File::new(TABLE)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let error = file.fails(&mut Sqlite::open_with_flags(file.project.database(), flags)?)?;
    let word = "attempt to write a readonly database";
    table.add("SQLite: the file is read-only", &error, word, 1, AS_IT_WAS);
    assert!(error.report().contains("= help: let this user write the file"), "{}", error.report());
    file.is_as_it_was_and_finishes()?;

    let file =
        File::new("CREATE TABLE b (n integer);\nINSERT INTO a SELECT 1, hex(zeroblob(1000000));")?;
    let mut small = file.open()?;
    small.execute_batch("PRAGMA max_page_count = 20")?;
    let error = file.fails(&mut small)?;
    table.add(
        "its disk is full (`max_page_count`)",
        &error,
        "database or disk is full",
        1,
        AS_IT_WAS,
    );
    assert!(error.report().contains("= help: make room on the disk"), "{}", error.report());
    drop(small);
    file.is_as_it_was_and_finishes()?;

    let file = File::new(TABLE)?;
    let reader = file.open()?;
    reader.execute_batch("BEGIN; SELECT * FROM a")?;
    let error = file.fails(&mut file.open()?)?;
    let word = "";
    table.add("a reader holds a lock for long", &error, word, 5, AS_IT_WAS);
    assert!(error.report().contains("= help: end what reads"), "{}", error.report());
    reader.execute_batch("COMMIT")?;
    let writer = reader;
    writer.execute_batch("BEGIN IMMEDIATE")?;
    let error = file.fails(&mut file.open()?)?;
    let word = "";
    table.add("a writer does", &error, word, 5, AS_IT_WAS);
    writer.execute_batch("COMMIT")?;
    file.is_as_it_was_and_finishes()?;

    let file = File::new(TABLE)?;
    let path = file.project.path().join("no.db");
    std::fs::write(&path, "This is a text, and it is no database. ".repeat(200))?;
    let error = file.fails(&mut Sqlite::open(&path)?)?;
    table.add("the file is no database", &error, "file is not a database", 1, AS_IT_WAS);
    assert!(std::fs::read_to_string(&path)?.starts_with("This is a text"));
    file.is_as_it_was_and_finishes()
}

#[test]
fn each_fault_is_a_clear_error_and_the_next_run_finishes() -> Result {
    let Some(mut server) = Server::start()? else { return Ok(()) };
    let mut table = Table("| fault | error | exit code | then |\n|---|---|---|---|\n".to_owned());
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(Box::pin(on_postgres(&mut server, &mut table)))?;
    on_sqlite(&mut table)?;
    reliability::is("faults", &table.0)?;
    Ok(())
}
