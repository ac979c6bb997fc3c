//! `shop-migrate` as the release before had it, without the newest revision: for the way back in `docs/deploying.md`.

use std::process::ExitCode;

use revchain::Migrations;

fn main() -> ExitCode {
    let set = revchain_shop::MIGRATIONS.set();
    revchain::cli::main(&Migrations::new(set.first(set.revisions.len() - 1), "shop 0.0.9"))
}
