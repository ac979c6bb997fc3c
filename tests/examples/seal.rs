//! `cargo run -p revchain-tests --example seal -- FOLDER`
fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_default();
    let settings = revchain_tests::sealing::settings(&[revchain_core::Dialect::Sqlite]);
    revchain_tests::sealing::write(folder.as_ref(), settings, &[])
}
