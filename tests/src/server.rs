//! A PostgreSQL server of a test's own, which can be stopped, and which cannot write large files.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tempfile::TempDir;

/// A server in a folder of its own; it ends with its value.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    programs: PathBuf,
    is_root: bool,
    port: u16,
    child: Option<Child>,
}

/// The password of the server's user, with what is odd in URLs and in SQL.
pub const PASSWORD: &str = "0dd p@ss'w%rd/:?#";
/// The largest file: more than a segment of the log, less than a disk.
const LARGEST_FILE: u64 = 24 << 20;
/// The server does not run as root.
const USER: &str = "postgres";

impl Server {
    /// Makes one and starts it; without its programs says so on stderr, unless `REVCHAIN_REQUIRE_SERVERS` is set.
    ///
    /// # Errors
    ///
    /// When it does not start.
    ///
    /// # Panics
    ///
    /// When a server is required and missing.
    pub fn start() -> io::Result<Option<Self>> {
        let Some(programs) = programs() else {
            let note = "skipped: no programs of a PostgreSQL server\n";
            assert!(std::env::var_os("REVCHAIN_REQUIRE_SERVERS").is_none(), "{note}");
            io::stderr().write_all(note.as_bytes())?;
            return Ok(None);
        };
        let folder = tempfile::tempdir()?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777))?;
        let is_root = fs::metadata(folder.path())?.uid() == 0;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut server = Self { folder, programs, is_root, port, child: None };
        let password = server.folder.path().join("password");
        fs::write(&password, PASSWORD)?;
        let mut command = server.command("initdb");
        command.args(["--username", USER, "--auth=scram-sha-256", "--no-sync", "--pwfile"]);
        let made = command.arg(password).arg("-D").arg(server.files()).output()?;
        if !made.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&made.stderr)));
        }
        server.start_again()?;
        Ok(Some(server))
    }

    /// Starts it, and waits until it answers.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub fn start_again(&mut self) -> io::Result<()> {
        let mut command = self.command("postgres");
        let folder = self.folder.path().display().to_string();
        let settings = [
            format!("port={}", self.port),
            format!("unix_socket_directories={folder}"),
            "listen_addresses=127.0.0.1".to_owned(),
            "fsync=off".to_owned(),
            "wal_level=minimal".to_owned(),
            "max_wal_senders=0".to_owned(),
        ];
        for setting in settings {
            command.args(["-c", &setting]);
        }
        let log = fs::File::create(self.folder.path().join("log"))?;
        let command = command.arg("-D").arg(self.files()).stdin(Stdio::null());
        self.child = Some(command.stdout(log.try_clone()?).stderr(log).spawn()?);
        let began = Instant::now();
        loop {
            let mut ready = Command::new(self.programs.join("pg_isready"));
            let port = self.port.to_string();
            if ready.args(["-q", "-h", "127.0.0.1", "-p", &port]).status()?.success() {
                return Ok(());
            }
            if began.elapsed() > Duration::from_secs(60) {
                let log = fs::read_to_string(self.folder.path().join("log"))?;
                return Err(io::Error::other(log));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns what stops it at once, as `pg_ctl stop -m immediate` does.
    #[must_use]
    pub fn stopper(&self) -> Command {
        let process = self.child.as_ref().map_or(0, Child::id);
        let mut command = Command::new("kill");
        command.args(["-QUIT", &process.to_string()]);
        command
    }

    /// Waits until it has stopped.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn wait(&mut self) -> io::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.wait()?;
        }
        Ok(())
    }

    /// Returns how to connect.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(USER)
            .password(PASSWORD)
            .database("postgres")
            .ssl_mode(PgSslMode::Disable)
    }

    fn files(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program of the server, as a user who is not root and cannot write large files.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("prlimit");
        command.arg(format!("--fsize={LARGEST_FILE}"));
        if self.is_root {
            let own = [format!("--reuid={USER}"), format!("--regid={USER}")];
            command.arg("setpriv").args(own).arg("--clear-groups");
        }
        command.arg(self.programs.join(program)).env_remove("PGDATA");
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stopper().status();
        let _ = self.wait();
    }
}

/// Returns where the newest server's programs are.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten().flatten();
    let mut places: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    places.sort();
    places.push("/usr/local/bin".into());
    places.push("/usr/bin".into());
    let has =
        |place: &PathBuf| ["initdb", "postgres"].iter().all(|p| Path::new(place).join(p).exists());
    places.into_iter().find(has)
}
