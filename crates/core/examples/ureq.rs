//! The core driven by another HTTP client, ureq. Parameters come from the environment, by their names:
//! `clientId=.. clientSecret=.. baseUrl=.. cargo run -p grantline-core --example ureq -- connector.json`
use grantline_core::{Ambient, Connector, Event, Flow, Grant, Granted, Options, Response, Step, UnixTime};
use std::time::{Duration, UNIX_EPOCH};
use std::{env, fs, sync::Arc, thread};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let connector = Connector::from_json(&fs::read_to_string(env::args().nth(1).ok_or("which file?")?)?)?;
    let values = connector.parameters().into_iter().filter_map(|p| Some((&p.name, env::var(&p.name).ok()?)));
    let settings = connector.settings(values, &Options { allow_loopback: true, ..Options::default() })?;
    let http = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().new_agent();
    let (mut grant, mut event) = (Grant::new(Arc::new(settings)), Event::START);
    let token = loop {
        let now = UnixTime::from_millis(u64::try_from(UNIX_EPOCH.elapsed()?.as_millis())?);
        event = match grant.advance(event, &Ambient::new(now, [0; 32]))? {
            Step::Send(ask) => {
                let builder = ureq::http::Request::builder().method(ask.method.as_str()).uri(&ask.url);
                let builder = ask.headers.iter().fold(builder, |builder, (k, v)| builder.header(k, v));
                let mut answer = http.run(builder.body(ask.body.unwrap_or_default())?)?;
                let body = answer.body_mut().with_config().limit(ask.max_body.into()).read_to_vec()?;
                let fields =
                    answer.headers().iter().filter_map(|(k, v)| Some((k.as_str(), v.to_str().ok()?)));
                Event::Response(Response::new(answer.status().as_u16(), fields.collect(), &body))
            }
            Step::Sleep { millis } => {
                thread::sleep(Duration::from_millis(millis));
                Event::Woke
            }
            Step::Done { output: Granted::Token { token, .. } } => break token,
            other => unreachable!("asked for only with a store: {other:?}"),
        };
    };
    println!("{}", token.value.expose());
    Ok(())
}
