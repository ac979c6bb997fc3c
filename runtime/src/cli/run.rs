//! What the verbs share that work on a database: options of a run, the progress on the terminal, what is said at the end.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::cli::database::Database;
use crate::cli::dump::dump;
use crate::cli::duration::{duration, duration_or_off};
use crate::cli::failure::{Failure, done};
use crate::cli::output::{Output, counted};
use crate::cli::session::Session;
use crate::cli::url::DatabaseUrl;
use crate::{Ahead, Dialect, Direction, Done, Progress, Report, Restored, Run, Transactions};

/// How a run behaves.
#[derive(Args, Clone, Debug, Default)]
pub struct RunArguments {
    /// How long to wait for another run, as `30s` or `5m`; for a database that is starting waits --wait
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "15m")]
    lock_wait: Duration,
    /// On a server: how long a statement waits for a lock before the revision is tried again; `off` waits for ever
    #[arg(long, value_name = "TIME", value_parser = duration_or_off, default_value = "5s")]
    lock_timeout: Duration,
    /// On a server: how long a statement may take
    #[arg(long, value_name = "TIME", value_parser = duration)]
    statement_timeout: Option<Duration>,
    /// How often a revision is tried again that met a lock or a deadlock
    #[arg(long, value_name = "NUMBER", default_value = "5")]
    retries: u32,
    /// `allow` a database that has revisions which the set does not know
    #[arg(long, value_name = "RULE", value_enum)]
    ahead: Option<AheadRule>,
    /// A word that is written beside each event, as a deployment's number
    #[arg(long, value_name = "WORD")]
    tag: Option<String>,
}

/// What is kept of the database as it was.
#[derive(Args, Clone, Debug, Default)]
pub struct BackupArguments {
    /// Copy the database to this file first, where there is something to do; the file must not be there
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,
}

impl BackupArguments {
    /// Tells whether a copy is asked for.
    pub const fn is_given(&self) -> bool {
        self.backup.is_some()
    }

    /// Refuses to copy what a script does not touch.
    pub fn refuse_in_script(&self) -> Result<(), Failure> {
        if self.backup.is_none() {
            return Ok(());
        }
        Err(Failure::usage("the argument `--backup <FILE>` cannot be used with `--sql`")
            .help("a script touches no database: leave --backup out"))
    }

    /// Returns the run, which copies a SQLite database itself; a server's is copied here, where there is something to do.
    ///
    /// # Errors
    ///
    /// No copy could be taken.
    pub fn apply<'r>(
        &self,
        session: &mut Session<'_>,
        url: &DatabaseUrl,
        database: &mut Database,
        prepare: impl Fn() -> Run<'r>,
    ) -> Result<Run<'r>, Failure> {
        let Some(path) = &self.backup else { return Ok(prepare()) };
        let path = session.folder.join(path);
        if url.dialect() == Dialect::Sqlite {
            return Ok(prepare().backup(path));
        }
        if !database.plan(prepare())?.is_empty() {
            dump(session, url, &path)?;
            session.output.done("backup:", path.display());
        }
        Ok(prepare())
    }
}

/// What commits together.
#[derive(Args, Clone, Debug, Default)]
pub struct TransactionArguments {
    /// What commits together: the whole run, which is the default on SQLite, or each revision
    #[arg(long, value_name = "SCOPE", value_enum)]
    transactions: Option<Scope>,
}

impl TransactionArguments {
    /// Applies the option to a run.
    pub fn apply<'r>(&self, run: Run<'r>) -> Run<'r> {
        match self.transactions {
            None => run,
            Some(Scope::PerRun) => run.transactions(Transactions::PerRun),
            Some(Scope::PerRevision) => run.transactions(Transactions::PerRevision),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Scope {
    PerRun,
    PerRevision,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum AheadRule {
    /// It is an error
    Refuse,
    /// It is none, when nothing of the set's own is pending
    Allow,
}

impl RunArguments {
    /// Applies the options to a run.
    pub fn apply<'r>(&self, mut run: Run<'r>) -> Run<'r> {
        run = run.wait(self.lock_wait).retries(self.retries);
        run = run.lock_timeout(Some(self.lock_timeout).filter(|timeout| !timeout.is_zero()));
        if let Some(timeout) = self.statement_timeout {
            run = run.statement_timeout(timeout);
        }
        if self.ahead == Some(AheadRule::Allow) {
            run = run.ahead(Ahead::Allow);
        }
        match &self.tag {
            Some(tag) => run.tag(tag.clone()),
            None => run,
        }
    }
}

