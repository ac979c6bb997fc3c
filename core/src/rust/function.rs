//! The functions that upgrade and downgrade: what they are called, and for which driver they are.

use std::fmt;
use std::ops::Range;

use super::item::{Item, behind_attributes, group, sign, text};
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
        match connection {
            "Connection" => Some(Self::Rusqlite),
            "SqliteConnection" => Some(Self::SqlxSqlite),
            "PgConnection" => Some(Self::Postgres),
            "MySqlConnection" => Some(Self::Mysql),
            _ => None,
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "rusqlite" => Some(Self::Rusqlite),
            "sqlx_sqlite" => Some(Self::SqlxSqlite),
            "postgres" => Some(Self::Postgres),
            "mysql" => Some(Self::Mysql),
            _ => None,
        }
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
#[derive(Debug)]
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
        for other in others {
            if other.direction == self.direction && other.driver == self.driver {
                let (function, other) = (self.name.clone(), other.name.clone());
                let fault = RustFault::Twice { function, other, driver: self.driver };
                return Some(Fact::MalformedRust(fault));
            }
        }
        None
    }

    pub(super) fn is_for(&self, direction: Direction, dialect: Dialect) -> bool {
        self.direction == direction && self.driver.dialect() == dialect
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
    let named = Driver::named(suffix);
    if named.is_none() && !suffix.is_empty() {
        let meant = did_you_mean(suffix, &Driver::ALL.map(Driver::name));
        let function = head.name.text.to_owned();
        let fault = RustFault::UnknownFunction { function, meant };
        let range = head.name.start..head.name.end();
        // Only what can be called from outside looks like one.
        return head.public.then_some(Err((range, fault)));
    }
    let signature = words[0].start..words[head.body - 1].end();
    Some(match head.driver(named) {
        Ok(driver) => Ok(Function {
            name: head.name.text.to_owned(),
            direction,
            driver,
            conditions: conditions(&all[..all.len() - words.len()]),
            signature,
            span: item.span.clone(),
            is_empty: is_empty(&words[head.body..]),
            item: index,
        }),
        Err(fault) => Err((signature, fault)),
    })
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
        let (mut public, mut is_async, mut odd) = (false, false, false);
        let mut keyword = 0;
        loop {
            match text(words, keyword) {
                "fn" => break,
                "pub" => public = true,
                "async" => is_async = true,
                "const" | "unsafe" | "extern" => odd = true,
                // `pub(crate)`, `pub(in path)`
                "(" => public = false,
                ")" | "crate" | "super" | "self" | "in" => {}
                _ if words.get(keyword)?.kind == TokenKind::String => {}
                _ => return None,
            }
            keyword += 1;
        }
        let name = words.get(keyword + 1)?;
        if name.kind != TokenKind::Word {
            return None;
        }
        let mut open = keyword + 2;
        while sign(words.get(open)?) != "(" {
            open += 1;
        }
        let close = open + group(&words[open..]);
        let (mut body, mut returns) = (close, false);
        while body < words.len() && sign(&words[body]) != "{" {
            returns |= words[body].text == ">" && words[body - 1].text == "-";
            body += 1;
        }
        let parameters = &words[open + 1..(close - 1).max(open + 1)];
        Some(Self { public, is_async, odd, name, parameters, returns, body })
    }

    /// Returns the direction that the name says, and what stands behind it.
    fn direction(&self) -> Option<(Direction, &'t str)> {
        for direction in [Direction::Upgrade, Direction::Downgrade] {
            match self.name.text.strip_prefix(direction.name()) {
                Some("") => return Some((direction, "")),
                Some(rest) if rest.starts_with('_') => return Some((direction, &rest[1..])),
                _ => {}
            }
        }
        None
    }

    /// Returns the driver whose connection the function takes; `named` is the one that its name says.
    fn driver(&self, named: Option<Driver>) -> Result<Driver, RustFault> {
        let function = self.name.text.to_owned();
        if !self.public {
            return Err(RustFault::NotPublic { function });
        }
        let (connection, is_mut) = match self.parameter() {
            Some((connection, is_mut)) => (connection, Some(is_mut)),
            None => ("", None),
        };
        let by_type = Driver::of(connection);
        let Some(driver) = named.or(by_type) else {
            return Err(RustFault::UnknownConnection { function });
        };
        // A type that goes by another name is the compiler's to judge.
        let fits = by_type.is_none_or(|by_type| by_type == driver)
            && is_mut == Some(driver.is_async())
            && self.is_async == driver.is_async()
            && self.returns
            && !self.odd;
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
        let parameters = self.parameters;
        let mut at = 0;
        while sign(parameters.get(at)?) != ":" {
            at += 1;
        }
        if text(parameters, at + 1) != "&" {
            return None;
        }
        at += 2;
        if text(parameters, at).starts_with('\'') {
            at += 1;
        }
        let is_mut = text(parameters, at) == "mut";
        at += usize::from(is_mut);
        let mut last = None;
        while let Some(token) = parameters.get(at) {
            at += 1;
            match token.kind {
                TokenKind::Word => last = Some(token.text),
                TokenKind::Operator if token.text == ":" => {}
                TokenKind::Operator if token.text == "," && at == parameters.len() => {}
                _ => return None,
            }
        }
        last.map(|last| (last, is_mut))
    }
}

/// Returns the `#[cfg(…)]`s among attributes.
fn conditions(attributes: &[Token<'_>]) -> String {
    let mut conditions = String::new();
    let mut rest = attributes;
    while rest.len() > 2 {
        let length = 1 + group(&rest[1..]);
        if rest[2].text == "cfg" {
            for token in &rest[..length] {
                conditions.push_str(token.text);
                conditions.push(' ');
            }
        }
        rest = &rest[length..];
    }
    conditions
}

/// Tells whether a body with its braces does nothing.
fn is_empty(body: &[Token<'_>]) -> bool {
    let mut joined = String::new();
    for token in body.iter().take(8) {
        joined.push_str(token.text);
    }
    joined == "{}" || joined == "{Ok(())}"
}
