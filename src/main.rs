//! hookmend, the program.

fn main() {}
