//! Placeholder, filled by the next commits.

fn main() {}
