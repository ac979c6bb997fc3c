//! How a call ends; scripts rely on the numbers.

/// How a call ended.
///
/// ```
/// use revchain::cli::exit::Exit;
///
/// assert_eq!(Exit::Done.code(), 0);
/// assert_eq!(Exit::Problems.code(), 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// What was asked is done.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// The command line says what cannot be.
    Usage = 2,
    /// The set has problems: `check` found something, or a verb met it.
    Problems = 3,
    /// The database is not what the set expects: ahead of it, edited, half applied.
    Unexpected = 4,
    /// Somebody else is at work, or the database cannot be reached: try again.
    TryAgain = 5,
}

impl Exit {
    /// Returns the process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}
