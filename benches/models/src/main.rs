//! Reads the structs with `#[derive(Table)]` below a folder, as the command does, and prints how many there are.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: models FOLDER")?;
    let found = revchain_source::models_below(Path::new(&folder));
    let found = found.map_err(|error| format!("{}: {}", error.path.display(), error.reason))?;
    println!("{}", found.len());
    Ok(())
}
