//! What `init` leaves beside the lock: git's attributes, the build script that lets cargo see every change of the
//! folder, and the lines that an application needs.

mod paste;

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::lockfile;
use crate::project::manifest;
use crate::session::Session;

pub(crate) use paste::lines_to_paste;

const ATTRIBUTES: &str = "*.sql text eol=lf\nrevisions.lock text eol=lf merge=text\n";

/// What became of the package's build script.
#[derive(Debug)]
pub(crate) enum BuildScript {
    /// It was written.
    Written(PathBuf),
    /// It tracks the folder already.
    Tracks,
    /// There is one; these lines are missing in its `main`.
    Lacks {
        /// The script.
        path: PathBuf,
        /// The lines.
        lines: Vec<String>,
        /// Whether it never said what it reads, so that cargo ran it after any change of the package.
        by_default: bool,
    },
    /// The manifest says `build = false`.
    Off,
}

/// Writes the build script of a package where there is none.
///
/// # Errors
///
/// The script cannot be written.
pub(crate) fn write_build_script(package: &Path, folder: &Path) -> Result<BuildScript, Failure> {
    let name = relative(package, folder);
    let lines = vec![
        format!("println!(\"cargo::rerun-if-changed={name}\");"),
        format!("println!(\"cargo::rustc-env=REVCHAIN_TRACKED={name}\");"),
    ];
    let path = match manifest(package).get("package").and_then(|package| package.get("build")) {
        Some(toml::Value::Boolean(false)) => return Ok(BuildScript::Off),
        Some(toml::Value::String(script)) => package.join(script),
        _ => package.join("build.rs"),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let missing: Vec<String> = lines
                .into_iter()
                .filter(|line| {
                    let said = line.split('"').nth(1).unwrap_or_default();
                    let older = said.replacen("cargo::", "cargo:", 1);
                    !(text.contains(&format!("\"{said}\""))
                        || text.contains(&format!("\"{older}\"")))
                })
                .collect();
            if missing.is_empty() {
                return Ok(BuildScript::Tracks);
            }
            let by_default = !text.contains("rerun-if-");
            Ok(BuildScript::Lacks { path, lines: missing, by_default })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = format!("fn main() {{\n    {}\n}}\n", lines.join("\n    "));
            let failed = |error: std::io::Error| Failure::file("write", &path, &error);
            lockfile::create(&path, &text).map_err(failed)?;
            Ok(BuildScript::Written(path))
        }
        Err(error) => Err(Failure::file("read", &path, &error)),
    }
}

impl BuildScript {
    /// Says what is left to do.
    pub(crate) fn tell(&self, session: &mut Session<'_>) {
        match self {
            Self::Written(_) | Self::Tracks => {}
            Self::Off => session.output.warn(
                "Cargo.toml says `build = false`, so a release build cannot see changes of the folder",
                &["remove that line and run again: cargo migrate init"],
            ),
            Self::Lacks { path, lines, by_default } => {
                let shown = session.shown(path);
                session.output.warn(format_args!("{shown} does not track the folder"), &[]);
                session.output.say(format_args!("add to its `main`:\n\n    {}\n", lines.join("\n    ")));
                if *by_default {
                    session.output.warn(
                        format_args!(
                            "{shown} says nowhere what it reads: so far cargo ran it after any change of the package, with these lines only after changes of the folder"
                        ),
                        &["name whatever else it reads: println!(\"cargo::rerun-if-changed=<file>\");"],
                    );
                }
            }
        }
    }
}

/// The package's name, else the folder's, as far as a set's name can be so.
pub(crate) fn default_name(folder: &Path) -> String {
    let manifest = manifest(folder);
    let package = manifest.get("package").and_then(|package| package.get("name")?.as_str());
    let name = match package {
        Some(name) => name.to_owned(),
        None => folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "_-.".contains(*c);
    let name: String = name.chars().filter(allowed).take(63).collect();
    if name.is_empty() { "main".to_owned() } else { name }
}

/// Makes sure that git checks the files out with line feeds and merges the lock as text; tells whether it was needed.
///
/// # Errors
///
/// The attributes cannot be read or written.
pub(crate) fn add_attributes(path: &Path) -> Result<bool, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Failure::file("read", path, &error)),
    };
    let has = |line: &str| text.lines().any(|have| have.trim() == line);
    let missing: Vec<&str> = ATTRIBUTES.lines().filter(|line| !has(line)).collect();
    if missing.is_empty() {
        return Ok(false);
    }
    let break_line = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let whole = format!("{text}{break_line}{}\n", missing.join("\n"));
    lockfile::replace(path, &whole).map_err(|error| Failure::file("write", path, &error))?;
    Ok(true)
}

/// Returns the folder as the package names it, with `/`.
pub(crate) fn relative(package: &Path, folder: &Path) -> String {
    let common = package.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = package.components().count() - common;
    let mut parts = vec!["..".to_owned(); up];
    parts.extend(
        folder.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into()),
    );
    parts.join("/")
}
