//! Writes what the vectors hold as inputs of the targets: `seed DIRECTORY`. An example, because only the targets can be
//! linked with the instruments of libFuzzer.

use grantline_core::json::Json;
use grantline_fuzz::world::{KEY, NAMES};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

fn main() {
    let Some(out) = env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: seed DIRECTORY");
        process::exit(2);
    };
    if let Err(error) = seed(&out) {
        eprintln!("error: {error}");
        process::exit(1);
    }
}

fn seed(out: &Path) -> io::Result<()> {
    let mut seeds = Seeds(BTreeMap::new());
    for (id, file) in grantline_connectors::FILES {
        seeds.add("manifest", id, file.as_bytes());
    }
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    for folder in fs::read_dir(vectors)? {
        for file in fs::read_dir(folder?.path())? {
            let path = file?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let json = Json::parse(&fs::read_to_string(&path)?).map_err(io::Error::other)?;
            seeds.vector(&name, &json);
        }
    }
    for (index, text) in TEMPLATES.iter().enumerate() {
        for place in 0..8 {
            seeds.add("template", &format!("{place}-{index}"), format!("{place}{text}").as_bytes());
        }
    }
    for ((target, name), bytes) in seeds.0 {
        let folder = out.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

const TEMPLATES: [&str; 7] = [
    "{a}\nvalue",
    "x{a}y{a}\na b+/=&%:é\"\\",
    "{{{a}}}\n{}",
    "literal &=+%41\n",
    "{a}\n",
    "{a}\n\r\n\t\u{1}",
    "{b}\nx",
];

/// Inputs by target and name.
struct Seeds(BTreeMap<(&'static str, String), Vec<u8>>);

impl Seeds {
    fn add(&mut self, target: &'static str, name: &str, bytes: &[u8]) {
        self.0.insert((target, name.to_owned()), bytes.to_vec());
    }

    fn vector(&mut self, name: &str, vector: &Json) {
        let text = |json: &Json| serde_json::to_string(json).expect("JSON is written");
        let connector = vector.get("connector");
        if let Some(file @ Json::Object(_)) = connector {
            self.add("manifest", name, text(file).as_bytes());
        }
        let named = connector.and_then(Json::as_str).unwrap_or_default();
        let index = NAMES.iter().position(|known| *known == named).unwrap_or(0);
        let is_shared =
            vector.get("options").and_then(|options| options.get("shared")) == Some(&Json::Bool(true));
        let machine = match vector.get("flow").and_then(Json::as_str) {
            Some("grant") if is_shared => 's',
            Some("grant") => 'g',
            _ => 'c',
        };
        if let Some(record) = vector.get("restore") {
            self.add("snapshot", name, text(&ours(record)).as_bytes());
        }
        let Some(Json::Array(turns)) = vector.get("script") else { return };
        let (mut lines, mut before) = (format!("{index}{machine}\n"), None);
        for (number, turn) in turns.iter().enumerate() {
            let Some(event) = turn.get("event") else { continue };
            let now = turn
                .get("ambient")
                .and_then(|ambient| ambient.get("now"))
                .and_then(Json::as_u64)
                .unwrap_or(0);
            let passed = now.saturating_sub(before.unwrap_or(now)) / 1000;
            before = Some(now);
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{passed} {}", text(&ours(event)));
            if let Some(record) = event.get("record").filter(|record| !record.members().is_empty()) {
                self.add("snapshot", &format!("{name}-{number}"), text(&ours(record)).as_bytes());
            }
            if event.get("kind").and_then(Json::as_str) == Some("response") && machine != 'c' {
                for way in 0..3 {
                    let answer = format!("{index}{way}{}", answer(event));
                    self.add("response", &format!("{name}-{number}-{way}"), answer.as_bytes());
                }
            }
        }
        self.add("advance", name, lines.as_bytes());
    }
}

fn answer(event: &Json) -> String {
    let mut text = event.get("status").and_then(Json::as_u64).unwrap_or(0).to_string();
    for (name, value) in event.get("headers").map(Json::members).unwrap_or_default() {
        let _ = write!(text, "\n{name}: {}", value.as_str().unwrap_or_default());
    }
    format!("{text}\n\n{}", event.get("body").and_then(Json::as_str).unwrap_or_default())
}

/// With the key of whatever connection reads it.
fn ours(json: &Json) -> Json {
    match json {
        Json::Object(members) => {
            let is_record = json.get("revision").is_some();
            let member = |(name, value): &(String, Json)| match (is_record, name.as_str()) {
                (true, "key") => (name.clone(), KEY.into()),
                _ => (name.clone(), ours(value)),
            };
            Json::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}
