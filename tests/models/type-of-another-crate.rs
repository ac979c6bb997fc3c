//! Types that the compiler does not find where the source says them.

mod inner {
    pub struct String;
}

use inner::String;
use revchain::Table;

type Vec<T> = std::collections::VecDeque<T>;

#[derive(Table)]
struct User {
    #[column(primary_key)]
    id: i64,
    name: String,
    #[column(postgres = "varchar(20)")]
    code: Option<String>,
    photo: Vec<u8>,
    // Its type is not taken from its name.
    #[column(type = "TEXT")]
    address: String,
}

fn main() {}
