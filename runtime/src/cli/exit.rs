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
    /// Returns how a process ended that has these exit codes; any other code is a failure.
    ///
    /// ```
    /// use revchain::cli::exit::Exit;
    ///
    /// assert_eq!((Exit::of(5), Exit::of(101)), (Exit::TryAgain, Exit::Failed));
    /// ```
    #[must_use]
    pub const fn of(code: u8) -> Self {
        match code {
            0 => Self::Done,
            2 => Self::Usage,
            3 => Self::Problems,
            4 => Self::Unexpected,
            5 => Self::TryAgain,
            _ => Self::Failed,
        }
    }

    /// Returns the process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}
