//! The functions that upgrade and downgrade: what they are called, and for which driver they are.

use std::fmt;
use std::ops::Range;

use super::item::{Item, behind_attributes, group, sign};
use crate::checksum::Direction;
use crate::dialect::{Dialect, Token, TokenKind};
use crate::problem::{Fact, RustFault};
use crate::text::did_you_mean;

/// Whose connection a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Driver {
    /// `&rusqlite::Connection`
    Rusqlite,
    /// `&mut sqlx::SqliteConnection`
    SqlxSqlite,
    /// `&mut sqlx::PgConnection`
    Postgres,
    /// `&mut sqlx::MySqlConnection`
    Mysql,
}

impl Driver {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rusqlite, Self::SqlxSqlite, Self::Postgres, Self::Mysql];

    /// Returns what stands behind `upgrade_` where a set is used with several drivers.
    ///
    /// ```
    /// use revchain_core::rust::Driver;
    ///
    /// assert_eq!(Driver::SqlxSqlite.name(), "sqlx_sqlite");
    /// assert_eq!(Driver::SqlxSqlite.parameter(), "&mut sqlx::SqliteConnection");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rusqlite => "rusqlite",
            Self::SqlxSqlite => "sqlx_sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    /// Returns the type of the functions' parameter.
    #[must_use]
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Rusqlite => "&rusqlite::Connection",
            Self::SqlxSqlite => "&mut sqlx::SqliteConnection",
            Self::Postgres => "&mut sqlx::PgConnection",
            Self::Mysql => "&mut sqlx::MySqlConnection",
        }
    }

    /// Returns the dialect of the driver's databases.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Rusqlite | Self::SqlxSqlite => Dialect::Sqlite,
            Self::Postgres => Dialect::Postgres,
            Self::Mysql => Dialect::Mysql,
        }
    }

    /// Tells whether the functions are `async`.
    #[must_use]
    pub const fn is_async(self) -> bool {
        !matches!(self, Self::Rusqlite)
    }

    fn of(connection: &str) -> Option<Self> {
        let last = |driver: &Self| driver.parameter().rsplit(':').next() == Some(connection);
        Self::ALL.into_iter().find(last)
    }

    /// Returns the signature that a function must have.
    fn signature(self, name: &str) -> String {
        let begin = if self.is_async() { "pub async fn" } else { "pub fn" };
        format!("{begin} {name}(connection: {}) -> Result<(), E>", self.parameter())
    }
}

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rusqlite => "rusqlite",
            Self::SqlxSqlite => "sqlx's SQLite",
            Self::Postgres => "sqlx's PostgreSQL",
            Self::Mysql => "sqlx's MySQL",
        })
    }
}

/// A function that upgrades or downgrades.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// What it does.
    pub direction: Direction,
    /// Whose connection it takes.
    pub driver: Driver,
    /// Its `#[cfg(…)]` attributes, as they are written.
    pub conditions: String,
    /// The bytes from its first word to its body.
    pub signature: Range<usize>,
    /// All of its bytes.
    pub span: Range<usize>,
    /// Whether its body does nothing: it is empty, or `Ok(())`.
    pub is_empty: bool,
    /// Its place among the items.
    pub(super) item: usize,
}

impl Function {
    /// Returns what is wrong where another does the same.
    pub(super) fn twice(&self, others: &[Self]) -> Option<Fact> {
        let same = |other: &&Self| (other.direction, other.driver) == (self.direction, self.driver);
        let other = others.iter().find(same)?;
        let (function, other, driver) = (self.name.clone(), other.name.clone(), self.driver);
        Some(Fact::MalformedRust(RustFault::Twice { function, other, driver }))
    }
}

type Fault = (Range<usize>, RustFault);

/// Reads an item that is, or was meant to be, a function of the revision.
pub(super) fn read(
    tokens: &[Token<'_>],
    item: &Item,
    index: usize,
) -> Option<Result<Function, Fault>> {
    let all = &tokens[item.tokens.clone()];
    let words = behind_attributes(all);
    let head = Head::read(words)?;
    let (direction, suffix) = head.direction()?;
    let named = Driver::ALL.into_iter().find(|driver| driver.name() == suffix);
    if named.is_none() && !suffix.is_empty() {
        let meant = did_you_mean(suffix, Driver::ALL.map(Driver::name));
        let function = head.name.text.to_owned();
        let fault = RustFault::UnknownFunction { function, meant };
        let range = head.name.start..head.name.end();
        // Only what can be called from outside looks like one.
        return head.public.then_some(Err((range, fault)));
    }
    let signature = words[0].start..words[head.body - 1].end();
    let function = |driver: Driver| Function {
        name: head.name.text.to_owned(),
        direction,
        driver,
        conditions: conditions(&all[..all.len() - words.len()]),
        signature: signature.clone(),
        span: item.span.clone(),
        is_empty: is_empty(&words[head.body..]),
        item: index,
    };
    Some(head.driver(named).map(function).map_err(|fault| (signature.clone(), fault)))
}

/// What stands before a function's body.
struct Head<'w, 't> {
    public: bool,
    is_async: bool,
    /// Words that no revision's function has: `unsafe`, `const`, `extern`.
    odd: bool,
    name: &'w Token<'t>,
    /// What stands between the parentheses.
    parameters: &'w [Token<'t>],
    returns: bool,
    /// Where the body begins.
    body: usize,
}

