//! The columns that tables are made of, and the values they take.

use crate::random::Random;

/// What a column holds, and so how it is declared, filled and changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Id,
    /// The `id` of the named table.
    Reference(String),
    /// A text that no two rows share.
    Name,
    Slug,
    Status,
    Flag,
    Count,
    Price,
    Note,
    Time,
    Settings,
    Digest,
}

/// One column of a table.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// All that follows the name in `CREATE TABLE` or `ADD COLUMN`.
    pub(crate) definition: String,
    /// What a row gets that does not name the column; `None` where each row must name it.
    pub(crate) default: Option<String>,
}

/// How a new column comes about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In `CREATE TABLE`.
    Created,
    /// By `ADD COLUMN`, without `NOT NULL`.
    AddedNullable,
    /// By `ADD COLUMN … NOT NULL DEFAULT <constant>`.
    AddedWithDefault,
}

const POOL: &[(&str, Kind)] = &[
    ("name", Kind::Name),
    ("title", Kind::Name),
    ("display_name", Kind::Name),
    ("slug", Kind::Slug),
    ("code", Kind::Slug),
    ("email", Kind::Slug),
    ("external_id", Kind::Slug),
    ("status", Kind::Status),
    ("state", Kind::Status),
    ("review_state", Kind::Status),
    ("is_active", Kind::Flag),
    ("is_public", Kind::Flag),
    ("archived", Kind::Flag),
    ("verified", Kind::Flag),
    ("position", Kind::Count),
    ("quantity", Kind::Count),
    ("priority", Kind::Count),
    ("amount_cents", Kind::Count),
    ("retries", Kind::Count),
    ("version", Kind::Count),
    ("price", Kind::Price),
    ("weight", Kind::Price),
    ("discount", Kind::Price),
    ("notes", Kind::Note),
    ("description", Kind::Note),
    ("reason", Kind::Note),
    ("comment", Kind::Note),
    ("updated_at", Kind::Time),
    ("deleted_at", Kind::Time),
    ("expires_at", Kind::Time),
    ("published_at", Kind::Time),
    ("settings", Kind::Settings),
    ("metadata", Kind::Settings),
    ("checksum", Kind::Digest),
    ("avatar_hash", Kind::Digest),
];

const WORDS: &[&str] = &[
    "Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Harbour", "Island", "Juniper",
    "Kestrel", "Lagoon", "Meadow", "Nimbus", "Orchard", "Prairie", "Quartz", "River", "Summit",
    "Timber", "Upland", "Valley", "Willow", "Zephyr",
];

pub(crate) const STATUSES: &[&str] = &["'new'", "'active'", "'closed'"];

/// Draws a column whose name is not among `taken` and that suits `origin`.
pub(crate) fn draw(random: &mut Random, taken: &[Column], origin: Origin) -> Option<Column> {
    let free: Vec<_> = POOL
        .iter()
        .filter(|(name, kind)| {
            let unused = taken.iter().all(|column| column.name != *name);
            unused && (origin != Origin::AddedWithDefault || kind.constant().is_some())
        })
        .collect();
    if free.is_empty() {
        return None;
    }
    let (name, kind) = *random.pick(&free);
    let (definition, default) = kind.declare(random, name, origin);
    Some(Column { name: (*name).to_owned(), kind: kind.clone(), definition, default })
}

impl Kind {
    pub(crate) fn is_unique(&self) -> bool {
        matches!(self, Self::Name | Self::Slug)
    }

    fn sql_type(&self) -> &'static str {
        match self {
            Self::Id | Self::Reference(_) | Self::Flag | Self::Count => "INTEGER",
            Self::Price => "REAL",
            Self::Digest => "BLOB",
            Self::Slug => "TEXT COLLATE NOCASE",
            Self::Name | Self::Status | Self::Note | Self::Time | Self::Settings => "TEXT",
        }
    }

    /// The constant that suits a column of this kind as its default.
    fn constant(&self) -> Option<&'static str> {
        match self {
            Self::Status => Some("'new'"),
            Self::Flag | Self::Count => Some("0"),
            Self::Price => Some("0.0"),
            Self::Note => Some("''"),
            Self::Settings => Some("'{}'"),
            _ => None,
        }
    }

    fn declare(&self, random: &mut Random, name: &str, origin: Origin) -> (String, Option<String>) {
        let null = Some("NULL".to_owned());
        let sql_type = self.sql_type();
        let constant = self.constant();
        let (mut definition, default) = match (origin, constant) {
            (Origin::AddedNullable, _) => (sql_type.to_owned(), null),
            (Origin::Created, None) if random.chance(60) => (format!("{sql_type} NOT NULL"), None),
            (Origin::Created, _) if random.chance(50) => (sql_type.to_owned(), null),
            (_, Some(constant)) => {
                let definition = format!("{sql_type} NOT NULL DEFAULT {constant}");
                (definition, Some(constant.to_owned()))
            }
            (_, None) => (sql_type.to_owned(), null),
        };
        if *self == Self::Status && random.chance(50) {
            definition += &format!(" CHECK ({name} IN ({}))", STATUSES.join(", "));
        }
        (definition, default)
    }

    /// A value, as an SQL literal, for the row with this id.
    pub(crate) fn literal(&self, random: &mut Random, id: usize) -> String {
        match self {
            Self::Id => id.to_string(),
            // A reference is drawn from the rows of its table, not from here.
            Self::Reference(_) => "NULL".to_owned(),
            Self::Name => format!("'{} {} {id}'", random.pick(WORDS), random.pick(WORDS)),
            Self::Slug => format!("'{}-{id}'", random.pick(WORDS).to_lowercase()),
            Self::Status => (*random.pick(STATUSES)).to_owned(),
            Self::Flag => random.below(2).to_string(),
            Self::Count => random.below(5_000).to_string(),
            Self::Price => format!("{}.{}", random.below(400), random.pick(&["0", "25", "5"])),
            Self::Note => {
                format!("'it''s {}; see #{id}'", random.pick(WORDS).to_lowercase())
            }
            Self::Time => {
                format!("'2021-{:02}-17T09:30:00Z'", 1 + random.below(12))
            }
            Self::Settings => {
                format!("'{{\"theme\":\"{}\"}}'", random.pick(&["dark", "light"]))
            }
            Self::Digest => format!("X'{:08x}'", random.next() as u32),
        }
    }
}
