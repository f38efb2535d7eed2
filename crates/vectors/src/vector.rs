//! The format of a vector file. Closed: a key that is not known is an error, so that no typing slip goes unseen.

use grantline_core::json::Json;
use grantline_core::{Ambient, UnixTime};

/// One vector.
#[derive(Clone, Debug)]
pub struct Vector {
    /// What it shows, in a few words with '-' between them: the file is called `NNN-name.json`.
    pub name: String,
    /// The document or rule that asks for it.
    pub why: String,
    /// The whole of it.
    pub json: Json,
    /// The id of a built-in connector, or a connector file.
    pub connector: Json,
    /// The values that a person gives.
    pub parameters: Vec<(String, String)>,
    /// Whether http to this machine is allowed.
    pub allow_loopback: bool,
    /// The way to authenticate.
    pub parameter_set: Option<String>,
    /// Whether a store keeps the record.
    pub shared: bool,
    /// The record to begin with.
    pub restore: Option<Json>,
    /// What runs.
    pub flow: Flow,
    /// What happens, in order.
    pub script: Vec<Turn>,
    /// What comes out where nothing runs: `{ "ok": .. }` or `{ "error": .. }`.
    pub expect: Option<Json>,
}

/// What a vector runs.
#[derive(Clone, Debug)]
pub enum Flow {
    /// The token of a connection.
    Grant,
    /// One API request.
    Call {
        /// Its method.
        method: String,
        /// Its path or URL.
        target: String,
        /// Whether its body can be sent twice.
        replayable: bool,
    },
    /// The request of an operation.
    Operation {
        /// Its id.
        id: String,
        /// Its arguments by name.
        arguments: Vec<(String, Json)>,
        /// Whether its body can be sent twice.
        replayable: bool,
    },
    /// The connector's own test request.
    Test,
    /// Nothing: only the settings are made.
    Settings,
}

/// One event and the step that answers it.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The time and the random bytes.
    pub ambient: Ambient,
    /// The event in its message form.
    pub event: Json,
    /// The step in its message form.
    pub step: Option<Json>,
}

impl Vector {
    /// Reads a vector. `unfinished` ones may lack their steps and what is expected: blessing writes them.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, unfinished: bool) -> Result<Self, String> {
        Self::read(Json::parse(text).map_err(|error| error.to_string())?, unfinished)
    }

    fn read(json: Json, unfinished: bool) -> Result<Self, String> {
        keys(
            &json,
            &["name", "why", "connector", "parameters", "options", "restore", "flow", "expect", "script"],
            "the vector",
        )?;
        let (name, why) = (string(&json, "name")?.to_owned(), string(&json, "why")?.to_owned());
        let connector = json.get("connector").cloned().ok_or("'connector' is missing")?;
        let options = json.get("options").cloned().unwrap_or(Json::Object(Vec::new()));
        keys(&options, &["allowLoopback", "parameterSet", "shared"], "options")?;
        let flow = flow(json.get("flow").ok_or("'flow' is missing")?)?;
        let script = script(&json, unfinished)?;
        let expect = json.get("expect").cloned();
        if script.is_empty() == expect.is_none() && !(unfinished && expect.is_none()) {
            return Err("exactly one of 'script' and 'expect' is needed".to_owned());
        }
        if let Some(expect) = &expect {
            keys(expect, &["ok", "error"], "expect")?;
        }
        Ok(Self {
            parameters: parameters(&json)?,
            allow_loopback: flag(&options, "allowLoopback")?,
            parameter_set: options.get("parameterSet").and_then(Json::as_str).map(str::to_owned),
            shared: flag(&options, "shared")?,
            restore: json.get("restore").cloned(),
            name,
            why,
            script,
            connector,
            flow,
            expect,
            json,
        })
    }
}

fn parameters(json: &Json) -> Result<Vec<(String, String)>, String> {
    let Some(parameters) = json.get("parameters") else { return Err("'parameters' is missing".to_owned()) };
    let one = |(name, value): &(String, Json)| Some((name.clone(), value.as_str()?.to_owned()));
    parameters
        .members()
        .iter()
        .map(one)
        .collect::<Option<_>>()
        .ok_or_else(|| "parameters are strings".to_owned())
}

