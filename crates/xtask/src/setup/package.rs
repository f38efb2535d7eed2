//! Programs that come as packages of the system.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{on_path, say};
use crate::process;

/// A program that tests need.
pub(super) struct Program {
    /// The environment variable that may name its path.
    pub(super) variable: &'static str,
    /// What people call it.
    pub(super) what: &'static str,
    /// Which tests need it.
    pub(super) tests: &'static str,
    /// Debian's package.
    pub(super) package: &'static str,
    /// How to do without it.
    pub(super) otherwise: &'static str,
}

impl Program {
    /// Its path, installed first where that needs no question (root on Debian or Ubuntu).
    pub(super) fn ensure(&self, find: impl Fn() -> Option<PathBuf>) -> Result<PathBuf> {
        let Self { variable, what, tests, package, otherwise } = self;
        if let Some(named) = env::var_os(variable).map(PathBuf::from) {
            if !named.is_file() {
                bail!("{variable} names {}, and there is no such file", named.display());
            }
            return Ok(named);
        }
        if let Some(found) = find() {
            return Ok(found);
        }
        let advice = format!(
            "{tests} need {what}: install it (Debian: `sudo apt-get install {package}`), \
             or set {variable} to its path, or {otherwise}"
        );
        let Some(apt) = on_path("apt-get").filter(|_| is_root()) else {
            bail!(advice);
        };
        install(&apt, package).context(advice)?;
        find().with_context(|| format!("the package {package} was installed, yet {what} is not on PATH"))
    }
}

fn install(apt: &Path, package: &str) -> Result<()> {
    say(&format!("setup: apt-get install {package} (takes up to a minute)"));
    let apt_get = |args: &[&str]| {
        // Whatever service the package brings, nobody here needs it: it is not started.
        let mut command = Command::new(apt);
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
        process::quiet(&mut command).map(drop)
    };
    // Debian's package lists may be missing or fresh enough: only the installation itself has to succeed.
    if let Err(error) = apt_get(&["update"]) {
        say(&format!("setup: {error:#}"));
    }
    apt_get(&["install", "--yes", "--no-install-recommends", package])
}

fn is_root() -> bool {
    process::probe(Command::new("id").arg("-u")).is_some_and(|id| id == "0")
}
