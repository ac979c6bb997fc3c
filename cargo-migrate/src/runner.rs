//! The project's own binary, which has the functions of revisions written in Rust: `cargo run --bin migrate`.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;

use revchain::ErrorKind;
use revchain::cli::exit::Exit;
use revchain::cli::failure::What;
use revchain::cli::scene::VARIABLE;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::lines;
use crate::lockfile;
use crate::project::{Project, manifest, package_at};
use crate::scaffold::relative;
use crate::scene::FolderScene;
use crate::session::Session;
use crate::settings::Settings;
use crate::url::{DatabaseArguments, DatabaseUrl};
use crate::verbs::Verb;

/// The binary's name.
const NAME: &str = "migrate";

/// Lets the project's own binary do what a verb cannot, where there is one: a plan with a revision that is written in Rust.
///
/// It gets the same words, without those that only the command knows, and the same environment; its exit code is the call's.
/// What it applied is sealed afterwards.
///
/// # Errors
///
/// The failure itself, where it is another or there is no such binary.
pub(crate) fn instead(
    session: &mut Session<'_>,
    words: &[OsString],
    failure: Failure,
) -> Result<(), Failure> {
    let is_in_rust = matches!(
        &failure.what,
        What::Run(error) if matches!(error.kind(), ErrorKind::WrittenInRust(_))
    );
    let verb = match lines::parse::<Arguments>(words) {
        Ok(lines::Asked::Verb(arguments)) if is_in_rust => arguments.verb,
        _ => return Err(failure),
    };
    let project = Project::find(session)?;
    let package = package_at(&project.path).filter(|package| has_runner(package));
    let Some(package) = package else { return Err(failure) };
    let mut ended = Exit::Done;
    let mut binary = |session: &mut Session<'_>, besides: Vec<String>| {
        let code = run(session, &project, &package, own_words(words), &besides)?;
        ended = Exit::of(code);
        Ok(ended == Exit::Done)
    };
    let sealed = match verb {
        Verb::Upgrade(upgrade) => {
            binary(session, Vec::new())?;
            upgrade.seal_applied(session, &mut FolderScene::find(session)?)
        }
        // Whoever had to be asked has answered.
        Verb::Downgrade(_) if words.iter().any(|word| is_yes(word)) => {
            binary(session, Vec::new()).map(|_| ())
        }
        Verb::Downgrade(_) => binary(session, vec!["--yes".to_owned()]).map(|_| ()),
        Verb::Amend(amend) => amend.run_by(session, binary),
        _ => return Err(failure),
    };
    match ended {
        Exit::Done => sealed,
        exit => Err(Failure::said(exit)),
    }
}

/// Runs the binary, and returns its exit code.
///
/// The process's own streams become its own; else it gets what stands in the call's, and what it says is handed on as it comes.
fn run(
    session: &mut Session<'_>,
    project: &Project,
    package: &Path,
    words: Vec<&OsStr>,
    besides: &[String],
) -> Result<u8, Failure> {
    let cargo = session.variable("CARGO").unwrap_or("cargo").to_owned();
    let failed = |error: std::io::Error| {
        Failure::new(format!("cannot run {cargo}: {error}"))
            .help("run it yourself: cargo run --bin migrate -- upgrade")
    };
    let mut command = Command::new(&cargo);
    command.args(["run", "--quiet", "--bin", NAME, "--manifest-path"]);
    command.arg(package.join("Cargo.toml")).arg("--");
    command.args(words).args(besides);
    command.env_clear().envs(&session.environment).current_dir(&session.folder);
    let variable = Settings::read(project)?.database_url_variable;
    if variable != VARIABLE {
        // The binary knows no settings, neither of the environment nor of `.env`.
        let url = DatabaseUrl::find_any(session, &DatabaseArguments::default(), &variable)?;
        command.envs(url.map(|url| (VARIABLE, url.secret().to_owned())));
    }
    let status = if session.terminals.inherited {
        command.status().map_err(failed)?
    } else {
        handed_on(session, command).map_err(failed)?
    };
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Runs a program with what stands in the call's input, and prints its lines as they come.
fn handed_on(session: &mut Session<'_>, mut command: Command) -> io::Result<ExitStatus> {
    let mut input = Vec::new();
    session.stdin.read_to_end(&mut input)?;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (lines, told) = mpsc::channel();
    std::thread::scope(|scope| {
        // A program that does not read its input is no failure.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
        let talk = lines.clone();
        scope.spawn(move || stdout.map(|stdout| send_lines(stdout, true, &lines)));
        scope.spawn(move || stderr.map(|stderr| send_lines(stderr, false, &talk)));
        for (is_data, line) in told {
            if is_data { session.output.data(line) } else { session.output.say(line) }
        }
    });
    child.wait()
}

/// Sends each line of a stream on, and whether it is data.
fn send_lines(stream: impl Read, is_data: bool, lines: &mpsc::Sender<(bool, String)>) {
    for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        // Its reader lives as long as the child's streams.
        let _ = lines.send((is_data, String::from_utf8_lossy(&line).into_owned()));
    }
}

