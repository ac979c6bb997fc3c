//! Writes new revision files: the name, the header, and what a template puts below it.

use std::hash::{BuildHasher as _, Hasher as _};
use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;
use revchain_core::check::RESERVED;
use revchain_core::checksum::digest;
use revchain_core::folder::{Folder, SourceFile};
use revchain_core::lock::{Entry, is_revision_id};
use revchain_core::script::Script;
use revchain_core::set::Replaced;
use revchain_core::target::is_name;
use revchain_core::{Dialects, Problem, check};
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::failure::Failure;
use crate::lockfile::{self, LockEdit};
use crate::project::Project;
use crate::rust_body::rust_body;
use crate::session::Session;

/// What stands below the header where the folder has no template.
const BODY: &str = "\n-- migrate:upgrade\n\n-- migrate:downgrade\n";
/// The folder's own form for new files, in SQL and in Rust.
const TEMPLATES: [&str; 2] = ["template.sql", "template.rs"];
/// A slug ends here at the latest, at the end of a word if there is one.
const SLUG: usize = 40;

/// A revision that is not written yet.
#[derive(Clone, Debug)]
pub(crate) struct NewRevision {
    pub(crate) id: String,
    pub(crate) message: String,
    pub(crate) parents: Vec<String>,
    pub(crate) depends_on: Vec<String>,
    pub(crate) labels: Vec<String>,
    /// What it replaces, as its header says it.
    pub(crate) replaces: Option<String>,
    /// The tool, version and checksum that it was imported from.
    pub(crate) origin: Option<String>,
    /// The sections, or the functions, where they are not those of the template.
    pub(crate) sections: Option<String>,
    /// Whether it is written in Rust.
    pub(crate) rust: bool,
    pub(crate) created: Timestamp,
    /// The folder below that of the set where the file goes; empty for that of the set.
    pub(crate) folder: PathBuf,
}

impl NewRevision {
    /// Writes the file, then its draft line in the lock; prints the path on stdout, and returns the file's name.
    ///
    /// # Errors
    ///
    /// The lock does not list a parent, the message or the template would make another revision than this, or a file
    /// cannot be written.
    pub(crate) fn write(
        &self,
        session: &mut Session<'_>,
        project: &Project,
        chain: &Chain,
        mut edit: LockEdit<'_>,
    ) -> Result<String, Failure> {
        self.refuse_unlisted(chain, &edit)?;
        let name = self.file_name();
        let text = self.text(&project.path, edit.lock.settings.dialects)?;
        let shown = format!("{}/{name}", project.shown);
        let replaces = self.verify(&shown, &name, &text, &edit.folder)?;
        let path = project.path.join(&name);
        if let Some(folder) = path.parent() {
            let made = std::fs::create_dir_all(folder);
            made.map_err(|error| Failure::file("make", folder, &error))?;
        }
        lockfile::create(&path, &text).map_err(|error| Failure::file("write", &path, &error))?;
        let (id, parents) = (self.id.clone(), self.parents.clone());
        edit.lock.revisions.push(Entry { replaces, ..Entry::draft(id, parents) });
        edit.finish().inspect_err(|_| {
            let _ = std::fs::remove_file(&path);
        })?;
        if session.output.is_json() {
            session.output.json(&self.json(&shown));
        } else {
            session.output.data(shown);
        }
        Ok(name)
    }

    /// Refuses to write behind what the lock and the files do not agree on.
    fn refuse_unlisted(&self, chain: &Chain, edit: &LockEdit<'_>) -> Result<(), Failure> {
        let is_removed = |problem: &&Problem| problem.code() == "removed-revision";
        let removed: Vec<Problem> =
            chain.checked.problems.iter().filter(is_removed).cloned().collect();
        if !removed.is_empty() {
            return Err(Failure::problems(removed));
        }
        let unlisted = self.parents.iter().find(|parent| edit.lock.entry(parent).is_none());
        let Some(parent) = unlisted else { return Ok(()) };
        let path = chain.set.position(parent).map(|place| chain.path(place as u32));
        Err(Failure::new(format!("revision `{parent}` is not in the lock"))
            .help(format!("add it first: cargo migrate add {}", path.unwrap_or_default())))
    }

    fn json(&self, path: &str) -> Value {
        json!({
            "revision": self.id,
            "revises": self.parents,
            "depends_on": self.depends_on,
            "labels": self.labels,
            "replaces": self.replaces,
            "message": self.message,
            "path": path,
        })
    }

    /// Returns `{folder}/{date}_{time}_{revision}_{slug}.sql`, or `.rs`, in UTC.
    pub(crate) fn file_name(&self) -> String {
        let time = self.created.strftime("%Y%m%d_%H%M");
        let slug = slug(&self.message);
        let slug = if slug.is_empty() { slug } else { format!("_{slug}") };
        let ending = if self.rust { "rs" } else { "sql" };
        let name = format!("{time}_{}{slug}.{ending}", self.id);
        let folders = self.folder.components().map(|part| part.as_os_str().to_string_lossy());
        folders.chain([name.into()]).collect::<Vec<_>>().join("/")
    }