impl<'w, 't> Head<'w, 't> {
    fn read(words: &'w [Token<'t>]) -> Option<Self> {
        let keyword = words.iter().position(|token| token.text == "fn")?;
        let known =
            ["pub", "async", "const", "unsafe", "extern", "(", ")", "crate", "super", "self", "in"];
        let before = &words[..keyword];
        let fits =
            |token: &Token<'_>| known.contains(&token.text) || token.kind == TokenKind::String;
        if !before.iter().all(fits) {
            return None;
        }
        let name = words.get(keyword + 1).filter(|token| token.kind == TokenKind::Word)?;
        let open =
            keyword + 2 + words[keyword + 2..].iter().position(|token| sign(token) == "(")?;
        let close = open + group(&words[open..]);
        let body = words[close..].iter().position(|token| sign(token) == "{");
        let body = body.map_or(words.len(), |at| close + at);
        let arrow =
            words[close..body].windows(2).any(|pair| (pair[0].text, pair[1].text) == ("-", ">"));
        let has = |word: &str| before.iter().any(|token| token.text == word);
        Some(Self {
            public: has("pub") && !has("("),
            is_async: has("async"),
            odd: ["const", "unsafe", "extern"].into_iter().any(has),
            name,
            parameters: &words[open + 1..(close - 1).max(open + 1)],
            returns: arrow,
            body,
        })
    }

    /// Returns the direction that the name says, and what stands behind it.
    fn direction(&self) -> Option<(Direction, &'t str)> {
        [Direction::Upgrade, Direction::Downgrade].into_iter().find_map(|direction| {
            let rest = self.name.text.strip_prefix(direction.name())?;
            let suffix = if rest.is_empty() { Some(rest) } else { rest.strip_prefix('_') };
            suffix.map(|suffix| (direction, suffix))
        })
    }

    /// Returns the driver whose connection the function takes; `named` is the one that its name says.
    fn driver(&self, named: Option<Driver>) -> Result<Driver, RustFault> {
        let function = self.name.text.to_owned();
        let parameter = self.parameter();
        let by_type = parameter.as_ref().and_then(|(connection, _)| Driver::of(connection));
        let Some(driver) = named.or(by_type) else {
            return Err(RustFault::UnknownConnection { function });
        };
        let is_mut = parameter.as_ref().map(|(_, is_mut)| *is_mut);
        // A type that goes by another name is the compiler's to judge.
        let fits = by_type.is_none_or(|by_type| by_type == driver)
            && is_mut == Some(driver.is_async())
            && self.is_async == driver.is_async()
            && self.returns
            && !self.odd;
        if !self.public {
            return Err(RustFault::NotPublic { function });
        }
        if fits {
            Ok(driver)
        } else {
            let expected = driver.signature(&function);
            Err(RustFault::Signature { function, expected })
        }
    }

    /// Returns the last word of the only parameter's type, and whether it is borrowed mutably; nothing where there is another
    /// number of them, or none is borrowed.
    fn parameter(&self) -> Option<(&'t str, bool)> {
        let colon = self.parameters.iter().position(|token| sign(token) == ":")?;
        let kind = &self.parameters[colon + 1..];
        let [borrow, rest @ ..] = kind else { return None };
        let rest = match rest {
            [lifetime, rest @ ..] if lifetime.text.starts_with('\'') => rest,
            rest => rest,
        };
        let (is_mut, path) = match rest {
            [word, path @ ..] if word.text == "mut" => (true, path),
            path => (false, path),
        };
        let (last, before) = match path {
            [before @ .., last, comma] if sign(comma) == "," => (last, before),
            [before @ .., last] => (last, before),
            [] => return None,
        };
        let is_path =
            before.iter().all(|token| token.kind == TokenKind::Word || sign(token) == ":");
        let fits = sign(borrow) == "&" && is_path && last.kind == TokenKind::Word;
        fits.then_some((last.text, is_mut))
    }
}

/// Returns the `#[cfg(…)]`s among attributes.
fn conditions(attributes: &[Token<'_>]) -> String {
    let mut conditions = String::new();
    let mut rest = attributes;
    while rest.len() > 2 {
        let length = 1 + group(&rest[1..]);
        if rest[2].text == "cfg" {
            rest[..length].iter().for_each(|token| conditions.extend([token.text, " "]));
        }
        rest = &rest[length..];
    }
    conditions
}

/// Tells whether a body with its braces does nothing.
fn is_empty(body: &[Token<'_>]) -> bool {
    let texts: Vec<&str> = body.iter().map(|token| token.text).collect();
    matches!(texts[..], ["{", "}"] | ["{", "Ok", "(", "(", ")", ")", "}"])
}
