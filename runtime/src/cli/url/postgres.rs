//! PostgreSQL's URLs: those of libpq, sqlx, SQLAlchemy and Prisma, and our own `pooler`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use revchain_core::Dialect;
use revchain_core::text::did_you_mean;

use super::server::{Secret, Server, Shown};
use crate::cli::failure::Failure;

/// Where a PostgreSQL database is, and how to connect; what is missing, libpq's variables say (`PGHOST`, …).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostgresPlace {
    pub user: Option<String>,
    pub password: Option<Secret>,
    /// A name, an address, or a folder of sockets.
    pub host: Option<String>,
    pub port: Option<u16>,
    pub database: Option<String>,
    pub ssl_mode: Option<SslMode>,
    pub ssl_root_cert: Option<PathBuf>,
    pub ssl_cert: Option<PathBuf>,
    pub ssl_key: Option<PathBuf>,
    pub application_name: Option<String>,
    pub connect_timeout: Option<Duration>,
    /// What the server is told at the start of the session: `-c name=value …`.
    pub options: Option<String>,
    /// The schema in which a verb works, alone on `search_path`.
    pub schema: Option<String>,
    /// Whether a pooler in transaction mode stands before the server.
    pub pooled: bool,
}

/// How much of TLS is wanted (PostgreSQL manual, "SSL Mode Descriptions").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// What changes nothing here: how a connection is kept alive, which client encodes how, what pools of others do.
const WITHOUT_EFFECT: [&str; 22] = [
    "channel_binding",
    "client_encoding",
    "connection_limit",
    "fallback_application_name",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "load_balance_hosts",
    "pool_timeout",
    "prepared_statement_cache_size",
    "requiressl",
    "socket_timeout",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcompression",
    "sslsni",
    "statement-cache-capacity",
    "statement_cache_size",
    "target_session_attrs",
    "tcp_user_timeout",
];

/// What is understood.
const UNDERSTOOD: [&str; 20] = [
    "application_name",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "pgbouncer",
    "pooler",
    "port",
    "schema",
    "ssl",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "timeout",
    "user",
];

/// Reads what follows `postgres:`.
pub(super) fn parse(rest: &str) -> Result<PostgresPlace, Failure> {
    let mut server = Server::parse(rest)?;
    let mut place = PostgresPlace::default();
    for (name, value) in std::mem::take(&mut server.parameters) {
        if !server.take_common(&name, &value)? {
            place.take(&name, &value)?;
        }
    }
    server.refuse_several()?;
    let Server { user, password, host, port, database, parameters: _ } = server;
    place = PostgresPlace { user, password, host, port, database, ..place };
    place.settle()?;
    Ok(place)
}

impl PostgresPlace {
    fn take(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let text = || Some(value.to_owned()).filter(|value| !value.is_empty());
        match name {
            "application_name" => self.application_name = text(),
            "sslmode" | "ssl-mode" | "ssl" => self.ssl_mode = ssl_mode(name, value)?,
            "sslrootcert" | "ssl-root-cert" | "ssl-ca" => {
                self.ssl_root_cert = text().map(Into::into);
            }
            "sslcert" | "ssl-cert" => self.ssl_cert = text().map(Into::into),
            "sslkey" | "ssl-key" => self.ssl_key = text().map(Into::into),
            "connect_timeout" | "timeout" => self.connect_timeout = seconds(name, value)?,
            "options" => self.add_options(value),
            "pooler" => self.pooled = pooler(value)?,
            "pgbouncer" => self.pooled = value == "true",
            "schema" => self.add_options(&format!("-c search_path={}", escaped(value))),
            _ if name.starts_with("options[") && name.ends_with(']') => {
                let setting = &name["options[".len()..name.len() - 1];
                self.add_options(&format!("-c {}={}", escaped(setting), escaped(value)));
            }
            _ if WITHOUT_EFFECT.contains(&name) => {}
            _ => {
                let message =
                    format!("the PostgreSQL URL has a parameter `{name}` that is not understood");
                let failure = Failure::usage(message);
                return Err(match did_you_mean(name, &UNDERSTOOD) {
                    Some(meant) => failure.help(format!("did you mean `{meant}`?")),
                    None => failure.help("leave it out; a setting of the session is written `options=-c%20name%3Dvalue`"),
                });
            }
        }
        Ok(())
    }

