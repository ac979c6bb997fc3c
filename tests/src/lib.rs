//! What the tests share: folders of revisions, sealed as `cargo migrate seal` does.

pub mod alembic;
pub mod cases;
pub mod clients;
pub mod command;
pub mod deployer;
pub mod package;
pub mod pgbouncer;
pub mod project;
pub mod proxy;
pub mod random;
pub mod random_schemas;
pub mod real;
pub mod reliability;
pub mod schemas;
pub mod sealing;
pub mod server;

pub use revchain::Dialect;
