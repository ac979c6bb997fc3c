//! A run in a process of its own, which can be started with others at once, and killed.

use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// A process that has loaded its set and opened its database, and waits for the word.
#[derive(Debug)]
pub struct Deployer {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Deployer {
    /// Starts `program` (the package's `migrator`) and waits until it is ready.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start(
        program: impl AsRef<OsStr>,
        folder: &Path,
        database: &Path,
        verb: &str,
        mode: &str,
    ) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args([folder, database]).args([verb, mode]);
        Self::spawn(command)
    }

    /// Starts a command that is a `migrator`, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let said = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut deployer = Self { child, said: BufReader::new(said) };
        let mut line = String::new();
        deployer.said.read_line(&mut line)?;
        if line.trim_end() == "ready" {
            Ok(deployer)
        } else {
            Err(io::Error::other(format!("{line}{}", deployer.end()?.errors)))
        }
    }

    /// Lets it run.
    ///
    /// # Errors
    ///
    /// When it has ended already.
    pub fn go(&mut self) -> io::Result<()> {
        self.child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(b"\n"))
    }

    /// Kills it, as the system does when memory runs out, and waits until it is gone.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn kill(mut self) -> io::Result<ExitStatus> {
        self.child.kill()?;
        self.child.wait()
    }

    /// Waits for its end.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn end(mut self) -> io::Result<End> {
        let mut steps = String::new();
        self.said.read_to_string(&mut steps)?;
        let mut errors = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            stderr.read_to_string(&mut errors)?;
        }
        let status = self.child.wait()?;
        Ok(End { status, steps: steps.trim_end().parse().unwrap_or(0), errors })
    }
}

impl Drop for Deployer {
    fn drop(&mut self) {
        // A test that fails leaves no process behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct End {
    /// How it ended.
    pub status: ExitStatus,
    /// How many steps it did.
    pub steps: usize,
    /// What it said of errors.
    pub errors: String,
}
