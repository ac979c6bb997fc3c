//! The database's URL: where it is taken from, what it may say, and the connection.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::Args;
use revchain_core::{Dialect, Set};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::project::Project;
use crate::session::Session;
use crate::settings::Settings;

/// Which database a verb works on.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct DatabaseArguments {
    /// The database; else $DATABASE_URL from the environment or from `.env`
    ///
    /// `sqlite:app.db`, `sqlite:///app.db` (relative), `sqlite:////var/app.db` (absolute), `sqlite::memory:`, or a path
    /// that ends in `.db`, `.sqlite` or `.sqlite3`. `database-url-variable` in migrate.toml names another variable.
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
}

/// A database's URL. What is shown of it has no password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DatabaseUrl {
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A database that goes away with its connection.
    Memory,
    /// A file.
    File {
        path: PathBuf,
        /// `?mode=`: `ro`, `rw` or `rwc`.
        mode: Mode,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    ReadOnly,
    ReadWrite,
    Create,
}

/// What a verb does with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reads; a file that is not there is an empty database, and is not made.
    Look,
    /// Writes, and makes the file where it is not there.
    Write,
    /// Writes to what is there.
    WriteExisting,
}

/// The endings of plain paths that are taken for SQLite files.
const ENDINGS: [&str; 3] = ["db", "sqlite", "sqlite3"];

impl DatabaseUrl {
    /// Finds the URL: `--database-url`, then the variable in the environment, then in `.env`.
    ///
    /// # Errors
    ///
    /// There is none, or it cannot be used.
    pub(crate) fn find(
        session: &Session<'_>,
        project: &Project,
        arguments: &DatabaseArguments,
    ) -> Result<Self, Failure> {
        if let Some(url) = Self::find_any(session, project, arguments)? {
            return Ok(url);
        }
        let variable = Settings::read(project)?.database_url_variable;
        Err(Failure::new("no database is named")
            .help(format!("name it: export {variable}=sqlite:app.db"))
            .help(format!("or write {variable}=sqlite:app.db into .env, or give --database-url")))
    }

    /// Finds the URL as [`find`](Self::find) does, for a verb that can do without.
    ///
    /// # Errors
    ///
    /// There is one, and it cannot be used.
    pub(crate) fn find_any(
        session: &Session<'_>,
        project: &Project,
        arguments: &DatabaseArguments,
    ) -> Result<Option<Self>, Failure> {
        if let Some(url) = &arguments.database_url {
            return Self::parse(url, "--database-url").map(Some);
        }
        let variable = Settings::read(project)?.database_url_variable;
        if let Some(url) = session.variable(&variable) {
            return Self::parse(url, &format!("${variable}")).map(Some);
        }
        let Some((path, url)) = from_file(session, &variable)? else { return Ok(None) };
        Self::parse(&url, &format!("{variable} in {}", session.shown(&path))).map(Some)
    }

