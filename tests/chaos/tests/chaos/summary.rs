//! The figures of the day, and what they must be.

use chaos::{Account, Entry, Heard, Ledger, Report, Who};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub(crate) struct Summary {
    rows: Vec<(String, String)>,
    faults: Vec<String>,
}

impl Summary {
    pub(crate) fn new(
        ledger: &Ledger,
        (calls, refused): (u64, u64),
        seconds: u64,
        incidents: &BTreeMap<&'static str, u32>,
        budget: Duration,
    ) -> Self {
        let mut summary = Self { rows: Vec::new(), faults: Vec::new() };
        summary.row("length of the day", format!("{seconds} s"));
        for (what, times) in incidents {
            summary.row(what, times);
        }
        summary.calls(&ledger.heard, (calls, refused), budget);
        summary.requests(ledger);
        summary.notices(ledger);
        summary
    }

    fn calls(&mut self, heard: &[Heard], (calls, refused): (u64, u64), budget: Duration) {
        self.row("API requests, and of them refused with 401", format!("{calls}, {refused}"));
        let mut longest = 0;
        let (mut slow, mut failed) = (0, BTreeMap::<String, u32>::new());
        for Heard { who, report } in heard {
            let Report::Call { took, status, error, message, .. } = report else { continue };
            longest = longest.max(*took);
            slow += u32::from(*took > 1000);
            if *status != Some(200) {
                let what = error.clone().unwrap_or_else(|| format!("status {}", status.unwrap_or_default()));
                if !failed.contains_key(&what) {
                    self.faults.push(format!("a call of {} failed: {what}, {message:?}", who.agent()));
                }
                *failed.entry(what).or_default() += 1;
            }
        }
        self.row("calls that took longer than a second", slow);
        self.row("longest wait of a call", format!("{longest} ms (budget {} ms)", budget.as_millis()));
        self.row("calls that failed", format!("{failed:?}"));
        if u128::from(longest) > budget.as_millis() {
            self.faults.push(format!("a call waited for {longest} ms"));
        }
        let gap = longest_gap(heard);
        self.row("longest time of a worker without an answer", format!("{} ms, of {}", gap.1, gap.0.agent()));
        if u128::from(gap.1) > budget.as_millis() {
            self.faults.push(format!("{} had no answer for {} ms", gap.0.agent(), gap.1));
        }
    }

    fn requests(&mut self, ledger: &Ledger) {
        let account = ledger.account();
        let Account { requests, needed, alone, killed } = account;
        let minimum = account.minimum();
        self.row("token requests", requests);
        self.row("  one for each token at its renewal point", needed);
        self.row("  one for each process without Redis", alone);
        self.entries(&ledger.alone());
        self.row("  died with a killed worker", killed);
        self.entries(&ledger.killed());
        let percent = (requests as f64 / minimum.max(1) as f64 - 1.0) * 100.0;
        self.row("  minimum, and what was more", format!("{minimum}, {percent:+.1} %"));
        if !account.is_frugal() {
            self.faults.push(format!("{requests} token requests, where {minimum} had been enough"));
        }
        let revoked = ledger.revocations();
        self.row("families revoked", revoked.len());
        for entry in revoked {
            self.faults.push(format!("{} used a refresh token twice at {}", entry.who.agent(), entry.at));
        }
    }

    fn entries(&mut self, entries: &[&Entry]) {
        for entry in entries {
            self.row("    -", format!("{:?} by {}, {:?}", entry.grant, entry.who.agent(), entry.outcome));
        }
    }

    fn notices(&mut self, ledger: &Ledger) {
        let (mut lost, mut gone, mut in_time) = (0, 0, 0);
        for heard in &ledger.heard {
            match &heard.report {
                Report::Notice { code, .. } if code == "needs_reconnect" => lost += 1,
                Report::Call { error: Some(code), .. } if code == "needs_reconnect" => lost += 1,
                Report::Notice { at, code, harmless: true, .. } if code == "store" => {
                    gone += 1;
                    in_time +=
                        u32::from(ledger.blackouts.iter().any(|b| (b.from..=b.to + 3000).contains(at)));
                }
                _ => {}
            }
        }
        self.row("times that anybody needed a person", lost);
        self.row("notices of a store that is gone, and of them in a blackout", format!("{gone}, {in_time}"));
        if lost > 0 {
            self.faults.push("the credential was lost".to_owned());
        }
        if in_time == 0 {
            self.faults.push("nobody said that Redis was gone".to_owned());
        }
    }

    fn row(&mut self, name: &str, value: impl ToString) {
        self.rows.push((name.to_owned(), value.to_string()));
    }

    pub(crate) fn assert(&self) {
        assert!(self.faults.is_empty(), "{}", self.faults.join("\n"));
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows.iter().try_for_each(|(name, value)| writeln!(f, "{name:<62}{value}"))
    }
}

/// The longest time between two good answers of one worker process, or from its start to the first.
fn longest_gap(heard: &[Heard]) -> (Who, u64) {
    let mut times: BTreeMap<Who, Vec<u64>> = BTreeMap::new();
    for Heard { who, report } in heard {
        match report {
            Report::Ready { at } => times.entry(*who).or_default().push(*at),
            Report::Call { began, took, status: Some(200), .. } => {
                times.entry(*who).or_default().push(began + took);
            }
            _ => {}
        }
    }
    let mut longest = (Who { slot: 0, generation: 0 }, 0);
    for (who, mut times) in times {
        times.sort_unstable();
        let gap = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
        if gap > longest.1 {
            longest = (who, gap);
        }
    }
    longest
}
