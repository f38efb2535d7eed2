//! One service of a fleet: it gets its token through Redis, as all do that have the same connector and parameters,
//! in whatever language they are written.
//!
//! Reads one JSON object from standard input, so that no secret stands in a list of processes:
//! `{ "redis": URL, "connector": {..}, "parameters": {..}, "callers": 250, "path": "/api/me" }`. So many callers send a
//! GET to the path at once; how often each status was answered is printed, and what went wrong with the store.

use futures_util::future::join_all;
use grantline_redis::RedisStore;
use grantline_reqwest::{Connection, Connector, Notice};
use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let job: Value = serde_json::from_reader(std::io::stdin())?;
    let text = |name: &str| job[name].as_str().ok_or_else(|| format!("'{name}' must be text"));
    let mut builder = Connection::builder(Connector::from_json(&job["connector"].to_string())?)
        .store(RedisStore::connect(text("redis")?).await?)
        .allow_loopback()
        .on_notice(|notice| {
            if let Notice::Failed { message, .. } = notice {
                eprintln!("{message}");
            }
        });
    for (name, value) in job["parameters"].as_object().ok_or("'parameters' must be an object")? {
        builder = builder.parameter(name, value.as_str().ok_or("a parameter must be text")?);
    }
    let connection = builder.build()?;
    let path = text("path")?;
    let callers = (0..job["callers"].as_u64().unwrap_or(1)).map(|_| connection.get(path).send());
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for answer in join_all(callers).await {
        *statuses.entry(answer?.status().as_u16()).or_default() += 1;
    }
    println!("{}", serde_json::to_string(&statuses)?);
    Ok(())
}
