//! `grantline import`: operations from a document that describes an API.

use crate::args::{Import, ImportFormat, ImportOpenapi};
use crate::failure::Failure;
use crate::output;
use grantline_openapi::{Imported, Options, import, merge, text};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

pub(crate) fn run(options: &Import) -> Result<(), Failure> {
    match &options.format {
        ImportFormat::Openapi(options) => openapi(options),
    }
}

fn openapi(options: &ImportOpenapi) -> Result<(), Failure> {
    let document = read(&options.file)?;
    let name = options.file.display();
    let wanted = Options { only: options.only.clone() };
    let imported = import(&document, &wanted).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
    let imported = match &options.into {
        None => imported,
        Some(path) => merge(&read(path)?, imported, options.force)
            .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?,
    };
    let made = text(&imported.connector);
    match (&options.out, &options.into) {
        (Some(path), _) => write(path, &made, options.force)?,
        // What it held is in what is written.
        (None, Some(path)) => write(path, &made, true)?,
        (None, None) => output::line(made.trim_end())?,
    }
    report(options, &imported);
    Ok(())
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("cannot read '{}': {error}", path.display())))
}

fn write(path: &Path, text: &str, replace: bool) -> Result<(), Failure> {
    let name = path.display();
    if replace {
        // Beside it first: a failure half-way must not cost what was there.
        let folder =
            path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let broken = |error: std::io::Error| Failure::Machine(format!("cannot write '{name}': {error}"));
        let temporary = folder.join(format!(".grantline-import-{}", std::process::id()));
        fs::write(&temporary, text).map_err(broken)?;
        return fs::rename(&temporary, path).map_err(broken);
    }
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Failure::Usage(format!(
            "'{name}' is there already: --force replaces it, --into puts the operations into it"
        ))),
        Err(error) => Err(Failure::Machine(format!("cannot write '{name}': {error}"))),
    }
}

/// What people should know stands on standard error: standard output may be the connector.
fn report(options: &ImportOpenapi, imported: &Imported) {
    imported.notes.iter().for_each(|note| eprintln!("note: {note}"));
    let operations = if imported.operations == 1 { "operation" } else { "operations" };
    let target = options.out.as_ref().or(options.into.as_ref());
    let place = target.map(|path| format!(" into {}", path.display())).unwrap_or_default();
    eprintln!("{} {operations} imported{place}", imported.operations);
}
