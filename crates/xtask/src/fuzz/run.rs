//! One fuzz target: searched with, asked about one input, or given a smaller corpus.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{clear, make, place};
use crate::{process, repo};

/// A built target.
pub(super) struct Target {
    pub(super) name: &'static str,
    pub(super) program: PathBuf,
}

impl Target {
    /// Runs every input that is kept, then looks for others, and says how far it got.
    pub(super) fn search(&self, seconds: u64) -> Result<()> {
        let name = self.name;
        let (found, artifacts) =
            (place().join("corpus").join(name), repo::root().join("fuzz/artifacts").join(name));
        make(&found)?;
        make(&artifacts)?;
        let kept = self.kept()?;
        let log = place().join(format!("{name}.log"));
        let mut command = self.command();
        command
            .arg(format!("-max_total_time={seconds}"))
            .arg("-print_final_stats=1")
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            // What is new goes to the first folder.
            .arg(&found)
            .args(&kept);
        let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output).status();
        let status = status.with_context(|| format!("cannot start the fuzz target {name}"))?;
        let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        if !status.success() {
            bail!("{}", self.crash(&text, &log));
        }
        println!(
            "{}",
            report(name, &text).with_context(|| format!("{} ends without a report", log.display()))?
        );
        Ok(())
    }

    /// Runs one input and shows all that the target says.
    pub(super) fn replay(&self, file: &Path) -> Result<()> {
        process::run(Command::new(&self.program).arg(file))
    }

    /// Writes as few inputs as reach the same as the present corpus, the seeds, and what is short among the inputs
    /// that past runs found: the tree holds no large ones.
    pub(super) fn minimize(&self, seeds: &Path) -> Result<()> {
        let (corpus, fresh) = (self.corpus(), place().join("minimized").join(self.name));
        let (found, short) = (place().join("corpus").join(self.name), place().join("short").join(self.name));
        [&found, &corpus].into_iter().try_for_each(|folder| make(folder))?;
        [&fresh, &short].into_iter().try_for_each(|folder| clear(folder))?;
        for file in files(&found)? {
            if fs::metadata(&file)?.len() <= SHORT {
                copy(&file, &short)?;
            }
        }
        let mut merge = self.command();
        process::quiet(merge.arg("-merge=1").args([&fresh, &corpus, &short, &seeds.join(self.name)]))?;
        clear(&corpus)?;
        files(&fresh)?.iter().try_for_each(|file| copy(file, &corpus))?;
        println!("{}: {} inputs in {}", self.name, files(&corpus)?.len(), repo::relative(&corpus));
        Ok(())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        let words = if matches!(self.name, "manifest" | "template") { "manifest" } else { "words" };
        let words = repo::root().join(format!("fuzz/dictionaries/{words}.dict"));
        command.args(["-rss_limit_mb=2048", "-timeout=10", "-max_len=8192"]);
        command.arg(format!("-dict={}", words.display()));
        command
    }

    fn corpus(&self) -> PathBuf {
        repo::root().join("fuzz/corpus").join(self.name)
    }

    /// The folders of the inputs that stand in the tree.
    fn kept(&self) -> Result<Vec<PathBuf>> {
        let corpus = self.corpus();
        if files(&corpus)?.is_empty() {
            bail!("{} is empty: there is nothing to begin with", repo::relative(&corpus));
        }
        let regressions = repo::root().join("fuzz/regressions").join(self.name);
        Ok([corpus, regressions].into_iter().filter(|folder| folder.is_dir()).collect())
    }

    fn crash(&self, text: &str, log: &Path) -> String {
        let name = self.name;
        let said = text.lines().skip_while(|line| !line.contains("panicked at")).take(4);
        let said: Vec<_> = said.take_while(|line| !line.starts_with("stack backtrace")).collect();
        let file =
            text.lines().find_map(|line| line.split_once("Test unit written to ").map(|(_, file)| file));
        let how = file.map_or_else(
            || format!("an input that is kept fails; the log is {}", repo::relative(log)),
            |file| {
                format!(
                    "replay it with: cargo xtask fuzz {name} --replay {}",
                    repo::relative(Path::new(file))
                )
            },
        );
        format!("the fuzz target {name} fails\n{}\n{how}", said.join("\n"))
    }
}

/// `#123  DONE  cov: 4 ft: 5 corp: 6/7Kb ...`, in words.
fn report(name: &str, log: &str) -> Option<String> {
    let last = log.lines().rev().find(|line| line.starts_with('#') && line.contains("DONE "))?;
    let runs = last.trim_start_matches('#').split_whitespace().next()?;
    let after = |word: &str| last.split_once(word).and_then(|(_, rest)| rest.split_whitespace().next());
    let (edges, features, corpus) = (after("cov: ")?, after("ft: ")?, after("corp: ")?);
    Some(format!("{name}: {runs} executions, {edges} edges and {features} features reached, corpus {corpus}"))
}

/// Longer inputs than this stay out of the tree, in bytes.
const SHORT: u64 = 300;

fn copy(file: &Path, folder: &Path) -> Result<()> {
    let name = file.file_name().context("a file has a name")?;
    fs::copy(file, folder.join(name)).with_context(|| format!("cannot copy {}", file.display())).map(drop)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    read.map(|entry| Ok(entry?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_log_is_put_into_words() {
        let log = "#2\tINITED cov: 1 ft: 1 corp: 1/1b\n#123\tDONE   cov: 4016 ft: 12915 corp: 960/732Kb lim: 3536 exec/s: 20 rss: 34Mb\nDone 123 runs";
        assert_eq!(
            report("manifest", &log.replace('\t', " ")).unwrap(),
            "manifest: 123 executions, 4016 edges and 12915 features reached, corpus 960/732Kb"
        );
        assert_eq!(report("manifest", log), report("manifest", &log.replace('\t', " ")));
        // Without instruments there is no coverage, and that is no result.
        assert_eq!(report("manifest", "#9 DONE   corp: 1/1b lim: 9 exec/s: 0 rss: 28Mb"), None);
    }
}
