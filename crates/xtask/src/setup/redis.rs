//! A Redis server for the tests of `grantline-redis` and of `grantline/stores`, which start it themselves.

use std::path::PathBuf;

use anyhow::Result;

use super::on_path;
use super::package::Program;

/// The path of redis-server, installed first where that needs no question.
pub(crate) fn ready() -> Result<PathBuf> {
    let server = Program {
        variable: "REDIS_SERVER",
        what: "redis-server",
        tests: "the tests of the stores in Redis",
        package: "redis-server",
        otherwise: "run the other steps with `cargo xtask test --only <STEP>`",
    };
    server.ensure(|| on_path("redis-server"))
}
