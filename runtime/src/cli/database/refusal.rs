//! Why a server could not be connected to, and whether it is worth while to wait.

use std::io;
use std::path::{Path, PathBuf};

use sqlx_core::Error;

use crate::cli::exit::Exit;

/// Why a connection did not come about.
#[derive(Debug)]
pub(super) struct Refusal {
    /// In the system's or the database's words.
    pub(super) reason: String,
    /// Whether the database may be about to start.
    pub(super) starting: bool,
    pub(super) exit: Exit,
    /// What happened, where more is known than that the database cannot be reached.
    pub(super) message: Option<String>,
    pub(super) helps: Vec<String>,
}

impl Refusal {
    /// The database cannot be reached now.
    pub(super) fn unreachable(reason: impl Into<String>) -> Self {
        let (reason, helps) = (reason.into(), Vec::new());
        Self { reason, starting: true, exit: Exit::TryAgain, message: None, helps }
    }

    /// The database, or what was asked of it, is not as it must be: waiting does not help.
    pub(super) fn wrong(reason: impl Into<String>) -> Self {
        Self { starting: false, exit: Exit::Failed, ..Self::unreachable(reason) }
    }

    /// Takes an error that is none of the database's own; `server` is what was to be connected to.
    #[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres"))]
    pub(super) fn of(error: &Error, server: &str) -> Self {
        match error {
            Error::Io(error) => Self::of_io(error),
            Error::Tls(error) => Self::of_tls(&error.to_string()),
            // What sqlx makes of a connection that ends at once, as that of a container's port on which nobody listens yet.
            Error::Protocol(words) if words.contains("SSLRequest: 0x00") => Self::closed(),
            Error::Protocol(words) => {
                Self::wrong(words).because(format!("what answers there is no server of {server}"))
            }
            error => Self::wrong(error.to_string()),
        }
    }

    fn closed() -> Self {
        Self::unreachable("the server closed the connection")
    }

    fn of_io(error: &io::Error) -> Self {
        // rustls hands its own errors through a stream as such.
        if error.kind() == io::ErrorKind::InvalidData {
            return Self::of_tls(&error.to_string());
        }
        let refusal = match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                Self::unreachable("connection refused: nothing listens there")
            }
            io::ErrorKind::NotFound => Self::unreachable("no such socket: no server runs there"),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => Self::closed(),
            _ => Self::unreachable(error.to_string()),
        };
        if error.kind() == io::ErrorKind::PermissionDenied {
            return Self { starting: false, ..refusal };
        }
        refusal
    }

    fn of_tls(reason: &str) -> Self {
        Self::wrong(reason)
            .because("the TLS of the database's server is not as asked for")
            .help("trust a certificate authority of its own: &sslrootcert=ca.pem in the URL")
    }

    pub(super) fn because(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.helps.push(help.into());
        self
    }
}

/// Returns the path of a certificate that a URL names, from a folder on.
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres"))]
pub(super) fn certificate(path: Option<&Path>, folder: &Path) -> Result<Option<PathBuf>, Refusal> {
    match path {
        Some(path) if !folder.join(path).is_file() => {
            let shown = path.display();
            Err(Refusal::wrong(format!("there is no file {shown}"))
                .because("a certificate that the database's URL names is missing"))
        }
        path => Ok(path.map(|path| folder.join(path))),
    }
}
