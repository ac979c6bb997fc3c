//! No text makes the lexer panic or loop, and its tokens stand where they say.

#![no_main]

use libfuzzer_sys::fuzz_target;
use revchain_core::{Dialect, Split};

fuzz_target!(|text: &str| {
    for dialect in Dialect::ALL {
        match dialect.split(text) {
            Ok(split) => check(dialect, text, &split),
            Err(error) => assert!(text.is_char_boundary(error.start), "{dialect}: {error:?}"),
        }
    }
});

fn check(dialect: Dialect, text: &str, split: &Split<'_>) {
    let mut end = 0;
    for token in &split.tokens {
        assert!(token.start >= end && !token.text.is_empty(), "{dialect}: {token:?}");
        assert_eq!(&text[token.start..token.end()], token.text);
        end = token.end();
    }
    for (index, statement) in split.statements.iter().enumerate() {
        let tokens = split.tokens_of(index);
        let _ = dialect.transaction_control(tokens);
        let _ = dialect.needs_no_transaction(tokens);
        let _ = dialect.sets_up_connection(tokens);
        // What is sent alone must be what was checked. At the end of a text, MySQL reads `--`
        // as a comment.
        let alone = &text[statement.span.clone()];
        if !(dialect == Dialect::Mysql && alone.ends_with("--")) {
            let again = dialect.split(alone).unwrap_or_else(|error| panic!("{dialect}: {error:?}"));
            assert_eq!(again.statements.len(), 1, "{dialect}: {alone:?}");
            let sent = again.tokens.iter().map(|token| (token.kind, token.text));
            assert!(sent.eq(tokens.iter().take(again.tokens.len()).map(|t| (t.kind, t.text))));
        }
    }
    let _ = dialect.unsafe_rebuilds(split);
}
