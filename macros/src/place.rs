//! Where the folder is: against the package, then against the calling file, never against the working folder.

use std::path::{Component, Path, PathBuf};

use proc_macro::Span;

/// A migrations folder.
pub(crate) struct Place {
    /// The folder, absolute.
    pub(crate) folder: PathBuf,
    /// The folder as it is shown: as given, or from the package on where it was found beside the calling file.
    pub(crate) shown: String,
    /// Whether a build script says that cargo watches it.
    pub(crate) tracked: bool,
}

impl Place {
    /// Finds a folder that is given as `given` at `span`.
    ///
    /// Where there is none the package's is taken, so that the error names what was probably meant. (Under trybuild the
    /// package is somewhere below `target`, and the calling file alone knows where the folder is.)
    pub(crate) fn find(given: &str, span: Span) -> Self {
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let file = span.local_file().and_then(|file| std::path::absolute(file).ok());
        let beside = file.as_deref().and_then(Path::parent).map(|folder| folder.join(given));
        let in_package = package.as_deref().map(|package| package.join(given));
        let is_folder = |path: &&PathBuf| path.is_dir();
        let found = in_package.iter().chain(&beside).find(is_folder);
        let folder = found.or(in_package.as_ref()).or(beside.as_ref());
        let folder = normal(folder.unwrap_or(&PathBuf::from(given)));
        let name = package.as_deref().and_then(|package| relative(&folder, package));
        let as_given = in_package.as_deref().map(normal).as_ref() == Some(&folder);
        let shown = match &name {
            Some(name) if !as_given && !name.starts_with("..") => name,
            _ => given.trim_end_matches(['/', '\\']),
        };
        let listed = std::env::var("REVCHAIN_TRACKED").unwrap_or_default();
        let tracked = name.as_deref().is_some_and(|name| is_listed(name, &listed));
        Self { shown: shown.to_owned(), folder, tracked }
    }
}

/// Tells whether a folder of the package is among those that are separated by `:`.
fn is_listed(name: &str, listed: &str) -> bool {
    listed
        .split(':')
        .any(|listed| !listed.is_empty() && slashed(&normal(Path::new(listed))) == name)
}

/// Removes `.` and resolves `..` without a look at the disk: the path may not exist.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if normal.file_name().is_some() => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

/// Returns a path from the package on, with `..` where it lies outside; none where nothing is shared.
fn relative(path: &Path, package: &Path) -> Option<String> {
    let package = normal(package);
    let shared = path.components().zip(package.components()).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return None;
    }
    let up = package.components().skip(shared).map(|_| Component::ParentDir);
    let relative: PathBuf = up.chain(path.components().skip(shared)).collect();
    Some(slashed(&relative))
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}
