//! Opens files in the person's editor.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::session::Session;

/// Returns the editor's command: $VISUAL, else $EDITOR, split at white space (`code --wait`).
///
/// # Errors
///
/// Neither is set.
pub(crate) fn command(session: &Session<'_>) -> Result<Vec<String>, Failure> {
    let editor = session.variable("VISUAL").or_else(|| session.variable("EDITOR"));
    let words: Vec<String> =
        editor.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        return Err(Failure::new("no editor is named")
            .help("name yours: export EDITOR=vi, or VISUAL=\"code --wait\""));
    }
    Ok(words)
}

/// Opens a file and waits until the editor ends.
///
/// # Errors
///
/// There is no editor, it cannot be started, or it ends badly.
pub(crate) fn open(session: &Session<'_>, path: &Path) -> Result<(), Failure> {
    let words = command(session)?;
    let status = Command::new(&words[0])
        .args(&words[1..])
        .arg(path)
        .current_dir(&session.folder)
        .envs(&session.environment)
        .status();
    let failure = |reason: String| {
        Failure::new(format!("the editor `{}` {reason}", words[0]))
            .help(format!("the file is there: {}", session.shown(path)))
    };
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failure(format!("ended with {status}"))),
        Err(error) => Err(failure(format!("cannot be started: {error}"))),
    }
}
