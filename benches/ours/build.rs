fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rustc-env=REVCHAIN_TRACKED=migrations");
}
