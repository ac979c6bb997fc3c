revchain::migrations!(pub static MIGRATIONS = "migrations");

fn main() {
    println!("{} revisions", MIGRATIONS.set().revisions.len());
}
