//! The databases' own clients, for what is checked with nothing of ours: `psql` and `mysql`, and SQLite statement by
//! statement.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use revchain::Dialect;
use rusqlite::Connection;
use tempfile::TempDir;

/// A database of its own, gone with its value.
pub enum Database {
    /// A file.
    Sqlite {
        /// Where it stands.
        folder: TempDir,
    },
    /// On the server that `psql` finds.
    Postgres {
        /// Its name.
        name: String,
    },
    /// On the server that `mysql` finds.
    Mysql {
        /// Its name.
        name: String,
    },
}

/// What a client said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Whether all statements were done.
    pub well: bool,
    /// Its words.
    pub text: String,
}

impl Database {
    /// Makes an empty database; without a server says so on stderr, unless `REVCHAIN_REQUIRE_SERVERS` is set.
    ///
    /// # Panics
    ///
    /// When a server is required and missing.
    #[must_use]
    pub fn fresh(dialect: Dialect) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("revchain_{}_{number}", std::process::id());
        let database = match dialect {
            Dialect::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder can be made");
                return Some(Self::Sqlite { folder });
            }
            Dialect::Postgres => {
                // No test takes the power away, and the others need not wait for the disk.
                let made = client(
                    "psql",
                    &["-X", "-d", "postgres"],
                    &[
                        "-c",
                        &format!("CREATE DATABASE {name} TEMPLATE template0"),
                        "-c",
                        &format!("ALTER DATABASE {name} SET synchronous_commit = off"),
                    ],
                    "",
                );
                made.map(|said| (said, Self::Postgres { name }))
            }
            Dialect::Mysql => {
                let made = client("mysql", &["-e"], &[&format!("CREATE DATABASE {name}")], "");
                made.map(|said| (said, Self::Mysql { name }))
            }
        };
        match database {
            Some((said, database)) if said.well => Some(database),
            other => {
                let said = other.map(|(said, _)| said.text).unwrap_or_default();
                let note = format!("skipped: no server for {dialect}: {said}\n");
                assert!(std::env::var_os("REVCHAIN_REQUIRE_SERVERS").is_none(), "{note}");
                let _ = std::io::stderr().write_all(note.as_bytes());
                None
            }
        }
    }

    /// Runs a script as the client does that is told to stop at the first error.
    ///
    /// # Panics
    ///
    /// When there is no such client.
    #[must_use]
    pub fn run(&self, script: &str) -> Said {
        match self {
            Self::Sqlite { .. } => {
                let done = self.sqlite().execute_batch(script);
                Said {
                    well: done.is_ok(),
                    text: done.err().map(|e| e.to_string()).unwrap_or_default(),
                }
            }
            Self::Postgres { name } => {
                let stop = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"];
                client("psql", &stop, &[name], script).expect("psql is there")
            }
            Self::Mysql { name } => client("mysql", &[], &[name], script).expect("mysql is there"),
        }
    }

    /// Runs a script as a client does that goes on after an error, where there is one.
    ///
    /// # Panics
    ///
    /// When there is no such client.
    #[must_use]
    pub fn run_on(&self, script: &str) -> Said {
        match self {
            Self::Sqlite { .. } => {
                let connection = self.sqlite();
                let split = Dialect::Sqlite.split(script).expect("the script can be read");
                let mut said = Said { well: true, text: String::new() };
                for statement in &split.statements {
                    if let Err(error) = connection.execute_batch(&script[statement.span.clone()]) {
                        said.well = false;
                        said.text.push_str(&format!("{error}\n"));
                    }
                }
                said
            }
            Self::Postgres { name } => {
                let said = client("psql", &["-X", "-q", "-d"], &[name], script);
                let said = said.expect("psql is there");
                Said { well: !said.text.contains("ERROR"), ..said }
            }
            Self::Mysql { .. } => self.run(script),
        }
    }

    /// Returns the rows of a query, columns joined by `|`.
    ///
    /// # Panics
    ///
    /// When it is refused.
    #[must_use]
    pub fn rows(&self, sql: &str) -> Vec<String> {
        let said = match self {
            Self::Sqlite { .. } => {
                let connection = self.sqlite();
                let mut statement = connection.prepare(sql).expect("it can be asked");
                let columns = statement.column_count();
                let rows = statement.query_map([], |row| {
                    let column = |index| row.get::<_, rusqlite::types::Value>(index);
                    let texts = (0..columns).map(|index| {
                        Ok(match column(index)? {
                            rusqlite::types::Value::Text(text) => text,
                            rusqlite::types::Value::Integer(number) => number.to_string(),
                            other => format!("{other:?}"),
                        })
                    });
                    Ok(texts.collect::<rusqlite::Result<Vec<String>>>()?.join("|"))
                });
                let rows = rows.expect("it answers").collect::<rusqlite::Result<_>>();
                return rows.expect("it answers");
            }
            Self::Postgres { name } => {
                client("psql", &["-X", "-A", "-t", "-d"], &[name, "-c", sql], "")
            }
            Self::Mysql { name } => client("mysql", &["-N", "-B"], &[name, "-e", sql], ""),
        };
        let said = said.expect("the client is there");
        assert!(said.well, "{sql}: {}", said.text);
        said.text.lines().map(|line| line.replace('\t', "|")).collect()
    }

    /// Connects to PostgreSQL as `psql` does: by its environment, else by the socket.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    ///
    /// # Panics
    ///
    /// On another database.
    pub async fn postgres(&self) -> sqlx::Result<sqlx::PgConnection> {
        use sqlx::ConnectOptions as _;

        self.postgres_options().connect().await
    }

    /// Returns how to connect to PostgreSQL.
    ///
    /// # Panics
    ///
    /// On another database.
    #[must_use]
    pub fn postgres_options(&self) -> sqlx::postgres::PgConnectOptions {
        let Self::Postgres { name } = self else { panic!("this is not PostgreSQL") };
        let user = postgres_user().expect("the server is there");
        sqlx::postgres::PgConnectOptions::new().username(user).database(name)
    }

    /// Returns the folder of the server's socket, or its host, and its port.
    ///
    /// # Panics
    ///
    /// On another database.
    #[must_use]
    pub fn server(&self) -> (PathBuf, u16) {
        let said = self.rows(
            "SELECT split_part(current_setting('unix_socket_directories'), ',', 1), \
                              current_setting('port')",
        );
        let said: Vec<&str> = said.iter().flat_map(|row| row.split('|')).collect();
        let [folder, port] = said[..] else { panic!("{said:?}") };
        let port = port.parse().expect("a port is a number");
        match std::env::var_os("PGHOST") {
            Some(host) => (host.into(), port),
            None => (folder.into(), port),
        }
    }

    /// Returns the database as the `migrator` takes it.
    ///
    /// # Panics
    ///
    /// Without its server.
    #[must_use]
    pub fn migrator_name(&self) -> PathBuf {
        match self {
            Self::Sqlite { .. } => self.file(),
            Self::Postgres { name } => {
                let user = postgres_user().expect("the server is there");
                format!("postgres:{user}:{name}").into()
            }
            Self::Mysql { name } => {
                let (user, socket) = mysql_place().expect("the server is there");
                format!("mysql:{user}:{name}:{socket}").into()
            }
        }
    }

    /// Waits until what others had sent is done or undone: until their sessions have gone, or are idle behind a pooler.
    pub fn settle(&self, is_pooled: bool) {
        let others = match self {
            Self::Sqlite { .. } => return,
            Self::Mysql { .. } => {
                "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
                    .to_owned()
            }
            Self::Postgres { .. } => format!(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                 AND backend_type = 'client backend'{}",
                if is_pooled { " AND state <> 'idle'" } else { "" }
            ),
        };
        // A pooler may have a message of a dead client yet to send.
        let settled = if is_pooled { 4 } else { 1 };
        let mut free = 0;
        while free < settled {
            free = if self.rows(&others) == ["0"] { free + 1 } else { 0 };
            if free < settled {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// Returns the database's URL.
    ///
    /// # Panics
    ///
    /// Without its server.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite { .. } => format!("sqlite:{}", self.file().display()),
            Self::Postgres { .. } => self.postgres_url(),
            Self::Mysql { .. } => self.mysql_url(),
        }
    }

    /// Returns the database's URL, with libpq's defaults for what it does not say.
    ///
    /// # Panics
    ///
    /// On another database than PostgreSQL, or without a server.
    #[must_use]
    pub fn postgres_url(&self) -> String {
        let Self::Postgres { name } = self else { panic!("this is not PostgreSQL") };
        let user = postgres_user().expect("the server is there");
        format!("postgres://{user}@/{name}")
    }

    /// Tells whether `psql` finds a server; without one says so on stderr, unless `REVCHAIN_REQUIRE_SERVERS` is set.
    ///
    /// # Panics
    ///
    /// When a server is required and missing.
    #[must_use]
    pub fn has_postgres() -> bool {
        is_there(postgres_user().is_some(), Dialect::Postgres)
    }

    /// Connects to MySQL as `mysql` does: by the socket.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    ///
    /// # Panics
    ///
    /// On another database.
    pub async fn mysql(&self) -> sqlx::Result<sqlx::MySqlConnection> {
        use sqlx::ConnectOptions as _;

        self.mysql_options().connect().await
    }

    /// Returns how to connect to MySQL.
    ///
    /// # Panics
    ///
    /// On another database.
    #[must_use]
    pub fn mysql_options(&self) -> sqlx::mysql::MySqlConnectOptions {
        let Self::Mysql { name } = self else { panic!("this is not MySQL") };
        let (user, socket) = mysql_place().expect("the server is there");
        sqlx::mysql::MySqlConnectOptions::new().username(user).socket(socket).database(name)
    }

    /// Returns how to connect to MySQL at a port of this machine.
    ///
    /// # Panics
    ///
    /// On another database, or without a server.
    #[must_use]
    pub fn mysql_options_at(&self, port: u16) -> sqlx::mysql::MySqlConnectOptions {
        let Self::Mysql { name } = self else { panic!("this is not MySQL") };
        let (user, _) = mysql_place().expect("the server is there");
        let options = sqlx::mysql::MySqlConnectOptions::new().username(user).database(name);
        options.host("127.0.0.1").port(port).ssl_mode(sqlx::mysql::MySqlSslMode::Disabled)
    }

    /// Returns the database's URL.
    ///
    /// # Panics
    ///
    /// On another database than MySQL, or without a server.
    #[must_use]
    pub fn mysql_url(&self) -> String {
        let Self::Mysql { name } = self else { panic!("this is not MySQL") };
        let (user, socket) = mysql_place().expect("the server is there");
        format!("mysql://{user}@/{name}?socket={socket}")
    }

    /// Tells whether `mysql` finds a server; without one says so on stderr, unless `REVCHAIN_REQUIRE_SERVERS` is set.
    ///
    /// # Panics
    ///
    /// When a server is required and missing.
    #[must_use]
    pub fn has_mysql() -> bool {
        is_there(mysql_place().is_some(), Dialect::Mysql)
    }

    /// Returns where SQLite's file is.
    ///
    /// # Panics
    ///
    /// On a server.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        match self {
            Self::Sqlite { folder } => folder.path().join("app.db"),
            _ => panic!("a server's database has no file"),
        }
    }

    fn sqlite(&self) -> Connection {
        Connection::open(self.file()).expect("the file can be opened")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = match self {
            Self::Sqlite { .. } => None,
            Self::Postgres { name } => {
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                client("psql", &["-X", "-q", "-d", "postgres", "-c"], &[&drop], "")
            }
            Self::Mysql { name } => {
                client("mysql", &["-e"], &[&format!("DROP DATABASE IF EXISTS {name}")], "")
            }
        };
    }
}

