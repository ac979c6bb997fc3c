//! Attributes and structs that say what no table can.

use revchain::Table;

#[derive(Table)]
#[table(nam = "users", index(on = "mail"))]
struct User {
    #[column(uniqe)]
    id: i64,
    #[column(default = now())]
    mail: String,
}

#[derive(Table)]
struct Page<T> {
    items: T,
}

#[derive(Table)]
struct Pair(i64, i64);

#[derive(Table)]
enum Mood {
    Well,
}

fn main() {}
