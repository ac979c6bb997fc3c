//! Calls of `cargo migrate` inside the process, each in a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use cargo_migrate::{Call, Terminals};
use revchain::Dialect;
use tempfile::TempDir;

use crate::clients::Database;

/// A place where commands are typed; it goes away with its value.
#[derive(Debug)]
pub struct Desk {
    folder: TempDir,
    environment: BTreeMap<String, String>,
    terminals: Terminals,
    answers: String,
}

/// How a call ended, and what it printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The exit code.
    pub code: u8,
    /// Data.
    pub stdout: String,
    /// Talk.
    pub stderr: String,
}

/// The time at every desk: 2026-01-18T05:30:00Z.
fn clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_768_714_200)
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

impl Desk {
    /// Makes an empty folder, no environment and no terminal.
    ///
    /// # Panics
    ///
    /// When the system refuses a temporary folder.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (environment, terminals) = (BTreeMap::new(), Terminals::default());
        Self { folder, environment, terminals, answers: String::new() }
    }

    /// Makes a folder with an initialised set and a database's URL.
    #[must_use]
    pub fn with_set() -> Self {
        let desk = Self::new().set("DATABASE_URL", "sqlite:app.db");
        desk.run("init --name app").done();
        desk
    }

    /// Makes a folder with an initialised set for PostgreSQL, and a database; nothing where no server is.
    #[must_use]
    pub fn on_postgres() -> Option<(Self, Database)> {
        let database = Database::fresh(Dialect::Postgres)?;
        let desk = Self::new().set("DATABASE_URL", &database.postgres_url());
        desk.run("init --name app --dialect postgres").done();
        Some((desk, database))
    }

    /// Makes a folder with an initialised set for MySQL, and a database; nothing where no server is.
    #[must_use]
    pub fn on_mysql() -> Option<(Self, Database)> {
        let database = Database::fresh(Dialect::Mysql)?;
        let desk = Self::new().set("DATABASE_URL", &database.mysql_url());
        desk.run("init --name app --dialect mysql").done();
        Some((desk, database))
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sits down at a terminal and answers questions with these lines.
    #[must_use]
    pub fn at_terminal(mut self, answers: &str) -> Self {
        self.terminals = Terminals { stdin: true, stdout: true, stderr: true, inherited: false };
        answers.clone_into(&mut self.answers);
        self.set("NO_COLOR", "1")
    }

    /// Returns the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command line; words with spaces stand in double quotes.
    #[must_use]
    pub fn run(&self, line: &str) -> Ended {
        self.run_in("", line)
    }

    /// Runs a command line in a folder of the desk.
    #[must_use]
    pub fn run_in(&self, folder: &str, line: &str) -> Ended {
        self.call_in(folder, words(line))
    }

    /// Runs the words of a command line, which may be empty or have spaces.
    #[must_use]
    pub fn call(&self, words: &[&str]) -> Ended {
        self.call_in("", words.iter().map(|word| (*word).to_owned()).collect())
    }

    /// Runs a command line, and hands on what is said while it goes on.
    #[must_use]
    pub fn run_telling(&self, line: &str, listener: impl FnMut(&str) + Send) -> Ended {
        let mut stderr = Telling { said: Vec::new(), listener };
        let ended = self.call_with("", words(line), &mut stderr);
        Ended { stderr: self.hide_path(&stderr.said), ..ended }
    }

    fn call_in(&self, folder: &str, words: Vec<String>) -> Ended {
        let mut stderr = Vec::new();
        let ended = self.call_with(folder, words, &mut stderr);
        Ended { stderr: self.hide_path(&stderr), ..ended }
    }

    fn call_with(
        &self,
        folder: &str,
        words: Vec<String>,
        stderr: &mut (dyn Write + Send),
    ) -> Ended {
        let mut stdout = Vec::new();
        let words = ["cargo-migrate".to_owned(), "migrate".to_owned()].into_iter().chain(words);
        let code = cargo_migrate::run(Call {
            arguments: words.map(Into::into).collect(),
            environment: self.environment.clone(),
            folder: self.path().join(folder).components().collect(),
            terminals: self.terminals,
            clock,
            stdin: &mut self.answers.as_bytes(),
            stdout: &mut stdout,
            stderr,
        });
        Ended { code, stdout: self.hide_path(&stdout), stderr: String::new() }
    }

    fn hide_path(&self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).replace(&*self.path().to_string_lossy(), "<desk>")
    }

    /// Writes a file of the desk.
    ///
    /// # Panics
    ///
    /// When it cannot be written.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(&path)).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }

    /// Reads a file of the desk.
    ///
    /// # Panics
    ///
    /// When it cannot be read.
    #[must_use]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).expect("the file is there")
    }

    /// Returns the lock's text.
    #[must_use]
    pub fn lock(&self) -> String {
        self.read("migrations/revisions.lock")
    }

    /// Writes a revision by `new`, with these statements, and returns its file.
    ///
    /// # Panics
    ///
    /// When `new` fails.
    pub fn draft(&self, id: &str, upgrade: &str, downgrade: &str) -> String {
        self.draft_with(&format!("--rev-id {id}"), upgrade, downgrade)
    }

    /// Writes a revision by `new` with these options, and returns its file.
    ///
    /// # Panics
    ///
    /// When `new` fails.
    pub fn draft_with(&self, options: &str, upgrade: &str, downgrade: &str) -> String {
        let made = self.run(&format!("new \"one more\" {options}"));
        let path = made.done().stdout.trim().to_owned();
        let text = self.read(&path);
        let text =
            text.replace("-- migrate:upgrade\n", &format!("-- migrate:upgrade\n{upgrade}\n"));
        let text =
            text.replace("-- migrate:downgrade\n", &format!("-- migrate:downgrade\n{downgrade}\n"));
        self.write(&path, &text);
        path
    }

    /// Writes three tables, a revision each: `aaaa1`, `bbbb2`, `cccc3`; returns their files.
    pub fn three(&self) -> [String; 3] {
        ["aaaa1", "bbbb2", "cccc3"].map(|id| {
            self.draft(id, &format!("CREATE TABLE {id} (n INTEGER);"), &format!("DROP TABLE {id};"))
        })
    }

    /// Replaces words in a file.
    ///
    /// # Panics
    ///
    /// When the file does not have them.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}:\n{text}");
        self.write(path, &text.replace(from, to));
    }

    /// Returns the names of the tables of `app.db` that are not the ledger's, in order.
    ///
    /// # Panics
    ///
    /// When it cannot be read.
    #[must_use]
    pub fn tables(&self) -> Vec<String> {
        let connection = rusqlite::Connection::open(self.path().join("app.db")).expect("it opens");
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' \
                   AND name NOT LIKE 'revchain%' AND name NOT LIKE 'sqlite%' ORDER BY name";
        let mut statement = connection.prepare(sql).expect("it can be asked");
        let rows = statement.query_map([], |row| row.get(0)).expect("it answers");
        rows.map(|name| name.expect("a name is text")).collect()
    }

    /// Runs git on the desk and returns what it printed.
    ///
    /// # Panics
    ///
    /// When git fails.
    pub fn git(&self, line: &str) -> String {
        let (well, text) = self.try_git(line);
        assert!(well, "git {line}: {text}");
        text
    }

    /// Runs git on the desk, and tells whether it ended well and what it printed.
    ///
    /// # Panics
    ///
    /// When there is no git.
    #[must_use]
    pub fn try_git(&self, line: &str) -> (bool, String) {
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.org",
                "-c",
                "init.defaultBranch=main",
            ])
            .args([
                "-c",
                "commit.gpgsign=false",
                "-c",
                "core.editor=true",
                "-c",
                "protocol.file.allow=always",
            ])
            .args(words(line))
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .expect("git is installed");
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        (output.status.success(), text)
    }

    /// Makes the desk a repository with a remote of its own, and publishes all that is there.
    pub fn publish(&self) {
        if !self.path().join(".git").exists() {
            self.git("init --quiet");
            self.git("init --quiet --bare remote.git");
            self.write(".git/info/exclude", "remote.git\napp.db*\n");
            self.git("remote add origin ./remote.git");
        }
        self.git("add --all");
        self.git("commit --quiet --message published");
        self.git("push --quiet origin HEAD:main");
        self.git("fetch --quiet origin");
    }

    /// Clones what this desk has published: somebody else's desk, with a database of its own.
    #[must_use]
    pub fn colleague(&self) -> Self {
        let other = Self::new().set("DATABASE_URL", "sqlite:app.db");
        other.git(&format!("clone --quiet {} .", self.at("remote.git").display()));
        other.write(".git/info/exclude", "*.db*\n");
        other
    }

    /// Commits all that is there.
    pub fn commit(&self, message: &str) {
        self.git("add --all");
        self.git(&format!("commit --quiet --message \"{message}\""));
    }

    /// Returns the statements that made the tables and indexes of a database, in order.
    ///
    /// # Panics
    ///
    /// When it cannot be read.
    #[must_use]
    pub fn schema(&self, database: &str) -> Vec<String> {
        let connection = rusqlite::Connection::open(self.at(database)).expect("it opens");
        let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name";
        let mut statement = connection.prepare(sql).expect("it can be asked");
        let rows = statement.query_map([], |row| row.get(0)).expect("it answers");
        rows.map(|sql| sql.expect("SQL is text")).collect()
    }

    /// Makes the desk a repository with a remote to which nothing was pushed.
    pub fn unpublished(&self) {
        self.git("init --quiet");
        self.git("remote add origin ./remote.git");
    }

    /// Returns a path of the desk.
    #[must_use]
    pub fn at(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }
}

/// A stream that is listened to.
struct Telling<F> {
    said: Vec<u8>,
    listener: F,
}

impl<F: FnMut(&str)> Write for Telling<F> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.said.extend(bytes);
        (self.listener)(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Ended {
    /// Expects that it ended well, and returns it.
    ///
    /// # Panics
    ///
    /// When it did not.
    #[track_caller]
    pub fn done(&self) -> &Self {
        assert_eq!(self.code, 0, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Expects an exit code and words on stderr.
    ///
    /// # Panics
    ///
    /// When it ended otherwise.
    #[track_caller]
    pub fn failed(&self, code: u8, words: &[&str]) -> &Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in stderr:\n{}", self.stderr);
        }
        self
    }

    /// Expects words on stdout.
    ///
    /// # Panics
    ///
    /// When one is missing.
    #[track_caller]
    pub fn prints(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.stdout.contains(word), "no {word:?} in stdout:\n{}", self.stdout);
        }
        self
    }

    /// Expects words on stderr.
    ///
    /// # Panics
    ///
    /// When one is missing.
    #[track_caller]
    pub fn says(&self, words: &[&str]) -> &Self {
        self.failed(self.code, words)
    }
}

/// Splits a line at spaces outside double quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => {
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
