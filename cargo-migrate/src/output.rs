//! The only place that prints: data goes to stdout, talk to stderr.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::failure::{Failure, What};
use crate::url::without_passwords;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const DONE: Style = AnsiColor::Green.on_default().bold();
/// For what matters most on a line of data.
pub(crate) const STRONG: Style = AnsiColor::Yellow.on_default();
/// For what matters least.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Where a call prints.
pub(crate) struct Output<'o> {
    stdout: &'o mut (dyn Write + Send),
    stderr: &'o mut (dyn Write + Send),
    colours: Colours,
    json: bool,
    broken: bool,
}

/// Which of the two streams are painted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Colours {
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
}

impl<'o> Output<'o> {
    pub(crate) fn new(
        stdout: &'o mut (dyn Write + Send),
        stderr: &'o mut (dyn Write + Send),
    ) -> Self {
        Self { stdout, stderr, colours: Colours::default(), json: false, broken: false }
    }

    pub(crate) fn set(&mut self, colours: Colours, json: bool) {
        (self.colours, self.json) = (colours, json);
    }

    /// Tells whether `--json` was given: data is then one JSON value, printed by [`json`](Self::json).
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Tells whether text that goes to stdout is painted.
    pub(crate) const fn is_coloured(&self) -> bool {
        self.colours.stdout
    }

    /// Paints text that goes to stdout.
    pub(crate) fn paint(&self, style: Style, text: impl Display) -> String {
        painted(self.colours.stdout, style, text)
    }

    /// Prints a line of data.
    pub(crate) fn data(&mut self, line: impl Display) {
        let written = writeln!(self.stdout, "{line}");
        self.note(written);
    }

    /// Prints text as it is, for a script that ends its own lines.
    pub(crate) fn text(&mut self, text: &str) {
        let written = self.stdout.write_all(text.as_bytes());
        self.note(written);
    }

    /// Prints the call's data as JSON.
    pub(crate) fn json(&mut self, value: &Value) {
        self.data(format_args!("{value:#}"));
    }

    /// Prints a line of a plan: data where it is all that was asked for, talk before it is done.
    pub(crate) fn plan(&mut self, is_data: bool, line: impl Display) {
        if is_data && !self.json {
            self.data(line);
        } else {
            self.say(line);
        }
    }

    /// Tells the person at the terminal something; the password of a URL in it is hidden.
    pub(crate) fn say(&mut self, line: impl Display) {
        let line = line.to_string();
        let _ = writeln!(self.stderr, "{}", without_passwords(&line));
    }

    /// Tells that something was done: the verb stands out.
    pub(crate) fn done(&mut self, verb: &str, rest: impl Display) {
        let verb = painted(self.colours.stderr, DONE, verb);
        self.say(format_args!("{verb} {rest}"));
    }

    /// Begins a line of talk that is not ended yet: a question, or what goes on just now.
    pub(crate) fn begin(&mut self, words: impl Display) {
        let _ = write!(self.stderr, "{words} ");
        let _ = self.stderr.flush();
    }

    /// Prints a warning and what helps.
    pub(crate) fn warn(&mut self, message: impl Display, helps: &[&str]) {
        let prefix = painted(self.colours.stderr, WARNING, "warning:");
        self.say(format_args!("{prefix} {message}"));
        for help in helps {
            self.say(format_args!("  = help: {help}"));
        }
    }

    /// Prints why a verb stopped.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        if self.json
            && let Some(value) = failure.json()
        {
            let text = format!("{value:#}");
            return self.data(without_passwords(&text));
        }
        match &failure.what {
            What::Said => {}
            What::Run(error) => self.error(error.report()),
            What::Words { message, notes, helps } => {
                self.error(message);
                for note in notes {
                    self.say(format_args!("  = note: {note}"));
                }
                for help in helps {
                    self.say(format_args!("  = help: {help}"));
                }
            }
            What::Problems(problems) => {
                for (index, problem) in problems.iter().enumerate() {
                    if index > 0 {
                        self.say("");
                    }
                    self.error(problem);
                }
                self.say(format_args!("\n{}", counted(problems.len(), "problem")));
            }
        }
    }

    /// Prints an error as the library renders it.
    pub(crate) fn error(&mut self, report: impl Display) {
        let prefix = painted(self.colours.stderr, ERROR, "error:");
        self.say(format_args!("{prefix} {report}"));
    }

    /// Flushes, and tells whether all data was written; a reader that went away (`| head`) is no failure.
    pub(crate) fn finish(&mut self) -> bool {
        let flushed = self.stdout.flush();
        self.note(flushed);
        let _ = self.stderr.flush();
        !self.broken
    }

    fn note(&mut self, written: std::io::Result<()>) {
        self.broken |= written.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe);
    }
}

fn painted(colour: bool, style: Style, text: impl Display) -> String {
    if colour { format!("{style}{text}{style:#}") } else { text.to_string() }
}

/// Counts: `1 revision`, `2 revisions`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
