//! `test_database()`: 200 tests at a time on PostgreSQL, each on a database of its own, none left behind.

use std::error::Error;
use std::sync::Arc;

use revchain::{Dialect, Migrations, TestDatabase};
use revchain_tests::clients::Database;
use revchain_tests::project::{Draft, Project};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const TESTS: usize = 200;
/// The server's `max_connections` is 100, and other tests run beside this one.
const AT_A_TIME: usize = 12;

/// A database of the server, by which the others are made and seen, and a set that no other test has.
struct Server {
    database: Database,
    id: String,
}

impl Server {
    fn find() -> Result<Option<Self>> {
        if !Database::has_postgres() {
            return Ok(None);
        }
        let database = Database::fresh(Dialect::Postgres).ok_or("the server makes no database")?;
        let Database::Postgres { name } = &database else { return Ok(None) };
        let id = name.trim_start_matches("revchain_").to_owned();
        Ok(Some(Self { database, id }))
    }

    fn url(&self) -> String {
        let options = self.database.postgres_options();
        let name = options.get_database().unwrap_or_default();
        format!("postgres:///{name}?user={}", options.get_username())
    }

    fn migrations(&self, up: &str) -> Result<Migrations> {
        let project = Project::for_dialects(&[Dialect::Postgres])?;
        project.add(&[Draft::new(&self.id, "base", up, "SELECT 1;")])?;
        let mut set = project.set().map_err(|problems| problems.to_string())?;
        // By a name of its own, so that no other test takes its template for a former one.
        set.settings.name = self.id.clone().into();
        Ok(Migrations::new(set, "test 1.0.0"))
    }

    /// Returns the databases whose name begins so.
    fn databases(&self, beginning: &str) -> Vec<String> {
        let sql = "SELECT datname FROM pg_database WHERE starts_with(datname, ";
        self.database.rows(&format!("{sql}'{beginning}')"))
    }

    /// Returns the templates in whose ledger the test's own revision is.
    fn templates(&self) -> Vec<Database> {
        let mut own = Vec::new();
        for beginning in ["revchain_template_", "revchain_making_"] {
            for name in self.databases(beginning) {
                let database = Database::Postgres { name };
                let ids = "SELECT string_agg(revision, ' ') FROM revchain_revisions";
                if database.run(ids).text.contains(&self.id) {
                    own.push(database);
                } else {
                    // Another's: it stays.
                    std::mem::forget(database);
                }
            }
        }
        own
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.templates());
    }
}

fn run<F: Future<Output = Result>>(test: F) -> Result {
    Builder::new_current_thread().enable_all().build()?.block_on(test)
}

#[test]
fn two_hundred_tests_have_a_database_each_and_leave_none() -> Result {
    let Some(server) = Server::find()? else { return Ok(()) };
    let up = "CREATE TABLE many (id integer PRIMARY KEY);\nINSERT INTO many VALUES (1);";
    let migrations = Arc::new(server.migrations(up)?);
    let allowed = Arc::new(Semaphore::new(AT_A_TIME));
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build()?;
    let names = runtime.block_on(async {
        let mut tests = JoinSet::new();
        for number in 0..TESTS {
            let (migrations, allowed) = (Arc::clone(&migrations), Arc::clone(&allowed));
            tests.spawn(one_of_many(migrations, allowed, server.url(), number));
        }
        let mut names = Vec::new();
        while let Some(name) = tests.join_next().await {
            names.push(name??);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TESTS);
        Result::Ok(names)
    })?;
    let mut left = server.databases("revchain_test_");
    left.retain(|name| names.contains(name));
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(server.templates().len(), 1);
    Ok(())
}

/// Finds what the revisions left, and nothing of the others.
async fn one_of_many(
    migrations: Arc<Migrations>,
    allowed: Arc<Semaphore>,
    url: String,
    number: usize,
) -> Result<String> {
    let _permit = allowed.acquire().await?;
    let database = migrations.test_database(&url).await?;
    let mut connection = database.connect().await?;
    let own = i32::try_from(number)? + 2;
    sqlx::query("INSERT INTO many VALUES ($1)").bind(own).execute(&mut connection).await?;
    let rows = sqlx::query_scalar("SELECT id FROM many ORDER BY id");
    let rows: Vec<i32> = rows.fetch_all(&mut connection).await?;
    assert_eq!(rows, [1, own]);
    migrations.verify().run_async(&mut connection).await?;
    Ok(database.name().to_owned())
}

#[test]
fn a_database_is_removed_also_while_a_pool_is_open_and_the_test_fails() -> Result {
    let Some(server) = Server::find()? else { return Ok(()) };
    let migrations = server.migrations("CREATE TABLE a (id integer);")?;
    let mut name = String::new();
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(async {
            let database: TestDatabase = migrations.test_database(&server.url()).await?;
            name = database.name().to_owned();
            let pool = sqlx::postgres::PgPoolOptions::new().min_connections(2);
            let _pool = pool.connect_with(database.options().clone()).await?;
            panic!("as a test that fails");
        })
    }));
    assert!(failed.is_err());
    assert!(name.starts_with("revchain_test_"), "{name}");
    assert_eq!(server.databases(&name), Vec::<String>::new());
    Ok(())
}

#[test]
fn what_a_dead_process_left_is_removed_and_what_is_new_or_in_use_is_not() -> Result {
    let Some(server) = Server::find()? else { return Ok(()) };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let id = &server.id;
    let dead = format!("revchain_test_{id}_dead_{:x}", now - 100);
    let used = format!("revchain_test_{id}_used_{:x}", now - 100);
    let new = format!("revchain_test_{id}_new_{now:x}");
    for name in [&dead, &used, &new] {
        let made = server.database.run(&format!("CREATE DATABASE {name} TEMPLATE template0;"));
        assert!(made.well, "{made:?}");
    }
    let others = [used, new].map(|name| Database::Postgres { name });
    let migrations = server.migrations("CREATE TABLE a (id integer);")?;
    run(async {
        let user = others[0].postgres().await?;
        let database = migrations.test_database(&server.url()).await?;
        let left = server.databases(&format!("revchain_test_{id}_"));
        assert_eq!(left.len(), 2, "{left:?}");
        drop((user, database));
        Ok(())
    })
}

#[test]
fn another_form_of_the_set_has_another_template_and_the_former_goes() -> Result {
    let Some(server) = Server::find()? else { return Ok(()) };
    run(async {
        for table in ["a", "b", "b"] {
            let migrations = server.migrations(&format!("CREATE TABLE {table} (id integer);"))?;
            let database = migrations.test_database(&server.url()).await?;
            let mut connection = database.connect().await?;
            let exists = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(table);
            assert!(exists.fetch_one(&mut connection).await?);
        }
        assert_eq!(server.templates().len(), 1);
        Ok(())
    })
}

#[test]
fn a_chain_that_does_not_apply_leaves_nothing() -> Result {
    let Some(server) = Server::find()? else { return Ok(()) };
    let migrations = server.migrations("CREATE TABLE a (id integer);\nSELECT * FROM nowhere;")?;
    let own = || server.databases(&format!("revchain_making_{}_", std::process::id()));
    run(async {
        let error = migrations.test_database(&server.url()).await.expect_err("it does not apply");
        assert_eq!(error.code(), "statement");
        assert_eq!(own(), Vec::<String>::new());
        Ok(())
    })
}
