//! The future of a run is dropped at every point where it waits: whoever uses the connection next finds no lock and no
//! transaction, and the next run finishes.

mod contract;
mod on_mysql;
mod on_postgres;
mod on_sqlite;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Polls a future so many times and drops it; returns what came of it, where it came to its end before.
async fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polls = 0;
    poll_fn(|context| {
        if polls == times {
            return Poll::Ready(None);
        }
        polls += 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// The futures of a run can be sent to another thread, and are small.
fn sent<F: Future + Send>(future: F) -> F {
    assert!(size_of::<F>() < 4096, "{} bytes", size_of::<F>());
    future
}
