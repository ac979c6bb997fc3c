//! A deployer for the tests that need a process of its own: `migrator FOLDER DATABASE VERB per-run|per-revision|pooled`, with
//! `upgrade`, `downgrade`, `adopt` (an upgrade behind what sqlx has applied), or `amend` of all revisions. The database is a
//! SQLite file, `postgres:USER:NAME`, `postgres:USER:NAME:PORT` of this machine, or `mysql:USER:NAME:SOCKET`.
//!
//! It loads the folder, opens the database, writes `ready`, waits for a line, runs, and writes how many steps it did.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use revchain::{History, Migrations, Pooler, Report, Run, Target, Transactions};
use rusqlite::Connection;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{Connection as _, MySqlConnection, PgConnection};
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error:?}");
            let code = error.downcast_ref::<revchain::Error>().map(revchain::Error::exit_code);
            ExitCode::from(code.unwrap_or(2))
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let [folder, database, verb, mode] = arguments else {
        return Err("four arguments are wanted".into());
    };
    let set = revchain::load(Path::new(folder), "migrations")
        .map_err(|problems| format!("{problems:?}"))?;
    let migrations = Migrations::new(set, "migrator 1.0.0");
    let mut connection = Database::open(database)?;
    let transactions = match mode.as_str() {
        "per-revision" | "pooled" => Transactions::PerRevision,
        _ => Transactions::PerRun,
    };
    let pooler = if mode == "pooled" { Pooler::Transaction } else { Pooler::None };
    let run = match verb.as_str() {
        "downgrade" => migrations.downgrade(Target::Base),
        "amend" => {
            let revisions = migrations.set().revisions.iter();
            let all = revisions.map(|revision| revision.id.to_string()).collect();
            migrations.amend(all, HashMap::new())
        }
        "adopt" => migrations.upgrade(Target::Head).adopt(History::Sqlx),
        _ => migrations.upgrade(Target::Head),
    };
    writeln!(io::stdout(), "ready")?;
    io::stdout().flush()?;
    io::stdin().read_line(&mut String::new())?;
    let report = connection.run(run.transactions(transactions).pooler(pooler))?;
    writeln!(io::stdout(), "{}", report.steps.len())?;
    Ok(())
}

enum Database {
    Sqlite(Connection),
    Postgres { runtime: Runtime, connection: PgConnection },
    Mysql { runtime: Runtime, connection: MySqlConnection },
}

impl Database {
    fn open(name: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let runtime = || Builder::new_current_thread().enable_all().build();
        let words: Vec<&str> = name.split(':').collect();
        match words[..] {
            ["postgres", user, name, ref port @ ..] => {
                let mut options = PgConnectOptions::new().username(user).database(name);
                if let [port] = port {
                    options = options.host("127.0.0.1").port(port.parse()?);
                    options = options.ssl_mode(PgSslMode::Disable);
                }
                let runtime = runtime()?;
                let connection = runtime.block_on(PgConnection::connect_with(&options))?;
                Ok(Self::Postgres { runtime, connection })
            }
            ["mysql", user, name, socket] => {
                let options = MySqlConnectOptions::new().username(user).database(name);
                let (runtime, options) = (runtime()?, options.socket(socket));
                let connection = runtime.block_on(MySqlConnection::connect_with(&options))?;
                Ok(Self::Mysql { runtime, connection })
            }
            _ => Ok(Self::Sqlite(Connection::open(name)?)),
        }
    }

    fn run(&mut self, run: Run<'_>) -> Result<Report, revchain::Error> {
        match self {
            Self::Sqlite(connection) => run.run(connection),
            Self::Postgres { runtime, connection } => runtime.block_on(run.run_async(connection)),
            Self::Mysql { runtime, connection } => runtime.block_on(run.run_async(connection)),
        }
    }
}
