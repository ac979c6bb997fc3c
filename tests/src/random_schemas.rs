//! Random schemas, what of them is called otherwise, and how many of them are tried.

use std::collections::BTreeSet;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use revchain_core::{Dialect, TokenKind};

/// A schema as text, a line for each table's head and for each of its columns.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Tables and their columns.
    pub tables: Vec<(String, Vec<String>)>,
    /// The statements.
    pub sql: String,
}

/// Two schemas, and what of the second is the first's under another name.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The schema that is there.
    pub from: String,
    /// The schema that is wanted, with comments that name renames.
    pub to: String,
    /// Flags that name renames.
    pub flags: Vec<String>,
    /// What chooses rows.
    pub seed: u64,
}

/// What columns are called that are told their names.
pub const NAMES: [&str; 5] = ["b", "c", "d", "e", "f"];

/// Returns the names of a table's columns, and a line for each: a key `k`, `a` as the second or the last, and others of which
/// each is told its name; a name that comes again is left out.
#[must_use]
pub fn named_columns(
    key: &str,
    a: &str,
    a_is_last: bool,
    others: Vec<(usize, String)>,
) -> (Vec<String>, Vec<String>) {
    let others = others.into_iter().map(|(at, column)| {
        let name = NAMES[at];
        (name, column.replace("NAME", name))
    });
    let mut all: Vec<(&str, String)> = others.collect();
    all.insert(if a_is_last { all.len() } else { 0 }, ("a", a.to_owned()));
    let (mut names, mut lines) = (vec!["k".to_owned()], vec![key.to_owned()]);
    for (name, line) in all {
        if !names.iter().any(|one| one == name) {
            names.push(name.to_owned());
            lines.push(line);
        }
    }
    (names, lines)
}

