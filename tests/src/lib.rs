//! What the tests share: folders of revisions, sealed as `cargo migrate seal` does.

pub mod project;
pub mod sealing;
