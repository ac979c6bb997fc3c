//! The program itself: what a process adds to the library. All else is in the workspace's `tests`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

/// Prepares a call in a folder, with nothing of this process's environment that matters.
fn command(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-migrate"));
    command.args(line.split(' ').filter(|word| !word.is_empty())).current_dir(folder);
    for variable in ["CI", "DATABASE_URL", "NO_COLOR", "VISUAL", "EDITOR"] {
        command.env_remove(variable);
    }
    command
}

/// Makes a call that must end well.
fn done(folder: &Path, line: &str) -> std::io::Result<String> {
    let output = command(folder, line).output()?;
    assert!(output.status.success(), "{line}: {}", text(&output));
    Ok(text(&output))
}

fn text(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn it_works_as_a_cargo_command_and_by_its_own_name() -> Result {
    let desk = tempfile::tempdir()?;
    for line in ["migrate init", "init", "migrate new first", "new second", "migrate heads"] {
        done(desk.path(), line)?;
    }
    let output = command(desk.path(), "history").output()?;
    assert_eq!(String::from_utf8(output.stdout)?.lines().count(), 2);
    let output = command(desk.path(), "upgarde").output()?;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("did you mean `upgrade`?"));
    Ok(())
}

#[test]
fn environment_and_exit_code_are_the_process_s() -> Result {
    let desk = tempfile::tempdir()?;
    done(desk.path(), "init")?;
    done(desk.path(), "new first")?;
    let output =
        command(desk.path(), "upgrade").env("CI", "true").env("DATABASE_URL", "app.db").output()?;
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    let output = command(desk.path(), "upgrade").env("DATABASE_URL", "app.db").output()?;
    assert!(output.status.success(), "{}", text(&output));
    assert!(desk.path().join("app.db").exists());
    Ok(())
}

#[test]
fn processes_that_write_at_the_same_time_make_one_chain() -> Result {
    let desk = tempfile::tempdir()?;
    done(desk.path(), "init")?;
    let calls: std::io::Result<Vec<_>> = (0..8)
        .map(|number| {
            command(desk.path(), &format!("new number_{number}"))
                .stderr(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
        })
        .collect();
    for mut call in calls? {
        assert!(call.wait()?.success());
    }
    done(desk.path(), "check")?;
    let output = command(desk.path(), "history").output()?;
    assert_eq!(String::from_utf8(output.stdout)?.lines().count(), 8);
    // The lock, the attributes and the revisions: nothing is left behind.
    assert_eq!(fs::read_dir(desk.path().join("migrations"))?.count(), 10);
    Ok(())
}

#[test]
fn eight_processes_upgrade_one_file_and_one_of_them_seals() -> Result {
    let desk = tempfile::tempdir()?;
    done(desk.path(), "init")?;
    for number in 0..3 {
        done(desk.path(), &format!("new number_{number}"))?;
    }
    let calls: std::io::Result<Vec<_>> = (0..8)
        .map(|_| {
            command(desk.path(), "upgrade --database-url app.db").stderr(Stdio::null()).spawn()
        })
        .collect();
    for mut call in calls? {
        assert!(call.wait()?.success());
    }
    done(desk.path(), "check --locked")?;
    Ok(())
}

#[test]
fn inside_a_hook_the_folder_s_own_repository_is_asked() -> Result {
    let desk = tempfile::tempdir()?;
    done(desk.path(), "init")?;
    done(desk.path(), "new first")?;
    done(desk.path(), "seal")?;
    let git = |line: &str| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        Command::new("git").args(identity).args(line.split(' ')).current_dir(desk.path()).status()
    };
    for line in ["init --quiet", "add --all", "commit --quiet --message x"] {
        assert!(git(line)?.success(), "git {line}");
    }
    let mut call = command(desk.path(), "check --against HEAD");
    let output = call.env("GIT_DIR", ".git").env("GIT_INDEX_FILE", ".git/index").output()?;
    assert!(output.status.success(), "{}", text(&output));
    Ok(())
}