    /// Reads a URL; `origin` says where it comes from.
    fn parse(url: &str, origin: &str) -> Result<Self, Failure> {
        let wrong =
            |message: String| Err(Failure::usage(message).note(format!("it comes from {origin}")));
        if let Some(rest) = url.strip_prefix("sqlite:") {
            return match sqlite(rest) {
                Ok(place) => Ok(Self { place }),
                Err(reason) => wrong(format!("the SQLite URL {reason}")),
            };
        }
        if let Some((scheme, _)) = url.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) {
            let base = scheme.split('+').next().unwrap_or(scheme);
            let served = match base {
                "postgres" | "postgresql" => "PostgreSQL",
                "mysql" | "mariadb" => "MySQL and MariaDB",
                _ if scheme.len() == 1 => "",
                _ => {
                    let failure =
                        Failure::usage(format!("`{scheme}:` is no database that is known"))
                            .note(format!("it comes from {origin}"));
                    return Err(
                        failure.help("this build serves `sqlite:app.db` and paths to SQLite files")
                    );
                }
            };
            if !served.is_empty() {
                return Err(Failure::usage(format!("this build does not serve {served} yet"))
                    .note(format!("`{scheme}:` comes from {origin}"))
                    .help("use SQLite here: --database-url sqlite:app.db"));
            }
        }
        let path = Path::new(url);
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        if ending.is_some_and(|ending| ENDINGS.contains(&&*ending)) {
            return Ok(Self { place: Place::File { path: path.into(), mode: Mode::Create } });
        }
        // What it says may be a secret that was put into the wrong variable: it is not repeated.
        Err(Failure::usage("this is not a database's URL")
            .note(format!("it comes from {origin}"))
            .help("write `sqlite:app.db`, or a path that ends in `.db`, `.sqlite` or `.sqlite3`"))
    }

    /// Returns the dialect that the database speaks.
    pub(crate) const fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    /// Opens the database, for a set that serves its dialect.
    ///
    /// # Errors
    ///
    /// It is not there, cannot be opened, or speaks another dialect.
    pub(crate) fn open(
        &self,
        session: &Session<'_>,
        set: &Set,
        access: Access,
    ) -> Result<Connection, Failure> {
        let (dialect, served) = (self.dialect(), set.settings.dialects);
        if !served.contains(dialect) {
            let all = format!("{served} {dialect}");
            return Err(Failure::usage(format!(
                "the set serves {served}, and {self} is {dialect}"
            ))
            .help(format!("let it serve both: cargo migrate set dialects {}", all.trim())));
        }
        let Place::File { path, mode } = &self.place else {
            return Connection::open_in_memory().map_err(|error| self.unreachable(&error));
        };
        let path = session.folder.join(path);
        let create = match (access, mode, path.exists()) {
            (_, _, true) | (Access::Write, Mode::Create, false) => {
                access == Access::Write && *mode == Mode::Create
            }
            (Access::Look, _, false) => {
                return Connection::open_in_memory().map_err(|error| self.unreachable(&error));
            }
            (Access::Write | Access::WriteExisting, _, false) => {
                return Err(Failure::new(format!("the database {self} is not there"))
                    .help("make it with all its revisions: cargo migrate upgrade"));
            }
        };
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags |= match mode {
            Mode::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Mode::ReadWrite | Mode::Create => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        if create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let connection =
            Connection::open_with_flags(&path, flags).map_err(|error| self.unreachable(&error))?;
        // SQLite opens whatever it is given, and reads it with the first question.
        let read = connection.pragma_query(None, "schema_version", |_| Ok(()));
        if read.is_err_and(|error| error.sqlite_error_code() == Some(ErrorCode::NotADatabase)) {
            return Err(Failure::new(format!("the file of {self} is not a database"))
                .help("name another: --database-url sqlite:app.db"));
        }
        Ok(connection)
    }

    /// Tells whether the database is a file that is not there.
    pub(crate) fn is_absent(&self, session: &Session<'_>) -> bool {
        matches!(&self.place, Place::File { path, .. } if !session.folder.join(path).exists())
    }

    fn unreachable(&self, error: &rusqlite::Error) -> Failure {
        Failure::with_exit(Exit::TryAgain, format!("the database {self} cannot be opened"))
            .note(error.to_string())
            .help("is its folder there, and may you write into it?")
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Memory => f.write_str("sqlite::memory:"),
            Place::File { path, .. } => write!(f, "sqlite:{}", path.display()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// Reads what follows `sqlite:`. Two slashes begin a path as they do in sqlx; a third belongs to SQLAlchemy's form, in
/// which `///` is relative and `////` absolute.
fn sqlite(rest: &str) -> Result<Place, String> {
    let (path, query) =
        rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let path = path.strip_prefix("///").or_else(|| path.strip_prefix("//")).unwrap_or(path);
    let path = decoded(path).ok_or("has a `%` that no two hexadecimal digits follow")?;
    let mut mode = Mode::Create;
    let mut memory = path == ":memory:";
    for parameter in query.unwrap_or_default().split('&').filter(|parameter| !parameter.is_empty())
    {
        match parameter {
            "mode=ro" => mode = Mode::ReadOnly,
            "mode=rw" => mode = Mode::ReadWrite,
            "mode=rwc" => mode = Mode::Create,
            "mode=memory" => memory = true,
            _ => {
                let name = parameter.split('=').next().unwrap_or_default();
                return Err(format!(
                    "has a parameter `{name}` that is not understood; `mode` is `ro`, `rw`, `rwc` or `memory`"
                ));
            }
        }
    }
    if memory {
        return Ok(Place::Memory);
    }
    if path.is_empty() {
        return Err("names no file".to_owned());
    }
    Ok(Place::File { path: path.into_owned().into(), mode })
}

/// Reads percent signs with two hexadecimal digits as the byte they stand for (RFC 3986, section 2.1).
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut pieces = text.split('%');
    bytes.extend(pieces.next()?.as_bytes());
    for piece in pieces {
        bytes.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        bytes.extend(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Looks the variable up in the nearest `.env` at or above the current folder.
fn from_file(session: &Session<'_>, variable: &str) -> Result<Option<(PathBuf, String)>, Failure> {
    let paths = session.folder.ancestors().map(|folder| folder.join(".env"));
    let Some(path) = paths.into_iter().find(|path| path.is_file()) else { return Ok(None) };
    let unreadable = |line: Option<usize>| {
        let place = line.map_or(String::new(), |line| format!(":{line}"));
        // The line may hold a secret: only its number is told.
        Failure::new(format!("{}{place} cannot be read", session.shown(&path)))
            .help("write lines of the form NAME=value, with quotes around a value with spaces")
    };
    let variables = dotenvy::from_path_iter(&path).map_err(|_| unreadable(None))?;
    let mut found = None;
    for pair in variables {
        match pair {
            Ok((name, value)) if name == variable && !value.is_empty() => found = Some(value),
            Ok(_) => {}
            Err(dotenvy::Error::LineParse(line, _)) => {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                // A quote that is not closed takes the lines below along.
                let line = line.trim().lines().next().unwrap_or_default();
                let at = text.lines().position(|one| one.trim() == line.trim());
                return Err(unreadable(at.map(|at| at + 1)));
            }
            Err(_) => return Err(unreadable(None)),
        }
    }
    Ok(found.map(|url| (path.clone(), url)))
}

/// Hides the secrets of URLs in a text: `scheme://user:***@host/name?key=***`.
pub(crate) fn without_passwords(text: &str) -> Cow<'_, str> {
    if !(text.contains("://") || text.contains('?') && text.contains('=')) {
        return Cow::Borrowed(text);
    }
    let words = text.split_inclusive(|c: char| c.is_whitespace());
    Cow::Owned(words.map(|word| without_parameters(&without_userinfo(word))).collect())
}

fn without_userinfo(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    // A password may hold any character: what stands before the last `@` is not shown.
    match rest.rsplit_once('@') {
        Some((userinfo, host)) => {
            let user = userinfo.split_once(':').map_or(userinfo, |(user, _)| user);
            let hidden = if userinfo.contains(':') { ":***" } else { "" };
            format!("{scheme}://{user}{hidden}@{host}")
        }
        None => word.to_owned(),
    }
}

fn without_parameters(word: &str) -> String {
    let Some((before, query)) = word.split_once('?') else { return word.to_owned() };
    let one = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) => {
            let end = |c: char| c.is_whitespace() || "`'\",)".contains(c);
            let kept = value.trim_end_matches(end);
            format!("{name}=***{}", &value[kept.len()..])
        }
        None => parameter.to_owned(),
    };
    let parameters: Vec<String> = query.split('&').map(one).collect();
    format!("{before}?{}", parameters.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, mode: Mode) -> Place {
        Place::File { path: path.into(), mode }
    }

    #[test]
    fn every_form_of_a_sqlite_url_is_read() {
        let create = Mode::Create;
        let cases = [
            ("sqlite:app.db", file("app.db", create)),
            ("sqlite:/var/app.db", file("/var/app.db", create)),
            ("sqlite://app.db", file("app.db", create)),
            ("sqlite:///app.db", file("app.db", create)),
            ("sqlite:////var/app.db", file("/var/app.db", create)),
            ("sqlite:app%20one.db", file("app one.db", create)),
            ("sqlite:app.db?mode=ro", file("app.db", Mode::ReadOnly)),
            ("sqlite:app.db?mode=rw", file("app.db", Mode::ReadWrite)),
            ("sqlite::memory:", Place::Memory),
            ("sqlite://:memory:", Place::Memory),
            ("sqlite:any?mode=memory", Place::Memory),
            ("data/app.sqlite3", file("data/app.sqlite3", create)),
            ("./app.DB", file("./app.DB", create)),
        ];
        for (url, expected) in cases {
            let read = DatabaseUrl::parse(url, "the test").expect(url);
            assert_eq!(read.place, expected, "{url}");
        }
    }

    #[test]
    fn passwords_are_never_shown() {
        let cases = [
            ("`postgres://u:s3cret@h/db` is wrong", "`postgres://u:***@h/db` is wrong"),
            ("postgres://u:p@ss:w@h/db", "postgres://u:***@h/db"),
            ("postgres://h/db?password=s3cret&x=1", "postgres://h/db?password=***&x=***"),
            ("`sqlite:a.db?key=s3cret` is no", "`sqlite:a.db?key=***` is no"),
            ("did you mean `a`? b = c", "did you mean `a`? b = c"),
            ("nothing here", "nothing here"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_passwords(text), expected);
        }
    }
}