    /// Returns the file's text.
    ///
    /// # Errors
    ///
    /// The folder's template cannot be read.
    pub(crate) fn text(&self, folder: &Path, dialects: Dialects) -> Result<String, Failure> {
        if let Some(sections) = &self.sections {
            return Ok(format!("{}\n{sections}", self.header()));
        }
        let path = folder.join(self.template());
        let template = match std::fs::read_to_string(&path) {
            Ok(template) => template.replace("\r\n", "\n"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && self.rust => {
                rust_body(folder, dialects)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BODY.to_owned(),
            Err(error) => return Err(Failure::file("read", &path, &error)),
        };
        let key = format!("{} revision:", self.comment());
        let is_whole = template.lines().any(|line| line.starts_with(&key));
        // The message comes last: what it says is not filled in.
        let values = [
            ("${revision}", self.id.clone()),
            ("${revises}", self.revises()),
            ("${created}", self.created.to_string()),
            ("${message}", self.message.clone()),
        ];
        let body = values.iter().fold(template, |text, (name, value)| text.replace(name, value));
        Ok(if is_whole { body } else { format!("{}{body}", self.header()) })
    }

    fn template(&self) -> &'static str {
        TEMPLATES[usize::from(self.rust)]
    }

    /// Returns what a line of the header begins with.
    fn comment(&self) -> &'static str {
        if self.rust { "//!" } else { "--" }
    }

    fn header(&self) -> String {
        let comment = self.comment();
        let mut lines: Vec<String> =
            self.message.lines().map(|line| format!("{comment} {line}")).collect();
        lines.push(comment.to_owned());
        lines.push(format!("{comment} revision: {}", self.id));
        lines.push(format!("{comment} revises: {}", self.revises()));
        for (key, values) in [("depends-on", &self.depends_on), ("label", &self.labels)] {
            if !values.is_empty() {
                lines.push(format!("{comment} {key}: {}", values.join(", ")));
            }
        }
        if let Some(replaces) = &self.replaces {
            lines.push(format!("{comment} replaces: {replaces}"));
        }
        lines.push(format!("{comment} created: {}", self.created));
        if let Some(origin) = &self.origin {
            lines.push(format!("{comment} origin: {origin}"));
        }
        lines.join("\n") + "\n"
    }

    fn revises(&self) -> String {
        if self.parents.is_empty() { "base".to_owned() } else { self.parents.join(", ") }
    }

    /// Makes sure that the file reads as what was asked for, and adds no problem to the set: a message can look like a
    /// header's key, and a dependency can be needless. Returns what it replaces.
    fn verify(
        &self,
        shown: &str,
        name: &str,
        text: &str,
        folder: &Folder,
    ) -> Result<Vec<Replaced>, Failure> {
        let script = if self.rust {
            let (script, problems) = Script::read_rust(shown, text);
            if !problems.is_empty() {
                return Err(Failure::problems(problems));
            }
            script
        } else {
            Script::parse(shown, text).map_err(Failure::problems)?
        };
        let same = script.revision.text == self.id
            && script.message == self.message.lines().next().unwrap_or_default().trim()
            && Script::texts(&script.revises) == self.parents
            && Script::texts(&script.depends_on) == self.depends_on
            && Script::texts(&script.labels) == self.labels
            && script.replaces.map(|replaces| replaces.whole.text) == self.replaces.as_deref()
            && script.sections.iter().all(|section| section.marker.text.starts_with("-- migrate:"));
        if same {
            let mut folder = folder.clone();
            folder.files.push(SourceFile { path: name.to_owned(), text: text.to_owned() });
            // What destroys waits for its author's review.
            let settled_later =
                ["unlisted-revision", "multiple-heads", "multiple-bases", "destroys-data"];
            let checked = check(&folder);
            let replaces = checked.revision(&self.id).map(|one| one.revision.replaces.to_vec());
            let mut problems = checked.problems;
            problems.retain(|one| one.place.path == shown && !settled_later.contains(&one.code()));
            return if problems.is_empty() {
                Ok(replaces.unwrap_or_default())
            } else {
                Err(Failure::problems(problems))
            };
        }
        Err(Failure::usage("the new file would not read as the revision that was asked for")
            .note("a message is one line of prose; a header's key, as in `revises: …`, cannot begin it")
            .note(format!(
                "a {} in the folder must keep `${{revision}}` and `${{revises}}`",
                self.template()
            )))
    }
}

/// Returns a revision's text with other parents in its header, and all else as it is: line endings, a byte-order mark, the
/// white space around the value. Nothing where the header has no such line.
pub(crate) fn with_parents(text: &str, parents: &[String]) -> Option<String> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_start_matches('\u{feff}');
        if body.starts_with("-- migrate:") {
            break;
        }
        let comment = body.strip_prefix("--").or_else(|| body.strip_prefix("//!"));
        let key = comment.and_then(|comment| comment.split_once(':'));
        if let Some((_, value)) = key.filter(|(key, _)| key.trim() == "revises") {
            let from = start + line.len() - value.trim_start().len();
            let to = start + line.trim_end().len();
            let revises = if parents.is_empty() { "base".to_owned() } else { parents.join(", ") };
            return Some(format!("{}{revises}{}", &text[..from], &text[to..]));
        }
        start += line.len();
    }
    None
}

