//! No password reaches what a run or the command says, writes or stores, whatever becomes of the connection.

use std::error::Error;
use std::fmt::Debug;
use std::fs;
use std::path::Path;
use std::time::Duration;

use revchain::{Migrations, Target};
use revchain_tests::command::Desk;
use revchain_tests::project::{Draft, Project};
use revchain_tests::server::{PASSWORD, Server};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Row as _};
use tokio::runtime::Builder;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The password as it is, as it stands in a URL, and parts that remain when it is cut at a `@`, a `/` or a space.
const SIGNS: [&str; 7] = ["0dd", "ss'w", "ss%27w", "rd/:", "rd%2F", "wr0ng", "s3cret"];

/// All that was said and written so far.
#[derive(Default)]
struct Heard(Vec<String>);

impl Heard {
    fn hear(&mut self, said: impl Into<String>) {
        self.0.push(said.into());
    }

    fn debug(&mut self, value: &impl Debug) {
        self.hear(format!("{value:?}\n{value:#?}"));
    }

    fn has_no_password(&self) {
        assert!(self.0.len() > 50, "{} things are too few", self.0.len());
        for said in &self.0 {
            for sign in SIGNS {
                assert!(!said.contains(sign), "`{sign}` was told: {said}");
            }
        }
    }
}

/// As it has to be written in a URL.
fn encoded(password: &str) -> String {
    let byte = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    password.bytes().map(byte).collect()
}

/// A server's rows, whatever their columns.
async fn rows(options: &PgConnectOptions, heard: &mut Heard) -> Result {
    let mut connection = options.connect().await?;
    for sql in [
        "SELECT string_agg(r::text, ' ') FROM revchain_revisions r",
        "SELECT string_agg(e::text, ' ') FROM revchain_events e",
        "SELECT string_agg(l::text, ' ') FROM revchain_lock l",
        "SELECT string_agg(a::text, ' ') FROM pg_stat_activity a",
    ] {
        let row = sqlx::raw_sql(sql).fetch_one(&mut connection).await?;
        let text: String = row.try_get_unchecked(0)?;
        assert!(!text.is_empty());
        heard.hear(text);
    }
    Ok(())
}

async fn library(server: &Server, heard: &mut Heard) -> Result {
    let project = Project::for_dialects(&[revchain::Dialect::Postgres])?;
    let fails = "SELECT nothing;";
    project.add(&[
        Draft::new("aaaa1", "base", "CREATE TABLE a (n integer);", "DROP TABLE a;"),
        Draft::new("bbbb2", "aaaa1", fails, "SELECT 1;"),
    ])?;
    let migrations: Migrations = project.migrations()?;
    let right = server.options();
    let mut connection = right.connect().await?;
    let mut told = Vec::new();
    let hear = |progress: &revchain::Progress| told.push(format!("{progress:?}"));
    let run = migrations.upgrade(Target::Head).observer(hear).tag("deploy 7");
    let error = run.run_async(&mut connection).await.err().ok_or("it does not fail")?;
    told.into_iter().for_each(|said| heard.hear(said));
    heard.debug(&error);
    heard.hear(format!("{error} {}", error.report()));
    heard.debug(&migrations.current().run_async(&mut connection).await?);
    heard.debug(&migrations.upgrade(Target::Head).plan_async(&mut connection).await?);
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    for options in [
        right.clone().password("wr0ng s3cret"),
        right.clone().port(nobody),
        right.clone().host("db.invalid"),
        right.clone().database("nowhere"),
    ] {
        let pool = PgPoolOptions::new().acquire_timeout(Duration::from_secs(1));
        let pool = pool.connect_lazy_with(options);
        for error in [
            migrations.upgrade(Target::Head).run_async(&pool).await.err(),
            migrations.verify().run_async(&pool).await.err(),
            migrations.current().run_async(&pool).await.err(),
        ] {
            let error = error.ok_or("it does not fail")?;
            heard.debug(&error);
            let mut source = Some(&error as &dyn Error);
            while let Some(error) = source {
                heard.hear(format!("{error} {error:?}"));
                source = error.source();
            }
        }
    }
    rows(&right, heard).await
}

fn files(folder: &Path, heard: &mut Heard) -> Result {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, heard)?;
        } else {
            heard.hear(String::from_utf8_lossy(&fs::read(&path)?));
        }
    }
    Ok(())
}

fn command(server: &Server, heard: &mut Heard) -> Result {
    let port = server.options().get_port();
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let right = encoded(PASSWORD);
    let urls = [
        format!("postgres://postgres:{right}@127.0.0.1:{port}/postgres?sslmode=disable"),
        format!("postgresql+asyncpg://127.0.0.1:{port}/postgres?user=postgres&password={right}"),
        format!("postgres://postgres:wr0ng@127.0.0.1:{port}/postgres"),
        format!("postgres://postgres:{right}@127.0.0.1:{nobody}/postgres"),
        format!("postgres://postgres:{right}@127.0.0.1:{port}/nowhere"),
        format!("postgres://postgres:{right}@db.invalid/postgres"),
        format!("postgres://postgres:{right}@127.0.0.1:{port}/postgres?sslmode=never"),
        format!("postgres://postgres:{right}@127.0.0.1:{port}/postgres?unknown={right}"),
        format!("postgres://postgres:{right}@127.0.0.1:port/postgres"),
        format!("mysql://postgres:{right}@127.0.0.1:{nobody}/shop"),
        format!("postgress://postgres:{right}@127.0.0.1/postgres"),
        // As it is, which no URL can be read with.
        format!("postgres://postgres:{PASSWORD}@127.0.0.1:{port}/postgres"),
        format!("postgres://postgres:{}@127.0.0.1:{port}/postgres", "s3cret%zz"),
        format!("//postgres:{right}@127.0.0.1/postgres"),
        format!("postgres:{right}"),
    ];
    for (index, url) in urls.iter().enumerate() {
        let desk = Desk::new().set("DATABASE_URL", url);
        desk.run("init --name app --dialect postgres").done();
        desk.draft("aaaa1", "CREATE TABLE aaaa1 (n int);", "DROP TABLE aaaa1;");
        desk.draft("bbbb2", "SELECT nothing;", "SELECT 1;");
        let mut well = 0;
        for line in [
            "status",
            "status --json",
            "plan",
            "upgrade --json",
            "upgrade +1",
            "upgrade",
            "current",
            "current --json",
            "current --verbose",
            "history -i",
            "check",
            "stamp head",
            "amend",
            "downgrade base --json",
            "upgrade --wait 200ms",
            "ensure-version",
        ] {
            let ended = desk.run(line);
            well += usize::from(ended.code == 0);
            heard.hear(ended.stdout);
            heard.hear(ended.stderr);
        }
        assert!(index > 1 || well > 6, "{well} of the verbs can be done on {index}");
        for line in ["current", "upgrade", "status --json"] {
            let mut words: Vec<&str> = line.split(' ').collect();
            words.extend(["--database-url", url]);
            let ended = desk.call(&words);
            heard.hear(ended.stdout);
            heard.hear(ended.stderr);
        }
        files(desk.path(), heard)?;
    }
    Ok(())
}

#[test]
fn what_is_said_written_and_stored_has_no_password() -> Result {
    let Some(server) = Server::start()? else { return Ok(()) };
    let mut heard = Heard::default();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    command(&server, &mut heard)?;
    runtime.block_on(Box::pin(library(&server, &mut heard)))?;
    heard.has_no_password();
    Ok(())
}
