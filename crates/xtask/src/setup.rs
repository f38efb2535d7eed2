//! What a fresh machine lacks: fetched when it can be, and otherwise named exactly.

pub(crate) mod browser;
pub(crate) mod cxx;
pub(crate) mod node;
mod package;
pub(crate) mod python;
pub(crate) mod redis;
pub(crate) mod rust;

use std::env;
use std::path::PathBuf;

/// Says on stderr what takes time.
pub(crate) fn say(message: &str) {
    eprintln!("{message}");
}

/// A program on `PATH`.
fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&file)).find(|path| path.is_file())
}
