revchain::migrations!();
revchain::migrations!(pub const MIGRATIONS = "migrations");
revchain::migrations!(pub static mut MIGRATIONS = "migrations");
revchain::migrations!(pub static A: revchain::Migrations = "migrations");
revchain::migrations!(pub static B);
revchain::migrations!(pub static C = migrations);
revchain::migrations!(pub static D = "migrations" "more");
revchain::migrations!(pub static E = "migrations", tests = false);
revchain::migrations!(pub static F = "migrations", without);
revchain::migrations!(pub static G = "migrations", without(round_tripp));

// A static whose name could be read is there all the same: no error but the one that is told.
fn main() {
    println!("{:?} {:?} {:?} {:?}", A.heads(), B.heads(), C.heads(), D.heads());
}
