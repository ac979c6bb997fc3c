//! The folders under `ui` and `pass`, as a table: how each is made, and what the checks say of it.
//!
//! `cargo test -p revchain-tests --test ui -- --ignored bless` writes them; no checksum is written by hand.

mod rust;

use std::fs;
use std::io;
use std::path::Path;

use revchain_core::lock::FILE;
use revchain_core::set::Heads;
use revchain_core::{Dialect, Dialects};

use crate::sealing::{seal, settings};
use rust::{NAMES, NAMES_TEXT};

/// A folder of `ui` or `pass`.
pub struct Case {
    /// The folder's name: what is wrong, or what is accepted.
    pub name: &'static str,
    /// The codes of the problems, in their order; none for a folder that is accepted.
    pub codes: &'static [&'static str],
    make: fn(&Making<'_>) -> io::Result<()>,
}

/// A folder that is being made.
pub struct Making<'m> {
    folder: &'m Path,
}

/// The first revision's file.
pub const USERS: &str = "20260118_0530_a1b2c3d4e5f6_create_users.sql";
/// The second revision's file.
pub const EMAIL: &str = "20260119_0900_b2c3d4e5f6a1_add_email.sql";
/// A third file, where a case wants one.
const THIRD: &str = "20260120_1200_c3d4e5f6a1b2_third.sql";

/// The text of the first revision.
pub const USERS_TEXT: &str = "\
-- create users
--
-- revision: a1b2c3d4e5f6
-- revises: base
-- created: 2026-01-18T05:30:00Z

-- migrate:upgrade
CREATE TABLE users (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

-- migrate:downgrade
DROP TABLE users;
";

/// The text of the second revision.
pub const EMAIL_TEXT: &str = "\
-- add email
--
-- revision: b2c3d4e5f6a1
-- revises: a1b2c3d4e5f6
-- created: 2026-01-19T09:00:00Z

-- migrate:upgrade
ALTER TABLE users ADD COLUMN email TEXT;
CREATE INDEX users_email ON users (email);

-- migrate:downgrade
DROP INDEX users_email;
ALTER TABLE users DROP COLUMN email;
";

impl Making<'_> {
    /// Writes the two revisions, and seals them.
    fn base(&self) -> io::Result<()> {
        self.write(USERS, USERS_TEXT)?;
        self.write(EMAIL, EMAIL_TEXT)?;
        self.seal(&[])
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) -> io::Result<()> {
        fs::write(self.folder.join(path), text)
    }

    fn seal(&self, drafts: &[&str]) -> io::Result<()> {
        self.seal_for(&[Dialect::Sqlite], drafts)
    }

    fn seal_for(&self, dialects: &[Dialect], drafts: &[&str]) -> io::Result<()> {
        self.write(FILE, seal(self.folder, settings(dialects), drafts).render())
    }

    fn replace(&self, path: &str, from: &str, to: &str) -> io::Result<()> {
        let text = fs::read_to_string(self.folder.join(path))?;
        if !text.contains(from) {
            return Err(io::Error::other(format!("{path} has no {from:?}")));
        }
        self.write(path, text.replacen(from, to, 1))
    }

    /// Replaces in the second revision, then seals: what is wrong was so from the start.
    fn second(&self, from: &str, to: &str) -> io::Result<()> {
        self.write(USERS, USERS_TEXT)?;
        self.write(EMAIL, EMAIL_TEXT)?;
        self.replace(EMAIL, from, to)?;
        self.seal(&[])
    }

    /// Writes a third revision with these header lines and sections, then seals.
    fn third(&self, header: &str, sections: &str) -> io::Result<()> {
        self.third_unsealed(header, sections)?;
        self.seal(&[])
    }

    fn third_unsealed(&self, header: &str, sections: &str) -> io::Result<()> {
        self.base()?;
        self.write(THIRD, format!("-- third\n--\n{header}\n\n{sections}"))
    }
}

