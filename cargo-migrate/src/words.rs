//! The lock's settings as people type them.

use revchain_core::lock::is_set_name;
use revchain_core::set::{Heads, History, NotATable};

use crate::failure::Failure;

pub(crate) use revchain::cli::words::dialects;

/// Reads how many heads a set may have.
///
/// # Errors
///
/// It is none.
pub(crate) fn heads(value: &str) -> Result<Heads, Failure> {
    match value {
        "one" => Ok(Heads::One),
        "many" => Ok(Heads::Many),
        _ => Err(Failure::usage(format!("`{value}` is not a number of heads"))
            .help("say `one` or `many`")),
    }
}

/// Reads the ledger's table.
///
/// # Errors
///
/// It is none.
pub(crate) fn history(value: &str) -> Result<History, Failure> {
    value.parse().map_err(|error: NotATable| Failure::usage(format!("`{value}` is {error}")))
}

/// Reads a set's name.
///
/// # Errors
///
/// It is none.
pub(crate) fn set_name(value: &str) -> Result<String, Failure> {
    if is_set_name(value) {
        return Ok(value.to_owned());
    }
    Err(Failure::usage(format!("`{value}` cannot be a set's name"))
        .help("use 1 to 63 letters, digits, `_`, `-` and `.`"))
}
