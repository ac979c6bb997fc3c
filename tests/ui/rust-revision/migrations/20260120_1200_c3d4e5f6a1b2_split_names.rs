//! split names
