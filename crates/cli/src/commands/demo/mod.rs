//! `grantline demo`: the main job on all four systems, over real HTTP, against an emulator in this process.
//!
//! Nobody sleeps: the emulator and the connections share a clock that the demo moves.

mod job;
mod report;

use crate::args::Demo;
use crate::failure::Failure;
use crate::output;
use grantline_emulator::{Clock, Server, System};
use indicatif::{ProgressBar, ProgressStyle};
use job::Job;
use report::Report;
use std::fmt::Display;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::UNIX_EPOCH;

pub(crate) async fn run(options: &Demo) -> Result<(), Failure> {
    let report = if options.rows { read_rows()? } else { run_jobs().await? };
    if options.json {
        output::line(report.json())?;
    } else {
        output::line(report.table())?;
    }
    match report.failures() {
        0 => Ok(()),
        1 => Err(Failure::Machine("1 step of the demo failed".to_owned())),
        count => Err(Failure::Machine(format!("{count} steps of the demo failed"))),
    }
}

/// The rows of a demo that ran elsewhere.
fn read_rows() -> Result<Report, Failure> {
    let broken = |error: &dyn Display| Failure::Usage(format!("--rows: {error}"));
    let mut report = Report::default();
    for line in io::stdin().lines() {
        let line = line.map_err(|error| broken(&error))?;
        report.add(serde_json::from_str(&line).map_err(|error| broken(&error))?);
    }
    if report.is_empty() { Err(broken(&"no row came in")) } else { Ok(report) }
}

async fn run_jobs() -> Result<Report, Failure> {
    let start = UNIX_EPOCH.elapsed().map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(0));
    let server =
        Server::start_with(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Clock::manual(start)).await.map_err(
            |error| Failure::Machine(format!("the emulator cannot listen on this machine: {error}")),
        )?;
    let systems = [System::Workspan, System::Appspace, System::WorkspaceOneAccess, System::Workstream];
    // Drawn on standard error, and only if that is a terminal.
    let progress = ProgressBar::new(systems.len() as u64 * job::STEPS).with_style(style());
    let mut report = Report::default();
    for system in systems {
        Job::new(system, &server, &progress)?.run(&mut report).await?;
    }
    progress.finish_and_clear();
    server.stop().await;
    Ok(report)
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:28} {pos}/{len} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
