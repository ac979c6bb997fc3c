//! Connects to PostgreSQL.

use std::path::{Path, PathBuf};

use sqlx_core::connection::ConnectOptions as _;
use sqlx_core::{Error, Url};
use sqlx_postgres::{PgConnectOptions, PgConnection, PgDatabaseError};

use super::asynchronous::{Driven, within};
use super::refusal::{Refusal, certificate};
use crate::Pooler;
use crate::cli::url::PostgresPlace;

/// What the server shows in `pg_stat_activity`, where the URL has no `application_name`.
const APPLICATION_NAME: &str = "revchain";

/// Connects; the paths of certificates begin in `folder`.
pub(super) fn connect(
    place: &PostgresPlace,
    folder: &Path,
) -> Result<Driven<PgConnection>, Refusal> {
    let options = options(place, folder)?;
    let pooler = if place.pooled { Pooler::Transaction } else { Pooler::None };
    Driven::connect(pooler, async {
        let connected = within(place.connect_timeout, options.connect()).await?;
        connected.map_err(|error| refusal(place, &options, &error))
    })
}

/// Says to sqlx how to connect. A URL that we have written ourselves leaves nothing to guess, and lets sqlx look up what is
/// missing where libpq does: in `PGHOST` and its like, and in the password file.
fn options(place: &PostgresPlace, folder: &Path) -> Result<PgConnectOptions, Refusal> {
    let unreadable = |error: &dyn std::fmt::Display| Refusal::wrong(error.to_string());
    let mut url = Url::parse("postgres://").map_err(|error| unreadable(&error))?;
    let file = |path: &Option<PathBuf>| {
        let path = certificate(path.as_deref(), folder)?;
        Ok(path.map(|path| path.display().to_string()))
    };
    let pairs = [
        ("host", place.host.clone()),
        ("port", place.port.map(|port| port.to_string())),
        ("user", place.user.clone()),
        ("password", place.password.as_ref().map(|password| password.0.clone())),
        ("dbname", place.database.clone()),
        ("sslmode", place.ssl_mode.map(|mode| mode.name().to_owned())),
        ("sslrootcert", file(&place.ssl_root_cert)?),
        ("sslcert", file(&place.ssl_cert)?),
        ("sslkey", file(&place.ssl_key)?),
        ("application_name", place.application_name.clone()),
        ("options", place.start_options()),
    ];
    for (name, value) in pairs {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, &value);
        }
    }
    let options = PgConnectOptions::from_url(&url).map_err(|error| unreadable(&error))?;
    let named = options.get_application_name().is_some();
    let options = if named { options } else { options.application_name(APPLICATION_NAME) };
    // PgBouncer refuses a start with a setting that it does not know.
    Ok(options.extra_float_digits(None))
}

/// Tells what a failure to connect means (PostgreSQL manual, "PostgreSQL Error Codes").
fn refusal(place: &PostgresPlace, options: &PgConnectOptions, error: &Error) -> Refusal {
    let refused = error.as_database_error();
    let Some(error) = refused.and_then(|error| error.try_downcast_ref::<PgDatabaseError>()) else {
        return Refusal::of(error, "PostgreSQL");
    };
    let words = error.message();
    let user = options.get_username();
    let database = options.get_database().unwrap_or(user);
    let wrong = || Refusal::wrong(words);
    match error.code() {
        // Starting up, shutting down, or all connections taken.
        "57P03" | "57P01" | "57P02" | "53300" => Refusal::unreachable(words),
        "28P01" => wrong()
            .because(format!("the database's server does not take the password of `{user}`"))
            .help(match place.password {
                Some(_) => "is it the right one? a `%` in it is written %25, a `@` %40, a `/` %2F",
                None => "the URL has none: postgres://user:password@host/app, or set PGPASSWORD",
            }),
        "28000" => wrong()
            .because(format!("the database's server does not let `{user}` in"))
            .help("make the role: createuser USER; or let it in: pg_hba.conf"),
        "3D000" => wrong()
            .because(format!("the server has no database `{database}`"))
            .help(format!("make it: createdb {database}")),
        "42501" => wrong()
            .because(format!("`{user}` may not connect to the database `{database}`"))
            .help("let it: GRANT CONNECT ON DATABASE … TO …"),
        _ => wrong(),
    }
}
