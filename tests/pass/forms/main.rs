//! The forms that the macro accepts.

revchain::migrations! {
    /// Documented, and beside the calling file.
    #[allow(dead_code)]
    pub(crate) static DOCUMENTED = "../two-revisions/migrations/",
}

mod inner {
    revchain::migrations!(pub(in crate::inner) static WITHOUT = r"../two-revisions/./migrations", without(round_trip, compiled_in));

    pub fn heads() -> Vec<&'static str> {
        WITHOUT.heads()
    }
}

macro_rules! passed_on {
    ($name:ident, $folder:literal) => {
        revchain::migrations!(static $name = $folder);
    };
}

passed_on!(PASSED_ON, "../everything/migrations");

// What is configured out is not an error either.
revchain::migrations!(#[cfg(any())] static NOWHERE = "no/such/folder");

fn main() {
    assert_eq!(DOCUMENTED.heads(), ["b2c3d4e5f6a1"]);
    assert_eq!(inner::heads(), ["b2c3d4e5f6a1"]);
    assert_eq!(PASSED_ON.set().revisions.len(), 6);
    assert_eq!(DOCUMENTED.set().folder, "../two-revisions/migrations");
}
