//! A C++ compiler, for the fuzzer that the fuzz targets are linked with.

use std::env;

use anyhow::Result;

use super::on_path;
use super::package::Program;

/// Makes sure that there is one, installed first where that needs no question.
pub(crate) fn ready() -> Result<()> {
    // Whoever names one, with or without options, means it.
    if env::var_os("CXX").is_some() {
        return Ok(());
    }
    let compiler = Program {
        variable: "CXX",
        what: "a C++ compiler",
        tests: "the fuzz targets",
        package: "g++",
        otherwise: "run the other steps with `cargo xtask test --only <STEP>`",
    };
    compiler.ensure(|| on_path("c++")).map(drop)
}
