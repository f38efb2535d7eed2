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
    if let Some(named) = env::var_os("CHROME").map(PathBuf::from) {
        if !named.is_file() {
            bail!("CHROME names {}, and there is no such file", named.display());
        }
        return Ok(named);
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    install()?;
    find().context("Debian's package chromium was installed, yet there is no `chromium` on PATH")
}

fn find() -> Option<PathBuf> {
    let elsewhere = ELSEWHERE.iter().map(PathBuf::from).find(|path| path.is_file());
    NAMES.iter().find_map(|name| on_path(name)).or(elsewhere)
}

fn install() -> Result<()> {
    let missing = "the browser tests need Chromium or Chrome, and none was found";
    let advice = "install one (Debian, Ubuntu: `sudo apt-get install chromium`), or set CHROME to its path, \
                  or leave these tests out with `cargo xtask test --fast`";
    let Some(apt) = on_path("apt-get").filter(|_| is_root()) else {
        bail!("{missing}: {advice}");
    };
    say("setup: no Chromium found; apt-get install chromium (about 30 s)");
    // A mirror that is partly out of date need not keep the package itself from being installed.
    let updated = apt_get(&apt, &["update"]);
    apt_get(&apt, &["install", "--yes", "--no-install-recommends", "chromium"])
        .and(updated.or(Ok(())))
        .with_context(|| format!("{missing}, and apt-get could not install it: {advice}"))
}

fn apt_get(program: &Path, args: &[&str]) -> Result<()> {
    process::quiet(Command::new(program).args(args).env("DEBIAN_FRONTEND", "noninteractive")).map(drop)
}

fn is_root() -> bool {
    process::probe(Command::new("id").arg("-u")).is_some_and(|id| id == "0")
}
