//! `cargo xtask test`: every check and every test there is.

mod steps;

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;

use steps::{STEPS, Step};

/// Options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// Leave out the slow steps
    #[arg(long, conflicts_with = "only")]
    fast: bool,
    /// Run this step, and what it needs (may be given more than once)
    #[arg(long, value_name = "STEP", value_parser = steps::names())]
    only: Vec<String>,
    /// List the steps and do nothing
    #[arg(long)]
    list: bool,
}

/// Runs the steps in order, all of them even if one fails, and fails if any did.
///
/// Its last line is `N passed, N failed`; it returns no error, which would be printed after that.
pub(crate) fn run(options: &Options) -> ExitCode {
    if options.list {
        list();
        return ExitCode::SUCCESS;
    }
    let (chosen, left_out): (Vec<&Step>, Vec<&Step>) = STEPS.iter().partition(|step| options.wants(step));
    let results = run_all(&chosen);
    summarize(&results, if options.fast { &left_out } else { &[] })
}

impl Options {
    fn wants(&self, step: &Step) -> bool {
        if self.only.is_empty() {
            return !(self.fast && step.slow);
        }
        self.only.iter().any(|name| name == step.name || needs_of(name).contains(&step.name))
    }
}

struct Outcome {
    step: &'static Step,
    took: Duration,
    error: Option<String>,
}

fn run_all(chosen: &[&'static Step]) -> Vec<Outcome> {
    let mut results: Vec<Outcome> = Vec::new();
    for (index, step) in chosen.iter().enumerate() {
        let label = format!("[{:>2}/{}] {}", index + 1, chosen.len(), step.name);
        show(&format!("{label}: {}", step.about));
        let outcome = run_one(step, &results);
        match &outcome.error {
            None => show(&format!("{label}: ok, {}\n", seconds(outcome.took))),
            Some(error) => show(&format!("{label}: FAILED, {}: {error}\n", seconds(outcome.took))),
        }
        results.push(outcome);
    }
    results
}

fn run_one(step: &'static Step, before: &[Outcome]) -> Outcome {
    let start = Instant::now();
    let broken = before.iter().find(|done| done.error.is_some() && step.needs.contains(&done.step.name));
    let result = match broken {
        Some(needed) => {
            Err(anyhow::anyhow!("not run, because it needs `{}`, which failed", needed.step.name))
        }
        None => (step.run)(),
    };
    Outcome { step, took: start.elapsed(), error: result.err().map(|error| format!("{error:#}")) }
}

fn summarize(results: &[Outcome], left_out: &[&Step]) -> ExitCode {
    show("Summary");
    for Outcome { step, took, error } in results {
        let word = if error.is_none() { "ok" } else { "FAILED" };
        show(&format!("  {word:<8}{:<14}{:>8}", step.name, seconds(*took)));
    }
    for step in left_out {
        show(&format!("  {:<8}{:<14}(--fast)", "skipped", step.name));
    }
    let failed: Vec<&Outcome> = results.iter().filter(|outcome| outcome.error.is_some()).collect();
    for outcome in &failed {
        show(&format!("  run it alone with: cargo xtask test --only {}", outcome.step.name));
    }
    show(&format!("\n{} passed, {} failed", results.len() - failed.len(), failed.len()));
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn list() {
    for step in STEPS {
        let slow = if step.slow { " (left out by --fast)" } else { "" };
        println!("{:<14}{}{slow}", step.name, step.about);
    }
}

fn needs_of(name: &str) -> &'static [&'static str] {
    STEPS.iter().find(|step| step.name == name).map_or(&[], |step| step.needs)
}

/// On stdout and at once: the output of the steps goes between these lines, partly from other processes.
fn show(line: &str) {
    let mut stdout = std::io::stdout().lock();
    // If stdout is gone, there is nobody left to tell.
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
