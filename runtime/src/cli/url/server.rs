//! A server's URL, taken apart as people write it: `//user:password@host:port/database?name=value`.

use std::fmt;

use crate::cli::failure::Failure;

/// The parts of a server's URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    /// A name, an address (that of IPv6 without brackets), or a folder of sockets.
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) database: Option<String>,
    pub(super) parameters: Vec<(String, String)>,
}

/// What is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Server {
    /// Reads what follows the scheme and its colon.
    ///
    /// # Errors
    ///
    /// It has another form, or a port that is none.
    pub(super) fn parse(rest: &str) -> Result<Self, Failure> {
        let Some(rest) = rest.strip_prefix("//") else {
            return Err(Failure::usage("the database's URL lacks `//` after the scheme")
                .help("write it as: postgres://user@host:5432/app"));
        };
        let (userinfo, rest) = split_userinfo(rest);
        refuse_another_at(rest)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut server = Self::default();
        if let Some(userinfo) = userinfo {
            let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
            server.user = some(decoded(user));
            server.password = some(decoded(password)).map(Secret);
        }
        let (host, port) = split_port(authority)?;
        server.host = some(decoded(host));
        server.port = match port {
            Some(port) if !port.is_empty() => Some(port_number(port)?),
            _ => None,
        };
        server.database = some(decoded(path));
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            // A plus is a space in the queries of SQLAlchemy and of sqlx, but not in libpq's: `%2B` is a plus everywhere.
            server.parameters.push((decoded(name), decoded(value)));
        }
        Ok(server)
    }

    /// Takes what drivers of all servers call the same.
    pub(super) fn take_common(&mut self, name: &str, value: &str) -> Result<bool, Failure> {
        match name {
            "host" | "hostaddr" => self.host = some(value.to_owned()),
            "port" => self.port = Some(port_number(value)?),
            "user" => self.user = some(value.to_owned()),
            "password" => self.password = some(value.to_owned()).map(Secret),
            "dbname" => self.database = some(value.to_owned()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Refuses several hosts: a run must know which server it changes.
    pub(super) fn refuse_several(&self) -> Result<(), Failure> {
        if self.host.as_ref().is_some_and(|host| host.contains(',') && !host.starts_with('/')) {
            return Err(Failure::usage("the database's URL names several hosts")
                .help("name the one that takes writes"));
        }
        Ok(())
    }
}

/// Splits user and password off. A password may hold any character, also those that should be written with a percent sign:
/// what stands before the last `@` of the authority belongs to it; where the authority has none and would have a port that
/// is none, a slash, a question mark or a hash of the password was taken for its end.
fn split_userinfo(rest: &str) -> (Option<&str>, &str) {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if let Some(at) = rest[..end].rfind('@') {
        return (Some(&rest[..at]), &rest[at + 1..]);
    }
    let authority = &rest[..end];
    let has_no_port = authority.split_once(':').is_some_and(|(_, port)| {
        port.is_empty() || port.bytes().any(|byte| !byte.is_ascii_digit())
    });
    match rest.rfind('@') {
        Some(at) if has_no_port && !authority.starts_with('[') => {
            (Some(&rest[..at]), &rest[at + 1..])
        }
        _ => (None, rest),
    }
}

/// Refuses an `@` behind the one that ends the password, where no parameter has begun: the password may reach until there,
/// and what would be taken for the host is a part of it.
fn refuse_another_at(rest: &str) -> Result<(), Failure> {
    let Some(at) = rest.find('@') else { return Ok(()) };
    let is_a_parameters = rest[..at].split_once('?').is_some_and(|(_, query)| query.contains('='));
    if is_a_parameters {
        return Ok(());
    }
    Err(Failure::usage("the database's URL has an `@` behind the host").help(ENCODE))
}

/// Splits the port off: behind the bracket of an IPv6 address, or behind the only colon.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), Failure> {
    if let Some(rest) = authority.strip_prefix('[') {
        let Some((host, rest)) = rest.split_once(']') else {
            return Err(Failure::usage("the database's URL has a `[` without `]`")
                .help("write an IPv6 address as: postgres://user@[::1]:5432/app"));
        };
        return Ok((host, rest.strip_prefix(':')));
    }
    match authority.split_once(':') {
        Some((_, rest)) if rest.contains(':') && !authority.contains(',') => {
            Err(Failure::usage("the host of the database's URL has several colons")
                .help("write an IPv6 address in brackets: postgres://user@[::1]:5432/app"))
        }
        Some((host, port)) if !authority.contains(',') => Ok((host, Some(port))),
        _ => Ok((authority, None)),
    }
}

fn port_number(text: &str) -> Result<u16, Failure> {
    // What stands there may be the end of a password: it is not repeated.
    text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
        Failure::usage("the port in the database's URL is no number from 1 to 65535").help(ENCODE)
    })
}

const ENCODE: &str = "a password with `/`, `?`, `#`, `:` or `@` is written with percent signs: %2F, %3F, %23, %3A, %40";

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// Reads percent signs with two hexadecimal digits as the byte they stand for (RFC 3986, section 2.1); any other percent
/// sign stands for itself, as in passwords that nobody encoded.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = (first == b'%').then(|| after.get(..2)).flatten();
        let value = digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(value.unwrap_or(first));
        rest = if value.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// What is shown of a server's URL.
pub(super) struct Shown<'s> {
    pub(super) scheme: &'s str,
    pub(super) user: Option<&'s str>,
    pub(super) host: Option<&'s str>,
    pub(super) port: Option<u16>,
    pub(super) database: Option<&'s str>,
    /// The parameter that names the socket, and the socket.
    pub(super) socket: Option<(&'s str, &'s str)>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, user, host, port, database, socket } = self;
        write!(f, "{scheme}://")?;
        if let Some(user) = user {
            write!(f, "{user}@")?;
        }
        match host {
            Some(host) if host.contains(':') => write!(f, "[{host}]")?,
            Some(host) => f.write_str(host)?,
            None => {}
        }
        if let Some(port) = port {
            write!(f, ":{port}")?;
        }
        if let Some(database) = database {
            write!(f, "/{database}")?;
        }
        match socket {
            Some((name, socket)) => write!(f, "?{name}={socket}"),
            None => Ok(()),
        }
    }
}
