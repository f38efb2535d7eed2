//! How the log shows what happens.

use super::store::{Command, Record};
use grantline_core::{Error, Event, Granted, Step};

/// What came back to a worker.
pub(crate) fn event(event: &Event) -> String {
    match event {
        Event::Response(response) => format!("{} {}", response.status, response.body),
        Event::Failed(fault) => format!("failed: {}", fault.kind.name()),
        Event::Loaded(Some(record)) => format!("loaded {}", record.revision()),
        Event::Loaded(None) => "loaded nothing".to_owned(),
        Event::Leased(yes) => format!("leased {yes}"),
        Event::Saved(yes) => format!("saved {yes}"),
        Event::Start { rejected: Some(token) } => format!("start, rejects {}", token.value.expose()),
        event => event.name().to_owned(),
    }
}

/// What the grant says to that.
pub(crate) fn step(step: &Result<Step<Granted>, Error>) -> String {
    match step {
        Ok(Step::Send(request)) => format!("send {}", request.body.as_deref().unwrap_or_default()),
        Ok(Step::Sleep { millis }) => format!("sleep {millis}"),
        Ok(Step::Save { record, expected }) => format!("save {} over {expected}", record.revision()),
        Ok(Step::Done { output: Granted::Token { token, source, setback } }) => {
            let setback = setback.as_ref().map_or(String::new(), |error| format!(", although {error}"));
            format!("done: {} {source:?}{setback}", token.value.expose())
        }
        Ok(step) => serde_json::to_string(step).unwrap_or_default(),
        Err(error) => format!("error: {error}"),
    }
}

/// What a process holds, or a record says: tokens are simulated, so they may be seen.
pub(crate) fn held(record: &Record) -> String {
    let access = record.access.as_deref().unwrap_or("-");
    let refresh = record.refresh.as_deref().unwrap_or("-");
    let doubt = if record.in_doubt { ", in doubt" } else { "" };
    let setback = record.text.find("\"setback\"").map_or("", |at| record.text[at..].trim_end_matches('}'));
    format!("#{}: {access} {refresh}{doubt} {setback}", record.revision)
}

/// What is asked of the store.
pub(crate) fn command(command: &Command) -> String {
    match command {
        Command::Save { record, expected } => format!("save over #{expected}: {}", held(record)),
        command => format!("{command:?}"),
    }
}