/// Runs, and tells of each revision as it is done.
///
/// # Errors
///
/// What stopped the run.
pub fn run(
    session: &mut Session<'_>,
    run: Run<'_>,
    database: &mut Database,
) -> Result<Report, Failure> {
    let live = session.terminals.stderr;
    let told = Vec::new();
    let mut teller = Teller { output: &mut session.output, live, open: false, told };
    let result = database.run(run.observer(|progress| teller.tell(progress)));
    teller.close();
    if let Err(error) = &result {
        teller.rolled_back(error);
    }
    Ok(result?)
}

/// Tells of revisions: on a terminal already when one begins.
struct Teller<'t, 'o> {
    output: &'t mut Output<'o>,
    live: bool,
    /// Whether a line is begun and not ended.
    open: bool,
    /// The ids of which it was told that they are done.
    told: Vec<String>,
}

impl Teller<'_, '_> {
    fn tell(&mut self, progress: &Progress) {
        match progress {
            Progress::Waiting { waited, holder } => {
                self.close();
                let waited = waited.as_secs();
                let holder = holder.as_ref().map(|holder| format!(" ({holder})"));
                let holder = holder.unwrap_or_default();
                self.output.say(format_args!("waiting for another run{holder}, {waited} s so far"));
            }
            Progress::Retrying { attempt, of, reason } => {
                self.close();
                self.output.say(format_args!("trying again, {attempt} of {of}: {reason}"));
            }
            Progress::BackedUp { path } => self.output.done("backup:", path.display()),
            Progress::LeftOver { path } => self.output.warn(
                format_args!("a copy from before an earlier `amend` is left: {}", path.display()),
                &[&format!("remove it, when nobody needs it: rm \"{}\"", path.display())],
            ),
            Progress::Started { revision, message, direction, .. } if self.live => {
                self.close();
                self.output.begin(format_args!("{direction} {revision} {message} …"));
                self.open = true;
            }
            Progress::Finished(done) => {
                let Done { revision, message, direction, .. } = done;
                let time = time(done);
                if self.open {
                    self.output.say(time);
                } else {
                    // Of what `stamp --purge` erases, the set may know no message.
                    let words = [revision, message, &time];
                    let words: Vec<&str> = words
                        .into_iter()
                        .map(String::as_str)
                        .filter(|word| !word.is_empty())
                        .collect();
                    self.output.done(direction.name(), words.join(" "));
                }
                self.open = false;
                self.told.push(revision.clone());
            }
            _ => {}
        }
    }

    /// Takes back what was told: a revision is done when its statements are, and stays so when they commit.
    fn rolled_back(&mut self, error: &crate::Error) {
        if let Some(Restored::Yes | Restored::OverOthers) = error.restored() {
            // The error says that all of it is undone.
            return;
        }
        let gone = &self.told[error.applied().len().min(self.told.len())..];
        if !gone.is_empty() {
            self.output.say(format_args!("rolled back as well: {}", gone.join(" ")));
        }
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.open) {
            self.output.say("");
        }
    }
}

/// Returns how long a revision took, `(1.2 ms)`, or how else it came to be done.
fn time(done: &Done) -> String {
    if done.replacing {
        return match done.direction {
            Direction::Upgrade => "(recorded, not run: the database has what it replaces)",
            Direction::Downgrade => "(no more recorded: what it replaces stands again)",
        }
        .to_owned();
    }
    if done.adopted {
        return "(adopted, not run)".to_owned();
    }
    if done.stamped {
        return "(recorded, not run)".to_owned();
    }
    let resumed = if done.resumed { ", resumed" } else { "" };
    let milliseconds = done.duration.as_secs_f64() * 1000.0;
    if milliseconds < 1000.0 {
        format!("({milliseconds:.1} ms{resumed})")
    } else {
        format!("({:.2} s{resumed})", milliseconds / 1000.0)
    }
}

/// Prints what a run did: as JSON, or a line that sums it up.
pub fn report(output: &mut Output<'_>, report: &Report, sealed: &[String]) {
    if output.is_json() {
        let steps: Vec<_> = report.steps.iter().map(done).collect();
        return output
            .json(&json!({"done": steps, "corrected": report.corrected, "sealed": sealed}));
    }
    for id in &report.corrected {
        output.done("corrected:", format_args!("the stored downgrade of {id}"));
    }
    if !sealed.is_empty() {
        output.done("sealed:", sealed.join(" "));
    }
    if report.is_empty() {
        output.say("nothing to do");
        return;
    }
    let up = report.steps.iter().filter(|done| done.direction == Direction::Upgrade).count();
    let down = report.steps.len() - up;
    let mut words = Vec::new();
    if up > 0 {
        words.push(format!("{} applied", counted(up, "revision")));
    }
    if down > 0 {
        words.push(format!("{} taken back", counted(down, "revision")));
    }
    if !words.is_empty() {
        output.say(words.join(", "));
    }
}
