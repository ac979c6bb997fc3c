//! A copy of a server's database, by the server's own tool: `pg_dump`, `mariadb-dump` or `mysqldump`.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::url::{DatabaseUrl, MysqlPlace, Place, PostgresPlace};

/// A tool, and what it is told: nothing of it is secret, as others see the words of a process.
struct Tool {
    /// The names under which it may be installed.
    names: &'static [&'static str],
    words: Vec<OsString>,
    environment: Vec<(&'static str, String)>,
}

/// Copies the database into a file that is not there yet, and that nobody else may read.
///
/// # Errors
///
/// The file is there, or the tool is not, or it fails: then there is no file.
pub(crate) fn dump(session: &Session<'_>, url: &DatabaseUrl, path: &Path) -> Result<(), Failure> {
    let tool = match &url.place {
        Place::Sqlite(_) => return Ok(()),
        Place::Postgres(place) if place.pooled => {
            return Err(Failure::usage("no copy can be taken through a pooler")
                .help("copy it first, from the server's own address: pg_dump --help"));
        }
        Place::Postgres(place) => postgres(place, path),
        Place::Mysql(place) => mysql(place, path),
    };
    make(path)?;
    let done = run(session, &tool);
    if done.is_err() {
        // What was begun is no copy.
        let _ = fs::remove_file(path);
    }
    done
}

fn make(path: &Path) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            Failure::new(format!("the file of the backup is there already: {}", path.display()))
                .help("name another, or move that one away")
        } else {
            Failure::new(format!("the file of the backup cannot be made: {}", path.display()))
                .note(error.to_string())
        }
    })
}

fn run(session: &Session<'_>, tool: &Tool) -> Result<(), Failure> {
    for name in tool.names {
        let mut command = Command::new(name);
        command.args(&tool.words).current_dir(&session.folder).stdin(Stdio::null());
        command.env_clear().envs(&session.environment).envs(tool.environment.iter().cloned());
        match command.output() {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => {
                let words = String::from_utf8_lossy(&output.stderr);
                return Err(Failure::new(format!("`{name}` could not copy the database"))
                    .note(words.trim().replace('\n', "; "))
                    .note("nothing was run")
                    .help("mend that, or leave --backup out"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(
                    Failure::new(format!("`{name}` cannot be started")).note(error.to_string())
                );
            }
        }
    }
    let name = tool.names[0];
    Err(Failure::new(format!("`{name}` is not installed, which copies the database"))
        .note("nothing was run")
        .help("install it, of the server's version; or leave --backup out"))
}

/// Tells `pg_dump` all by its environment (PostgreSQL manual, "Environment Variables"): an archive for `pg_restore`, or SQL
/// where the file's name ends in `.sql`.
fn postgres(place: &PostgresPlace, path: &Path) -> Tool {
    let is_sql = path.extension().is_some_and(|ending| ending == "sql");
    let format = if is_sql { "--format=plain" } else { "--format=custom" };
    let mut file = OsString::from("--file=");
    file.push(path);
    let shown = |path: &Option<std::path::PathBuf>| {
        path.as_ref().map(|path| path.to_string_lossy().into_owned())
    };
    let variables = [
        ("PGHOST", place.host.clone()),
        ("PGPORT", place.port.map(|port| port.to_string())),
        ("PGUSER", place.user.clone()),
        ("PGPASSWORD", place.password.as_ref().map(|password| password.0.clone())),
        ("PGDATABASE", place.database.clone()),
        ("PGSSLMODE", place.ssl_mode.map(|mode| mode.name().to_owned())),
        ("PGSSLROOTCERT", shown(&place.ssl_root_cert)),
        ("PGSSLCERT", shown(&place.ssl_cert)),
        ("PGSSLKEY", shown(&place.ssl_key)),
        ("PGOPTIONS", place.options.clone()),
    ];
    let mut environment = vec![("PGAPPNAME", "revchain".to_owned())];
    for (name, value) in variables {
        environment.extend(value.map(|value| (name, value)));
    }
    let words = vec![format.into(), "--no-password".into(), file];
    Tool { names: &["pg_dump"], words, environment }
}

/// Tells `mariadb-dump` or `mysqldump` the password alone by its environment, as they take nothing else from there.
fn mysql(place: &MysqlPlace, path: &Path) -> Tool {
    let mut words: Vec<OsString> =
        ["--single-transaction", "--routines", "--triggers", "--events"].map(Into::into).into();
    let mut option = |name: &str, value: OsString| {
        let mut word = OsString::from(name);
        word.push(value);
        words.push(word);
    };
    option("--result-file=", path.into());
    let paths = [
        ("--socket=", &place.socket),
        ("--ssl-ca=", &place.ssl_ca),
        ("--ssl-cert=", &place.ssl_cert),
        ("--ssl-key=", &place.ssl_key),
    ];
    for (name, value) in paths {
        if let Some(value) = value {
            option(name, value.into());
        }
    }
    let texts = [
        ("--host=", place.host.clone()),
        ("--port=", place.port.map(|port| port.to_string())),
        ("--user=", place.user.clone()),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            option(name, value.into());
        }
    }
    // Behind `--`: a name may begin as an option does.
    words.push("--".into());
    words.extend(place.database.as_ref().map(Into::into));
    let password = place.password.as_ref().map(|password| ("MYSQL_PWD", password.0.clone()));
    Tool {
        names: &["mariadb-dump", "mysqldump"],
        words,
        environment: password.into_iter().collect(),
    }
}
