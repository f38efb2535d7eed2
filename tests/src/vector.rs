//! The vectors of this package: which files there are, and what is asked of them beyond their format.

use crate::root;
use crate::shown::Shown;
use base64::Engine as _;
use core::ops::Deref;
use grantline_core::json::Json;
use grantline_core::manifest::Kind;
use grantline_vectors::{blessed, differences, pretty};
use std::path::{Path, PathBuf};

/// A vector and its file.
#[derive(Clone, Debug)]
pub struct Vector {
    /// The file, relative to `vectors/`, or to the directory of the connector that it lies beside.
    pub file: String,
    /// The same file, to be written.
    pub path: PathBuf,
    vector: grantline_vectors::Vector,
}

impl Deref for Vector {
    type Target = grantline_vectors::Vector;

    fn deref(&self) -> &Self::Target {
        &self.vector
    }
}

/// What a replay gives, and all that was ever shown.
#[derive(Debug)]
pub struct Outcome {
    /// What it gives.
    pub found: grantline_vectors::Outcome,
    /// Everything that the core would print.
    pub shown: Shown,
    /// The parameters whose values are secrets.
    pub securestrings: Vec<String>,
}

/// Replays a vector, and keeps what it shows.
#[must_use]
pub fn replay(vector: &Vector) -> Outcome {
    let mut shown = Shown::default();
    let found = grantline_vectors::replay(vector, &grantline_vectors::find, &mut shown);
    let mut securestrings = Vec::new();
    if let Ok(connector) = grantline_vectors::find(&vector.connector) {
        let secret =
            connector.parameters().into_iter().filter(|parameter| parameter.kind == Kind::SecureString);
        securestrings.extend(secret.map(|parameter| parameter.name.clone()));
    }
    Outcome { found, shown, securestrings }
}

/// Replays the vectors, and tells every step that is not what the vector says; or writes what came out into the files.
///
/// # Panics
/// A file cannot be written.
#[must_use]
pub fn review(vectors: &[Vector]) -> Vec<String> {
    let mut report = Vec::new();
    for vector in vectors {
        let outcome = replay(vector);
        if crate::bless() {
            let text = pretty(&blessed(vector, &outcome.found));
            std::fs::write(&vector.path, text).expect("the vector can be written");
        } else {
            let found = differences(vector, &outcome.found);
            report.extend(found.iter().map(|found| format!("{} {}\n{found}", vector.file, found.place)));
        }
    }
    report
}

/// Reads every vector under `vectors/`, in the order of their files.
///
/// # Errors
/// Everything that is wrong with the files.
pub fn load() -> Result<Vec<Vector>, String> {
    all(&root().join("vectors"), |_| true)
}

/// The directory of the example connectors, each of which has its vectors beside it, in `<id>.vectors/`.
#[must_use]
pub fn examples() -> PathBuf {
    root().join("../crates/connectors/examples/connectors")
}

/// Reads every vector of the example connectors, in the order of their files.
///
/// # Errors
/// Everything that is wrong with the files.
pub fn load_examples() -> Result<Vec<Vector>, String> {
    let mut vectors = all(&examples(), |directory| directory.ends_with(BESIDE))?;
    for vector in &mut vectors {
        let id = vector.connector.as_str().unwrap_or_default();
        let problem = |problem: String| format!("{}: {id}.json: {problem}", vector.file);
        let text = std::fs::read_to_string(examples().join(format!("{id}.json")))
            .map_err(|error| problem(error.to_string()))?;
        vector.vector.connector = Json::parse(&text).map_err(|error| problem(error.to_string()))?;
    }
    Ok(vectors)
}

/// How the directory with a connector's vectors ends, where it stands beside the connector.
const BESIDE: &str = ".vectors";

fn all(base: &Path, wanted: fn(&str) -> bool) -> Result<Vec<Vector>, String> {
    let mut files = Vec::new();
    let io = |error: std::io::Error| format!("{}: {error}", base.display());
    for directory in std::fs::read_dir(base).map_err(io)? {
        let directory = directory.map_err(io)?;
        if !wanted(&directory.file_name().to_string_lossy()) {
            continue;
        }
        for file in std::fs::read_dir(directory.path()).map_err(io)? {
            files.push(file.map_err(io)?.path());
        }
    }
    files.sort();
    let (mut vectors, mut wrong) = (Vec::new(), Vec::new());
    for file in files {
        match read(base, &file) {
            Ok(vector) => vectors.push(vector),
            Err(problem) => wrong.push(format!("{}: {problem}", file.display())),
        }
    }
    if wrong.is_empty() { Ok(vectors) } else { Err(wrong.join("\n")) }
}

fn read(base: &Path, path: &PathBuf) -> Result<Vector, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let file = path.strip_prefix(base).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let vector = grantline_vectors::Vector::parse(&text, crate::bless())?;
    let (directory, stem) =
        file.strip_suffix(".json").and_then(|file| file.split_once('/')).unwrap_or_default();
    let (number, rest) = stem.split_once('-').unwrap_or_default();
    if number.len() != 3 || !number.bytes().all(|b| b.is_ascii_digit()) || rest != vector.name {
        return Err(format!("the file must be called NNN-{}.json", vector.name));
    }
    if vector.why.len() < 20 {
        return Err("'why' must say which document or rule asks for this".to_owned());
    }
    let directory = directory.strip_suffix(BESIDE).unwrap_or(directory);
    let place = if directory == "custom" { None } else { Some(directory) };
    if vector.connector.as_str() != place && directory != "custom" {
        return Err(format!("a vector of {:?} does not belong into '{directory}'", vector.connector));
    }
    Ok(Vector { file, path: path.clone(), vector })
}

impl Vector {
    /// Every secret in the vector: securestring values, tokens that are given, and what is made of them for Basic.
    #[must_use]
    pub fn secrets(&self, securestrings: &[String]) -> Vec<String> {
        let value = |name: &str| self.parameters.iter().find(|(known, _)| known == name);
        let mut secrets: Vec<String> =
            securestrings.iter().filter_map(|name| value(name)).map(|(_, value)| value.clone()).collect();
        let basic = base64::engine::general_purpose::STANDARD;
        if let (Some((_, user)), Some((_, password))) = (value("clientId"), value("clientSecret")) {
            secrets.push(basic.encode(format!("{user}:{password}")));
        }
        self.restore
            .iter()
            .chain(self.script.iter().map(|turn| &turn.event))
            .for_each(|json| tokens(json, &mut secrets));
        secrets.retain(|secret| secret.trim().len() > 5);
        secrets.sort();
        secrets.dedup();
        secrets
    }
}

/// The members that hold tokens in events, records and the bodies of answers.
const TOKENS: [&str; 8] = [
    "value",
    "access_token",
    "refresh_token",
    "accessToken",
    "refreshToken",
    "idToken",
    "token",
    "client_secret",
];

fn tokens(json: &Json, found: &mut Vec<String>) {
    for (name, value) in json.members() {
        match value {
            Json::String(text) if TOKENS.contains(&name.as_str()) => found.push(text.clone()),
            Json::String(text) if name == "body" => {
                if let Ok(body) = Json::parse(text) {
                    tokens(&body, found);
                }
            }
            _ => tokens(value, found),
        }
    }
    if let Json::Array(items) = json {
        items.iter().for_each(|item| tokens(item, found));
    }
}
