//! Any text is a revision, or has problems with words, in every dialect.
#![no_main]

use libfuzzer_sys::fuzz_target;
use revchain_core::folder::{Folder, SourceFile};
use revchain_core::{Dialect, check};

fuzz_target!(|text: &str| {
    for dialect in Dialect::ALL {
        let _ = check::revision("x.sql", text, dialect);
    }
    let folder = Folder {
        shown: "migrations".to_owned(),
        files: vec![SourceFile { path: "x.sql".to_owned(), text: text.to_owned() }],
        lock: Some(text.to_owned()),
        problems: Vec::new(),
    };
    for problem in check(&folder).problems {
        assert!(problem.to_string().contains(problem.code()));
    }
});
