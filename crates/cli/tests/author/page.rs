//! `docs/writing-a-connector.md`: its files are written, its commands run, and their output is what the page says.
//!
//! A block ```` ```json NAME ```` is a file; ```` ```console ```` holds commands after `$`, each with its output.
//! `GRANTLINE_BLESS=1` writes the output that came into the page.

use crate::Desk;
use std::path::Path;
use std::process::Command;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/writing-a-connector.md");

#[test]
fn page_tells_the_truth() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let desk = Desk::new();
    let (mut now, mut commands) = (String::new(), 0);
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        now.push_str(line);
        now.push('\n');
        let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if kind == "console" {
            let run = commands_of(&block).into_iter().inspect(|_| commands += 1);
            now.extend(run.map(|command| format!("$ {command}\n{}", output(&desk, &command))));
        } else {
            let text = format!("{}\n", block.join("\n"));
            if let Some((_, file)) = kind.split_once(' ') {
                std::fs::create_dir_all(desk.path(file).parent().unwrap()).unwrap();
                desk.write(file, &text);
            }
            now.push_str(&text);
        }
        now.push_str("```\n");
    }
    assert!(commands > 12, "only {commands} commands were found");
    if std::env::var_os("GRANTLINE_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(PAGE, now).unwrap();
    } else {
        let differs = page.lines().zip(now.lines()).find(|(page, now)| page != now);
        assert_eq!(differs, None, "the page, and what is true; GRANTLINE_BLESS=1 rewrites it");
        assert_eq!(page, now);
    }
}

/// The commands of a block, those of several lines in one.
fn commands_of(block: &[&str]) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    for line in block {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push(command.to_owned()),
            (None, Some(last)) if last.ends_with('\\') => {
                last.push('\n');
                last.push_str(line);
            }
            // The output of before.
            (None, _) => {}
        }
    }
    commands
}

/// What a person sees, both streams in their order.
fn output(desk: &Desk, command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_grantline"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(desk.directory.path())
        .env_clear()
        .envs([("PATH", path.as_str()), ("HOME", "/nonexistent")])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}
