//! The command line.

use std::fmt::Write as _;
use std::path::Path;

use crate::planner::{Error, Migrate, Planner, Preferences, Trip};

const USAGE: &str = "\
usage: tripplanner [--database FILE] [--no-migrate] COMMAND

  add-user NAME EMAIL
  prefer EMAIL CURRENCY km|mi
  plan EMAIL TITLE FIRST-DAY [LAST-DAY]
  add-place TRIP NAME [NOTE]
  trips EMAIL
  show TRIP

A day is written 2026-05-01. --no-migrate starts only on a database that is up to date.
";

/// What a command line comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done; this is to be printed.
    Done(String),
    /// It failed, for this reason and with this exit code.
    Failed(String, u8),
    /// No such command; this is how it is used.
    Usage(&'static str),
}

/// Runs a command line, without the program's name.
#[must_use]
pub fn run(arguments: &[String]) -> Outcome {
    let mut words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut database = "trips.db";
    let mut migrate = Migrate::AtStart;
    while let Some(option) = words.first().filter(|word| word.starts_with("--")) {
        match (*option, words.get(1)) {
            ("--no-migrate", _) => migrate = Migrate::Never,
            ("--database", Some(file)) => {
                database = *file;
                words.remove(0);
            }
            _ => return Outcome::Usage(USAGE),
        }
        words.remove(0);
    }
    let Some(command) = Command::read(&words) else { return Outcome::Usage(USAGE) };
    let planner = Planner::open(Path::new(database), migrate);
    match planner.and_then(|planner| command.run(&planner)) {
        Ok(text) => Outcome::Done(text),
        Err(Error::Migration(error)) => Outcome::Failed(error.report(), error.exit_code()),
        Err(error) => Outcome::Failed(error.to_string(), 1),
    }
}

enum Command<'w> {
    AddUser { name: &'w str, email: &'w str },
    Prefer { email: &'w str, preferences: Preferences },
    Plan { email: &'w str, title: &'w str, begins_on: &'w str, ends_on: Option<&'w str> },
    AddPlace { trip: i64, name: &'w str, note: Option<&'w str> },
    Trips { email: &'w str },
    Show { trip: i64 },
}

impl<'w> Command<'w> {
    fn read(words: &[&'w str]) -> Option<Self> {
        Some(match *words {
            ["add-user", name, email] => Self::AddUser { name, email },
            ["prefer", email, currency, distance @ ("km" | "mi")] => {
                let (currency, distance) = (currency.to_uppercase(), distance.to_owned());
                Self::Prefer { email, preferences: Preferences { currency, distance } }
            }
            ["plan", email, title, begins_on, ref ends_on @ ..] if ends_on.len() < 2 => {
                Self::Plan { email, title, begins_on, ends_on: ends_on.first().copied() }
            }
            ["add-place", trip, name, ref note @ ..] if note.len() < 2 => {
                Self::AddPlace { trip: trip.parse().ok()?, name, note: note.first().copied() }
            }
            ["trips", email] => Self::Trips { email },
            ["show", trip] => Self::Show { trip: trip.parse().ok()? },
            _ => return None,
        })
    }

    fn run(&self, planner: &Planner) -> Result<String, Error> {
        match self {
            Self::AddUser { name, email } => {
                planner.add_user(name, email)?;
                Ok(format!("welcome, {name}\n"))
            }
            Self::Prefer { email, preferences } => {
                planner.prefer(email, preferences)?;
                Ok(format!("{} and {}\n", preferences.currency, preferences.distance))
            }
            Self::Plan { email, title, begins_on, ends_on } => {
                let trip = planner.plan_trip(email, title, begins_on, *ends_on)?;
                Ok(format!("trip {trip}: {title}\n"))
            }
            Self::AddPlace { trip, name, note } => {
                planner.add_place(*trip, name, *note)?;
                Ok(shown(&planner.trip(*trip)?))
            }
            Self::Trips { email } => {
                let trips = planner.trips(email)?;
                trips.into_iter().map(|trip| Ok(shown(&planner.trip(trip)?))).collect()
            }
            Self::Show { trip } => Ok(shown(&planner.trip(*trip)?)),
        }
    }
}

fn shown(trip: &Trip) -> String {
    let Trip { id, title, begins_on, ends_on, places } = trip;
    let until = ends_on.as_ref().map(|day| format!(" to {day}")).unwrap_or_default();
    let mut text = format!("trip {id}: {title}, {begins_on}{until}\n");
    for (index, place) in places.iter().enumerate() {
        let note = place.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
        // Writing into a string cannot fail.
        let _ = writeln!(text, "  {}. {}{note}", index + 1, place.name);
    }
    text
}
