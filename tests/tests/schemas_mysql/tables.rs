//! Random tables: columns of every type, keys, checks, foreign keys, options.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use revchain_tests::random_schemas::{NAMES, named_columns};

/// What a type takes: `n` numbers, `s` texts that are short, `t` texts that are long, `b` bytes, `d` times, `l` one of a list.
const KINDS: [(char, &str); 39] = [
    ('n', "int"),
    ('n', "bigint unsigned"),
    ('n', "smallint"),
    ('n', "tinyint(1)"),
    ('n', "mediumint unsigned"),
    ('n', "int(6) zerofill"),
    ('n', "int(8) unsigned zerofill"),
    ('n', "decimal(10,2)"),
    ('n', "decimal(6,0) unsigned"),
    ('n', "double"),
    ('n', "float"),
    ('n', "bit(7)"),
    ('s', "varchar(20)"),
    ('s', "char(10)"),
    ('s', "varchar(40) COLLATE utf8mb4_bin"),
    ('s', "varchar(20) CHARACTER SET latin1"),
    ('s', "varchar(30) CHARACTER SET latin1 COLLATE latin1_bin"),
    ('s', "varchar(200)"),
    ('t', "text"),
    ('t', "mediumtext CHARACTER SET utf8mb3"),
    ('t', "tinytext"),
    ('t', "json"),
    ('b', "blob"),
    ('b', "varbinary(20)"),
    ('b', "binary(4)"),
    ('d', "datetime(3)"),
    ('d', "datetime"),
    ('d', "timestamp"),
    ('d', "timestamp(2)"),
    ('o', "date"),
    ('o', "time(2)"),
    ('o', "year"),
    ('l', "enum('v1','v2','x')"),
    ('l', "enum('x','v2','v1','it''s') CHARACTER SET latin1"),
    ('l', "set('v1','v2','v3')"),
    ('o', "uuid"),
    ('o', "inet6"),
    ('o', "point"),
    ('-', "varchar(20) COMPRESSED"),
];

/// What is said of a column of any type.
const EXTRAS: [&str; 8] = [
    "",
    "",
    "",
    "DEFAULT NULL COMMENT 'it''s, (new)'",
    "NOT NULL",
    "INVISIBLE",
    "CHECK (NAME <> '77')",
    "COMMENT 'on update'",
];

/// What is said of a column of one type.
const OWN: [(char, &str); 20] = [
    ('n', "NOT NULL DEFAULT 1"),
    ('n', "DEFAULT 7"),
    ('n', "DEFAULT (1 + 1)"),
    ('n', "NOT NULL DEFAULT (a + 1)"),
    ('n', "NOT NULL DEFAULT 1 UNIQUE"),
    ('n', "UNIQUE"),
    ('n', "NOT NULL DEFAULT 3 CHECK (NAME < 1000)"),
    ('s', "NOT NULL DEFAULT 'v1'"),
    ('s', "DEFAULT ''"),
    ('s', "UNIQUE"),
    ('s', "DEFAULT (concat('v', a))"),
    ('s', "NOT NULL DEFAULT (uuid())"),
    ('t', "NOT NULL DEFAULT '[]'"),
    ('b', "NOT NULL DEFAULT 'v1'"),
    ('d', "DEFAULT current_timestamp"),
    ('d', "DEFAULT current_timestamp ON UPDATE current_timestamp"),
    ('d', "ON UPDATE current_timestamp"),
    ('d', "DEFAULT '2020-01-01 00:00:00'"),
    ('l', "NOT NULL DEFAULT 'v2'"),
    ('l', "DEFAULT 'v1'"),
];

