//! Real migration histories, in the folder that `REVCHAIN_SHARED` names.

use std::io::Write as _;
use std::path::Path;

use revchain_core::Dialect;

/// How many statements each history holds; the databases accepted each of them alone.
const HISTORIES: [(&str, Dialect, usize); 4] = [
    ("atuin-client", Dialect::Sqlite, 17),
    ("atuin-server-sqlite", Dialect::Sqlite, 13),
    ("atuin-server-postgres", Dialect::Postgres, 31),
    ("svix-server", Dialect::Postgres, 89),
];

#[test]
fn real_histories_split_into_what_their_databases_accept() {
    let Some(shared) = std::env::var_os("REVCHAIN_SHARED") else {
        let note = b"skipped: REVCHAIN_SHARED does not name a folder with real histories\n";
        std::io::stderr().write_all(note).unwrap();
        return;
    };
    for (folder, dialect, expected) in HISTORIES {
        let folder = Path::new(&shared).join("real").join(folder);
        let mut found = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            let file = entry.unwrap().path();
            if file.extension().is_some_and(|extension| extension == "sql") {
                let text = std::fs::read_to_string(&file).unwrap();
                let split = dialect.split(&text);
                let split = split.unwrap_or_else(|error| panic!("{}: {error:?}", file.display()));
                found += split.statements.len();
            }
        }
        assert_eq!(found, expected, "{}", folder.display());
    }
}