fn flow(json: &Json) -> Result<Flow, String> {
    match (json.as_str(), json.get("call")) {
        (Some("grant"), _) => Ok(Flow::Grant),
        (Some("test"), _) => Ok(Flow::Test),
        (Some("settings"), _) => Ok(Flow::Settings),
        (_, Some(call)) => {
            keys(json, &["call"], "flow")?;
            keys(call, &["method", "target", "replayable"], "call")?;
            Ok(Flow::Call {
                method: string(call, "method")?.to_owned(),
                target: string(call, "target")?.to_owned(),
                replayable: flag(call, "replayable")?,
            })
        }
        (_, None) if json.get("operation").is_some() => {
            keys(json, &["operation"], "flow")?;
            let operation = json.get("operation").unwrap_or(&Json::Null);
            keys(operation, &["id", "arguments", "replayable"], "operation")?;
            Ok(Flow::Operation {
                id: string(operation, "id")?.to_owned(),
                arguments: operation.get("arguments").map(Json::members).unwrap_or_default().to_vec(),
                replayable: flag(operation, "replayable")?,
            })
        }
        _ => Err(format!("there is no flow {json:?}")),
    }
}

fn script(json: &Json, unfinished: bool) -> Result<Vec<Turn>, String> {
    match json.get("script") {
        Some(Json::Array(turns)) if !turns.is_empty() => {
            turns.iter().map(|json| turn(json, unfinished)).collect()
        }
        None => Ok(Vec::new()),
        _ => Err("'script' must be a list that is not empty".to_owned()),
    }
}

fn turn(json: &Json, unfinished: bool) -> Result<Turn, String> {
    keys(json, &["ambient", "event", "step"], "a turn")?;
    let ambient = json.get("ambient").ok_or("'ambient' is missing")?;
    keys(ambient, &["now", "entropy"], "ambient")?;
    let now = ambient.get("now").and_then(Json::as_u64).ok_or("'now' is milliseconds since 1970")?;
    let entropy = match ambient.get("entropy") {
        None => [0; 32],
        Some(hex) => bytes(hex.as_str().unwrap_or_default()).ok_or("'entropy' is 32 bytes in hex")?,
    };
    let event = json.get("event").cloned().ok_or("'event' is missing")?;
    check_event(&event)?;
    let step = json.get("step").cloned();
    if step.is_none() && !unfinished {
        return Err("a 'step' is missing: blessing writes it".to_owned());
    }
    Ok(Turn { ambient: Ambient::new(UnixTime::from_millis(now), entropy), event, step })
}

/// Kinds that are known have no members that are not.
fn check_event(event: &Json) -> Result<(), String> {
    let members: &[&str] = match event.get("kind").and_then(Json::as_str) {
        Some("start") => &["kind", "rejected"],
        Some("response") => &["kind", "status", "headers", "body"],
        Some("failed") => &["kind", "fault", "detail"],
        Some("token") => &["kind", "token"],
        Some("loaded") => &["kind", "record"],
        Some("leased") => &["kind", "granted"],
        Some("saved") => &["kind", "written"],
        Some("revoke" | "woke" | "released") => &["kind"],
        _ => return Ok(()),
    };
    keys(event, members, "an event")
}

fn keys(json: &Json, known: &[&str], place: &str) -> Result<(), String> {
    let Json::Object(members) = json else { return Err(format!("{place} must be an object")) };
    match members.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((name, _)) => Err(format!("{place} has the unknown key '{name}'")),
        None => Ok(()),
    }
}

fn string<'a>(json: &'a Json, name: &str) -> Result<&'a str, String> {
    json.get(name).and_then(Json::as_str).ok_or_else(|| format!("'{name}' must be a string"))
}

fn flag(json: &Json, name: &str) -> Result<bool, String> {
    match json.get(name) {
        None => Ok(false),
        Some(Json::Bool(value)) => Ok(*value),
        Some(_) => Err(format!("'{name}' must be true or false")),
    }
}

fn bytes(hex: &str) -> Option<[u8; 32]> {
    let pair = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(pair).collect();
    bytes?.try_into().ok()
}