/// Makes an id of 12 hexadecimal digits that none of `taken` begins with.
pub(crate) fn new_id(now: Timestamp, taken: impl Fn(&str) -> bool) -> String {
    loop {
        // `RandomState` has keys from the system's source of randomness.
        let random = std::hash::RandomState::new().build_hasher().finish();
        let moment = now.as_nanosecond();
        let id = digest(&[&random.to_string(), &moment.to_string()])[..12].to_owned();
        if !taken(&id) {
            return id;
        }
    }
}

/// Takes an id as a person gave it.
///
/// # Errors
///
/// It is none, has a meaning of its own, or is taken.
pub(crate) fn sound_id(name: &str, taken: impl Fn(&str) -> bool) -> Result<String, Failure> {
    if is_revision_id(name) {
        return free(name, taken);
    }
    Err(Failure::usage(format!("`{name}` cannot be an id"))
        .help("use 1 to 32 letters, digits and `_`"))
}

/// Takes a label as a person gave it.
///
/// # Errors
///
/// As [`sound_id`].
pub(crate) fn sound_label(name: &str, taken: impl Fn(&str) -> bool) -> Result<String, Failure> {
    if is_name(name) {
        return free(name, taken);
    }
    Err(Failure::usage(format!("`{name}` cannot be a label"))
        .help("use 1 to 32 letters, digits, `_` and `.`"))
}

fn free(name: &str, taken: impl Fn(&str) -> bool) -> Result<String, Failure> {
    if RESERVED.contains(&&*name.to_ascii_lowercase()) {
        return Err(Failure::usage(format!("`{name}` has a meaning of its own"))
            .help(format!("`{}` are reserved", RESERVED.join("`, `"))));
    }
    if taken(name) {
        return Err(Failure::usage(format!("`{name}` is taken")).help("choose another"));
    }
    Ok(name.to_owned())
}

/// Takes a folder below that of the set, as a person gave it: from there, or from the current folder on.
///
/// # Errors
///
/// It leads out of the set's folder, or is one that is not looked at.
pub(crate) fn version_path(
    session: &Session<'_>,
    project: &Project,
    path: &Path,
) -> Result<PathBuf, Failure> {
    let below = session.folder.join(path);
    let inner = below.strip_prefix(&project.path).unwrap_or(path);
    let is_name = |part: Component<'_>| match part {
        Component::Normal(name) => !name.to_string_lossy().starts_with(['.', '#']),
        part => part == Component::CurDir,
    };
    if inner.components().all(is_name) {
        return Ok(inner.components().filter(|part| *part != Component::CurDir).collect());
    }
    Err(Failure::usage(format!("`{}` is not a folder below {}", path.display(), project.shown))
        .help("name one: --version-path billing"))
}

/// Returns the message as part of a file's name.
pub(crate) fn slug(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().to_lowercase();
    let words = line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = String::new();
    for word in words {
        let separator = usize::from(!slug.is_empty());
        if !slug.is_empty() && slug.chars().count() + separator + word.chars().count() > SLUG {
            break;
        }
        slug.push_str(if separator == 1 { "_" } else { "" });
        slug.extend(word.chars().take(SLUG));
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_words_of_the_message() {
        let cases = [
            ("Add user preferences", "add_user_preferences"),
            ("drop `users`.email!", "drop_users_email"),
            ("Straße hinzufügen", "straße_hinzufügen"),
            ("?!", ""),
            (
                "a much longer message than any file should carry",
                "a_much_longer_message_than_any_file",
            ),
        ];
        for (message, expected) in cases {
            assert_eq!(slug(message), expected);
        }
    }

    #[test]
    fn parents_change_and_nothing_else() {
        let parents = ["b2".to_owned(), "c3".to_owned()];
        let cases = [
            ("-- m\n-- revises: a1\nx", Some("-- m\n-- revises: b2, c3\nx")),
            ("\u{feff}-- revises:a1 \r\nx\r\n", Some("\u{feff}-- revises:b2, c3 \r\nx\r\n")),
            ("-- revises:  base", Some("-- revises:  b2, c3")),
            ("-- m\n\n--revises : a1, a2\t\n", Some("-- m\n\n--revises : b2, c3\t\n")),
            ("//! m\n//! revises: a1\n", Some("//! m\n//! revises: b2, c3\n")),
            ("-- m\n-- migrate:upgrade\n-- revises: a1\n", None),
        ];
        for (text, expected) in cases {
            assert_eq!(with_parents(text, &parents).as_deref(), expected, "{text:?}");
        }
        assert_eq!(with_parents("-- revises: a1\n", &[]).as_deref(), Some("-- revises: base\n"));
    }

    #[test]
    fn ids_are_twelve_digits_and_not_taken() {
        let id = new_id(Timestamp::UNIX_EPOCH, |_| false);
        assert!(id.len() == 12 && id.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let other = new_id(Timestamp::UNIX_EPOCH, |taken| taken == id);
        assert_ne!(id, other);
    }
}
