//! Tests of revchain through what users see; here is what they share.

pub mod sealing;
