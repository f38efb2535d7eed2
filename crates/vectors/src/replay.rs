//! A vector against the core.

use crate::vector::{Flow, Vector};
use crate::watch::Watch;
use grantline_core::Error;
use grantline_core::json::Json;
use grantline_core::{
    Ambient, Call, Connector, Event, Flow as _, Grant, Notice, Options, Request, Settings, Snapshot, Step,
    message,
};
use std::sync::Arc;

/// A flow of either kind.
#[derive(Debug)]
pub enum Machine {
    /// The token of a connection.
    Grant(Box<Grant>),
    /// One API request.
    Call(Box<Call>),
    /// Only the settings.
    Settings(Arc<Settings>),
}

/// What a replay gives: the steps, or what came out where nothing ran.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The steps in their message form, one for each turn.
    pub steps: Vec<Json>,
    /// `{ "ok": .. }` or `{ "error": .. }`.
    pub expect: Option<Json>,
}

/// Which connector a vector means by what stands under `connector`.
pub type Find<'a> = &'a dyn Fn(&Json) -> Result<Connector, Error>;

/// Makes the connection and its flow.
///
/// # Errors
/// Whatever the core says about the parameters, the record or the request.
pub fn build(vector: &Vector, find: Find<'_>) -> Result<Machine, Error> {
    let options = Options {
        allow_loopback: vector.allow_loopback,
        parameter_set: vector.parameter_set.clone(),
        matches: Some(matches),
    };
    let values = vector.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let settings = Arc::new(find(&vector.connector)?.settings(values, &options)?);
    Ok(match &vector.flow {
        Flow::Settings => Machine::Settings(settings),
        Flow::Test => Machine::Call(Box::new(Call::test(settings)?)),
        Flow::Call { method, target, replayable } => {
            Machine::Call(Box::new(Call::new(settings, method, target, *replayable)?))
        }
        Flow::Operation { id, arguments, replayable } => {
            let request = settings.operation(id, arguments)?;
            Machine::Call(Box::new(Call::operation(settings, &request, *replayable)?))
        }
        Flow::Grant => {
            let mut grant = if vector.shared { Grant::shared(settings) } else { Grant::new(settings) };
            if let Some(record) = &vector.restore {
                grant.restore(Snapshot::from_json(record)?)?;
            }
            Machine::Grant(Box::new(grant))
        }
    })
}

/// As every platform answers [`Options::matches`].
fn matches(pattern: &str, text: &str) -> bool {
    regex_lite::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|whole| whole.is_match(text))
}

/// A built-in connector by its id, or the connector that stands there.
///
/// # Errors
/// There is none with this id, or what stands there is none.
pub fn find(connector: &Json) -> Result<Connector, Error> {
    match connector {
        Json::String(id) => grantline_connectors::find(id),
        manifest => Ok(Connector::from_json(&text(manifest))?),
    }
}

/// Replays a vector.
#[must_use]
pub fn replay(vector: &Vector, find: Find<'_>, watch: &mut dyn Watch) -> Outcome {
    let mut outcome = Outcome::default();
    let mut machine = match build(vector, find) {
        Ok(Machine::Settings(settings)) => {
            watch.debug("settings", &settings);
            watch.text("warnings", settings.warnings().join("\n"));
            outcome.expect = Some(object("ok", made(&settings)));
            return outcome;
        }
        Ok(machine) => machine,
        Err(error) => {
            watch.error(&error);
            outcome.expect = Some(object("error", to_json(&error)));
            return outcome;
        }
    };
    let mut sent = None;
    for turn in &vector.script {
        watch.debug("flow", &machine);
        let step = match Event::from_json(&turn.event) {
            Ok(event) => machine.turn(event, &turn.ambient, &mut sent, watch),
            Err(error) => {
                watch.error(&error);
                to_json(message::<()>(&Err(error)))
            }
        };
        outcome.steps.push(step);
    }
    watch.debug("flow", &machine);
    outcome
}

impl Machine {
    fn turn(
        &mut self,
        event: Event,
        ambient: &Ambient,
        sent: &mut Option<Request>,
        watch: &mut dyn Watch,
    ) -> Json {
        watch.debug("event", &event);
        if let Some(request) = sent.take() {
            watch.text("notice", text(Notice::sent(&request, &event, 42)));
        }
        match self {
            Self::Grant(grant) => {
                let outcome = grant.advance(event, ambient);
                watch.debug("settings", grant.settings());
                note_grant(&outcome, watch);
                *sent = note(&outcome, watch);
                to_json(message(&outcome))
            }
            Self::Call(call) => {
                let outcome = call.advance(event, ambient);
                *sent = note(&outcome, watch);
                to_json(message(&outcome))
            }
            Self::Settings(_) => Json::Null,
        }
    }
}

fn note_grant(outcome: &Result<Step<grantline_core::Granted>, Error>, watch: &mut dyn Watch) {
    let ended = match outcome {
        Ok(Step::Done { output }) => Notice::ended(&Ok(output.clone())),
        Ok(_) => None,
        Err(error) => Notice::ended(&Err(error.clone())),
    };
    if let Some(notice) = ended {
        watch.debug("notice", &notice);
        watch.text("notice", text(notice));
    }
    if let Ok(Step::Done { output: grantline_core::Granted::Token { setback: Some(error), .. } }) = outcome {
        watch.error(error);
    }
}

fn note<T: core::fmt::Debug>(outcome: &Result<Step<T>, Error>, watch: &mut dyn Watch) -> Option<Request> {
    watch.debug("step", outcome);
    match outcome {
        Err(error) => watch.error(error),
        Ok(Step::Send(request)) => {
            watch.debug("request", request);
            watch.text("request", request.shown().to_string());
            watch.text("request", text(request.shown()));
            return Some(request.clone());
        }
        Ok(_) => {}
    }
    None
}

fn text(value: impl serde::Serialize) -> String {
    serde_json::to_string(&value).expect("messages are JSON")
}

/// What is told of settings that could be made.
fn made(settings: &Settings) -> Json {
    let set = settings.parameter_set().map_or(Json::Null, |set| set.name.as_str().into());
    let warnings = settings.warnings().iter().map(|warning| warning.as_str().into()).collect();
    Json::Object(vec![
        ("key".to_owned(), settings.key().into()),
        ("parameterSet".to_owned(), set),
        ("warnings".to_owned(), Json::Array(warnings)),
    ])
}

fn object(name: &str, value: Json) -> Json {
    Json::Object(vec![(name.to_owned(), value)])
}

/// The message form as a tree that keeps its order. A message with a member twice would be refused here.
fn to_json(value: impl serde::Serialize) -> Json {
    let text = serde_json::to_string(&value).expect("messages are JSON");
    Json::parse(&text).expect("messages are JSON without duplicate members")
}
