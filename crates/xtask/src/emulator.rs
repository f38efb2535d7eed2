//! The emulator of the four systems, run for as long as something needs it.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{cargo, process};

/// Names the emulator to tests and demos. Set it yourself, and that one is used instead of a new one.
const URL: &str = "GRANTLINE_EMULATOR";
/// What the emulator said about its systems, as JSON.
const SYSTEMS: &str = "GRANTLINE_EMULATOR_SYSTEMS";

const READY_WITHIN: Duration = Duration::from_secs(20);

/// A running emulator; dropping it ends the process.
pub(crate) struct Emulator {
    /// Held so that it ends with this; none if the emulator is somebody else's.
    _process: Option<Process>,
    ready: Ready,
}

impl Emulator {
    /// Starts an emulator on a free port, or uses the one that `GRANTLINE_EMULATOR` names.
    pub(crate) fn start() -> Result<Self> {
        if let Ok(url) = env::var(URL) {
            let systems = env::var(SYSTEMS).unwrap_or_else(|_| "{}".to_owned());
            return Ok(Self { _process: None, ready: Ready { url, systems } });
        }
        let mut command = Command::new(cargo::build_cli()?);
        command.args(["emulate", "--listen", "127.0.0.1:0", "--json"]);
        Self::spawn(command, READY_WITHIN)
    }

    /// Tells a command where the emulator is.
    pub(crate) fn announce(&self, command: &mut Command) {
        command.env(URL, &self.ready.url).env(SYSTEMS, &self.ready.systems);
    }

    fn spawn(mut command: Command, patience: Duration) -> Result<Self> {
        let shown = process::shown(&command);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start the emulator `{shown}`"))?;
        let mut process = Process(child);
        let ready = process.wait_until_ready(patience).with_context(|| format!("emulator `{shown}`"))?;
        Ok(Self { _process: Some(process), ready })
    }
}

/// What the emulator prints, as its one line of stdout, when it can be used.
#[derive(Debug, PartialEq)]
struct Ready {
    url: String,
    systems: String,
}

impl Ready {
    fn parse(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        Some(Self {
            url: format!("http://{}", value["listen"].as_str()?),
            systems: value["systems"].to_string(),
        })
    }
}

struct Process(Child);

impl Process {
    fn wait_until_ready(&mut self, patience: Duration) -> Result<Ready> {
        let stdout = self.0.stdout.take().context("has no stdout")?;
        match first_line(stdout).recv_timeout(patience) {
            Ok(line) => Ready::parse(&line)
                .with_context(|| format!("should have said where it listens, but said {line:?}")),
            Err(RecvTimeoutError::Timeout) => bail!("was not ready within {} s", patience.as_secs()),
            Err(RecvTimeoutError::Disconnected) => {
                bail!("ended before it was ready ({}); what it printed is above", self.ending()?)
            }
        }
    }

    /// How the process ended. Its stdout closes a moment before that.
    fn ending(&mut self) -> Result<String> {
        for _ in 0..100 {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status.to_string());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok("it closed its stdout and still runs".to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when the process has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends the first line, and reads on so that the emulator never blocks on a full pipe.
fn first_line(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // Nobody listens after the first line.
            let _ = sender.send(line);
        }
    });
    receiver
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn fake(script: &str) -> Result<Emulator> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Emulator::spawn(command, Duration::from_secs(5))
    }

    fn failure(script: &str) -> String {
        fake(script).err().map(|error| format!("{error:#}")).unwrap_or_default()
    }

    fn alive(id: u32) -> bool {
        process::probe(Command::new("kill").args(["-0", &id.to_string()])).is_some()
    }

    #[test]
    fn lives_as_long_as_its_handle() {
        let line = r#"{"listen":"127.0.0.1:4711","systems":{"workspan":"http://127.0.0.1:4711/workspan"}}"#;
        let emulator = fake(&format!("echo '{line}'; exec sleep 600")).unwrap();
        let id = emulator._process.as_ref().unwrap().0.id();
        assert_eq!(emulator.ready.url, "http://127.0.0.1:4711");
        assert_eq!(emulator.ready.systems, r#"{"workspan":"http://127.0.0.1:4711/workspan"}"#);
        assert!(alive(id));
        drop(emulator);
        assert!(!alive(id));
    }

    #[test]
    fn says_why_it_is_not_there() {
        assert!(failure("exit 2").contains("ended before it was ready (exit status: 2)"));
        assert!(failure("echo hello; exec sleep 600").contains(r#"but said "hello""#));
    }

    #[test]
    fn does_not_wait_for_ever() {
        let mut command = Command::new("sleep");
        command.arg("600");
        let error = Emulator::spawn(command, Duration::from_millis(10)).err().unwrap();
        assert!(format!("{error:#}").contains("was not ready within"));
    }
}
