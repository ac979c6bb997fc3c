//! The command, verb by verb: the good way, each wrong input, exit codes and `--json`.

mod adopting;
mod checking;
mod conflicts;
mod database;
mod deriving;
mod development;
mod generating;
mod hooks;
mod importing;
mod importing_alembic;
mod importing_tools;
mod marks;
mod mysql;
mod pictures;
mod postgres;
mod rebased_databases;
mod rebases;
mod replacing;
mod resets;
mod rust;
mod schemas;
mod stops;
mod unreachable;
mod usage;
mod viewing;
mod writing;
