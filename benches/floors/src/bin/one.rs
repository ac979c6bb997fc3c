//! The floor of an upgrade, one transaction for all revisions.

use std::error::Error;

use revchain_floors::Transactions;

fn main() -> Result<(), Box<dyn Error>> {
    revchain_floors::upgrade(Transactions::One)
}