const COMPUTED: [&str; 8] = [
    "NAME int AS (a + 1)",
    "NAME int AS (a + 1) STORED",
    "NAME int AS (a * 2) STORED UNIQUE",
    "NAME bigint AS (a * 2) VIRTUAL UNIQUE",
    "NAME varchar(30) AS (concat(a, '-', a)) STORED",
    "NAME varchar(60) CHARACTER SET latin1 AS (concat(a, '-', a)) VIRTUAL COMMENT 'as'",
    "NAME int AS (a % 3) VIRTUAL INVISIBLE",
    "NAME int GENERATED ALWAYS AS (a + a) PERSISTENT CHECK (NAME <> 77)",
];

/// Types of the two columns `m` and `n` that foreign keys of several columns are made of.
pub(crate) const PAIRS: [[&str; 2]; 3] = [
    ["int", "date"],
    ["bigint unsigned", "char(5) CHARACTER SET ascii"],
    ["smallint", "varchar(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"],
];

const CONSTRAINTS: [&str; 15] = [
    "",
    "",
    "",
    "UNIQUE ka (k, a)",
    "CHECK (a <> 77)",
    "CONSTRAINT low CHECK (a < 1000)",
    "KEY (a DESC, k)",
    "FOREIGN KEY (a) REFERENCES t0 (a)",
    "FOREIGN KEY (a) REFERENCES t1 (a) ON DELETE CASCADE",
    "CONSTRAINT f FOREIGN KEY (a) REFERENCES t2 (a) ON UPDATE SET NULL",
    "FOREIGN KEY (m, n) REFERENCES t0 (m, n) ON DELETE CASCADE ON UPDATE CASCADE",
    "FOREIGN KEY (m, n) REFERENCES t1 (m, n) ON DELETE SET NULL",
    "CONSTRAINT f FOREIGN KEY (m, n) REFERENCES t0 (m, n) ON UPDATE NO ACTION",
    "CONSTRAINT pair CHECK (m IS NULL OR n IS NOT NULL)",
    "KEY nm (n, m)",
];

/// Indexes of a column: which types take it, and itself.
const INDEXES: [(&str, &str); 12] = [
    ("nsdlo", "KEY x (NAME)"),
    ("nsdl", "KEY x (NAME DESC, k)"),
    ("nsdl", "UNIQUE KEY y (NAME, k)"),
    ("nsdl", "UNIQUE KEY y (k, NAME)"),
    ("stb", "KEY x (NAME(3))"),
    ("stb", "KEY z (NAME(4) DESC, a)"),
    ("stb", "UNIQUE KEY y (NAME(2))"),
    ("st", "FULLTEXT KEY w (NAME)"),
    ("t", "UNIQUE KEY v (NAME)"),
    ("nsdl", "KEY z (NAME) COMMENT 'of it'"),
    ("nsdlo", "KEY z (a, NAME) IGNORED"),
    ("nsdl", "KEY z (NAME) USING BTREE"),
];

const OPTIONS: [&str; 12] = [
    "",
    "",
    "",
    "",
    " COMMENT='some'",
    " COMMENT='it''s=(1), ENGINE=x'",
    " CHARSET=latin1",
    " COLLATE=utf8mb4_unicode_ci",
    " ROW_FORMAT=DYNAMIC AUTO_INCREMENT=50",
    " ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8",
    " STATS_PERSISTENT=1 CHECKSUM=1",
    " PAGE_COMPRESSED=1 MAX_ROWS=1000",
];

/// A table, before it is known what else there is.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    key: &'static str,
    /// Whether the column `a` is the last.
    last: bool,
    /// Columns: which name, what takes it, itself.
    columns: Vec<(usize, char, String)>,
    constraints: Vec<&'static str>,
    /// Indexes of columns, by number.
    indexes: Vec<(usize, usize)>,
    pub(crate) options: &'static str,
    pub(crate) engine: &'static str,
    /// Whether it has the columns `m` and `n`.
    pub(crate) paired: bool,
}

