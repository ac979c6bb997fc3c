//! URLs of MySQL and MariaDB: those of sqlx, SQLAlchemy and the servers' own clients.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use revchain_core::text::did_you_mean;

use super::server::{Secret, Server, Shown};
use crate::cli::failure::Failure;

/// Where a MySQL or MariaDB database is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MysqlPlace {
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub database: Option<String>,
    /// The server's socket.
    pub socket: Option<PathBuf>,
    /// `disabled`, `preferred`, `required`, `verify_ca`, `verify_identity`.
    pub ssl_mode: Option<String>,
    pub ssl_ca: Option<PathBuf>,
    pub ssl_cert: Option<PathBuf>,
    pub ssl_key: Option<PathBuf>,
    pub charset: Option<String>,
    pub connect_timeout: Option<Duration>,
}

const UNDERSTOOD: [&str; 14] = [
    "charset",
    "connect_timeout",
    "dbname",
    "host",
    "password",
    "port",
    "socket",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "sslmode",
    "unix_socket",
    "user",
];
const MODES: [&str; 5] = ["disabled", "preferred", "required", "verify_ca", "verify_identity"];

/// Reads what follows `mysql:`.
pub(super) fn parse(rest: &str) -> Result<MysqlPlace, Failure> {
    let mut server = Server::parse(rest)?;
    let mut place = MysqlPlace::default();
    for (name, value) in std::mem::take(&mut server.parameters) {
        if !server.take_common(&name, &value)? {
            place.take(&name, &value)?;
        }
    }
    server.refuse_several()?;
    let Server { user, password, host, port, database, parameters: _ } = server;
    Ok(MysqlPlace { user, password, host, port, database, ..place })
}

impl MysqlPlace {
    fn take(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let text = || Some(value.to_owned()).filter(|value| !value.is_empty());
        match name {
            "socket" | "unix_socket" | "unix-socket" => self.socket = text().map(Into::into),
            "ssl-mode" | "ssl_mode" | "sslmode" => self.ssl_mode = Some(ssl_mode(name, value)?),
            "ssl-ca" | "ssl_ca" | "sslca" => self.ssl_ca = text().map(Into::into),
            "ssl-cert" | "ssl_cert" | "sslcert" => self.ssl_cert = text().map(Into::into),
            "ssl-key" | "ssl_key" | "sslkey" => self.ssl_key = text().map(Into::into),
            "charset" => self.charset = text(),
            "connect_timeout" => {
                let seconds = value.parse().map_err(|_| {
                    Failure::usage(format!("`{name}={value}` is no number of seconds"))
                })?;
                self.connect_timeout = Some(Duration::from_secs(seconds));
            }
            "autocommit"
            | "collation"
            | "local_infile"
            | "statement-cache-capacity"
            | "timezone"
            | "use_unicode" => {}
            _ => {
                let message =
                    format!("the MySQL URL has a parameter `{name}` that is not understood");
                let failure = Failure::usage(message);
                return Err(match did_you_mean(name, &UNDERSTOOD) {
                    Some(meant) => failure.help(format!("did you mean `{meant}`?")),
                    None => failure.help("leave it out"),
                });
            }
        }
        Ok(())
    }
}

fn ssl_mode(name: &str, value: &str) -> Result<String, Failure> {
    let mode = value.to_ascii_lowercase().replace('-', "_");
    let mode = match &*mode {
        "disable" | "false" => "disabled",
        "prefer" => "preferred",
        "require" | "true" => "required",
        "verify_full" => "verify_identity",
        other => other,
    };
    if MODES.contains(&mode) {
        return Ok(mode.to_owned());
    }
    Err(Failure::usage(format!("`{name}={value}` is no mode of TLS"))
        .help(format!("the modes are `{}`", MODES.join("`, `"))))
}

impl fmt::Display for MysqlPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let socket = self.socket.as_ref().map(|socket| socket.display().to_string());
        let socket = socket.as_deref().map(|socket| ("socket", socket));
        let (user, host) = (self.user.as_deref(), self.host.as_deref());
        let (port, database) = (self.port, self.database.as_deref());
        Shown { scheme: "mysql", user, host, port, database, socket }.fmt(f)
    }
}
