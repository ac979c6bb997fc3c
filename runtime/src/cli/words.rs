//! Dialects as people type them.

use revchain_core::text::did_you_mean;
use revchain_core::{Dialect, Dialects};

use crate::cli::failure::Failure;

/// Reads dialects, several words or separated by commas.
///
/// # Errors
///
/// One is none, with what was probably meant.
pub fn dialects(values: &[String]) -> Result<Dialects, Failure> {
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
                _ => did_you_mean(word, &known()),
            };
            failure.help(match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the dialects are `{}`", known().join("`, `")),
            })
        })
    };
    words.map(one).collect()
}
