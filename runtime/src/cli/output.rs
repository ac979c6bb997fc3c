//! The only place that prints: data goes to stdout, talk to stderr.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{ErrorKind, Write};

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::cli::failure::{Failure, What};
use crate::cli::url::without_passwords;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const DONE: Style = AnsiColor::Green.on_default().bold();
/// For what matters most on a line of data.
pub const STRONG: Style = AnsiColor::Yellow.on_default();
/// For what matters least.
pub const FAINT: Style = Style::new().dimmed();

/// The name by which texts call the command.
const PROGRAM: &str = "cargo migrate";

/// Where a call prints.
pub struct Output<'o> {
    stdout: &'o mut (dyn Write + Send),
    stderr: &'o mut (dyn Write + Send),
    colours: Colours,
    json: bool,
    broken: bool,
    /// What was printed as JSON since it is collected.
    collected: Option<Vec<Value>>,
    /// By what name the command is called.
    program: String,
}

/// Which of the two streams are painted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Colours {
    pub stdout: bool,
    pub stderr: bool,
}

impl<'o> Output<'o> {
    pub fn new(
        stdout: &'o mut (dyn Write + Send),
        stderr: &'o mut (dyn Write + Send),
        program: &str,
    ) -> Self {
        let (colours, program) = (Colours::default(), program.to_owned());
        Self { stdout, stderr, colours, json: false, broken: false, collected: None, program }
    }

    pub fn set(&mut self, colours: Colours, json: bool) {
        (self.colours, self.json) = (colours, json);
    }

    /// Tells whether `--json` was given: data is then one JSON value, printed by [`json`](Self::json).
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// Tells whether text that goes to stdout is painted.
    pub const fn is_coloured(&self) -> bool {
        self.colours.stdout
    }

    /// Paints text that goes to stdout.
    pub fn paint(&self, style: Style, text: impl Display) -> String {
        painted(self.colours.stdout, style, text)
    }

    /// Prints a line of data.
    pub fn data(&mut self, line: impl Display) {
        let written = writeln!(self.stdout, "{line}");
        self.note(written);
    }

    /// Prints a page of help.
    pub fn help(&mut self, text: &str) {
        let text = self.named(text).into_owned();
        self.text(&text);
    }

    /// Calls the command in a text by the name by which it was called; an application does not have all its verbs.
    fn named<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.program == PROGRAM || !text.contains(PROGRAM) {
            return Cow::Borrowed(text);
        }
        let mut named = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(PROGRAM) {
            let (before, after) = (&rest[..at], &rest[at + PROGRAM.len()..]);
            let verb = after.strip_prefix(' ').unwrap_or(after);
            let end = verb.find(|c: char| !(c.is_ascii_lowercase() || c == '-'));
            let verb = &verb[..end.unwrap_or(verb.len())];
            let is_ours = verb.is_empty() || super::verbs::NAMES.contains(&verb);
            named.push_str(before);
            named.push_str(if is_ours { &self.program } else { PROGRAM });
            rest = after;
        }
        named.push_str(rest);
        Cow::Owned(named)
    }

    /// Prints text as it is, for a script that ends its own lines.
    pub fn text(&mut self, text: &str) {
        let written = self.stdout.write_all(text.as_bytes());
        self.note(written);
    }

    /// Prints the call's data as JSON.
    pub fn json(&mut self, value: &Value) {
        if let Some(collected) = &mut self.collected {
            collected.push(value.clone());
            return;
        }
        self.data(format_args!("{value:#}"));
    }

    /// Prints JSON with errors in it: no password, and the command by the name by which it was called.
    pub fn json_told(&mut self, value: &Value) {
        let text = format!("{value:#}");
        let text = self.named(&text).into_owned();
        self.data(without_passwords(&text));
    }

    /// Keeps what is printed as JSON from now on, for the caller to make one value of it.
    pub fn collect(&mut self) {
        self.collected = Some(Vec::new());
    }

    /// Returns what was kept, and keeps no more.
    pub fn collected(&mut self) -> Vec<Value> {
        self.collected.take().unwrap_or_default()
    }

    /// Prints a line of a plan: data where it is all that was asked for, talk before it is done.
    pub fn plan(&mut self, is_data: bool, line: impl Display) {
        if is_data && !self.json {
            self.data(line);
        } else {
            self.say(line);
        }
    }

    /// Tells the person at the terminal something; the password of a URL in it is hidden.
    pub fn say(&mut self, line: impl Display) {
        let line = line.to_string();
        let line = self.named(&line);
        let _ = writeln!(self.stderr, "{}", without_passwords(&line));
    }

    /// Tells that something was done: the verb stands out.
    pub fn done(&mut self, verb: &str, rest: impl Display) {
        let verb = painted(self.colours.stderr, DONE, verb);
        self.say(format_args!("{verb} {rest}"));
    }

    /// Begins a line of talk that is not ended yet: a question, or what goes on just now.
    pub fn begin(&mut self, words: impl Display) {
        let _ = write!(self.stderr, "{words} ");
        let _ = self.stderr.flush();
    }

    /// Prints a warning and what helps.
    pub fn warn(&mut self, message: impl Display, helps: &[&str]) {
        let prefix = painted(self.colours.stderr, WARNING, "warning:");
        self.say(format_args!("{prefix} {message}"));
        for help in helps {
            self.say(format_args!("  = help: {help}"));
        }
    }

    /// Prints why a verb stopped.
    pub fn failure(&mut self, failure: &Failure) {
        if self.json
            && let Some(value) = failure.json()
        {
            return self.json_told(&value);
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
    pub fn error(&mut self, report: impl Display) {
        let prefix = painted(self.colours.stderr, ERROR, "error:");
        self.say(format_args!("{prefix} {report}"));
    }

    /// Flushes, and tells whether all data was written; a reader that went away (`| head`) is no failure.
    pub fn finish(&mut self) -> bool {
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
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
