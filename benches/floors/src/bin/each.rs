//! The floor of an upgrade, a transaction for each revision.

use std::error::Error;

use revchain_floors::Transactions;

fn main() -> Result<(), Box<dyn Error>> {
    revchain_floors::upgrade(Transactions::Each)
}
