//! A worker: it calls the API all the time, and tells how that went.

use chaos::{CLIENT_ID, CONNECTOR, Report, SECRET, Setup, now};
use grantline_redis::RedisStore;
use grantline_redis::redis::Client;
use grantline_redis::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use grantline_reqwest::{Connection, Connector, Notice, reqwest};
use std::error::Error;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{process, thread};
use tokio::time::MissedTickBehavior;

type Failed = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let setup: Setup = serde_json::from_str(&line)?;
    // Whoever started this is gone when stdin ends.
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
    let connection = connect(&setup)?;
    tell(&Report::Ready { at: now() });
    let newest = Arc::new(AtomicU64::new(0));
    let mut ticks = tokio::time::interval(Duration::from_millis(setup.pace_ms));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        // Callers do not wait for each other.
        tokio::spawn(call(connection.clone(), newest.clone()));
    }
}

/// A store that connects when it is needed first: a worker starts without Redis, too.
fn connect(setup: &Setup) -> Result<Connection, Failed> {
    let patience = Some(Duration::from_secs(2));
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(patience)
        .set_response_timeout(patience)
        .set_number_of_retries(0);
    let manager = ConnectionManager::new_lazy_with_config(Client::open(setup.redis.as_str())?, config)?;
    let agent = reqwest::Client::builder().user_agent(setup.who.agent()).no_proxy();
    let connection = Connection::builder(Connector::from_json(CONNECTOR)?)
        .parameter("baseUrl", setup.server.as_str())
        .parameter("clientId", CLIENT_ID)
        .parameter("clientSecret", SECRET)
        .allow_loopback()
        .client_builder(agent)
        .store(RedisStore::from_connection(manager))
        .on_notice(hear)
        .build()?;
    Ok(connection)
}

fn hear(notice: &Notice) {
    let (code, message, harmless) = match notice {
        Notice::Failed { code, message, harmless } => (*code, message, *harmless),
        Notice::NeedsReconnect { message } => ("needs_reconnect", message, false),
        _ => return,
    };
    tell(&Report::Notice { at: now(), code: code.to_owned(), message: message.clone(), harmless });
}

async fn call(connection: Connection, newest: Arc<AtomicU64>) {
    let began = now();
    let outcome = connection.get("/api/thing").send().await;
    let took = now() - began;
    let (status, error, message) = match outcome {
        Ok(response) => (Some(response.status().as_u16()), None, None),
        Err(error) => (None, Some(error.code().to_owned()), Some(error.to_string())),
    };
    tell(&Report::Call { began, took, status, error, message });
    if let Ok(token) = connection.token().await {
        let number = token.value.expose().split('-').next().and_then(|number| number.parse().ok());
        let number = number.unwrap_or_default();
        if newest.swap(number, Ordering::Relaxed) != number {
            let millis = |time: Option<grantline_reqwest::UnixTime>| time.map_or(0, |time| time.as_millis());
            let (obtained_at, renew_at) = (millis(Some(token.obtained_at)), millis(token.renew_at));
            tell(&Report::Token { number, obtained_at, renew_at });
        }
    }
}

fn tell(report: &Report) {
    let Ok(line) = serde_json::to_string(report) else { return };
    if writeln!(io::stdout().lock(), "{line}").is_err() {
        process::exit(0);
    }
}
