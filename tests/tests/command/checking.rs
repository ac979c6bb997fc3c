//! `check` says of every folder what the compiler says of it.

use std::path::Path;

use revchain_tests::cases::CASES;
use revchain_tests::command::Desk;

#[test]
fn check_finds_in_every_folder_what_the_compiler_finds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let desk = Desk::new().set("REVCHAIN_NO_GIT", "1");
    for case in CASES {
        let name = case.name;
        let folder = root.join(case.place()).join(name).join("migrations");
        let ended = desk.run(&format!("check --dir \"{}\"", folder.display()));
        assert_eq!(
            ended.code,
            if case.codes.is_empty() { 0 } else { 3 },
            "{name}: {}",
            ended.stderr
        );
        // Each problem begins with `error: <message> [<code>]`.
        let codes: Vec<&str> = ended
            .stderr
            .lines()
            .filter(|line| line.starts_with("error: "))
            .filter_map(|line| line.rsplit_once('[')?.1.strip_suffix(']'))
            .collect();
        assert_eq!(codes, case.codes, "{name}: {}", ended.stderr);
    }
}
