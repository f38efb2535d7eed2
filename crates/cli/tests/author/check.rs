//! `grantline check`.

use crate::{Desk, fails, said, service, text};
use serde_json::json;

/// The problem of `service.json` on its only line that is marked, as people see it.
fn page(desk: &Desk) -> String {
    let output = desk.run("check service.json");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    said(&output).to_owned()
}

#[test]
fn good_file_is_fine() {
    let output = Desk::with(&service()).run("check service.json");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(said(&output), "1 file checked, nothing is wrong\n");
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn typing_slip_is_marked_and_mended() {
    let mut broken = service();
    broken["auth"]["token"]["expirey"] = broken["auth"]["token"]["expiry"].take();
    broken["auth"]["token"].as_object_mut().unwrap().remove("expiry");
    let desk = Desk::with(&broken);
    let wanted = r#"error: unknown key 'expirey'
  --> service.json:40:7
   |
40 |       "expirey": [
   |       ^^^^^^^^^
   |
help: did you mean 'expiry'?
   |
40 -       "expirey": [
40 +       "expiry": [
   |

error: 1 file checked: 1 error
"#;
    assert_eq!(page(&desk), wanted);
    let (json, code) = desk.json("check --json service.json");
    assert_eq!(code, 1);
    assert_eq!(
        json,
        json!({ "files": [{ "file": "service.json", "problems": [{
            "severity": "error", "line": 40, "column": 7, "end_line": 40, "end_column": 16,
            "pointer": "/auth/token/expirey", "message": "unknown key 'expirey'", "help": "did you mean 'expiry'?",
        }] }] })
    );
}

#[test]
fn placeholder_is_marked_where_it_stands() {
    let mut broken = service();
    broken["auth"]["acquire"]["json"]["secret"] = "{clientSecrt}".into();
    let page = page(&Desk::with(&broken));
    for words in [
        "there is no parameter 'clientSecrt'",
        "\"secret\": \"{clientSecrt}\"",
        "^^^^^^^^^^^^^",
        "'clientSecret'?",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn dotted_path_becomes_a_pointer() {
    let mut broken = service();
    broken["auth"]["token"]["value"] = "$.data.token".into();
    let page = page(&Desk::with(&broken));
    assert!(page.contains("did you mean '/data/token'?"), "{page}");
}

#[test]
fn broken_json_has_a_line_and_a_column() {
    let good = format!("{:#}\n", service());
    let cases = [
        (
            good.replace("\"id\": \"service\",", "\"id\": \"service\""),
            "expected `,` or `}`",
            "is a comma missing",
        ),
        (good.replace("  \"id\"", "  // the id\n  \"id\""), "key must be a string", "JSON has no comments"),
        (
            good.replace("\"type\": \"string\"\n", "\"type\": \"string\",\n"),
            "trailing comma",
            "take out the comma",
        ),
        (
            good.replace("  \"id\"", "  \"id\": \"x\",\n  \"id\""),
            "\"id\" stands twice",
            "it stands here first",
        ),
        (good.replace("\"service\"", "'service'"), "expected value", "double quotes"),
        (good[..good.len() / 2].to_owned(), "EOF", "is a bracket or a quote missing?"),
        (String::new(), "EOF", "the file is empty"),
    ];
    for (broken, message, help) in cases {
        let desk = Desk::new();
        desk.write("service.json", &broken);
        let (json, code) = desk.json("check --json service.json");
        let problem = &json["files"][0]["problems"][0];
        assert_eq!((code, &problem["pointer"]), (1, &json!("")));
        let place = format!("service.json:{}:{}\n", problem["line"], problem["column"]);
        let page = page(&desk);
        for words in [message, help, &place] {
            assert!(page.contains(words), "{words:?} is not in:\n{page}");
        }
    }
}

#[test]
fn several_files_and_a_directory_are_checked() {
    let desk = Desk::with(&service());
    desk.write("other.json", "{}");
    desk.write("connector.schema.json", "{}");
    desk.write("notes.txt", "{");
    std::fs::create_dir(desk.path("service.vectors")).unwrap();
    desk.write("service.vectors/001-first.json", "{}");
    let (json, code) = desk.json("check --json . service.json");
    let files: Vec<_> =
        json["files"].as_array().unwrap().iter().map(|file| file["file"].as_str().unwrap()).collect();
    assert_eq!((files, code), (vec!["./other.json", "./service.json", "service.json"], 1));
    assert_eq!(json["files"][2]["problems"], json!([]));
    std::fs::create_dir(desk.path("empty")).unwrap();
    fails(&desk.run("check empty"), 2, &["there is no connector file in 'empty'"]);
}

#[test]
fn file_that_cannot_be_read_is_wrong_use() {
    let desk = Desk::with(&service());
    fails(&desk.run("check nothing.json"), 2, &["cannot read 'nothing.json'"]);
    std::fs::write(desk.path("latin.json"), b"{\"id\": \"caf\xe9\"}").unwrap();
    fails(&desk.run("check latin.json"), 2, &["it is not UTF-8 from byte 11 on"]);
    fails(&desk.run("check"), 2, &["<FILE>"]);
    // The others are checked all the same.
    let (json, code) = desk.json("check --json nothing.json service.json");
    assert_eq!((json["files"].as_array().unwrap().len(), code), (1, 2));
}

#[test]
fn standard_input_is_a_file() {
    let desk = Desk::new();
    let output = desk.run_with("check -", "{\n  \"id\": 1\n}");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("--> <stdin>:2:9"), "{}", said(&output));
}

#[test]
fn nothing_from_a_file_reaches_the_terminal_as_a_command() {
    let mut broken = service();
    broken["\u{1b}[31mred"] = "\u{1b}]0;title\u{7}".into();
    let desk = Desk::with(&broken);
    for colours in [None, Some("1")] {
        let mut command = desk.command("check service.json");
        command.envs(colours.map(|value| ("CLICOLOR_FORCE", value)));
        let output = command.output().unwrap();
        assert!(!said(&output).contains("\u{1b}[31mred"), "{}", said(&output));
        assert_eq!(said(&output).contains('\u{1b}'), colours.is_some(), "colours only where they are wanted");
    }
}
