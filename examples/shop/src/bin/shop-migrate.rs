//! The command alone, for a container's entrypoint: `shop-migrate upgrade head --wait 60s && shop serve`.

use std::process::ExitCode;

fn main() -> ExitCode {
    revchain::cli::main(&revchain_shop::MIGRATIONS)
}
