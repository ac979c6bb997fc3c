//! What can be wrong with a revision written in Rust.

use super::{Driver, RustLexErrorKind};

/// Why a file is no revision written in Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RustFault {
    /// A literal, comment or bracket is not closed.
    Lexical(RustLexErrorKind),
    /// The file is not UTF-8.
    NotUtf8,
    /// A merge was left unfinished in the file.
    ConflictMarkers,
    /// No function upgrades.
    NoUpgrade,
    /// A function is not `pub`.
    NotPublic {
        /// The function.
        function: String,
    },
    /// A function has another form than its driver needs.
    Signature {
        /// The function.
        function: String,
        /// The form.
        expected: String,
    },
    /// A function does not say whose connection it takes.
    UnknownConnection {
        /// The function.
        function: String,
    },
    /// A function is called as none is.
    UnknownFunction {
        /// The function.
        function: String,
        /// The driver that was probably meant.
        meant: Option<&'static str>,
    },
    /// Two functions do the same for the same driver.
    Twice {
        /// The function.
        function: String,
        /// The one before it.
        other: String,
        /// The driver.
        driver: Driver,
    },
    /// A downgrade in an irreversible revision.
    DowngradeAndIrreversible,
}

impl From<RustLexErrorKind> for RustFault {
    fn from(kind: RustLexErrorKind) -> Self {
        Self::Lexical(kind)
    }
}

/// What changes without the revision that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A path of the application: `crate` or `super`.
    Path(&'static str),
    /// A module in a file of its own.
    Module(String),
    /// A macro that reads another file.
    File(String),
}