impl Case {
    /// Makes the folder `migrations` in `root`, anew.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn make(&self, root: &Path) -> io::Result<()> {
        let folder = root.join("migrations");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        (self.make)(&Making { folder: &folder })
    }

    /// Returns where the case stands below the package.
    #[must_use]
    pub fn place(&self) -> &'static str {
        if self.codes.is_empty() { "pass" } else { "ui" }
    }
}

const HEADER: &str = "-- revision: c3d4e5f6a1b2\n-- revises: b2c3d4e5f6a1";
const SECTIONS: &str =
    "-- migrate:upgrade\nCREATE TABLE t (a);\n\n-- migrate:downgrade\nDROP TABLE t;\n";

/// All cases.
pub const CASES: &[Case] = &[
    Case {
        name: "edited-revision",
        codes: &["edited-revision"],
        make: |case| {
            case.base()?;
            case.replace(EMAIL, "ON users (email)", "ON users (email, name)")
        },
    },
    Case {
        name: "edited-downgrade",
        codes: &["edited-revision"],
        make: |case| {
            case.base()?;
            case.replace(EMAIL, "DROP INDEX users_email;\n", "")
        },
    },
    Case {
        name: "removed-revision",
        codes: &["removed-revision"],
        make: |case| {
            case.base()?;
            fs::remove_file(case.folder.join(EMAIL))
        },
    },
    Case {
        name: "reparented-revision",
        codes: &["reparented-revision"],
        make: |case| {
            case.third(HEADER, SECTIONS)?;
            case.replace(THIRD, "revises: b2c3d4e5f6a1", "revises: a1b2c3d4e5f6")?;
            case.replace(FILE, "heads one", "heads many")
        },
    },
    Case {
        name: "unlisted-revision",
        codes: &["unlisted-revision"],
        make: |case| case.third_unsealed(HEADER, SECTIONS),
    },
    Case {
        name: "missing-downgrade",
        codes: &["missing-downgrade"],
        make: |case| case.third(HEADER, "-- migrate:upgrade\nCREATE TABLE t (a);\n"),
    },
    Case {
        name: "empty-downgrade",
        codes: &["empty-downgrade"],
        make: |case| {
            let sections =
                "-- migrate:upgrade\nCREATE TABLE t (a);\n\n-- migrate:downgrade\n-- later\n";
            case.third(HEADER, sections)
        },
    },
    Case {
        name: "irreversible-without-reason",
        codes: &["irreversible-without-reason"],
        make: |case| {
            case.third(
                HEADER,
                "-- migrate:upgrade\nDELETE FROM users;\n\n-- migrate:irreversible\n",
            )
        },
    },
    Case {
        name: "duplicate-revision",
        codes: &["duplicate-revision"],
        make: |case| {
            case.base()?;
            case.write("20260121_0800_b2c3d4e5f6a1_add_email_again.sql", EMAIL_TEXT)
        },
    },
    Case {
        name: "duplicate-revision-by-case",
        codes: &["duplicate-revision"],
        make: |case| {
            let header = "-- revision: B2C3D4E5F6A1\n-- revises: b2c3d4e5f6a1";
            case.third(header, SECTIONS)
        },
    },
    Case {
        name: "unknown-parent",
        codes: &["unknown-parent"],
        make: |case| {
            case.third_unsealed("-- revision: c3d4e5f6a1b2\n-- revises: b2c3d4e5f6a0", SECTIONS)?;
            let draft = "\nrevision c3d4e5f6a1b2 revises b2c3d4e5f6a1 draft\n";
            case.draft(draft)
        },
    },
    Case {
        name: "unknown-dependency",
        codes: &["unknown-dependency"],
        make: |case| case.third(&format!("{HEADER}\n-- depends-on: accounts"), SECTIONS),
    },
    Case {
        name: "unknown-replaced",
        codes: &["unknown-replaced"],
        make: |case| case.third(&format!("{HEADER}\n-- replaces: 0a1b2c3d4e5f"), SECTIONS),
    },
    Case {
        name: "unsound-replacement",
        codes: &["unsound-replacement"],
        make: |case| {
            let header = "-- revision: c3d4e5f6a1b2\n-- revises: base\n-- replaces: b2c3d4e5f6a1";
            case.third(header, SECTIONS)
        },
    },
    Case {
        name: "replaced-twice",
        codes: &["unsound-replacement"],
        make: |case| {
            let header = "-- revises: a1b2c3d4e5f6\n-- replaces: b2c3d4e5f6a1";
            case.write(
                "20260121_0000_d4e5f6a1b2c3_fourth.sql",
                format!("-- fourth\n-- revision: d4e5f6a1b2c3\n{header}\n\n{SECTIONS}"),
            )?;
            case.third(&format!("-- revision: c3d4e5f6a1b2\n{header}"), SECTIONS)
        },
    },
    Case {
        name: "replaced-in-the-middle",
        codes: &["unsound-replacement"],
        make: |case| {
            case.write(
                "20260121_0000_d4e5f6a1b2c3_fourth.sql",
                format!(
                    "-- fourth\n-- revision: d4e5f6a1b2c3\n-- revises: base\n\
                     -- replaces: a1b2c3d4e5f6..b2c3d4e5f6a1\n\n{SECTIONS}"
                ),
            )?;
            case.third("-- revision: c3d4e5f6a1b2\n-- revises: a1b2c3d4e5f6", SECTIONS)
        },
    },
    Case {
        name: "cycle",
        codes: &["cycle"],
        make: |case| {
            case.write(USERS, USERS_TEXT)?;
            case.write(EMAIL, EMAIL_TEXT)?;
            case.seal(&["a1b2c3d4e5f6", "b2c3d4e5f6a1"])?;
            case.replace(USERS, "revises: base", "revises: b2c3d4e5f6a1")
        },
    },
    Case {
        name: "self-reference",
        codes: &["self-reference"],
        make: |case| {
            case.third_unsealed("-- revision: c3d4e5f6a1b2\n-- revises: c3d4e5f6a1b2", SECTIONS)?;
            case.draft("\nrevision c3d4e5f6a1b2 revises b2c3d4e5f6a1 draft\n")
        },
    },
    Case {
        name: "multiple-heads",
        codes: &["multiple-heads"],
        make: |case| case.third("-- revision: c3d4e5f6a1b2\n-- revises: a1b2c3d4e5f6", SECTIONS),
    },
    Case {
        name: "multiple-bases",
        codes: &["multiple-bases"],
        make: |case| {
            case.write(USERS, USERS_TEXT)?;
            case.write(EMAIL, EMAIL_TEXT.replace("revises: a1b2c3d4e5f6", "revises: base"))?;
            let header = "-- revision: c3d4e5f6a1b2\n-- revises: a1b2c3d4e5f6, b2c3d4e5f6a1";
            case.write(THIRD, format!("-- third\n--\n{header}\n\n-- migrate:upgrade\n"))?;
            case.seal(&[])
        },
    },
    Case {
        name: "duplicate-label",
        codes: &["duplicate-label"],
        make: |case| {
            case.write(USERS, USERS_TEXT.replace("-- created", "-- label: shop\n-- created"))?;
            case.write(EMAIL, EMAIL_TEXT.replace("-- created", "-- label: shop\n-- created"))?;
            case.seal(&[])
        },
    },
    Case {
        name: "reserved-name",
        codes: &["reserved-name"],
        make: |case| case.third(&format!("{HEADER}\n-- label: head"), SECTIONS),
    },
    Case {
        name: "invalid-id",
        codes: &["invalid-id"],
        make: |case| case.third(&format!("{HEADER}\n-- label: my-branch"), SECTIONS),
    },
    Case {
        name: "redundant-dependency",
        codes: &["redundant-dependency"],
        make: |case| case.third(&format!("{HEADER}\n-- depends-on: b2c3d4e5f6a1"), SECTIONS),
    },
    Case {
        name: "malformed-header",
        codes: &["malformed-header"],
        make: |case| case.third(&format!("{HEADER}\n-- lable: shop"), SECTIONS),
    },
    Case {
        name: "no-header",
        codes: &["malformed-header", "malformed-header", "malformed-header"],
        make: |case| {
            case.base()?;
            case.write("notes.sql", "SELECT * FROM users;\n")
        },
    },
    Case {
        name: "malformed-rust",
        codes: &["malformed-rust"],
        make: |case| case.rust("split(&name);", "split(&name;"),
    },
    Case {
        name: "application-path",
        codes: &["application-path", "application-path", "application-path", "application-path"],
        make: |case| {
            let uses = "use crate::models::User;\nuse super::models;\nmod rows;\n\nconst SEED: &str = include_str!(\"../seed.sql\");\n\nuse rusqlite";
            case.rust("use rusqlite", uses)
        },
    },
    Case {
        name: "rust-edited",
        codes: &["edited-revision"],
        make: |case| case.rust_edited("name.rsplit_once(' ')", "name.split_once(' ')"),
    },
    Case {
        name: "rust-edited-downgrade",
        codes: &["edited-revision"],
        make: |case| case.rust_edited("trim(name", "rtrim(name"),
    },
    Case {
        name: "rust-without-downgrade",
        codes: &["missing-downgrade"],
        make: |case| case.rust("pub fn downgrade(", "fn take_back("),
    },
    Case {
        name: "rust-empty-downgrade",
        codes: &["empty-downgrade"],
        make: |case| {
            let start = NAMES_TEXT.find("    connection.execute_batch(\n").unwrap_or(0);
            let end = start + NAMES_TEXT[start..].find("\n}").unwrap_or(0);
            case.rust(&NAMES_TEXT[start..end], "    Ok(())")
        },
    },
    Case {
        name: "rust-irreversible",
        codes: &["malformed-rust"],
        make: |case| case.rust("//! created", "//! irreversible: the names are gone\n//! created"),
    },
    Case {
        name: "rust-irreversible-without-reason",
        codes: &["irreversible-without-reason", "malformed-rust"],
        make: |case| case.rust("//! created", "//! irreversible:\n//! created"),
    },
    Case {
        name: "rust-without-upgrade",
        codes: &["malformed-rust"],
        make: |case| case.rust("pub fn upgrade(", "pub fn apply("),
    },
    Case {
        name: "rust-private",
        codes: &["malformed-rust"],
        make: |case| case.rust("pub fn upgrade(", "fn upgrade("),
    },
    Case {
        name: "rust-signature",
        codes: &["malformed-rust", "malformed-rust"],
        make: |case| {
            case.rust(
                "pub fn upgrade(connection: &Connection)",
                "pub fn upgrade(connection: &mut Connection)",
            )?;
            case.replace(
                NAMES,
                "pub fn downgrade(connection: &Connection)",
                "pub fn downgrade(connection: &Pool)",
            )
        },
    },
    Case {
        name: "rust-unknown-driver",
        codes: &["malformed-rust"],
        make: |case| case.rust("pub fn upgrade(", "pub fn upgrade_postgre() {}\n\npub fn upgrade("),
    },
    Case {
        name: "rust-twice",
        codes: &["malformed-rust"],
        make: |case| {
            case.rust("pub fn downgrade(", "pub fn upgrade_rusqlite(_: &Connection) -> Result<()> {\n    Ok(())\n}\n\npub fn downgrade(")
        },
    },
    Case {
        name: "rust-without-dialect",
        codes: &["missing-dialect"],
        make: |case| case.rust_for(&[Dialect::Sqlite, Dialect::Postgres]),
    },
    Case {
        name: "rust-without-header",
        codes: &["malformed-header", "malformed-header"],
        make: |case| {
            case.base()?;
            case.write(NAMES, "fn helper() {}\n")
        },
    },
    Case {
        name: "rust-not-utf8",
        codes: &["malformed-rust"],
        make: |case| {
            case.base()?;
            case.write(NAMES, b"//! caf\xe9\n")
        },
    },
    Case {
        name: "unknown-directive",
        codes: &["unknown-directive"],
        make: |case| case.second("-- migrate:downgrade", "-- migrate:downgade"),
    },
    Case {
        name: "unknown-option",
        codes: &["unknown-directive"],
        make: |case| case.second("-- migrate:upgrade", "-- migrate:upgrade transaction=none"),
    },
    Case {
        name: "malformed-sql",
        codes: &["malformed-sql"],
        make: |case| case.second("users (email)", "users ('email)"),
    },
    Case {
        name: "section-twice",
        codes: &["malformed-sql"],
        make: |case| {
            case.second(
                "\n-- migrate:downgrade",
                "\n-- migrate:upgrade sqlite\n\n-- migrate:upgrade sqlite\n\n-- migrate:downgrade",
            )
        },
    },
    Case {
        name: "copy-from-stdin",
        codes: &["malformed-sql"],
        make: |case| {
            case.write(USERS, "-- copy\n-- revision: a1\n-- revises: base\n\n-- migrate:upgrade\nCOPY t FROM stdin;\n1\n\\.\n\n-- migrate:downgrade\nDELETE FROM t;\n")?;
            case.seal_for(&[Dialect::Postgres], &[])
        },
    },
    Case {
        name: "client-command",
        codes: &["malformed-sql"],
        make: |case| case.second("ALTER TABLE users ADD", ".read users.sql\nALTER TABLE users ADD"),
    },
    Case {
        name: "delimiter",
        codes: &["malformed-sql"],
        make: |case| {
            case.write(USERS, "-- routine\n-- revision: a1\n-- revises: base\n\n-- migrate:upgrade\nDELIMITER //\nDROP PROCEDURE p //\n\n-- migrate:downgrade\nSELECT 1;\n")?;
            case.seal_for(&[Dialect::Mysql], &[])
        },
    },
    Case {
        name: "read-differently",
        codes: &["malformed-sql"],
        make: |case| {
            case.write(
                USERS,
                USERS_TEXT
                    .replace("CREATE TABLE", "/* a /* b */ DROP TABLE n; -- */\nCREATE TABLE"),
            )?;
            case.seal_for(&[Dialect::Sqlite, Dialect::Postgres], &[])
        },
    },
    Case {
        name: "not-utf8",
        codes: &["malformed-sql"],
        make: |case| {
            case.base()?;
            case.write(EMAIL, [EMAIL_TEXT.as_bytes(), b"-- caf\xe9\n"].concat())
        },
    },
    Case {
        name: "nul-byte",
        codes: &["malformed-sql"],
        make: |case| case.second("(email)", "(email\0)"),
    },
    Case {
        name: "conflict-markers",
        codes: &["malformed-sql"],
        make: |case| {
            case.base()?;
            let ours = "<<<<<<< HEAD\nALTER TABLE users ADD COLUMN email TEXT;\n=======\nALTER TABLE users ADD COLUMN mail TEXT;\n>>>>>>> other\n";
            case.replace(EMAIL, "ALTER TABLE users ADD COLUMN email TEXT;\n", ours)
        },
    },
    Case {
        name: "malformed-lock",
        codes: &["malformed-lock"],
        make: |case| {
            case.base()?;
            case.replace(FILE, "heads one", "heads two")
        },
    },
    Case {
        name: "missing-lock",
        codes: &["malformed-lock"],
        make: |case| {
            case.base()?;
            fs::remove_file(case.folder.join(FILE))
        },
    },
    Case {
        name: "newer-lock",
        codes: &["malformed-lock"],
        make: |case| {
            case.base()?;
            case.replace(FILE, "revchain-lock 1", "revchain-lock 2")
        },
    },
    Case {
        name: "lock-with-conflict",
        codes: &["malformed-lock"],
        make: |case| {
            case.base()?;
            let both =
                "<<<<<<< HEAD\nhead b2c3d4e5f6a1\n=======\nhead c3d4e5f6a1b2\n>>>>>>> other\n";
            case.replace(FILE, "head b2c3d4e5f6a1\n", both)
        },
    },
    Case {
        name: "wrong-heads",
        codes: &["malformed-lock"],
        make: |case| {
            case.base()?;
            case.replace(FILE, "head b2c3d4e5f6a1\n", "head a1b2c3d4e5f6\n")
        },
    },
    Case {
        name: "transaction-control",
        codes: &["transaction-control"],
        make: |case| case.second("CREATE INDEX", "COMMIT;\nCREATE INDEX"),
    },
    Case {
        name: "needs-no-transaction",
        codes: &["needs-no-transaction"],
        make: |case| case.second("CREATE INDEX", "VACUUM;\nCREATE INDEX"),
    },
    Case {
        name: "unsafe-rebuild",
        codes: &["unsafe-rebuild"],
        make: |case| {
            let upgrade = "CREATE TABLE new_users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);\nINSERT INTO new_users SELECT id, name FROM users;\nDROP TABLE users;\nALTER TABLE new_users RENAME TO users;\n";
            case.third(
                HEADER,
                &format!(
                    "-- migrate:upgrade\n{upgrade}\n-- migrate:irreversible names are unique now\n"
                ),
            )
        },
    },
    Case {
        name: "foreign-keys-pragma",
        codes: &["unsafe-rebuild"],
        make: |case| case.second("CREATE INDEX", "PRAGMA foreign_keys = OFF;\nCREATE INDEX"),
    },
    Case {
        name: "destroys-data",
        codes: &["destroys-data"],
        make: |case| {
            case.second(
                "ALTER TABLE users DROP",
                "-- migrate:destroys users.email\nALTER TABLE users DROP",
            )
        },
    },
    Case {
        name: "missing-dialect",
        codes: &["missing-dialect"],
        make: |case| {
            case.third_unsealed(HEADER, &SECTIONS.replace("grade", "grade sqlite"))?;
            case.seal_for(&[Dialect::Sqlite, Dialect::Postgres], &[])
        },
    },
    Case {
        name: "unsealed-dialect",
        codes: &["missing-dialect", "missing-dialect"],
        make: |case| {
            case.base()?;
            case.replace(FILE, "dialects sqlite", "dialects sqlite postgres")
        },
    },
    Case {
        name: "revision-is-a-folder",
        codes: &["unreadable-revision"],
        make: |case| {
            case.base()?;
            fs::create_dir(case.folder.join(THIRD))?;
            case.write(&format!("{THIRD}/keep"), "")
        },
    },
    Case {
        name: "dangling-link",
        codes: &["unreadable-revision"],
        make: |case| {
            case.base()?;
            link("nowhere.sql", &case.folder.join(THIRD))
        },
    },
    Case {
        name: "folder-missing",
        codes: &["unreadable-folder"],
        make: |case| fs::remove_dir(case.folder),
    },
    Case {
        name: "several-problems",
        codes: &["edited-revision", "transaction-control", "unlisted-revision"],
        make: |case| {
            case.base()?;
            case.replace(USERS, "name TEXT", "name BLOB")?;
            case.replace(EMAIL, "CREATE INDEX users_email ON users (email);\n", "BEGIN;\n")?;
            case.seal_again(EMAIL)?;
            case.third_unsealed_only(HEADER, SECTIONS)
        },
    },
    Case { name: "empty-set", codes: &[], make: |case| case.seal(&[]) },
    Case { name: "two-revisions", codes: &[], make: |case| case.base() },
    Case {
        name: "draft",
        codes: &[],
        make: |case| {
            case.third_unsealed(HEADER, SECTIONS)?;
            case.seal(&["c3d4e5f6a1b2"])
        },
    },
    Case {
        name: "edited-comment",
        codes: &[],
        make: |case| {
            case.base()?;
            case.replace(EMAIL, "CREATE INDEX", "-- for the login\nCREATE  INDEX")
        },
    },
    Case {
        name: "crlf-and-byte-order-mark",
        codes: &[],
        make: |case| {
            case.base()?;
            case.write(EMAIL, format!("\u{feff}{}", EMAIL_TEXT.replace('\n', "\r\n")))
        },
    },
    Case {
        name: "editors-files",
        codes: &[],
        make: |case| {
            case.base()?;
            link("person@host.4711", &case.folder.join(format!(".#{EMAIL}")))?;
            case.write(&format!("#{EMAIL}#"), "half")?;
            case.write(&format!("._{EMAIL}"), "\0\u{1}")
        },
    },
    Case {
        name: "strange-names",
        codes: &[],
        make: |case| {
            case.base()?;
            fs::create_dir(case.folder.join("2026 año"))?;
            fs::rename(
                case.folder.join(EMAIL),
                case.folder.join("2026 año/додати e-mail \"x\".sql"),
            )
        },
    },
    Case {
        name: "ends-of-literals",
        codes: &[],
        make: |case| {
            case.base()?;
            let comment = r####"-- not the end: "# nor "## nor "###, \" nor {}"####;
            case.replace(EMAIL, "CREATE INDEX", &format!("{comment}\nCREATE INDEX"))
        },
    },
    Case { name: "everything", codes: &[], make: everything },
    Case { name: "rust-revisions", codes: &[], make: rust::several_drivers },
    Case {
        name: "rust-forms",
        codes: &[],
        make: |case| {
            case.rust("", "")?;
            // What does not count: comments, white space, documentation, line endings, a byte-order mark.
            case.replace(
                NAMES,
                "/// Splits at the last space.",
                "// At the last one.\n/* /* */ */",
            )?;
            case.replace(NAMES, "fn split(name: &str) ->", "fn split(\n    name: &str)\n->")?;
            let text = fs::read_to_string(case.folder.join(NAMES))?;
            case.write(NAMES, format!("\u{feff}{}", text.replace('\n', "\r\n")))
        },
    },
];

