//! Links in the folder are followed, and never for ever.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;

use revchain_core::folder::Folder;

#[test]
fn links_are_followed_and_a_link_back_is_named() -> std::io::Result<()> {
    let outer = tempfile::tempdir()?;
    let folder = outer.path().join("migrations");
    fs::create_dir_all(folder.join("inner"))?;
    fs::create_dir(outer.path().join("elsewhere"))?;
    fs::write(folder.join("inner/b.sql"), "")?;
    fs::write(outer.path().join("elsewhere/c.sql"), "")?;
    fs::write(outer.path().join("a.txt"), "")?;
    symlink("../a.txt", folder.join("a.sql"))?;
    symlink("../elsewhere", folder.join("more"))?;
    symlink("..", folder.join("inner/up"))?;
    symlink("nowhere", folder.join(".#a.sql"))?;
    let read = Folder::read(&folder, "migrations");
    let files: Vec<&str> = read.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(files, ["a.sql", "inner/b.sql", "more/c.sql"]);
    let problems: Vec<String> = read.problems.iter().map(|problem| problem.message()).collect();
    assert_eq!(problems, ["the file cannot be read: the link leads back to a folder above it"]);
    Ok(())
}
