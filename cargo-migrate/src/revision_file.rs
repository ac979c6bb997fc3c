//! Writes new revision files: the name, the header, and what a template puts below it.

use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;

use jiff::Timestamp;
use revchain_core::checksum::digest;
use revchain_core::lock::Entry;
use revchain_core::script::Script;

use crate::failure::Failure;
use crate::lockfile::{self, LockEdit};

/// What stands below the header where the folder has no template.
const BODY: &str = "\n-- migrate:upgrade\n\n-- migrate:downgrade\n";
/// The folder's own form for new files.
const TEMPLATE: &str = "template.sql";
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
    pub(crate) created: Timestamp,
}

impl NewRevision {
    /// Writes the file, and adds the draft to the lock that is being changed; returns the file's name.
    ///
    /// # Errors
    ///
    /// The message or the template would make another revision than this, or the file cannot be written.
    pub(crate) fn write(&self, folder: &Path, edit: &mut LockEdit<'_>) -> Result<String, Failure> {
        let name = self.file_name();
        let text = self.text(folder)?;
        self.verify(&format!("{}/{name}", edit.folder.shown), &text)?;
        let path = folder.join(&name);
        lockfile::create(&path, &text).map_err(|error| Failure::file("write", &path, &error))?;
        let (id, parents) = (self.id.clone(), self.parents.clone());
        edit.lock.revisions.push(Entry { id, parents, seals: Vec::new() });
        Ok(name)
    }

    /// Returns `{date}_{time}_{revision}_{slug}.sql`, in UTC.
    fn file_name(&self) -> String {
        let time = self.created.strftime("%Y%m%d_%H%M");
        let slug = slug(&self.message);
        let slug = if slug.is_empty() { slug } else { format!("_{slug}") };
        format!("{time}_{}{slug}.sql", self.id)
    }

    fn text(&self, folder: &Path) -> Result<String, Failure> {
        let path = folder.join(TEMPLATE);
        let template = match std::fs::read_to_string(&path) {
            Ok(template) => template.replace("\r\n", "\n"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BODY.to_owned(),
            Err(error) => return Err(Failure::file("read", &path, &error)),
        };
        let is_whole = template.lines().any(|line| line.starts_with("-- revision:"));
        let template = if is_whole { template } else { format!("{}{template}", self.header()) };
        let values = [
            ("${message}", self.message.clone()),
            ("${revision}", self.id.clone()),
            ("${revises}", self.revises()),
            ("${created}", self.created.to_string()),
        ];
        Ok(values.iter().fold(template, |text, (name, value)| text.replace(name, value)))
    }

    fn header(&self) -> String {
        let mut lines: Vec<String> =
            self.message.lines().map(|line| format!("-- {line}")).collect();
        lines.push("--".to_owned());
        lines.push(format!("-- revision: {}", self.id));
        lines.push(format!("-- revises: {}", self.revises()));
        for (key, values) in [("depends-on", &self.depends_on), ("label", &self.labels)] {
            if !values.is_empty() {
                lines.push(format!("-- {key}: {}", values.join(", ")));
            }
        }
        lines.push(format!("-- created: {}", self.created));
        lines.join("\n") + "\n"
    }

    fn revises(&self) -> String {
        if self.parents.is_empty() { "base".to_owned() } else { self.parents.join(", ") }
    }

    /// Makes sure that the file reads as what was asked for: a message can look like a header's key.
    fn verify(&self, path: &str, text: &str) -> Result<(), Failure> {
        let script = Script::parse(path, text).map_err(Failure::problems)?;
        let same = script.revision.text == self.id
            && script.message == self.message.lines().next().unwrap_or_default().trim()
            && Script::texts(&script.revises) == self.parents
            && script.sections.iter().all(|section| section.marker.text.starts_with("-- migrate:"));
        if same {
            return Ok(());
        }
        Err(Failure::usage("the new file would not read as the revision that was asked for")
            .note("a message is one line of prose; a header's key, as in `revises: …`, cannot begin it")
            .note(format!("a {TEMPLATE} in the folder must keep `${{revision}}` and `${{revises}}`")))
    }
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

/// Returns the message as part of a file's name.
fn slug(message: &str) -> String {
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
    fn ids_are_twelve_digits_and_not_taken() {
        let id = new_id(Timestamp::UNIX_EPOCH, |_| false);
        assert!(id.len() == 12 && id.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let other = new_id(Timestamp::UNIX_EPOCH, |taken| taken == id);
        assert_ne!(id, other);
    }
}
