//! A type that stands for nothing in any database.

use revchain::Table;

enum Mood {
    Well,
}

struct Id(i64);

#[derive(Table)]
struct User {
    id: Id,
    mood: Option<Mood>,
}

fn main() {}
