//! What becomes of schemas on SQLite: plans lead where they should, back again, and lose nothing.

mod cases;
mod corpus;
mod random;