/// Returns as whom `psql` connects.
fn postgres_user() -> Option<&'static str> {
    static USER: OnceLock<Option<String>> = OnceLock::new();
    let ask = || {
        let words = ["-X", "-A", "-t", "-d", "postgres", "-c", "SELECT current_user"];
        let said = client("psql", &words, &[], "").filter(|said| said.well)?;
        Some(said.text.trim().to_owned())
    };
    USER.get_or_init(ask).as_deref()
}

/// Returns as whom, and by which socket, `mysql` connects.
fn mysql_place() -> Option<(&'static str, &'static str)> {
    static PLACE: OnceLock<Option<(String, String)>> = OnceLock::new();
    let ask = || {
        let ask = "SELECT substring_index(user(), '@', 1), @@socket";
        let said = client("mysql", &["-N", "-B", "-e"], &[ask], "").filter(|said| said.well)?;
        let (user, socket) = said.text.trim().split_once('\t')?;
        Some((user.to_owned(), socket.to_owned()))
    };
    PLACE.get_or_init(ask).as_ref().map(|(user, socket)| (&**user, &**socket))
}

/// Says on stderr that a server is missing.
fn is_there(found: bool, dialect: Dialect) -> bool {
    if !found {
        let note = format!("skipped: no server for {dialect}\n");
        assert!(std::env::var_os("REVCHAIN_REQUIRE_SERVERS").is_none(), "{note}");
        let _ = std::io::stderr().write_all(note.as_bytes());
    }
    found
}

/// Runs a client; nothing where it is not installed.
fn client(program: &str, options: &[&str], words: &[&str], input: &str) -> Option<Said> {
    let mut child = Command::new(program)
        .args(options)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    if let Some(mut stdin) = child.stdin.take() {
        // It may stop reading at an error.
        let _ = stdin.write_all(input.as_bytes());
    }
    let Output { status, stdout, stderr } = child.wait_with_output().ok()?;
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    Some(Said { well: status.success(), text })
}
