//! A Redis server that keeps its data, can be killed, and can stop answering.

use rustix::process::{Pid, Signal, kill_process};
use std::env;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use tempfile::TempDir;

const PASSWORD: &str = "p4ssw0rd-of-redis";

/// Redis on a socket of its own, with an append-only file that is flushed at every write.
///
/// `always` and not `everysec`: the mark "this refresh token is being used" is a promise to all processes. A Redis that
/// forgets the last second forgets marks that were acknowledged, and the next process would use the token again.
#[derive(Debug)]
pub struct RedisServer {
    directory: TempDir,
    child: Option<Child>,
}

impl RedisServer {
    /// Starts it, empty.
    ///
    /// # Errors
    /// It does not start.
    pub fn start() -> io::Result<Self> {
        let mut redis = Self { directory: tempfile::tempdir()?, child: None };
        redis.restart()?;
        Ok(redis)
    }

    /// Its URL, which stays the same.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+unix://{}?pass={PASSWORD}", self.socket().display())
    }

    /// Starts it with the data that it left.
    ///
    /// # Errors
    /// It does not start.
    pub fn restart(&mut self) -> io::Result<()> {
        let program = env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
        // The kernel kills it if this process is gone: it has no stdin whose end it would notice.
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program)
            .args(["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "always"])
            .args(["--requirepass", PASSWORD])
            .arg("--unixsocket")
            .arg(self.socket())
            .arg("--dir")
            .arg(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("redis-server has no stdout"))?;
        self.child = Some(child);
        let mut said = BufReader::new(stdout);
        let mut line = String::new();
        while !line.contains("eady to accept connections") {
            line.clear();
            if said.read_line(&mut line)? == 0 {
                return Err(io::Error::other("redis-server ended"));
            }
        }
        thread::spawn(move || io::copy(&mut said, &mut io::sink()));
        Ok(())
    }

    /// Kills it: whatever it has not written is lost.
    ///
    /// # Errors
    /// It cannot be killed.
    pub fn kill(&mut self) -> io::Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        child.kill()?;
        child.wait().map(drop)
    }

    /// Lets it stand still: it is there, and silent.
    ///
    /// # Errors
    /// It does not run.
    pub fn freeze(&self) -> io::Result<()> {
        let child = self.child.as_ref().ok_or_else(|| io::Error::other("redis-server does not run"))?;
        Ok(kill_process(Pid::from_child(child), Signal::STOP)?)
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("redis.sock")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It fails only if the server has ended by itself.
        let _ = self.kill();
    }
}