#[test]
fn a_reader_that_goes_away_is_no_failure() -> Result {
    let desk = tempfile::tempdir()?;
    done(desk.path(), "init")?;
    let mut child = command(desk.path(), "--help").stdout(Stdio::piped()).spawn()?;
    drop(child.stdout.take());
    assert!(child.wait()?.success());
    Ok(())
}

/// Root may write everywhere: the test lends itself to another user, and needs root for that.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_means_locked() -> Result {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;

    let desk = tempfile::tempdir()?;
    done(desk.path(), "init")?;
    done(desk.path(), "new first")?;
    let lock = desk.path().join("migrations/revisions.lock");
    let before = fs::read_to_string(&lock)?;
    let mode = fs::metadata(&lock)?.permissions().mode() & 0o777;
    assert_ne!(mode & 0o044, 0, "others can read the lock as they can other files: {mode:o}");
    fs::set_permissions(desk.path(), fs::Permissions::from_mode(0o755))?;
    fs::set_permissions(desk.path().join("migrations"), fs::Permissions::from_mode(0o555))?;
    let is_root = fs::metadata(desk.path())?.uid() == 0;
    let other = |line: &str| -> std::io::Result<Output> {
        let binary = desk.path().join("cargo-migrate");
        if !binary.exists() {
            fs::copy(env!("CARGO_BIN_EXE_cargo-migrate"), &binary)?;
        }
        let mut call = Command::new(&binary);
        call.args(line.split(' '))
            .current_dir(desk.path())
            .env_remove("CI")
            .env_remove("DATABASE_URL");
        if is_root {
            call.uid(65534).gid(65534);
        }
        loop {
            match call.output() {
                // A test beside this one forked while the copy was being written: its child lets go soon.
                Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                    std::thread::yield_now();
                }
                output => break output,
            }
        }
    };
    let output = other("upgrade --database-url app.db")?;
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(text(&output).contains("is a draft"), "{}", text(&output));
    assert_eq!(other("check")?.status.code(), Some(3));
    for line in ["new second", "seal", "lock", "set heads many"] {
        let output = other(line)?;
        assert_eq!(output.status.code(), Some(1), "{line}: {}", text(&output));
        assert!(text(&output).contains("the folder cannot be written"), "{}", text(&output));
    }
    assert_eq!(fs::read_to_string(&lock)?, before);
    assert!(!desk.path().join("app.db").exists());
    fs::set_permissions(desk.path().join("migrations"), fs::Permissions::from_mode(0o755))?;
    Ok(())
}

#[test]
#[cfg(unix)]
fn the_projects_own_binary_has_the_streams_of_the_process() -> Result {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::os::unix::fs::PermissionsExt as _;

    let desk = tempfile::tempdir()?;
    done(desk.path(), "init")?;
    done(desk.path(), "new first --rust")?;
    done(desk.path(), "seal")?;
    fs::write(desk.path().join("Cargo.toml"), "[package]\nname = \"shop\"\n")?;
    done(desk.path(), "init --runner")?;
    let script = desk.path().join("cargo.sh");
    fs::write(&script, "#!/bin/sh\necho asked\nread answer\necho \"got $answer\"\nexit 5\n")?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    let mut child = command(desk.path(), "upgrade")
        .envs([("DATABASE_URL", "app.db".as_ref()), ("CARGO", script.as_os_str())])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (mut stdin, stdout) = (child.stdin.take().ok_or("stdin")?, child.stdout.take());
    let mut stdout = BufReader::new(stdout.ok_or("stdout")?);
    // What it says is there before it is answered.
    let mut asked = String::new();
    stdout.read_line(&mut asked)?;
    assert_eq!(asked, "asked\n");
    writeln!(stdin, "blue")?;
    let mut rest = String::new();
    stdout.read_to_string(&mut rest)?;
    assert_eq!(rest, "got blue\n");
    assert_eq!(child.wait()?.code(), Some(5));
    Ok(())
}
