//! Python for the token servers that are written in it, with their packages in an environment of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::package::Program;
use super::{on_path, say};
use crate::{process, repo};

/// Debian splits both modules off; Django asks for the version.
const GOOD: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";

/// Makes sure that the folder's `.venv` holds what its `requirements.txt` names.
pub(crate) fn ready(folder: &Path) -> Result<()> {
    let wanted = fs::read_to_string(folder.join("requirements.txt"))
        .with_context(|| format!("cannot read requirements.txt in {}", repo::relative(folder)))?;
    let environment = folder.join(".venv");
    let record = environment.join("installed.txt");
    // A Python that was removed or replaced leaves an environment that does not start.
    let works = process::probe(Command::new(inner(&environment)).arg("--version")).is_some();
    if works && fs::read_to_string(&record).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let python = interpreter()?;
    say(&format!("setup: pip install -r requirements.txt (in {}/.venv)", repo::relative(folder)));
    process::quiet(Command::new(python).args(["-m", "venv", "--clear"]).arg(&environment))?;
    let options = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"];
    let mut pip = Command::new(inner(&environment));
    pip.args(options).args(["-r", "requirements.txt"]).current_dir(folder);
    process::quiet(&mut pip).with_context(|| {
        format!(
            "pip could not install the Python servers of {} (it needs the Python package index)",
            repo::relative(folder)
        )
    })?;
    fs::write(&record, wanted).with_context(|| format!("cannot write {}", record.display()))
}

fn interpreter() -> Result<PathBuf> {
    let python = Program {
        variable: "PYTHON",
        what: "Python 3.10 or newer with its module venv",
        tests: "the interop tests",
        package: "python3-venv",
        otherwise: "run the other steps with `cargo xtask test --only <STEP>`",
    };
    python.ensure(|| {
        let places = on_path("python3").into_iter().chain(["/usr/bin/python3".into()]);
        places.into_iter().find(|python| process::probe(Command::new(python).args(["-c", GOOD])).is_some())
    })
}

/// The Python of an environment.
fn inner(environment: &Path) -> PathBuf {
    environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}
