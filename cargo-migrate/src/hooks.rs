//! Commands of the team's own that run before or after a verb: `before-upgrade`, `after-upgrade`, `after-new` in migrate.toml.

use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::project::Project;
use crate::session::Session;
use crate::settings::Settings;
use crate::url::DatabaseUrl;

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hook {
    BeforeUpgrade,
    AfterUpgrade,
    AfterNew,
}

impl Hook {
    /// Returns the setting that holds its command.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::BeforeUpgrade => "before-upgrade",
            Self::AfterUpgrade => "after-upgrade",
            Self::AfterNew => "after-new",
        }
    }
}

/// Tells whether an upgrade of this call has hooks.
///
/// # Errors
///
/// The settings cannot be read.
pub(crate) fn around_upgrade(session: &Session<'_>, project: &Project) -> Result<bool, Failure> {
    let settings = Settings::read(project)?;
    let any = !settings.before_upgrade.is_empty() || !settings.after_upgrade.is_empty();
    Ok(any && !session.globals.no_hooks)
}

/// Runs a hook, where there is one: without a shell, with the database's URL in `DATABASE_URL`, the schema of `--schema` in
/// `REVCHAIN_SCHEMA`, a new file in `REVCHAIN_FILE`, and nothing else that a `.env` says. What it prints is talk.
///
/// # Errors
///
/// It could not be started, or failed.
pub(crate) fn run(
    session: &mut Session<'_>,
    project: &Project,
    hook: Hook,
    url: Option<&DatabaseUrl>,
    file: Option<&str>,
) -> Result<(), Failure> {
    let settings = Settings::read(project)?;
    let words = match hook {
        Hook::BeforeUpgrade => settings.before_upgrade,
        Hook::AfterUpgrade => settings.after_upgrade,
        Hook::AfterNew => settings.after_new,
    };
    let name = hook.name();
    let Some((program, arguments)) = words.split_first().filter(|_| !session.globals.no_hooks)
    else {
        return Ok(());
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&session.folder).stdin(Stdio::null());
    command.env_clear().envs(&session.environment).env_remove("DATABASE_URL");
    if let Some(url) = url {
        command.env("DATABASE_URL", url.secret());
    }
    if let Some(schema) = url.and_then(DatabaseUrl::schema) {
        command.env("REVCHAIN_SCHEMA", schema);
    }
    if let Some(file) = file {
        command.env("REVCHAIN_FILE", file);
    }
    session.output.done("hook:", format_args!("{name}: {program}"));
    let skip = "go on without hooks: --no-hooks";
    let output = command.output().map_err(|error| {
        Failure::new(format!("the hook `{name}` cannot be started"))
            .note(format!("{program}: {error}"))
            .help(format!("mend `{name}` in {}/migrate.toml", project.shown))
            .help(skip)
    })?;
    for bytes in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(bytes);
        text.lines().for_each(|line| session.output.say(line));
    }
    if output.status.success() {
        return Ok(());
    }
    let failure = Failure::new(format!("the hook `{name}` failed"))
        .note(format!("{program}: {}", output.status));
    Err(match hook {
        Hook::BeforeUpgrade => failure.note("nothing was applied").help(skip),
        Hook::AfterUpgrade => failure.note("the upgrade itself is done"),
        Hook::AfterNew => failure.note("the file is there"),
    })
}
