//! Small cargo packages in temporary folders, which share one target folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A cargo package that compiles a folder of migrations in.
pub struct Package {
    folder: TempDir,
    target: PathBuf,
}

/// What a command printed, and whether it ended well.
#[derive(Debug)]
pub struct Output {
    /// Whether the command ended well.
    pub success: bool,
    /// What it printed, both ways.
    pub text: String,
}

const MAIN: &str = "revchain::migrations!(pub static MIGRATIONS = \"migrations\");

fn main() {
    for revision in &MIGRATIONS.set().revisions {
        println!(\"{}: {} bytes\", revision.id, revision.text.len());
    }
}
";

const BUILD: &str = "fn main() {
    println!(\"cargo::rerun-if-changed=migrations\");
    println!(\"cargo::rustc-env=REVCHAIN_TRACKED=migrations\");
}
";

impl Package {
    /// Makes a package, with its build script if `tracked`; `scratch` is cargo's folder for the temporary files of tests.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn new(scratch: &str, tracked: bool) -> io::Result<Self> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let package = Self { folder: TempDir::new()?, target: Path::new(scratch).join("packages") };
        let manifest = format!(
            "[package]\nname = \"shop\"\nversion = \"1.2.3\"\nedition = \"2024\"\n\n[dependencies]\n\
             revchain = {{ path = {:?} }}\n\n[workspace]\n",
            workspace.join("runtime")
        );
        fs::create_dir_all(package.path("src"))?;
        fs::create_dir_all(package.path("migrations"))?;
        fs::copy(workspace.join("Cargo.lock"), package.path("Cargo.lock"))?;
        package.write("Cargo.toml", &manifest)?;
        package.write("src/main.rs", MAIN)?;
        if tracked {
            package.write("build.rs", BUILD)?;
        }
        Ok(package)
    }

    /// Returns a file of the package.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// Writes a file of the package.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn write(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.path(file), text)
    }

    /// Runs cargo in the package.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn cargo(&self, arguments: &[&str]) -> io::Result<Output> {
        cargo(self.folder.path(), &self.target, arguments)
    }

    /// Runs git in the package.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn git(&self, arguments: &[&str]) -> io::Result<Output> {
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.hooksPath="];
        run(Command::new("git").args(who).args(arguments).current_dir(self.folder.path()))
    }
}

/// Runs cargo in a folder, without a network.
///
/// # Errors
///
/// What the system says.
pub fn cargo(folder: &Path, target: &Path, arguments: &[&str]) -> io::Result<Output> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo)
        .args(arguments)
        .arg("--offline")
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target))
}

fn run(command: &mut Command) -> io::Result<Output> {
    let output = command.env_remove("RUSTFLAGS").env("RUST_BACKTRACE", "0").output()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok(Output { success: output.status.success(), text })
}

impl Output {
    /// Panics unless the command failed and said all of `words`.
    #[track_caller]
    pub fn fails_with(&self, words: &[&str]) {
        assert!(!self.success, "{}", self.text);
        for word in words {
            assert!(self.text.contains(word), "no {word:?} in:\n{}", self.text);
        }
    }

    /// Panics unless the command ended well and said all of `words`.
    #[track_caller]
    pub fn says(&self, words: &[&str]) {
        assert!(self.success, "{}", self.text);
        for word in words {
            assert!(self.text.contains(word), "no {word:?} in:\n{}", self.text);
        }
    }
}
