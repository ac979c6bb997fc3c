//! Waits for a database that is still starting, with growing pauses.

use std::time::{Duration, Instant};

use super::refusal::Refusal;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::url::DatabaseUrl;

/// The pauses between tries begin so, double, and stay at the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Connects; while the database is starting tries again, as long as the URL's `wait` says.
///
/// # Errors
///
/// The database cannot be reached in that time, or answers what no waiting changes.
pub(super) fn wait<C>(
    url: &DatabaseUrl,
    output: &mut Output<'_>,
    mut connect: impl FnMut() -> Result<C, Refusal>,
) -> Result<C, Failure> {
    let began = Instant::now();
    let (mut pause, longest) = PAUSES;
    let mut told = String::new();
    loop {
        let refusal = match connect() {
            Ok(connection) => {
                if !told.is_empty() {
                    output.say(format_args!("{url} answers, after {}", seconds(began.elapsed())));
                }
                return Ok(connection);
            }
            Err(refusal) => refusal,
        };
        let waited = began.elapsed();
        if !refusal.starting || waited >= url.wait {
            return Err(failure(url, refusal, waited));
        }
        if refusal.reason != told {
            let (reason, most) = (&refusal.reason, seconds(url.wait));
            output.say(format_args!("waiting for {url}, at most {most}: {reason}"));
            told.clone_from(&refusal.reason);
        }
        std::thread::sleep(pause.min(url.wait - waited));
        pause = longest.min(pause * 2);
    }
}

fn failure(url: &DatabaseUrl, refusal: Refusal, waited: Duration) -> Failure {
    let Refusal { reason, starting, exit, message, helps } = refusal;
    let message = match message {
        Some(message) => message,
        None if starting && !url.wait.is_zero() => {
            format!("the database {url} was not reached in {}", seconds(waited))
        }
        None => format!("the database {url} cannot be reached"),
    };
    let mut failure = Failure::with_exit(exit, message).note(reason);
    for help in helps {
        failure = failure.help(help);
    }
    if starting && exit == Exit::TryAgain && url.wait.is_zero() {
        failure = failure.help("is it still starting? wait for it: --wait 60s");
    }
    failure
}

fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 10.0 && time.subsec_millis() > 0 {
        format!("{seconds:.1} s")
    } else {
        format!("{seconds:.0} s")
    }
}
