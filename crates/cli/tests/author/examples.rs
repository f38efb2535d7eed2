//! The tools on every example connector: what is checked has no error, what is planned can be planned, and what is
//! parsed is what the vectors beside the file say.

use crate::Desk;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors/examples/connectors")
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(examples()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    files.sort();
    assert!(files.len() >= 25, "{files:?}");
    files
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn no_example_has_an_error() {
    let desk = Desk::new();
    let output = desk.command("check --json").arg(examples()).output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let problems =
        found["files"].as_array().unwrap().iter().flat_map(|file| file["problems"].as_array().unwrap());
    let errors: Vec<&Value> = problems.filter(|problem| problem["severity"] == "error").collect();
    assert!(output.status.success() && errors.is_empty(), "{errors:#?}");
}

#[test]
fn every_example_can_be_planned() {
    for file in files() {
        let desk = Desk::new();
        let output = desk.command("plan --json --now 2026-01-01 --entropy 00").arg(&file).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", file.display());
        let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
        for request in plan["requests"].as_array().unwrap() {
            assert!(
                request["url"].as_str().unwrap().starts_with("https://"),
                "{}: {request}",
                file.display()
            );
        }
    }
}

#[test]
fn what_is_parsed_is_what_the_vectors_say() {
    let mut read_tokens = 0;
    for file in files() {
        let vectors = file.with_extension("vectors");
        let entries = std::fs::read_dir(&vectors).unwrap().map(|entry| read(&entry.unwrap().path()));
        for vector in entries {
            let Some((response, token)) = first_grant(&vector) else { continue };
            let desk = Desk::new();
            desk.write("body", response["body"].as_str().unwrap_or_default());
            let mut command = desk.command("parse --json --response body");
            if let Some(set) = vector["options"]["parameterSet"].as_str() {
                command.args(["--parameter-set", set]);
            } else if read(&file).get("sets").is_some() {
                continue;
            }
            for (name, value) in vector["parameters"].as_object().into_iter().flatten() {
                command.args(["--set", &format!("{name}={}", value.as_str().unwrap())]);
            }
            command.args(["--status", &response["status"].to_string()]).arg(&file);
            for (name, value) in response["headers"].as_object().into_iter().flatten() {
                command.args(["--header", &format!("{name}: {}", value.as_str().unwrap())]);
            }
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {said}", file.display());
            let parsed: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(parsed["token"], *token, "{}: {parsed}", file.display());
            read_tokens += 1;
        }
    }
    assert!(read_tokens >= 30, "{read_tokens}");
}

/// The answer that ends a first grant in a vector, and the token that is read from its body or headers.
fn first_grant(vector: &Value) -> Option<(&Value, &Value)> {
    let script = vector["script"].as_array()?;
    let acquired = script.iter().find(|turn| turn["step"]["output"]["source"] == "acquired")?;
    let token = &acquired["step"]["output"]["token"]["value"];
    let response = &acquired["event"];
    // A token that an earlier request captured does not stand in this answer.
    let here = response.to_string().contains(token.as_str()?);
    (response["kind"] == "response" && here).then_some((response, token))
}