fn column() -> impl Strategy<Value = (char, String)> {
    let plain = (select(&KINDS[..]), select(&EXTRAS[..]))
        .prop_map(|((class, kind), extra)| (class, format!("NAME {kind} {extra}")));
    let own = (select(&KINDS[..]), any::<usize>()).prop_map(|((class, kind), at)| {
        let fits: Vec<&str> =
            OWN.iter().filter(|(of, _)| *of == class).map(|(_, own)| *own).collect();
        let fits = if fits.is_empty() { &[""][..] } else { &fits };
        (class, format!("NAME {kind} {}", fits[at % fits.len()]))
    });
    let computed = select(&COMPUTED[..]).prop_map(|text| ('n', text.to_owned()));
    prop_oneof![4 => plain, 3 => own, 1 => computed]
}

pub(crate) fn table() -> impl Strategy<Value = Table> {
    let key = select(vec![
        "k int AUTO_INCREMENT PRIMARY KEY",
        "k bigint unsigned AUTO_INCREMENT UNIQUE",
        "k int PRIMARY KEY",
        "k bigint NOT NULL",
        "k int UNIQUE",
    ]);
    let columns = proptest::collection::vec((0..5_usize, column()), 0..5);
    let constraints = proptest::collection::vec(select(&CONSTRAINTS[..]), 0..3);
    let indexes = proptest::collection::vec((0..5_usize, 0..INDEXES.len()), 0..3);
    let engine = prop_oneof![
        4 => Just(""), 1 => Just(" ENGINE=Aria"), 1 => Just(" ENGINE=MyISAM"),
    ];
    let rest = (select(&OPTIONS[..]), engine, any::<bool>());
    (key, any::<bool>(), columns, constraints, indexes, rest).prop_map(
        |(key, last, columns, constraints, indexes, (options, engine, paired))| Table {
            key,
            last,
            columns: columns.into_iter().map(|(at, (class, text))| (at, class, text)).collect(),
            constraints,
            indexes,
            options,
            engine,
            paired,
        },
    )
}

impl Table {
    /// Returns the names of its columns, and its lines; `refers` tells whether it can refer to a table, also by a pair.
    pub(crate) fn lines(
        &self,
        pair: usize,
        refers: impl Fn(usize, bool) -> bool,
    ) -> (Vec<String>, Vec<String>) {
        let others = self.columns.iter().map(|(at, _, text)| (*at, text.clone())).collect();
        let (names, mut lines) = named_columns(self.key, "a int UNIQUE", self.last, others);
        if self.paired {
            let [m, n] = PAIRS[pair];
            lines.extend([format!("m {m}"), format!("n {n}"), "UNIQUE KEY mn (m, n)".to_owned()]);
        }
        let mut keys: Vec<String> = Vec::new();
        for (at, index) in &self.indexes {
            let (classes, text) = INDEXES[*index];
            let column = self.columns.iter().find(|(one, ..)| one == at);
            if column.is_some_and(|(_, class, _)| classes.contains(*class)) {
                keys.push(text.replace("NAME", NAMES[*at]));
            }
        }
        for text in &self.constraints {
            let parent = text.split_once("REFERENCES t").map(|(_, rest)| &rest[..1]);
            let parent = parent.and_then(|number| number.parse().ok());
            let pairs = text.contains("m, n") || text.contains("n, m") || text.contains("m IS");
            if !text.is_empty()
                && parent.is_none_or(|parent| refers(parent, pairs))
                && (self.paired || !pairs)
            {
                keys.push((*text).to_owned());
            }
        }
        for key in keys {
            let name = name(&key).map(str::to_owned);
            if !lines.contains(&key)
                && !lines.iter().any(|line| name.is_some() && self::name(line) == name.as_deref())
            {
                lines.push(key);
            }
        }
        (names, lines)
    }
}

/// Returns the name of an index or a constraint.
fn name(line: &str) -> Option<&str> {
    let rest = line.split_once("KEY ").or_else(|| line.split_once("CONSTRAINT "))?.1;
    rest.split(' ').next().filter(|name| name.bytes().all(|byte| byte.is_ascii_lowercase()))
}
