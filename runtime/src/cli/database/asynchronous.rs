//! Runs on a connection of sqlx what other verbs run without a runtime.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};

use super::Connected;
use super::refusal::Refusal;
use crate::{AsyncConnection, Current, Error, Plan, Pooler, Report, Run, Status, Verify};

/// A connection and the runtime that drives it.
pub(super) struct Driven<C> {
    connection: C,
    runtime: Runtime,
    pooler: Pooler,
}

impl<C> Driven<C>
where
    for<'c> &'c mut C: AsyncConnection,
{
    /// Connects, on a runtime of its own.
    pub(super) fn connect<F>(pooler: Pooler, connecting: F) -> Result<Self, Refusal>
    where
        F: Future<Output = Result<C, Refusal>>,
    {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Refusal::wrong(error.to_string()))?;
        let connection = runtime.block_on(connecting)?;
        Ok(Self { connection, runtime, pooler })
    }
}

impl<C> Connected for Driven<C>
where
    for<'c> &'c mut C: AsyncConnection,
{
    fn run(&mut self, run: Run<'_>) -> Result<Report, Error> {
        let run = run.pooler(self.pooler);
        self.runtime.block_on(run.run_async(&mut self.connection))
    }

    fn plan(&mut self, run: Run<'_>) -> Result<Plan, Error> {
        let run = run.pooler(self.pooler);
        self.runtime.block_on(run.plan_async(&mut self.connection))
    }

    fn current(&mut self, current: Current<'_>) -> Result<Status, Error> {
        self.runtime.block_on(current.run_async(&mut self.connection))
    }

    fn verify(&mut self, verify: Verify<'_>) -> Result<(), Error> {
        self.runtime.block_on(verify.run_async(&mut self.connection))
    }
}
