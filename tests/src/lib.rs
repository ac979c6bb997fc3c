//! What the tests share: folders of revisions, sealed as `cargo migrate seal` does.

pub mod deployer;
pub mod cases;
pub mod package;
pub mod project;
pub mod sealing;
