//! `grantline check`: all that is wrong with connector files, and where.

use crate::args::Check;
use crate::diagnose::render::{self, page};
use crate::diagnose::{Found, Severity, diagnose};
use crate::failure::Failure;
use crate::output::{self, counted};
use serde_json::{Value, json};
use std::io::{Read, Write, stdin};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A file and what is to be said about it.
struct Checked {
    file: String,
    text: String,
    found: Vec<Found>,
}

pub(crate) fn run(options: &Check) -> Result<(), Failure> {
    let (mut all, mut unreadable) = (Vec::new(), Vec::new());
    for file in options.files.iter().flat_map(|file| files(file)) {
        let read = file.and_then(|file| Ok((name(&file), read(&file)?)));
        match read {
            Ok((file, text)) => all.push(Checked { found: diagnose(&text), file, text }),
            Err(why) => unreadable.push(why),
        }
    }
    if options.json {
        output::line(json!({ "files": all.iter().map(object).collect::<Value>() }))?;
    } else {
        show(&all);
    }
    verdict(&all, unreadable, options.deny_warnings)
}

/// The files that are meant by what was typed.
fn files(typed: &Path) -> Vec<Result<PathBuf, String>> {
    if !typed.is_dir() {
        return vec![Ok(typed.to_owned())];
    }
    let is_connector = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(".json") && !name.ends_with(".schema.json") && path.is_file()
    };
    let inside = |directory: &Path| -> io::Result<Vec<PathBuf>> {
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect()
    };
    match inside(typed) {
        Ok(mut paths) => {
            paths.retain(is_connector);
            paths.sort();
            if paths.is_empty() {
                return vec![Err(format!("there is no connector file in '{}'", typed.display()))];
            }
            paths.into_iter().map(Ok).collect()
        }
        Err(error) => vec![Err(format!("cannot read '{}': {error}", typed.display()))],
    }
}

fn name(file: &Path) -> String {
    if file == Path::new("-") { "<stdin>".to_owned() } else { file.display().to_string() }
}

fn read(file: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        stdin().read_to_end(&mut bytes).map(drop)
    } else {
        fs::read(file).map(|content| bytes = content)
    };
    read.map_err(|error| format!("cannot read '{}': {error}", name(file)))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("cannot read '{}': it is not UTF-8 from byte {at} on", name(file))
    })
}

fn object(checked: &Checked) -> Value {
    let problems = checked.found.iter().map(|found| render::object(&checked.text, found));
    json!({ "file": checked.file, "problems": problems.collect::<Value>() })
}

/// Errors and warnings in full; hints are short. All of it is for people.
fn show(all: &[Checked]) {
    let mut out = anstream::stderr().lock();
    for Checked { file, text, found } in all {
        let (hints, problems): (Vec<_>, Vec<_>) =
            found.iter().partition(|found| found.severity == Severity::Hint);
        // Whoever closed standard error does not want to know.
        for found in problems {
            let _ = writeln!(out, "{}\n", page(file, text, found));
        }
        for found in hints {
            let _ = writeln!(out, "{}\n", render::line(file, text, found));
        }
    }
}

fn verdict(all: &[Checked], unreadable: Vec<String>, deny_warnings: bool) -> Result<(), Failure> {
    let count = |severity| {
        all.iter().flat_map(|checked| &checked.found).filter(|found| found.severity == severity).count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let files = counted(all.len(), "file");
    let tally = match (errors, warnings) {
        (0, 0) => format!("{files} checked, nothing is wrong"),
        (0, warnings) => format!("{files} checked: {}", counted(warnings, "warning")),
        (errors, 0) => format!("{files} checked: {}", counted(errors, "error")),
        (errors, warnings) => {
            format!("{files} checked: {}, {}", counted(errors, "error"), counted(warnings, "warning"))
        }
    };
    if !unreadable.is_empty() {
        return Err(Failure::Usage(unreadable.join("\nerror: ")));
    }
    if errors > 0 || (deny_warnings && warnings > 0) {
        return Err(Failure::Machine(tally));
    }
    eprintln!("{tally}");
    Ok(())
}
