//! A Chromium to test in.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{on_path, say};
use crate::process;

const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const ELSEWHERE: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
];

/// The path of a Chromium or Chrome, installed first where that needs no question (root on Debian or Ubuntu).
pub(crate) fn ready() -> Result<PathBuf> {
    ensure("CHROME", "Chromium or Chrome", "chromium", find)
}

/// The path of chromedriver, which the Rust tests need to run in that browser; installed in the same way.
pub(crate) fn driver() -> Result<PathBuf> {
    ready()?;
    ensure("CHROMEDRIVER", "chromedriver", "chromium-driver", || on_path("chromedriver"))
}

fn find() -> Option<PathBuf> {
    let elsewhere = ELSEWHERE.iter().map(PathBuf::from).find(|path| path.is_file());
    NAMES.iter().find_map(|name| on_path(name)).or(elsewhere)
}

fn ensure(variable: &str, what: &str, package: &str, find: impl Fn() -> Option<PathBuf>) -> Result<PathBuf> {
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
        "the browser tests need {what}: install it (Debian: `sudo apt-get install {package}`), \
         or set {variable} to its path, or leave these tests out with `cargo xtask test --fast`"
    );
    let Some(apt) = on_path("apt-get").filter(|_| is_root()) else {
        bail!(advice);
    };
    install(&apt, package).context(advice)?;
    find().with_context(|| format!("the package {package} was installed, yet {what} is not on PATH"))
}

fn install(apt: &Path, package: &str) -> Result<()> {
    say(&format!("setup: apt-get install {package} (takes up to a minute)"));
    let apt_get = |args: &[&str]| {
        process::quiet(Command::new(apt).args(args).env("DEBIAN_FRONTEND", "noninteractive")).map(drop)
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
