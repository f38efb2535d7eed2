//! `grantline test`: replays the vectors beside a connector file, or makes the connector's test request.

use crate::args::Test;
use crate::connector::{connect, find};
use crate::failure::Failure;
use crate::life::{moment, present};
use crate::output::{self, counted};
use grantline_core::Connector;
use grantline_core::json::Json;
use grantline_vectors::{Vector, blessed, differences, pretty, replay};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// What became of one vector.
struct Replayed {
    file: PathBuf,
    outcome: Outcome,
}

enum Outcome {
    Same,
    Written,
    /// Places and their differences.
    Differs(Vec<(String, String)>),
    /// It cannot be read, or not be written.
    Broken(String),
}

pub(crate) async fn run(options: &Test) -> Result<(), Failure> {
    let file = Path::new(&options.selection.connector);
    let is_file = file.extension().is_some_and(|extension| extension == "json");
    let live = options.live || !(is_file && options.selection.set.is_empty());
    match &options.vectors {
        Some(directory) => replay_all(options, directory),
        None if live && options.bless => {
            Err(Failure::Usage("--bless writes vectors: name a connector file, or --vectors DIR".to_owned()))
        }
        None if live => request(options).await,
        None => replay_all(options, &file.with_extension("vectors")),
    }
}

async fn request(options: &Test) -> Result<(), Failure> {
    let connection = connect(&options.selection)?;
    let report = connection.test().await?;
    if options.json {
        return output::line(json!({
            "ok": true,
            "status": report.status,
            "attempts": report.attempts,
            "expires_at": report.expires_at.map(|end| end.to_string()),
        }));
    }
    let life = report.expires_at.map(|end| format!("; the token ends {}", moment(end, present())));
    output::line(format!(
        "the credentials work: the API answered {}{}",
        report.status,
        life.unwrap_or_default()
    ))
}

fn replay_all(options: &Test, directory: &Path) -> Result<(), Failure> {
    let connector = find(&options.selection.connector)?;
    let files = files(directory)?;
    let replayed: Vec<_> = files.into_iter().map(|file| one(&connector, file, options.bless)).collect();
    if options.json {
        output::line(json!({ "vectors": replayed.iter().map(Replayed::object).collect::<Value>() }))?;
    } else {
        output::text(replayed.iter().map(Replayed::page).collect::<String>())?;
    }
    let all = replayed.len();
    let bad = replayed.iter().filter(|replayed| !replayed.is_fine()).count();
    if bad > 0 {
        let advice = if options.bless { "" } else { "; if what came is right, --bless writes it down" };
        return Err(Failure::Machine(format!(
            "{} replayed, {bad} not as it says{advice}",
            counted(all, "vector")
        )));
    }
    let written = replayed.iter().filter(|replayed| matches!(replayed.outcome, Outcome::Written)).count();
    let outcome = if written > 0 { format!("{written} written") } else { "all as they say".to_owned() };
    eprintln!("{} replayed, {outcome}", counted(all, "vector"));
    Ok(())
}

fn files(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| {
        let place = directory.display();
        Failure::Usage(format!(
            "cannot read the vectors in '{place}': {error}\n  --vectors names another directory, --live makes the connector's test request"
        ))
    };
    let entries = fs::read_dir(directory).map_err(unreadable)?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<Result<_, _>>().map_err(unreadable)?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    if files.is_empty() {
        return Err(Failure::Usage(format!("there is no vector in '{}'", directory.display())));
    }
    Ok(files)
}

fn one(connector: &Connector, file: PathBuf, bless: bool) -> Replayed {
    let outcome = outcome(connector, &file, bless).unwrap_or_else(Outcome::Broken);
    Replayed { file, outcome }
}

fn outcome(connector: &Connector, file: &Path, bless: bool) -> Result<Outcome, String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let vector = Vector::parse(&text, bless)?;
    // The file's own connector under its own name, whatever is built in.
    let own = |named: &Json| match named.as_str() {
        Some(id) if id == connector.manifest().id => Ok(connector.clone()),
        _ => grantline_vectors::find(named),
    };
    let outcome = replay(&vector, &own, &mut ());
    let differences = differences(&vector, &outcome);
    if bless {
        let blessed = pretty(&blessed(&vector, &outcome));
        if blessed == text {
            return Ok(Outcome::Same);
        }
        return fs::write(file, blessed)
            .map(|()| Outcome::Written)
            .map_err(|error| format!("cannot be written: {error}"));
    }
    if differences.is_empty() {
        return Ok(Outcome::Same);
    }
    let shown =
        |difference: grantline_vectors::Difference| (difference.place.clone(), difference.to_string());
    Ok(Outcome::Differs(differences.into_iter().map(shown).collect()))
}

impl Replayed {
    const fn is_fine(&self) -> bool {
        matches!(self.outcome, Outcome::Same | Outcome::Written)
    }

    fn page(&self) -> String {
        let file = self.file.display();
        match &self.outcome {
            Outcome::Same => String::new(),
            Outcome::Written => format!("written  {file}\n"),
            Outcome::Broken(why) => format!("broken   {file}: {why}\n"),
            Outcome::Differs(all) => {
                let parts = all.iter().map(|(place, diff)| format!("differs  {file}, {place}\n{diff}\n"));
                parts.collect()
            }
        }
    }

    fn object(&self) -> Value {
        let mut object = json!({ "file": self.file.display().to_string(), "ok": self.is_fine() });
        match &self.outcome {
            Outcome::Broken(why) => object["error"] = why.as_str().into(),
            Outcome::Differs(all) => {
                let parts = all.iter().map(|(place, diff)| json!({ "place": place, "diff": diff }));
                object["differences"] = parts.collect();
            }
            Outcome::Same | Outcome::Written => {}
        }
        object
    }
}
