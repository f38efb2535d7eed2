//! `grantline new`: a connector file to begin with, its vectors, and what to do next.

mod ask;
mod manifest;

use crate::args::New;
use crate::failure::Failure;
use crate::output;
use crate::stand_in;
use grantline_connectors::SCHEMA;
use grantline_core::Connector;
use grantline_core::json::Json;
use grantline_vectors::{Vector, blessed, pretty, replay};
use std::fs;
use std::path::{Path, PathBuf};

/// The file that editors read; `$schema` of the connector names it.
const SCHEMA_FILE: &str = "connector.schema.json";

/// 2026-01-01T00:00:00Z: any moment does.
const MOMENT: u64 = 1_767_225_600_000;

pub(crate) fn run(options: &New) -> Result<(), Failure> {
    let file = options.name.with_extension("json");
    let id = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let answers = ask::answers(options, &id)?;
    let text = pretty(&manifest::manifest(&answers));
    let connector = Connector::from_json(&text).map_err(|error| {
        Failure::Usage(format!("what was given makes no connector: {}", problems(&error.problems)))
    })?;
    let vectors = file.with_extension("vectors").join("001-first-grant.json");
    let schema = file.with_file_name(SCHEMA_FILE);
    let vector = first_grant(&connector, &answers)?;
    let taken = [&file, &vectors].into_iter().find(|path| path.exists() && !options.force);
    if let Some(path) = taken {
        return Err(Failure::Usage(format!("'{}' is there already: --force overwrites it", path.display())));
    }
    write(&file, &text)?;
    write(&vectors, &vector)?;
    // One that is there may belong to other files, and to another version.
    if !schema.exists() || options.force {
        write(&schema, SCHEMA)?;
    }
    output::text(next_steps(&[&file, &vectors, &schema], &answers.test_path))
}

fn problems(problems: &[grantline_core::manifest::Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let written = parent.map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.map_err(|error| Failure::Machine(format!("cannot write '{}': {error}", path.display())))
}

/// The vector of the first grant: its events are made up here, its steps come from the machine.
fn first_grant(connector: &Connector, answers: &ask::Answers) -> Result<String, Failure> {
    let completed = stand_in::complete_with(connector, Vec::new(), None)?;
    let text = |text: &str| Json::String(text.to_owned());
    let turn = |event: &str, seconds: i64| {
        let now = Json::Int(i64::try_from(MOMENT).unwrap_or_default() + seconds * 1000);
        let event = Json::parse(event).unwrap_or(Json::Null);
        manifest::object(vec![("ambient", manifest::object(vec![("now", now)])), ("event", event)])
    };
    let mut script = vec![turn(r#"{ "kind": "start" }"#, 0)];
    if answers.token_url.is_some() {
        script.push(turn(
            r#"{ "kind": "response", "status": 200, "headers": { "content-type": "application/json" },
                "body": "{\"access_token\":\"an-access-token\",\"expires_in\":3600}" }"#,
            1,
        ));
    }
    let parameters = completed.made_up.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    let vector = manifest::object(vec![
        ("name", text("first-grant")),
        ("why", text("The service's documentation: how a first token is had.")),
        ("connector", text(&connector.manifest().id)),
        ("parameters", Json::Object(parameters)),
        ("flow", text("grant")),
        ("script", Json::Array(script)),
    ]);
    let broken = |why| Failure::Machine(format!("the vector cannot be made: {why}"));
    let vector = Vector::parse(&pretty(&vector), true).map_err(broken)?;
    let outcome = replay(&vector, &|_| Ok(connector.clone()), &mut ());
    Ok(pretty(&blessed(&vector, &outcome)))
}

fn next_steps(files: &[&PathBuf; 3], test_path: &str) -> String {
    let file = files[0].display();
    let written: String = files.iter().map(|path| format!("  {}\n", path.display())).collect();
    format!(
        "Written:\n{written}\nNext:\n  \
         1. Read {file}, and change what the service does otherwise.\n     \
         '{test_path}' should be a harmless request of the API.\n  \
         2. grantline check {file}\n     \
         what is wrong, and what could be better\n  \
         3. grantline plan {file}\n     \
         the requests that it makes\n  \
         4. grantline parse {file} --response FILE\n     \
         what it reads from an answer\n  \
         5. grantline test {file}\n     \
         replays its vectors\n"
    )
}
