//! The vectors of this package: which files there are, and what is asked of them beyond their format.

use crate::root;
use crate::shown::Shown;
use base64::Engine as _;
use core::ops::Deref;
use grantline_core::json::Json;
use grantline_core::manifest::Kind;
use std::path::{Path, PathBuf};

/// A vector and its file.
#[derive(Clone, Debug)]
pub struct Vector {
    /// The file, relative to `vectors/`.
    pub file: String,
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

/// Reads every vector, in the order of their files.
///
/// # Errors
/// Everything that is wrong with the files.
pub fn load() -> Result<Vec<Vector>, String> {
    let base = root().join("vectors");
    let mut files = Vec::new();
    let io = |error: std::io::Error| format!("{}: {error}", base.display());
    for directory in std::fs::read_dir(&base).map_err(io)? {
        for file in std::fs::read_dir(directory.map_err(io)?.path()).map_err(io)? {
            files.push(file.map_err(io)?.path());
        }
    }
    files.sort();
    let (mut vectors, mut wrong) = (Vec::new(), Vec::new());
    for file in files {
        match read(&base, &file) {
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
    let place = if directory == "custom" { None } else { Some(directory) };
    if vector.connector.as_str() != place && directory != "custom" {
        return Err(format!("a vector of {:?} does not belong into '{directory}'", vector.connector));
    }
    Ok(Vector { file, vector })
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
