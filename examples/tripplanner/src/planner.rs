//! What can be done with trips.

use std::fmt;
use std::path::Path;

use revchain::Target;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, params};

use crate::MIGRATIONS;

/// A database of trips.
#[derive(Debug)]
pub struct Planner {
    connection: Connection,
}

/// What to do with a database that is not where this program expects it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrate {
    /// Upgrade it.
    AtStart,
    /// Refuse to start: somebody else upgrades it, before this program is deployed.
    Never,
}

/// A trip and its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trip {
    /// Its number.
    pub id: i64,
    /// What it is called.
    pub title: String,
    /// The first day, as `2026-05-01`.
    pub begins_on: String,
    /// The last day, where it is known.
    pub ends_on: Option<String>,
    /// The places, in the order of the journey.
    pub places: Vec<Place>,
}

/// A place on a trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// What not to forget there.
    pub note: Option<String>,
}

/// How somebody likes to see prices and distances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// A currency's code, `EUR`.
    pub currency: String,
    /// `km` or `mi`.
    pub distance: String,
}

impl Planner {
    /// Opens a database, and makes sure that it is where this program expects it.
    ///
    /// # Errors
    ///
    /// When the database cannot be opened or upgraded, or is not to be upgraded and would have to be.
    pub fn open(path: &Path, migrate: Migrate) -> Result<Self, Error> {
        let mut connection = match migrate {
            Migrate::AtStart => Connection::open(path)?,
            // A misspelt path is an error, not an empty database.
            Migrate::Never => Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?,
        };
        if migrate == Migrate::AtStart {
            MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
        }
        MIGRATIONS.verify().run(&mut connection)?;
        Ok(Self::new(connection))
    }

    /// Takes a connection to a database that is already where this program expects it.
    #[must_use]
    pub fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// Adds somebody.
    ///
    /// # Errors
    ///
    /// When the address is taken.
    pub fn add_user(&self, name: &str, email: &str) -> Result<(), Error> {
        let email = email.to_lowercase();
        if self.user(&email).is_ok() {
            return Err(Error::AddressTaken(email));
        }
        self.connection
            .execute("INSERT INTO users (name, email) VALUES (?1, ?2)", [name, &email])?;
        Ok(())
    }

    /// Returns what somebody prefers.
    ///
    /// # Errors
    ///
    /// When nobody has the address.
    pub fn preferences(&self, email: &str) -> Result<Preferences, Error> {
        let user = self.user(email)?;
        let preferences = |row: &Row<'_>| {
            Ok(Preferences { currency: row.get("currency")?, distance: row.get("distance")? })
        };
        let sql = "SELECT currency, distance FROM preferences WHERE user_id = ?1";
        Ok(self.connection.query_row(sql, [user], preferences)?)
    }

    /// Writes down what somebody prefers.
    ///
    /// # Errors
    ///
    /// When nobody has the address, or the distance is neither `km` nor `mi`.
    pub fn prefer(&self, email: &str, preferences: &Preferences) -> Result<(), Error> {
        let user = self.user(email)?;
        let Preferences { currency, distance } = preferences;
        let sql = "UPDATE preferences SET currency = ?2, distance = ?3 WHERE user_id = ?1";
        self.connection.execute(sql, params![user, currency, distance])?;
        Ok(())
    }

    /// Plans a trip, and returns its number.
    ///
    /// # Errors
    ///
    /// When nobody has the address, or the trip ends before it begins.
    pub fn plan_trip(
        &self,
        email: &str,
        title: &str,
        begins_on: &str,
        ends_on: Option<&str>,
    ) -> Result<i64, Error> {
        let user = self.user(email)?;
        if ends_on.is_some_and(|ends_on| ends_on < begins_on) {
            return Err(Error::EndsBeforeItBegins(title.to_owned()));
        }
        let sql = "INSERT INTO trips (user_id, title, begins_on, ends_on) VALUES (?1, ?2, ?3, ?4)";
        self.connection.execute(sql, params![user, title, begins_on, ends_on])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Adds a place behind the last one of a trip.
    ///
    /// # Errors
    ///
    /// When no trip has the number.
    pub fn add_place(&self, trip: i64, name: &str, note: Option<&str>) -> Result<(), Error> {
        let sql = "INSERT INTO places (trip_id, name, note, position)
            SELECT id, ?2, ?3, 1 + (SELECT count(*) FROM places WHERE trip_id = trips.id)
            FROM trips WHERE id = ?1";
        let added = self.connection.execute(sql, params![trip, name, note])?;
        if added == 0 { Err(Error::NoTrip(trip)) } else { Ok(()) }
    }

    /// Returns the numbers of somebody's trips, in the order of their first days.
    ///
    /// # Errors
    ///
    /// When nobody has the address.
    pub fn trips(&self, email: &str) -> Result<Vec<i64>, Error> {
        let user = self.user(email)?;
        let sql = "SELECT id FROM trips WHERE user_id = ?1 ORDER BY begins_on, id";
        let mut statement = self.connection.prepare(sql)?;
        let ids = statement.query_map([user], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// Returns a trip with its places.
    ///
    /// # Errors
    ///
    /// When no trip has the number.
    pub fn trip(&self, id: i64) -> Result<Trip, Error> {
        let place = |row: &Row<'_>| Ok(Place { name: row.get("name")?, note: row.get("note")? });
        let sql = "SELECT name, note FROM places WHERE trip_id = ?1 ORDER BY position";
        let mut statement = self.connection.prepare(sql)?;
        let places = statement.query_map([id], place)?.collect::<Result<_, _>>()?;
        let trip = |row: &Row<'_>| {
            let (title, begins_on) = (row.get("title")?, row.get("begins_on")?);
            Ok(Trip { id, title, begins_on, ends_on: row.get("ends_on")?, places })
        };
        let sql = "SELECT title, begins_on, ends_on FROM trips WHERE id = ?1";
        self.connection.query_row(sql, [id], trip).optional()?.ok_or(Error::NoTrip(id))
    }

    fn user(&self, email: &str) -> Result<i64, Error> {
        let email = email.to_lowercase();
        let sql = "SELECT id FROM users WHERE email = ?1";
        let id = self.connection.query_row(sql, [&email], |row| row.get(0)).optional()?;
        id.ok_or(Error::NobodyThere(email))
    }
}

/// Why something cannot be done.
#[derive(Debug)]
pub enum Error {
    /// The database is not where this program expects it, or cannot be brought there.
    Migration(revchain::Error),
    /// The database refused.
    Database(rusqlite::Error),
    /// Nobody has this address.
    NobodyThere(String),
    /// Somebody has this address already.
    AddressTaken(String),
    /// A trip of this title would end before it begins.
    EndsBeforeItBegins(String),
    /// No trip has this number.
    NoTrip(i64),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The whole report: what is wrong, in which file, and what helps.
            Self::Migration(error) => f.write_str(&error.report()),
            Self::Database(error) => error.fmt(f),
            Self::NobodyThere(email) => write!(f, "nobody has the address `{email}`"),
            Self::AddressTaken(email) => write!(f, "somebody has the address `{email}` already"),
            Self::EndsBeforeItBegins(title) => write!(f, "`{title}` would end before it begins"),
            Self::NoTrip(id) => write!(f, "no trip has the number {id}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Migration(error) => error.source(),
            Self::Database(error) => error.source(),
            Self::NobodyThere(_)
            | Self::AddressTaken(_)
            | Self::EndsBeforeItBegins(_)
            | Self::NoTrip(_) => None,
        }
    }
}

impl From<revchain::Error> for Error {
    fn from(error: revchain::Error) -> Self {
        Self::Migration(error)
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}
