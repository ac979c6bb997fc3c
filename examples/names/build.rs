//! Tells cargo to watch the migrations folder, and the macro that cargo does.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rustc-env=REVCHAIN_TRACKED=migrations");
}
