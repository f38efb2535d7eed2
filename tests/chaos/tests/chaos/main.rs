//! The bad day: eight workers, one rotating credential, and everything that can be killed.
//!
//! This test uses real time and waits, as no other one does. `GRANTLINE_CHAOS_SECONDS` is its length; two minutes if
//! nothing is said.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod day;
mod summary;

use chaos::{Fleet, Ledger, RedisServer, TokenServer};
use day::Day;
use std::env;
use std::path::PathBuf;
use std::time::Duration;
use summary::Summary;

const WORKERS: usize = 8;
/// How long a call may wait for its token. A worker that is killed while it holds the right to renew keeps it for
/// six seconds; the next one finds it free within half a second, and its answer may take three.
const BUDGET: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_loses_the_credential() {
    let seconds = env::var("GRANTLINE_CHAOS_SECONDS").map_or(120, |text| text.parse().unwrap());
    let (server, moments) = TokenServer::start().await.unwrap();
    let redis = RedisServer::start().unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_chaos-worker"));
    let fleet = Fleet::start(program, server.url.clone(), redis.url(), WORKERS).unwrap();

    let day = Day::new(fleet, redis, moments).run(Duration::from_secs(seconds)).await;

    let (calls, used, log) = (server.calls(), server.used(), server.log());
    let (heard, kills) = day.fleet.end();
    let ledger = Ledger { log, used, heard, kills, blackouts: day.blackouts };
    let summary = Summary::new(&ledger, calls, seconds, &day.incidents, BUDGET);
    println!("{summary}");
    summary.assert();
}