impl Making<'_> {
    /// Adds lines of a draft behind the sealed revisions, and makes it the head.
    fn draft(&self, line: &str) -> io::Result<()> {
        let text = fs::read_to_string(self.folder.join(FILE))?;
        self.write(FILE, format!("{}{line}", text.trim_end()))?;
        self.replace(FILE, "head b2c3d4e5f6a1\n", "head c3d4e5f6a1b2\n")
    }

    /// Seals one file as it is now, and leaves the other's lines as they are.
    fn seal_again(&self, path: &str) -> io::Result<()> {
        let before = fs::read_to_string(self.folder.join(FILE))?;
        let mut lock = revchain_core::lock::Lock::parse(&before)
            .map_err(|fault| io::Error::other(format!("{fault:?}")))?;
        let now = seal(self.folder, settings(&[Dialect::Sqlite]), &[]);
        for (entry, fresh) in lock.revisions.iter_mut().zip(now.revisions) {
            if path.contains(&entry.id) {
                *entry = fresh;
            }
        }
        self.write(FILE, lock.render())
    }

    fn third_unsealed_only(&self, header: &str, sections: &str) -> io::Result<()> {
        self.write(THIRD, format!("-- third\n--\n{header}\n\n{sections}"))
    }
}

/// A set with all that a set can have.
fn everything(case: &Making<'_>) -> io::Result<()> {
    case.write(USERS, USERS_TEXT.replace("-- created", "-- label: core\n-- created"))?;
    let both = "-- migrate:upgrade sqlite\nALTER TABLE users ADD COLUMN email TEXT DEFAULT 'a\"b\\c';\n\n\
        -- migrate:upgrade postgres mysql\nALTER TABLE users ADD COLUMN email VARCHAR(80);\n\n\
        -- migrate:downgrade\nALTER TABLE users DROP COLUMN email;\n";
    case.write(
        EMAIL,
        format!(
            "-- add email – “é”\n-- revision: b2c3d4e5f6a1\n-- revises: a1b2c3d4e5f6\n\n{both}"
        ),
    )?;
    let rebuild = "-- rebuild\n-- revision: c3d4e5f6a1b2\n-- revises: a1b2c3d4e5f6\n-- label: billing, money\n\n\
        -- migrate:upgrade sqlite foreign-keys=off\nCREATE TABLE n (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);\n\
        INSERT INTO n SELECT id, name FROM users;\nDROP TABLE users;\nALTER TABLE n RENAME TO users;\n\n\
        -- migrate:upgrade postgres transaction=off\nCREATE UNIQUE INDEX CONCURRENTLY u ON users (name);\n\n\
        -- migrate:upgrade mysql\nALTER TABLE users ADD UNIQUE (name);\n\n\
        -- migrate:irreversible names \"were\" not unique\n";
    case.write(THIRD, rebuild)?;
    let merge = "-- merge\n-- revision: d4e5f6a1b2c3\n-- revises: b2c3d4e5f6a1, c3d4e5f6a1b2\n\n-- migrate:upgrade\n";
    case.write("20260121_0000_d4e5f6a1b2c3_merge.sql", merge)?;
    let depends = "-- audit\n-- revision: e5f6a1b2c3d4\n-- revises: base\n-- label: audit\n-- depends-on: billing, b2c3d4e5f6a1\n\n\
        -- migrate:upgrade\nCREATE TABLE audit (a INTEGER);\n\n\
        -- migrate:downgrade\n-- migrate:destroys audit reviewed\nDROP TABLE audit;\n";
    case.write("20260122_0000_e5f6a1b2c3d4_audit.sql", depends)?;
    let index = |id: &str, message: &str, header: &str| {
        let sections = format!(
            "-- migrate:upgrade\nCREATE INDEX i{id} ON audit (a);\n\n-- migrate:downgrade sqlite\nDROP INDEX i{id};\n\n\
             -- migrate:downgrade postgres mysql\nDROP INDEX i{id};\n"
        );
        format!("-- {message}\n-- revision: {id}\n{header}\n\n{sections}")
    };
    let [first, second] = ["f6a1b2c3d4e5", "a7b8c9d0e1f2"];
    let header = "-- revises: e5f6a1b2c3d4";
    case.write("20260123_0000_f6a1b2c3d4e5_index.sql", index(first, "index", header))?;
    let header = "-- revises: f6a1b2c3d4e5";
    case.write("20260124_0000_a7b8c9d0e1f2_more.sql", index(second, "more", header))?;
    let header = "-- revises: e5f6a1b2c3d4\n-- replaces: f6a1b2c3d4e5..a7b8c9d0e1f2";
    let both = format!(
        "-- both\n-- revision: b8c9d0e1f2a3\n{header}\n\n-- migrate:upgrade\nCREATE INDEX i{first} ON audit (a);\n\
         CREATE INDEX i{second} ON audit (a);\n\n-- migrate:downgrade\nDROP INDEX i{second};\nDROP INDEX i{first};\n"
    );
    case.write("20260125_0000_b8c9d0e1f2a3_both.sql", both)?;
    let mut settings = settings(&Dialect::ALL);
    settings.dialects = Dialects::of(&Dialect::ALL);
    settings.heads = Heads::Many;
    settings.name = "shop-2".into();
    settings.history = "ops.schema_history".parse().map_err(io::Error::other)?;
    let mut lock = seal(case.folder, settings, &[]);
    for entry in &mut lock.revisions {
        for seal in &mut entry.seals {
            if entry.id == "b2c3d4e5f6a1" {
                seal.former_downgrades = vec![seal.upgrade.checksum, seal.downgrade.checksum];
            }
        }
    }
    case.write(FILE, lock.render())
}

#[cfg(unix)]
fn link(to: &str, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn link(_: &str, at: &Path) -> io::Result<()> {
    fs::write(at, "")
}
