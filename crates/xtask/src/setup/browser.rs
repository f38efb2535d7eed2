//! A Chromium to test in.

use std::path::PathBuf;

use anyhow::Result;

use super::on_path;
use super::package::Program;

const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const ELSEWHERE: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
];

/// The path of a Chromium or Chrome, installed first where that needs no question (root on Debian or Ubuntu).
pub(crate) fn ready() -> Result<PathBuf> {
    needed("CHROME", "Chromium or Chrome", "chromium").ensure(find)
}

/// The path of chromedriver, which the Rust tests need to run in that browser; installed in the same way.
pub(crate) fn driver() -> Result<PathBuf> {
    ready()?;
    needed("CHROMEDRIVER", "chromedriver", "chromium-driver").ensure(|| on_path("chromedriver"))
}

fn find() -> Option<PathBuf> {
    let elsewhere = ELSEWHERE.iter().map(PathBuf::from).find(|path| path.is_file());
    NAMES.iter().find_map(|name| on_path(name)).or(elsewhere)
}

const fn needed(variable: &'static str, what: &'static str, package: &'static str) -> Program {
    let otherwise = "leave these tests out with `cargo xtask test --fast`";
    Program { variable, what, tests: "the browser tests", package, otherwise }
}
