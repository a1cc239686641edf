//! hookmend, the program. It decides nothing; the library's shell does.

use std::process::ExitCode;

fn main() -> ExitCode {
    hookmend::cli::main()
}
