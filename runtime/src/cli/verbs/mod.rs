//! The verbs that an application has too, a file each: what it takes, its help, and a function that does it.

pub mod adopt_history;
pub mod amend;
pub mod current;
pub mod downgrade;
pub mod ensure_version;
pub mod heads;
pub mod history;
pub mod mark;
pub mod plan;
pub mod resolve;
pub mod show;
pub mod stamp;
pub mod upgrade;
pub mod verify;

/// What the verbs are called, and their aliases.
pub const NAMES: [&str; 16] = [
    "adopt-history",
    "current",
    "down",
    "downgrade",
    "ensure-version",
    "heads",
    "help",
    "history",
    "mark",
    "plan",
    "resolve",
    "show",
    "stamp",
    "up",
    "upgrade",
    "verify",
];