fn is_yes(word: &OsStr) -> bool {
    word == "--yes" || word == "-y"
}

/// Returns the words of a call without the program's name and those that only the command knows: folder, set, lock and
/// `--force`.
fn own_words(words: &[OsString]) -> Vec<&OsStr> {
    let mut own = Vec::new();
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        match &*text {
            "--dir" | "--name" | "-n" => _ = words.next(),
            "--force" => {}
            text if text.starts_with("--locked") => {}
            text if text.starts_with("--dir=") || text.starts_with("--name=") => {}
            text if text.starts_with("-n") => {}
            _ => own.push(word.as_os_str()),
        }
    }
    own
}

fn has_runner(package: &Path) -> bool {
    let files = ["src/bin/migrate.rs", "src/bin/migrate/main.rs"];
    let is_named = |bin: &toml::Value| bin.get("name").and_then(|name| name.as_str()) == Some(NAME);
    let manifest = manifest(package);
    let bins = manifest.get("bin").and_then(|bins| bins.as_array());
    files.iter().any(|file| package.join(file).is_file())
        || bins.is_some_and(|bins| bins.iter().any(is_named))
}

/// Writes the binary where there is none, and returns its path.
///
/// # Errors
///
/// It cannot be written.
pub(crate) fn write(package: &Path, folder: &Path) -> Result<Option<PathBuf>, Failure> {
    if has_runner(package) {
        return Ok(None);
    }
    let path = package.join("src/bin/migrate.rs");
    let folder = relative(package, folder);
    let text = format!(
        "//! `cargo migrate` with the functions of revisions written in Rust.\n\n\
         revchain::migrations!(static MIGRATIONS = \"{folder}\", without(compiled_in, round_trip));\n\n\
         fn main() -> std::process::ExitCode {{\n    revchain::cli::main(&MIGRATIONS)\n}}\n"
    );
    let failed = |error: std::io::Error| Failure::file("write", &path, &error);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    lockfile::create(&path, &text).map_err(failed)?;
    Ok(Some(path))
}

/// Tells whether the package asks for what the binary needs: the feature `cli`.
pub(crate) fn has_feature(package: &Path) -> bool {
    let manifest = manifest(package);
    let revchain = manifest.get("dependencies").and_then(|table| table.get("revchain"));
    let features = revchain.and_then(|own| own.get("features")).and_then(toml::Value::as_array);
    features.is_some_and(|features| features.iter().any(|one| one.as_str() == Some("cli")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_only_the_command_knows_are_left_out() {
        let words = "x upgrade --dir a/b head -n shop --locked=false --json --name=x -nx --wait 3s";
        let words: Vec<OsString> = words.split(' ').map(OsString::from).collect();
        assert_eq!(own_words(&words), ["upgrade", "head", "--json", "--wait", "3s"]);
    }
}
