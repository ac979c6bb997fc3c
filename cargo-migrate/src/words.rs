//! The lock's settings as people type them.

use revchain_core::lock::is_set_name;
use revchain_core::set::{Heads, History, NotATable};
use revchain_core::text::did_you_mean;
use revchain_core::{Dialect, Dialects};

use crate::failure::Failure;

/// Reads dialects, several words or separated by commas.
///
/// # Errors
///
/// One is none, with what was probably meant.
pub(crate) fn dialects(values: &[String]) -> Result<Dialects, Failure> {
    let words =
        values.iter().flat_map(|value| value.split([',', ' '])).filter(|word| !word.is_empty());
    let known = || Dialect::ALL.map(Dialect::name);
    let one = |word: &str| {
        word.parse().map_err(|_| {
            let failure = Failure::usage(format!("`{word}` is not a dialect"));
            let meant = match word {
                "postgresql" | "pg" => Some("postgres"),
                "mariadb" => Some("mysql"),
                "sqlite3" => Some("sqlite"),
                _ => did_you_mean(word, known()),
            };
            failure.help(match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the dialects are `{}`", known().join("`, `")),
            })
        })
    };
    words.map(one).collect()
}

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
