//! Node.js, and the development tools that come from npm.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use super::say;
use crate::{process, repo};

const OLDEST_NODE: u32 = 20;

/// Makes sure that Node is there and that the packages of `pkg/package-lock.json` are installed.
pub(crate) fn ready() -> Result<()> {
    packages(&repo::pkg())
}

/// Makes sure that Node is there and that the packages of this folder's `package-lock.json` are installed.
pub(crate) fn packages(folder: &Path) -> Result<()> {
    check_version()?;
    if installed(folder) {
        return Ok(());
    }
    let place = repo::relative(folder);
    say(&format!("setup: npm ci (in {place}/)"));
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    process::quiet(Command::new(npm).args(args).current_dir(folder)).with_context(|| {
        format!("npm could not install the packages of {place}/ (it needs the npm registry)")
    })?;
    Ok(())
}

/// A `node` command in `pkg/`.
pub(crate) fn command() -> Command {
    let mut command = Command::new("node");
    command.current_dir(repo::pkg());
    command
}

/// A tool from `pkg/node_modules`, if it is installed.
pub(crate) fn tool(name: &str) -> Option<Command> {
    let file = if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() };
    let path = repo::pkg().join("node_modules/.bin").join(file);
    path.exists().then(|| {
        let mut command = Command::new(path);
        command.current_dir(repo::pkg());
        command
    })
}

fn check_version() -> Result<()> {
    let advice = "install it from https://nodejs.org or with your package manager";
    let Some(version) = process::probe(Command::new("node").arg("--version")) else {
        bail!("Node.js {OLDEST_NODE} or newer is needed and there is no `node` on PATH: {advice}");
    };
    match major(&version) {
        Some(number) if number >= OLDEST_NODE => Ok(()),
        _ => bail!("Node.js {OLDEST_NODE} or newer is needed and `node` is {version}: {advice}"),
    }
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// npm writes this record last, so a broken installation has none and an outdated one has an old one.
fn installed(folder: &Path) -> bool {
    let [record, lock] =
        ["node_modules/.package-lock.json", "package-lock.json"].map(|file| folder.join(file));
    matches!((changed(&record), changed(&lock)), (Some(record), Some(lock)) if record >= lock)
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn node_versions() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("v9"), Some(9));
        assert_eq!(major("20"), None);
        assert_eq!(major(""), None);
    }
}
