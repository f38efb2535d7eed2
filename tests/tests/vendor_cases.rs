//! `VENDOR_CASES.md` names vectors that exist, and leaves no case out.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use conformance::root;

/// The cases of each service.
const CASES: [(&str, usize); 4] =
    [("WorkSpan", 15), ("Appspace", 14), ("Workspace ONE Access", 15), ("Workstream", 15)];

#[test]
fn every_case_is_shown_or_is_the_servers() {
    let text = std::fs::read_to_string(root().join("VENDOR_CASES.md")).unwrap();
    for (title, count) in CASES {
        let section = text.split(&format!("\n## {title}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
        for number in 1..=count {
            let line = section.lines().find(|line| line.starts_with(&format!("| {number} |")));
            let line = line.unwrap_or_else(|| panic!("{title} has no case {number}"));
            let shown = line.rsplit(" | ").next().unwrap();
            assert!(shown.contains('/') || shown.contains("emulator test `"), "{title} {number}: {line}");
        }
        assert!(!section.contains(&format!("\n| {} |", count + 1)), "{title} has more than {count} cases");
    }
}

#[test]
fn every_vector_that_is_named_exists() {
    let text = std::fs::read_to_string(root().join("VENDOR_CASES.md")).unwrap();
    let names: Vec<_> = text.split('`').skip(1).step_by(2).filter(|name| name.contains("/0")).collect();
    assert!(names.len() > 80, "{}", names.len());
    for name in names {
        assert!(root().join("vectors").join(format!("{name}.json")).is_file(), "there is no vector {name}");
    }
}

#[test]
fn every_emulator_test_that_is_named_exists() {
    let directory = root().join("../crates/emulator/tests");
    // The emulator is another crate's work; without it there is nothing to compare with.
    let Ok(files) = std::fs::read_dir(directory) else { return };
    let paths = files.map(|file| file.unwrap().path()).filter(|path| path.is_file());
    let tests: String = paths.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let text = std::fs::read_to_string(root().join("VENDOR_CASES.md")).unwrap();
    for named in text.split("emulator test `").skip(1) {
        let name = named.split('`').next().unwrap();
        assert!(tests.contains(&format!("fn {name}(")), "the emulator has no test {name}");
    }
}
