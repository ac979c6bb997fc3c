//! Connects to MySQL and MariaDB.

use std::path::{Path, PathBuf};

use sqlx_core::Error;
use sqlx_core::connection::ConnectOptions as _;
use sqlx_mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError};

use super::asynchronous::{Driven, within};
use super::refusal::{Refusal, certificate};
use crate::Pooler;
use crate::cli::url::MysqlPlace;

/// Connects; the paths of certificates begin in `folder`.
pub(super) fn connect(
    place: &MysqlPlace,
    folder: &Path,
) -> Result<Driven<MySqlConnection>, Refusal> {
    let options = options(place, folder)?;
    Driven::connect(Pooler::None, async {
        let connected = within(place.connect_timeout, options.connect()).await?;
        connected.map_err(|error| refusal(place, &options, &error))
    })
}

/// Says to sqlx how to connect. Its own settings of a session stay, as the application's connections have them too.
fn options(place: &MysqlPlace, folder: &Path) -> Result<MySqlConnectOptions, Refusal> {
    let mut options = MySqlConnectOptions::new();
    if let Some(host) = &place.host {
        options = options.host(host);
    }
    if let Some(port) = place.port {
        options = options.port(port);
    }
    if let Some(socket) = &place.socket {
        options = options.socket(socket);
    }
    if let Some(user) = &place.user {
        options = options.username(user);
    }
    if let Some(password) = &place.password {
        options = options.password(&password.0);
    }
    if let Some(database) = &place.database {
        options = options.database(database);
    }
    if let Some(charset) = &place.charset {
        options = options.charset(charset);
    }
    if let Some(mode) = &place.ssl_mode {
        options = options
            .ssl_mode(mode.parse().map_err(|error: Error| Refusal::wrong(error.to_string()))?);
    }
    let file = |path: &Option<PathBuf>| certificate(path.as_deref(), folder);
    if let Some(path) = file(&place.ssl_ca)? {
        options = options.ssl_ca(path);
    }
    if let Some(path) = file(&place.ssl_cert)? {
        options = options.ssl_client_cert(path);
    }
    if let Some(path) = file(&place.ssl_key)? {
        options = options.ssl_client_key(path);
    }
    Ok(options)
}

/// Tells what a failure to connect means (MySQL manual, "Server Error Message Reference").
fn refusal(place: &MysqlPlace, options: &MySqlConnectOptions, error: &Error) -> Refusal {
    let refused = error.as_database_error();
    let Some(error) = refused.and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>())
    else {
        return Refusal::of(error, "MySQL or MariaDB");
    };
    let words = error.message();
    let user = options.get_username();
    let database = options.get_database().unwrap_or_default();
    let wrong = || Refusal::wrong(words);
    match error.number() {
        // All connections taken, or shutting down.
        1040 | 1053 | 1203 => Refusal::unreachable(words),
        1045 | 1698 => wrong()
            .because(format!("the database's server does not let `{user}` in"))
            .help(match place.password {
                Some(_) => {
                    "is it the right password? a `%` in it is written %25, a `@` %40, a `/` %2F"
                }
                None => "the URL has no password: mysql://user:password@host/app",
            }),
        1130 => wrong()
            .because(format!("the database's server does not let `{user}` in from this host")),
        1049 => wrong()
            .because(format!("the server has no database `{database}`"))
            .help(format!("make it: mysql -e 'CREATE DATABASE {database}'")),
        1044 => wrong()
            .because(format!("`{user}` may not use the database `{database}`"))
            .help("let it: GRANT ALL ON app.* TO …"),
        _ => wrong(),
    }
}
