//! What a verb may see of the world: everything that a call was given, and nothing else.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use crate::cli::arguments::{Colour, Globals};
use crate::cli::call::Terminals;
use crate::cli::output::{Colours, Output};

/// One call of the command, as its verb sees it.
pub struct Session<'c> {
    pub environment: BTreeMap<String, String>,
    /// The current folder.
    pub folder: PathBuf,
    pub terminals: Terminals,
    pub clock: fn() -> std::time::SystemTime,
    pub stdin: &'c mut dyn BufRead,
    pub output: Output<'c>,
    pub globals: Globals,
}

/// Why the lock must stay as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// `--locked` was given.
    Asked,
    /// `CI` is set.
    Ci,
    /// The folder takes no new file.
    Unwritable,
}

impl Locked {
    /// Returns the reason, for people.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Asked => "`--locked` was given",
            Self::Ci => "`CI` is set, which means `--locked`",
            Self::Unwritable => "the folder cannot be written",
        }
    }
}

impl Session<'_> {
    /// Returns a variable of the environment, when it is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Tells why nothing may write the lock, if so.
    pub fn locked(&self) -> Option<Locked> {
        match self.globals.locked {
            Some(true) => Some(Locked::Asked),
            Some(false) => None,
            None => {
                let ci = self.variable("CI").is_some_and(|value| !["false", "0"].contains(&value));
                ci.then_some(Locked::Ci)
            }
        }
    }

    /// Reads a line from the terminal, and tells whether it says yes.
    pub fn is_answered_yes(&mut self) -> bool {
        let mut answer = String::new();
        let read = self.stdin.read_line(&mut answer);
        read.is_ok() && ["y", "yes"].contains(&&*answer.trim().to_lowercase())
    }

    /// Returns the colours that the streams take (<https://no-color.org>).
    pub fn colours(&self) -> Colours {
        let dumb = self.variable("TERM") == Some("dumb") || self.variable("NO_COLOR").is_some();
        let wanted = |terminal: bool| match self.globals.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && !dumb,
        };
        Colours { stdout: wanted(self.terminals.stdout), stderr: wanted(self.terminals.stderr) }
    }

    /// Returns how a path is shown to people: from the current folder on, with `/`.
    pub fn shown(&self, path: &Path) -> String {
        shown(&self.folder, path)
    }
}

fn shown(from: &Path, path: &Path) -> String {
    let common = from.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().count() - common;
    // Nothing but the root in common, or far away: the whole path reads better.
    if common <= 1 && up > 0 || up > 3 {
        return path.display().to_string().replace(std::path::MAIN_SEPARATOR, "/");
    }
    let mut parts = vec!["..".to_owned(); up];
    parts.extend(
        path.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into()),
    );
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_the_current_folder_on() {
        let cases = [
            ("/a/b", "/a/b/migrations", "migrations"),
            ("/a/b/src", "/a/b/migrations", "../migrations"),
            ("/a/b", "/a/b", "."),
            ("/a/b", "/tmp/migrations", "/tmp/migrations"),
        ];
        for (from, path, expected) in cases {
            assert_eq!(shown(Path::new(from), Path::new(path)), expected);
        }
    }
}
