//! A shop, as far as its migrations go: what the application and its command share.

revchain::migrations!(
    /// The tables of the shop.
    pub static MIGRATIONS = "migrations"
);
