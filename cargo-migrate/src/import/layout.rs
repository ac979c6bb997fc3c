//! What the tools' layouts have in common: files are found, each says what it is, and ways up and down come together.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::{Body, Migration, Tool, Way};
use crate::failure::Failure;

/// How many folders deep files are looked for, where a tool looks in all.
pub(super) const DEEP: usize = 32;

/// A file of the folder that is read.
pub(super) struct OldFile {
    /// From the folder on, with `/`.
    pub(super) shown: String,
    path: PathBuf,
}

/// What a file says that it is.
pub(super) struct Piece {
    pub(super) order: Order,
    /// What the tool's table calls it.
    pub(super) version: String,
    pub(super) message: String,
    pub(super) side: Side,
}

/// The side of a migration that a file has.
pub(super) enum Side {
    /// What is run, and its way back where that stands in the same file.
    Up { up: Body, down: Option<Way>, checksum: String, hand: Vec<String> },
    /// The way back of another file.
    Down(Way),
}

/// When the tool runs a migration: what is repeated comes last, then the numbers of the version count, then the name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Order {
    pub(super) last: bool,
    pub(super) numbers: Vec<u64>,
    pub(super) name: String,
}

/// What was read from a folder.
#[derive(Debug)]
pub(crate) struct Old {
    /// In the order in which the tool runs them.
    pub(crate) migrations: Vec<Migration>,
    /// Files that look like migrations, and that the tool does not run.
    pub(crate) skipped: Vec<String>,
}

impl OldFile {
    /// Returns its name without the folders.
    pub(super) fn name(&self) -> &str {
        self.shown.rsplit('/').next().unwrap_or_default()
    }

    /// Reads it.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no UTF-8.
    pub(super) fn text(&self) -> Result<String, Failure> {
        std::fs::read_to_string(&self.path)
            .map_err(|error| Failure::file("read", &self.path, &error))
    }

    /// Reads a file beside it, where there is one.
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text).
    pub(super) fn beside(&self, name: &str) -> Result<Option<String>, Failure> {
        let path = self.path.with_file_name(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::file("read", &path, &error)),
        }
    }

    /// Says what is wrong with it.
    pub(super) fn refuse(&self, reason: &str) -> Failure {
        Failure::new(format!("{} {reason}", self.shown))
            .help("mend it, or move it out of the folder")
    }
}

impl Order {
    /// Orders by numbers alone.
    pub(super) fn number(numbers: Vec<u64>) -> Self {
        Self { numbers, ..Self::default() }
    }

    /// Orders by name alone.
    pub(super) fn name(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

impl Piece {
    /// Returns what must be the same for two files to be one migration.
    fn identity(&self) -> String {
        if self.order.numbers.is_empty() {
            return self.version.clone();
        }
        format!("{:?}", self.order.numbers)
    }
}

/// Reads a folder, `depth` folders deep, where `piece` tells of each file what it is.
///
/// # Errors
///
/// Two files are one version, a way back has no way there, the tool would refuse a file, or one cannot be read.
pub(super) fn read(
    tool: Tool,
    folder: &Path,
    depth: usize,
    piece: fn(&OldFile) -> Result<Option<Piece>, Failure>,
) -> Result<Old, Failure> {
    let mut found: Vec<(Order, Migration)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut downs: HashMap<String, (Piece, String)> = HashMap::new();
    let mut skipped = Vec::new();
    for file in files(folder, depth)? {
        let Some(piece) = piece(&file)? else {
            if is_sql(&file.shown) {
                skipped.push(file.shown);
            }
            continue;
        };
        let identity = piece.identity();
        if let Side::Down(_) = piece.side {
            let version = piece.version.clone();
            if let Some((_, other)) = downs.insert(identity, (piece, file.shown.clone())) {
                return Err(collision(&version, &other, &file.shown));
            }
            continue;
        }
        if let Some(place) = places.insert(identity, found.len()) {
            return Err(collision(&piece.version, &found[place].1.file, &file.shown));
        }
        let Piece { order, version, message, side } = piece;
        if let Side::Up { up, down, checksum, hand } = side {
            let file = file.shown;
            let (no_way_back, node) = (None, None);
            let migration =
                Migration { version, message, up, down, checksum, file, hand, no_way_back, node };
            found.push((order, migration));
        }
    }
    let mut orphans = Vec::new();
    for (identity, (piece, file)) in downs {
        match (places.get(&identity), piece.side) {
            (Some(place), Side::Down(way)) => found[*place].1.down = Some(way),
            _ => orphans.push((file, piece.version)),
        }
    }
    if let Some((file, version)) = orphans.into_iter().min() {
        return Err(Failure::new(format!("{file} takes back what no file makes"))
            .help(format!("restore the file of version {version}, or remove {file}")));
    }
    if found.is_empty() {
        return Err(nothing(tool, folder));
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(Old { migrations: found.into_iter().map(|(_, migration)| migration).collect(), skipped })
}

/// Says that a folder has no migrations of a tool.
pub(super) fn nothing(tool: Tool, folder: &Path) -> Failure {
    let failure = Failure::new(format!("no migration of {} in {}", tool.name(), folder.display()));
    let failure = failure.note(format!("its files look like {}", tool.example()));
    failure.help(format!(
        "name the folder that has them: cargo migrate import --from {} migrations",
        tool.name()
    ))
}

/// Says that two files are one version.
pub(super) fn collision(version: &str, one: &str, other: &str) -> Failure {
    Failure::new(format!("{one} and {other} are both version {version}"))
        .help("keep the one that databases ran, and give the other a version of its own")
}

/// Returns the files in the order of their names; hidden ones and editors' are none.
pub(super) fn files(folder: &Path, depth: usize) -> Result<Vec<OldFile>, Failure> {
    let is_seen = |entry: &DirEntry| {
        entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with(['.', '#'])
    };
    let mut files = Vec::new();
    let walk = WalkDir::new(folder).max_depth(depth).follow_links(true).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(is_seen) {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_owned();
            Failure::file("read", &path, &error.into())
        })?;
        if entry.file_type().is_file() {
            let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let parts = below.components().map(|part| part.as_os_str().to_string_lossy());
            let shown = parts.collect::<Vec<_>>().join("/");
            files.push(OldFile { shown, path: entry.into_path() });
        }
    }
    Ok(files)
}

fn is_sql(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("sql"))
}

/// Splits digits from what follows them.
pub(super) fn leading_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Returns the words of a name that stand between `_`.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ").trim().to_owned()
}
