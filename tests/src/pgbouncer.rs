//! A PgBouncer of a test's own, in transaction mode, before one database.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tempfile::TempDir;

use crate::clients::Database;

/// A process that gives each transaction another session of a database's server, and ends with its value.
#[derive(Debug)]
pub struct PgBouncer {
    child: Child,
    /// Its settings.
    _folder: TempDir,
    port: u16,
    database: String,
}

/// Which of its idle sessions the pooler gives to the next transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The one that was used last, as PgBouncer does by default: alone, a client may always meet the same.
    UsedLast,
    /// The one that was used first.
    InTurn,
}

/// Whom PgBouncer connects as: it does not run as root, and the server trusts the name of its system's user.
const USER: &str = "postgres";

impl PgBouncer {
    /// Starts one, and waits until it answers; without the program says so on stderr, unless `REVCHAIN_REQUIRE_SERVERS`
    /// is set.
    ///
    /// # Errors
    ///
    /// When it does not start.
    ///
    /// # Panics
    ///
    /// When a server is required and missing, or the database is not PostgreSQL.
    pub fn before(database: &Database, next: Next) -> io::Result<Option<Self>> {
        let places = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];
        let Some(program) = places.into_iter().find(|place| Path::new(place).exists()) else {
            let note = "skipped: no pgbouncer\n";
            assert!(std::env::var_os("REVCHAIN_REQUIRE_SERVERS").is_none(), "{note}");
            io::stderr().write_all(note.as_bytes())?;
            return Ok(None);
        };
        let Database::Postgres { name } = database else { panic!("this is not PostgreSQL") };
        let folder = tempfile::tempdir()?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777))?;
        let is_root = fs::metadata(folder.path())?.uid() == 0;
        let (host, server_port) = database.server();
        // Another process may take a port that is free now.
        for _ in 0..5 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            let user = if is_root { format!("user={USER}") } else { String::new() };
            let settings = format!(
                "[databases]\n{name} = host={} port={server_port} dbname={name} {user}\n[pgbouncer]\n\
                 listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
                 pool_mode = transaction\ndefault_pool_size = 8\nmax_client_conn = 200\n\
                 ignore_startup_parameters = extra_float_digits\nserver_round_robin = {}\nlogfile = {}\n",
                host.display(),
                u8::from(next == Next::InTurn),
                folder.path().join("log").display(),
            );
            let file = folder.path().join("pgbouncer.ini");
            fs::write(&file, settings)?;
            let mut command = if is_root {
                let mut command = Command::new("setpriv");
                let own = [format!("--reuid={USER}"), format!("--regid={USER}")];
                command.args(own).args(["--clear-groups", program]);
                command
            } else {
                Command::new(program)
            };
            let command = command.arg("-q").arg(file);
            let mut child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn()?;
            let began = Instant::now();
            while child.try_wait()?.is_none() {
                if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                    return Ok(Some(Self { child, _folder: folder, port, database: name.clone() }));
                }
                assert!(began.elapsed() < Duration::from_secs(30), "pgbouncer does not answer");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        Err(io::Error::other(format!("pgbouncer ended: {log}")))
    }

    /// Returns how to connect through it.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new()
            .host("127.0.0.1")
            .port(self.port)
            .username(USER)
            .database(&self.database)
            .ssl_mode(PgSslMode::Disable)
    }

    /// Returns the database as the `migrator` takes it.
    #[must_use]
    pub fn name(&self) -> PathBuf {
        format!("postgres:{USER}:{}:{}", self.database, self.port).into()
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