    /// Returns what the server is told at the start of the session; the last that is said of a setting holds.
    pub fn start_options(&self) -> Option<String> {
        let Some(schema) = &self.schema else { return self.options.clone() };
        let path = escaped(&Dialect::Postgres.quote_identifier(schema));
        let mut place = self.clone();
        place.add_options(&format!("-c search_path={path}"));
        place.options
    }

    fn add_options(&mut self, more: &str) {
        let options = self.options.get_or_insert_default();
        if !options.is_empty() && !more.is_empty() {
            options.push(' ');
        }
        options.push_str(more);
    }

    /// Settles what depends on several parameters, as libpq does.
    fn settle(&mut self) -> Result<(), Failure> {
        if self.ssl_root_cert.as_ref().is_some_and(|path| path.as_os_str() == "system") {
            // PostgreSQL manual, "Certificate verification": the system's store is trusted with the full check alone.
            if self.ssl_mode.is_some_and(|mode| mode != SslMode::VerifyFull) {
                return Err(Failure::usage(
                    "`sslrootcert=system` goes with `sslmode=verify-full` alone",
                )
                .help("write sslmode=verify-full"));
            }
            (self.ssl_mode, self.ssl_root_cert) = (Some(SslMode::VerifyFull), None);
        }
        if self.ssl_mode == Some(SslMode::Require) && self.ssl_root_cert.is_some() {
            // The same page: with a root certificate at hand, `require` verifies as `verify-ca` does.
            self.ssl_mode = Some(SslMode::VerifyCa);
        }
        if self.ssl_cert.is_some() != self.ssl_key.is_some() {
            return Err(Failure::usage("`sslcert` and `sslkey` go together").help("give both"));
        }
        Ok(())
    }
}

/// Escapes a part of `options`, which is split at spaces (PostgreSQL manual, "Connection Strings").
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(' ', "\\ ")
}

fn ssl_mode(name: &str, value: &str) -> Result<Option<SslMode>, Failure> {
    Ok(Some(match value {
        "disable" | "false" => SslMode::Disable,
        "allow" => SslMode::Allow,
        "prefer" => SslMode::Prefer,
        "require" | "true" => SslMode::Require,
        "verify-ca" => SslMode::VerifyCa,
        "verify-full" => SslMode::VerifyFull,
        _ => {
            return Err(Failure::usage(format!("`{name}={value}` is no mode of TLS")).help(
                "the modes are `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`",
            ));
        }
    }))
}

/// Reads whole seconds; 0 waits for ever, as in libpq.
fn seconds(name: &str, value: &str) -> Result<Option<Duration>, Failure> {
    match value.parse() {
        Ok(0) => Ok(Some(Duration::MAX)),
        Ok(seconds) => Ok(Some(Duration::from_secs(seconds))),
        Err(_) => Err(Failure::usage(format!("`{name}={value}` is no number of seconds"))),
    }
}

fn pooler(value: &str) -> Result<bool, Failure> {
    match value {
        "transaction" => Ok(true),
        // Each connection has a session of its own: nothing to heed.
        "session" | "none" => Ok(false),
        _ => Err(Failure::usage(format!("`pooler={value}` is no mode of a pooler")).help(
            "write `pooler=transaction`, or `pooler=session`, which is as if it were not there",
        )),
    }
}

impl SslMode {
    /// Returns the mode as libpq spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

impl fmt::Display for PostgresPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, socket) = match self.host.as_deref() {
            Some(folder) if folder.starts_with('/') => (None, Some(("host", folder))),
            host => (host, None),
        };
        let (user, port, database) = (self.user.as_deref(), self.port, self.database.as_deref());
        Shown { scheme: "postgres", user, host, port, database, socket }.fmt(f)
    }
}
