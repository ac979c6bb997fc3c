//! Which rows are in the way of a plan.

use revchain_core::{Dialect, TokenKind};
use revchain_schema::{Refusal, TableShape};

use crate::autogenerate::Proposals;
use crate::database::Access;
use crate::output::counted;
use crate::session::Session;
use crate::url::DatabaseUrl;

/// How many rows are named.
const NAMED: usize = 3;

/// Says what rows can refuse, and which are in the way where a database is at hand.
pub(crate) fn warn(session: &mut Session<'_>, proposals: &Proposals, url: Option<&DatabaseUrl>) {
    for (dialect, proposal) in proposals {
        let url = url.filter(|url| url.dialect() == *dialect);
        let mut database = url.and_then(|url| url.open_any(session, Access::Look).ok());
        let mut ask = |sql: &str| database.as_mut()?.rows(sql).ok();
        for refusal in proposal.upgrade.statements().flat_map(|one| &one.refused_by_rows) {
            let count = Some(&*refusal.count).filter(|sql| !sql.is_empty()).and_then(&mut ask);
            let count = count.and_then(|rows| rows.first()?.first()?.clone()?.parse().ok());
            let words = match count {
                Some(0) => continue,
                Some(1) => "1 row is in the way: ".to_owned(),
                Some(count) => format!("{} are in the way: ", counted(count, "row")),
                None => "rows can be in the way: ".to_owned(),
            };
            session.output.warn(format!("{words}{}", refusal.reason), &[]);
            let listing = count.and_then(|_| listing(&proposal.tables, refusal, *dialect));
            let Some((of_table, sql)) = listing else { continue };
            let Some(rows) = ask(&sql).filter(|rows| !rows.is_empty()) else { continue };
            let mut keys: Vec<String> = rows.iter().map(|row| written(row)).collect();
            keys.extend(count.filter(|count| *count > NAMED).map(|_| "…".to_owned()));
            session.output.say(format_args!("  = note: {of_table}: {}", keys.join(", ")));
        }
    }
}

/// Returns what the keys are of, and the query that names rows by them; none if they are of no table with a primary key.
fn listing(tables: &[TableShape], refusal: &Refusal, dialect: Dialect) -> Option<(String, String)> {
    let rows = refusal.count.strip_prefix("SELECT count(*) FROM ")?;
    let split = dialect.split(rows).ok()?;
    let mut tokens = split.tokens.iter();
    let mut name = Vec::new();
    while let Some(token) = tokens.next() {
        let quote = |sign| ['"', '`'].contains(&sign);
        name.push(match token.kind {
            TokenKind::Identifier => token.text.trim_matches(quote),
            TokenKind::Word => token.text,
            _ => return None,
        });
        if tokens.next().is_none_or(|next| next.text != ".") {
            break;
        }
    }
    let name = name.join(".");
    let name = name.strip_prefix("public.").unwrap_or(&name);
    let table = tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))?;
    let keys = table.columns.iter().filter(|column| column.key);
    let (keys, quoted): (Vec<&str>, Vec<String>) =
        keys.map(|key| (&*key.name, dialect.quote_identifier(&key.name))).unzip();
    let (named, quoted) = (keys.join(", "), quoted.join(", "));
    let sql = format!("SELECT {quoted} FROM {rows} ORDER BY {quoted} LIMIT {NAMED}");
    (!keys.is_empty()).then(|| (format!("{named} in `{}`", table.name), sql))
}

/// Writes the key of a row.
fn written(row: &[Option<String>]) -> String {
    let values: Vec<&str> = row.iter().map(|one| one.as_deref().unwrap_or("NULL")).collect();
    match values[..] {
        [only] => only.to_owned(),
        _ => format!("({})", values.join(", ")),
    }
}