/// Tries random pairs: always the same, unless `PROPTEST_CASES` or `PROPTEST_RNG_SEED` is set.
///
/// # Panics
///
/// When one of them is judged to be wrong.
pub fn try_pairs(
    dialect: Dialect,
    schema: impl Fn() -> proptest::strategy::BoxedStrategy<Schema>,
    judge: impl Fn(&Pair) -> Result<(), String>,
) {
    let mut config =
        Config { failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        // A server takes its time.
        config.cases = if dialect == Dialect::Sqlite { 96 } else { 32 };
        if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
            config.rng_seed = RngSeed::Fixed(5);
        }
    }
    let pairs = (schema(), schema(), new_names(), any::<bool>(), any::<u64>());
    let pairs = pairs.prop_map(move |(from, to, names, flags, seed)| {
        let pair = renamed(dialect, &from, &to, &names, flags);
        Pair { seed, ..pair }
    });
    let ran = TestRunner::new(config).run(&pairs, |pair| {
        judge(&pair).map_err(|error| {
            let Pair { from, to, flags, seed } = &pair;
            let flags = flags.join(" ");
            TestCaseError::fail(format!("{error}\n\n{seed} {flags}\nfrom:\n{from}\nto:\n{to}"))
        })
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

/// Returns which names others take: of tables and columns, also of each other.
fn new_names() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    prop_oneof![
        6 => Just(vec![]),
        1 => Just(vec![("b", "z")]),
        1 => Just(vec![("a", "key a"), ("k", "z")]),
        1 => Just(vec![("t0", "u0")]),
        1 => Just(vec![("t1", "T 1"), ("c", "y"), ("a", "x")]),
        1 => Just(vec![("b", "c"), ("c", "b")]),
        1 => Just(vec![("b", "c"), ("c", "d"), ("d", "b"), ("t0", "t1"), ("t1", "t0")]),
        1 => Just(vec![("t0", "t1"), ("t1", "t2"), ("t2", "t0")]),
    ]
}

/// Gives the second schema the new names, and says for each what it was: by a flag, or by a comment.
fn renamed(
    dialect: Dialect,
    from: &Schema,
    to: &Schema,
    names: &[(&str, &str)],
    by_flags: bool,
) -> Pair {
    let new = |name: &str| {
        names.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| new).to_owned()
    };
    let of = |schema: &Schema, table: &str| {
        schema.tables.iter().find(|(name, _)| name == table).map(|(_, columns)| columns.clone())
    };
    let all = |schema: &Schema| schema.tables.iter().map(|(name, _)| name.clone()).collect();
    let mut lines: Vec<String> =
        to.sql.lines().map(|line| with_names(dialect, line, &new)).collect();
    let mut flags = Vec::new();
    for old in kept(all(from), all(to), &new) {
        flags.push(format!("--rename={old}:{}", new(&old)));
        let head = format!("CREATE TABLE {} (", quoted(dialect, &new(&old)));
        let line = lines.iter_mut().find(|line| line.starts_with(&head)).expect("its head");
        line.push_str(&format!(" -- @renamed from={old}"));
    }
    for (table, _) in &to.tables {
        let after = new(table);
        let all: Vec<&String> = from.tables.iter().map(|(name, _)| name).collect();
        let is = |old: &str, now: &str| flags.contains(&format!("--rename={old}:{now}"));
        let before = if is(table, &after) { table } else { &after };
        // What has the former name of another table is new.
        if all.iter().any(|name| is(before, &new(name)) && new(name) != after) {
            continue;
        }
        let (Some(were), Some(are)) = (of(from, before), of(to, table)) else { continue };
        for old in kept(were, are, &new) {
            flags.push(format!("--rename={after}.{old}:{}", new(&old)));
            let head = format!("CREATE TABLE {} (", quoted(dialect, &after));
            let start = lines.iter().position(|line| line.starts_with(&head)).expect("its head");
            let column = format!("    {} ", quoted(dialect, &new(&old)));
            let line = lines[start..].iter_mut().find(|line| line.starts_with(&column));
            line.expect("its line").push_str(&format!(" -- @renamed from={old}"));
        }
    }
    let marked = lines.join("\n");
    let plain = marked.lines().map(|line| line.split(" -- @renamed").next().unwrap_or_default());
    let to = if by_flags { plain.collect::<Vec<_>>().join("\n") } else { marked };
    let flags = if by_flags { flags } else { Vec::new() };
    Pair { from: from.sql.clone(), to, flags, seed: 0 }
}

/// Returns which names of `from` are others in `to`, and whose new names are free or left.
fn kept(from: Vec<String>, to: Vec<String>, new: &impl Fn(&str) -> String) -> Vec<String> {
    let mut kept: Vec<String> =
        from.iter().filter(|name| to.contains(name) && new(name) != **name).cloned().collect();
    loop {
        let all: BTreeSet<String> = kept.iter().cloned().collect();
        kept.retain(|name| !from.contains(&new(name)) || all.contains(&new(name)));
        if kept.len() == all.len() {
            return kept;
        }
    }
}

/// Writes other names into a line of SQL.
fn with_names(dialect: Dialect, line: &str, new: &impl Fn(&str) -> String) -> String {
    let split = dialect.split(line).expect("a line can be read");
    let (mut text, mut at) = (String::new(), 0);
    for token in &split.tokens {
        text.push_str(&line[at..token.start]);
        let name = new(token.text);
        match token.kind {
            TokenKind::Word if name != token.text => text.push_str(&quoted(dialect, &name)),
            _ => text.push_str(token.text),
        }
        at = token.end();
    }
    text.push_str(&line[at..]);
    text
}

/// Quotes a name that needs it.
fn quoted(dialect: Dialect, name: &str) -> String {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if plain { name.to_owned() } else { dialect.quote_identifier(name) }
}

/// Numbers that follow from a seed.
#[derive(Clone, Copy, Debug)]
pub struct Chance(pub u64);

impl Chance {
    /// Returns a number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % end.max(1)
    }

    /// Returns one of several.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn one_of<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        &values[self.below(values.len())]
    }
}
