//! The command's own settings, `migrate.toml` in the folder: nothing that a check or a checksum depends on.

use revchain_core::text::{Position, did_you_mean};
use toml::de::{DeTable, DeValue};

use crate::failure::Failure;
use crate::project::Project;
use crate::scratch::Servers;
use crate::url::DatabaseUrl;

/// The name of the settings in the folder.
const FILE: &str = "migrate.toml";
const KEYS: [&str; 9] = [
    "after-new",
    "after-upgrade",
    "before-upgrade",
    "command",
    "database-url-variable",
    "models",
    "published-branch",
    "schema",
    "scratch-url",
];

/// The settings of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The variable that holds the database's URL, in the environment or in `.env`.
    pub(crate) database_url_variable: String,
    /// The branch whose lock says what is published; else `origin/HEAD`, else `origin/main`.
    pub(crate) published_branch: Option<String>,
    /// The folder or file of the desired schema, from the settings' folder on; else `schema` beside that folder.
    pub(crate) schema: Option<String>,
    /// The folders of sources with models, from the settings' folder on; else `src` beside that folder.
    pub(crate) models: Vec<String>,
    /// The words of the command that prints the desired schema.
    pub(crate) command: Vec<String>,
    /// The servers where scratch databases are made.
    pub(crate) scratch_urls: Vec<String>,
    /// The words of the hooks' commands; none where there is no hook.
    pub(crate) before_upgrade: Vec<String>,
    pub(crate) after_upgrade: Vec<String>,
    pub(crate) after_new: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            database_url_variable: "DATABASE_URL".to_owned(),
            published_branch: None,
            schema: None,
            models: Vec::new(),
            command: Vec::new(),
            scratch_urls: Vec::new(),
            before_upgrade: Vec::new(),
            after_upgrade: Vec::new(),
            after_new: Vec::new(),
        }
    }
}

impl Settings {
    /// Reads the settings of a set; without a file all is as by default.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or says what no setting can.
    pub(crate) fn read(project: &Project) -> Result<Self, Failure> {
        let path = project.path.join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&format!("{}/{FILE}", project.shown), &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Failure::file("read", &path, &error)),
        }
    }

    /// Returns the servers that `scratch-url` names.
    ///
    /// # Errors
    ///
    /// A URL cannot be used.
    pub(crate) fn scratch_servers(&self) -> Result<Servers, Failure> {
        let typed = |url: &String| DatabaseUrl::typed(url, "scratch-url in migrate.toml");
        Ok(Servers(self.scratch_urls.iter().map(typed).collect::<Result<_, _>>()?))
    }

    fn parse(path: &str, text: &str) -> Result<Self, Failure> {
        let wrong = |message: String, start: usize| {
            Failure::new(message).note(format!("{path}:{}", Position::of(text, start)))
        };
        let table = DeTable::parse(text).map_err(|error| {
            let reason = error.message().replace('\n', ", ");
            let message = format!("the settings cannot be read: {reason}");
            wrong(message, error.span().map_or(0, |span| span.start))
        })?;
        let mut settings = Self::default();
        for (key, value) in table.get_ref() {
            let name = key.get_ref().as_ref();
            let text = || match value.get_ref() {
                DeValue::String(text) if !text.is_empty() => Ok(text.to_string()),
                _ => {
                    let message = format!("`{name}` wants a text that is not empty");
                    Err(wrong(message, value.span().start))
                }
            };
            let words = || {
                let word = |value: &toml::Spanned<DeValue<'_>>| match value.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    _ => None,
                };
                let words: Option<Vec<String>> = match value.get_ref() {
                    DeValue::Array(values) => values.iter().map(word).collect(),
                    _ => None,
                };
                // The first word is the program.
                let words =
                    words.filter(|words| words.first().is_some_and(|word| !word.is_empty()));
                words.ok_or_else(|| {
                    let message = format!(
                        "`{name}` wants a list of words, as [\"sh\", \"-c\", \"echo done\"]"
                    );
                    wrong(message, value.span().start)
                })
            };
            match name {
                "before-upgrade" => settings.before_upgrade = words()?,
                "after-upgrade" => settings.after_upgrade = words()?,
                "after-new" => settings.after_new = words()?,
                "database-url-variable" => settings.database_url_variable = text()?,
                "schema" => settings.schema = Some(text()?),
                "command" => {
                    settings.command = match value.get_ref() {
                        DeValue::String(text) if !text.trim().is_empty() => {
                            text.split_whitespace().map(str::to_owned).collect()
                        }
                        _ => words()?,
                    }
                }
                "models" => settings.models = words()?,
                "scratch-url" => {
                    settings.scratch_urls = match value.get_ref() {
                        DeValue::Array(_) => words()?,
                        _ => vec![text()?],
                    }
                }
                "published-branch" => settings.published_branch = Some(text()?),
                _ => {
                    let failure = wrong(format!("there is no setting `{name}`"), key.span().start);
                    return Err(failure.help(match did_you_mean(name, &KEYS) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("the settings are `{}`", KEYS.join("`, `")),
                    }));
                }
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_on_settings_names_all() {
        let page = include_str!("../../docs/settings.md");
        for key in KEYS {
            assert!(page.contains(&format!("| `{key} = ")), "{key}");
        }
    }
}
