//! The worker processes, and what they told.

use crate::now;
use crate::protocol::{Report, Setup, Who};
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// The pause between two calls of a worker: twenty in a second.
const PACE_MS: u64 = 50;

/// Worker processes, each at its place. They end when this is dropped, and when this process dies: their stdin closes.
#[derive(Debug)]
pub struct Fleet {
    program: PathBuf,
    server: String,
    redis: String,
    workers: Vec<Worker>,
    readers: Vec<JoinHandle<()>>,
    heard: Arc<Mutex<Vec<Heard>>>,
    kills: Vec<Kill>,
}

/// Something that a worker told.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The worker.
    pub who: Who,
    /// What it told.
    pub report: Report,
}

/// A worker that was killed.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    /// The worker.
    pub who: Who,
    /// When.
    pub at: u64,
}

#[derive(Debug)]
struct Worker {
    who: Who,
    child: Child,
    _stdin: ChildStdin,
}

impl Fleet {
    /// Starts so many workers.
    ///
    /// # Errors
    /// One does not start.
    pub fn start(program: PathBuf, server: String, redis: String, size: usize) -> io::Result<Self> {
        let (workers, readers, kills) = (Vec::new(), Vec::new(), Vec::new());
        let mut fleet = Self { program, server, redis, workers, readers, heard: Arc::default(), kills };
        for slot in 0..size {
            let worker = fleet.spawn(Who { slot, generation: 0 })?;
            fleet.workers.push(worker);
        }
        Ok(fleet)
    }

    /// Who is at this place.
    #[must_use]
    pub fn at(&self, slot: usize) -> Who {
        self.workers[slot].who
    }

    /// Kills the worker at this place, which gets no chance to do anything.
    ///
    /// # Errors
    /// It cannot be killed.
    pub fn kill(&mut self, slot: usize) -> io::Result<()> {
        let worker = &mut self.workers[slot];
        worker.child.kill()?;
        self.kills.push(Kill { who: worker.who, at: now() });
        worker.child.wait().map(drop)
    }

    /// Starts the next worker at this place.
    ///
    /// # Errors
    /// It does not start.
    pub fn replace(&mut self, slot: usize) -> io::Result<()> {
        let who = Who { slot, generation: self.workers[slot].who.generation + 1 };
        self.workers[slot] = self.spawn(who)?;
        Ok(())
    }

    /// Ends all workers and returns what they told, and who was killed before.
    pub fn end(mut self) -> (Vec<Heard>, Vec<Kill>) {
        self.stop();
        // What the workers said last is still in the pipes; one that ended closed its own.
        self.readers.drain(..).for_each(|reader| drop(reader.join()));
        let heard = std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner));
        (heard, std::mem::take(&mut self.kills))
    }

    fn spawn(&mut self, who: Who) -> io::Result<Worker> {
        let mut child = Command::new(&self.program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let missing = || io::Error::other("the worker has no stdin or stdout");
        let (mut stdin, stdout) =
            (child.stdin.take().ok_or_else(missing)?, child.stdout.take().ok_or_else(missing)?);
        let setup = Setup { who, server: self.server.clone(), redis: self.redis.clone(), pace_ms: PACE_MS };
        writeln!(stdin, "{}", serde_json::to_string(&setup)?)?;
        let heard = self.heard.clone();
        self.readers.push(thread::spawn(move || {
            // The last line of a killed worker may be half of one.
            let reports = BufReader::new(stdout).lines().map_while(Result::ok);
            for report in reports.filter_map(|line| serde_json::from_str(&line).ok()) {
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(Heard { who, report });
            }
        }));
        Ok(Worker { who, child, _stdin: stdin })
    }

    fn stop(&mut self) {
        for worker in &mut self.workers {
            // Both fail only if it has ended by itself.
            let _ = worker.child.kill();
            let _ = worker.child.wait();
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.stop();
    }
}
