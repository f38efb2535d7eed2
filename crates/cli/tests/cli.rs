//! The command line as a person meets it: what is said, on which stream, and the exit code.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use grantline_emulator::{Account, Server, System};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// An emulator of its own, and a state directory of its own.
struct World {
    server: Server,
    state: TempDir,
}

impl World {
    fn new() -> Self {
        let server = RUNTIME.block_on(Server::start("127.0.0.1:0".parse().unwrap())).unwrap();
        Self { server, state: tempfile::tempdir().unwrap() }
    }

    fn account(&self, system: System) -> Account {
        self.server.accounts().of(system).clone()
    }

    /// `grantline` with these arguments; `{base}` stands for the base URL of the system that is named first.
    fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &str) -> Command {
        let system =
            System::ALL.into_iter().find(|system| arguments.contains(&format!(" {} ", system.name())));
        let base = system.map(|system| self.server.base_url(system)).unwrap_or_default();
        let mut command = Command::new(env!("CARGO_BIN_EXE_grantline"));
        command.args(arguments.split(' ').map(|argument| argument.replace("{base}", &base)));
        command.env_clear().env("XDG_STATE_HOME", self.state.path()).env("HOME", self.state.path());
        command.stdin(Stdio::null());
        command
    }

    /// The file of the only record.
    fn record(&self) -> PathBuf {
        let mut files =
            self.state.path().join("grantline").read_dir().unwrap().map(|file| file.unwrap().path());
        files.find(|path| path.extension().is_some_and(|extension| extension == "json")).unwrap()
    }

    /// The same with WorkSpan's account: the secret from the environment.
    fn workspan(&self, arguments: &str) -> Command {
        let mut command = self.command(&format!(
            "{arguments} --set baseUrl={{base}} --set clientId=WS-ApplicationUser_emulator"
        ));
        command.env(
            "GRANTLINE_WORKSPAN_CLIENTSECRET",
            &self.account(System::Workspan).parameters["clientSecret"],
        );
        command
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Asserts an exit code, an empty standard output, and words on standard error.
#[track_caller]
fn fails(output: &Output, code: i32, words: &[&str]) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert_eq!(text(&output.stdout), "");
    for words in words {
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn token_is_printed_alone_and_kept_for_the_next_run() {
    let world = World::new();
    let first = world.workspan("token workspan --json").output().unwrap();
    assert!(first.status.success(), "{}", text(&first.stderr));
    let object: serde_json::Value = serde_json::from_slice(&first.stdout).unwrap();
    let token = object["token"].as_str().unwrap();
    assert_eq!(object["authorization"], format!("Bearer {token}"));
    assert!(object["expires_in_seconds"].as_u64().unwrap() > 863_000);

    let second = world.workspan("token workspan --verbose").output().unwrap();
    assert_eq!(text(&second.stdout), format!("{token}\n"));
    assert_eq!(text(&second.stderr), "", "a kept token needs no request");
    assert_eq!(world.server.emulator().counts(System::Workspan).token_requests, 1);

    let uncached = world.workspan("token workspan --no-cache --verbose").output().unwrap();
    assert_ne!(text(&uncached.stdout), format!("{token}\n"));
    let said = text(&uncached.stderr);
    assert!(said.contains("/oauth/token") && said.contains("< 200"), "{said}");
    assert!(!said.contains(world.account(System::Workspan).parameters["clientSecret"].as_str()), "{said}");
}

#[cfg(unix)]
#[test]
fn what_is_kept_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    assert!(world.workspan("token workspan").output().unwrap().status.success());
    let directory = world.state.path().join("grantline");
    assert_eq!(directory.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let files: Vec<_> = directory.read_dir().unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 2, "a record and its lock");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
        let content = std::fs::read_to_string(file.path()).unwrap();
        assert!(!content.contains(world.account(System::Workspan).parameters["clientSecret"].as_str()));
    }
}

#[test]
fn kept_token_is_encrypted_with_the_key_of_the_environment() {
    let world = World::new();
    let key = world.run("key");
    let key = text(&key.stdout).trim();
    assert_eq!(key.len(), 44);
    let run = |key: Option<&str>| {
        world.workspan("token workspan").envs(key.map(|key| ("GRANTLINE_STORE_KEY", key))).output().unwrap()
    };
    let first = run(Some(key));
    assert!(first.status.success(), "{}", text(&first.stderr));
    let token = text(&first.stdout).trim().to_owned();
    let record = world.record();
    let content = std::fs::read_to_string(&record).unwrap();
    assert!(content.contains("grantline-encrypted-record") && !content.contains(&token), "{content}");
    assert_eq!(text(&run(Some(key)).stdout).trim(), token, "the kept one");
    let other = "00".repeat(32);
    for (key, words) in [(None, "this store has no key"), (Some(other.as_str()), "encrypted with the key")] {
        let output = run(key);
        assert!(output.status.success(), "the token is got without the store");
        let said = text(&output.stderr);
        assert!(said.contains(words) && said.contains("GRANTLINE_STORE_KEY"), "{said}");
        assert!(said.contains(&*record.to_string_lossy()), "{said}");
        assert_eq!(
            std::fs::read_to_string(&record).unwrap(),
            content,
            "it may be the only copy of something"
        );
    }
    assert_eq!(
        text(&run(Some(&format!("{other},{key}"))).stdout).trim(),
        token,
        "any of several keys decrypts"
    );
}

#[test]
fn malformed_key_is_refused_before_anything_is_done() {
    let world = World::new();
    for (key, words) in [("", "there is no key in it"), ("hunter2", "it is no key"), ("a,hunter2", "no key")]
    {
        let output = world.workspan("token workspan").env("GRANTLINE_STORE_KEY", key).output().unwrap();
        fails(&output, 2, &["the variable GRANTLINE_STORE_KEY", words, "`grantline key`"]);
        assert!(!text(&output.stderr).contains("hunter2"));
    }
    assert!(!world.state.path().join("grantline").exists());
    assert_eq!(world.server.emulator().counts(System::Workspan).token_requests, 0);
    let uncached =
        world.workspan("token workspan --no-cache").env("GRANTLINE_STORE_KEY", "").output().unwrap();
    assert!(uncached.status.success(), "who keeps nothing needs no key");
}

#[test]
fn key_of_the_store_is_never_a_parameter() {
    let world = World::new();
    let file = world.state.path().join("store.json");
    std::fs::write(
        &file,
        r#"{"id":"store","title":"Store","base_url":"https://127.0.0.1","hosts":["127.0.0.1"],
            "parameters":[{"name":"key","title":"Key","type":"securestring"}],
            "auth":{"acquire":{"method":"POST","url":"https://127.0.0.1/","json":{"k":"{key}"}},
                    "token":{"value":"/t"},"apply":{"headers":{"authorization":"Bearer {accessToken}"}}}}"#,
    )
    .unwrap();
    let mut command = world.command(&format!("token {} --no-cache", file.display()));
    let output = command.env("GRANTLINE_STORE_KEY", "ab".repeat(32)).output().unwrap();
    fails(&output, 2, &["'key' (Key) is missing"]);
}

#[test]
fn many_processes_make_one_token_request() {
    // With an encrypted store, too.
    for key in [None, Some("ab".repeat(32))] {
        let world = World::new();
        let spawn = |_| {
            let mut command = world.workspan("token workspan");
            command.envs(key.iter().map(|key| ("GRANTLINE_STORE_KEY", key)));
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let children: Vec<_> = (0..8).map(spawn).collect();
        let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        for output in &outputs {
            assert!(output.status.success(), "{}", text(&output.stderr));
            assert_eq!(output.stdout, outputs[0].stdout);
        }
        assert_eq!(world.server.emulator().counts(System::Workspan).token_requests, 1);
        let encrypted =
            std::fs::read_to_string(world.record()).unwrap().contains("grantline-encrypted-record");
        assert_eq!(encrypted, key.is_some());
    }
}

#[test]
fn secret_can_come_from_a_file_or_from_standard_input() {
    let world = World::new();
    let account = world.account(System::Workstream);
    let file = world.state.path().join("secret");
    std::fs::write(&file, format!("{}\n", account.parameters["clientSecret"])).unwrap();
    let common = format!(
        "token workstream --no-cache --set baseUrl={{base}} --set clientId={}",
        account.parameters["clientId"]
    );
    let by_file = world.run(&format!("{common} --set clientSecret=@{}", file.display()));
    assert!(by_file.status.success(), "{}", text(&by_file.stderr));
    assert_eq!(text(&by_file.stderr), "", "no warning: the secret is not in an argument");

    let mut child = world
        .command(&format!("{common} --set clientSecret=@-"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(account.parameters["clientSecret"].as_bytes()).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());

    let by_argument =
        world.run(&format!("{common} --set clientSecret={}", account.parameters["clientSecret"]));
    assert!(
        text(&by_argument.stderr).starts_with("warning: the secret 'clientSecret' stands in an argument")
    );
}

#[test]
fn console_token_serves_until_a_person_must_act() {
    let world = World::new();
    let token = world.account(System::Workstream).console_token.unwrap();
    let run = |more: &str| {
        let mut command = world.command(&format!("token workstream --set baseUrl={{base}}{more}"));
        command.env("GRANTLINE_WORKSTREAM_TOKEN", &token).output().unwrap()
    };
    assert_eq!(text(&run("").stdout), format!("{token}\n"));
    let old = run(" --set issuedAt=2020-01-01");
    fails(&old, 3, &["needs a person", "expired", "make a new token"]);
    let six_days_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(6 * 86_400 + 3600);
    let seconds = six_days_ago.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let ending = run(&format!(" --set issuedAt={seconds}"));
    assert_eq!(text(&ending.stdout), format!("{token}\n"));
    assert!(text(&ending.stderr).contains("warning: this connection ends"), "{}", text(&ending.stderr));
}

#[test]
fn call_streams_the_answer_and_fails_with_its_status() {
    let world = World::new();
    let fine = world.workspan("call workspan GET /app/v1/company --include").output().unwrap();
    assert!(fine.status.success());
    assert!(text(&fine.stdout).contains("Emulated Company"));
    assert!(text(&fine.stderr).starts_with("200 OK\n"));
    let missing = world.workspan("call workspan get /nope").output().unwrap();
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stdout).contains("Resource not found"), "the answer is printed all the same");
    assert!(text(&missing.stderr).contains("the API answered 404 Not Found"));
}

#[test]
fn credentials_are_proven_by_the_test_request() {
    let world = World::new();
    let fine = world.workspan("test workspan --no-cache").output().unwrap();
    let said = text(&fine.stdout);
    assert!(said.starts_with("the credentials work: the API answered 200; the token ends "), "{said}");
    let json = world.workspan("test workspan --no-cache --json").output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["ok"], &json["status"]), (&true.into(), &200.into()));
    let mut wrong = world.workspan("test workspan --no-cache");
    let wrong = wrong.env("GRANTLINE_WORKSPAN_CLIENTSECRET", "wrong").output().unwrap();
    fails(&wrong, 1, &["refused the credentials", "invalid_client"]);
}

#[test]
fn operation_is_called_by_its_name() {
    let world = World::new();
    let parameters = world.account(System::Appspace).parameters.clone();
    let sets: Vec<String> = parameters
        .iter()
        .filter(|(name, _)| **name != "baseUrl")
        .map(|(name, value)| format!("--set {name}={value}"))
        .collect();
    let run = |arguments: &str| {
        world.run(&format!("call appspace {arguments} --set baseUrl={{base}} {}", sets.join(" ")))
    };
    let page = run("ListChannels --arg limit=2");
    assert!(page.status.success(), "{}", text(&page.stderr));
    let page: serde_json::Value = serde_json::from_slice(&page.stdout).unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let all = run("ListChannels --arg limit=20 --all-pages");
    let items: Vec<serde_json::Value> =
        text(&all.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((items.len(), &items[44]["id"]), (45, &"channel-44".into()));
    fails(&run("ListChannel"), 2, &["did you mean 'ListChannels'?", "grantline connectors appspace"]);
    fails(&run("GET"), 2, &["no operation 'GET'", "a method needs a path"]);
    fails(&run("ListChannels --arg limt=2"), 2, &["argument 'limt'", "did you mean 'limit'?"]);
    fails(&run("ListChannels --arg limit"), 2, &["--arg takes NAME=VALUE"]);
    fails(&run("ListChannels --arg limit=few"), 2, &["must be a whole number"]);
    fails(&run("GetCurrentUser --all-pages"), 1, &["the connector does not say how"]);
    fails(
        &run("ListChannels --arg start=-1"),
        1,
        &["operation 'ListChannels' failed: status 400", "The page is not valid."],
    );
}

#[test]
fn operations_are_imported_and_nothing_is_overwritten() {
    let world = World::new();
    let folder = world.state.path();
    let document = r#"{"openapi":"3.0.0","info":{"title":"Acme"},"servers":[{"url":"https://api.acme.example"}],
        "paths":{"/a":{"get":{"operationId":"GetA","tags":["A"]},"head":{}},"/b":{"get":{"operationId":"GetB"}}}}"#;
    std::fs::write(folder.join("api.json"), document).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let (api, out) = (path("api.json"), path("acme.json"));
    let operations = |file: &str| {
        let text = std::fs::read_to_string(file).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json["operations"].as_array().unwrap().iter().map(|one| one["id"].to_string()).collect::<Vec<_>>()
    };
    let shown = world.run(&format!("import openapi {api}"));
    assert!(shown.status.success() && text(&shown.stdout).contains("\"GetA\""), "{}", text(&shown.stderr));
    assert!(text(&shown.stderr).contains("note: HEAD /a: left out"), "{}", text(&shown.stderr));
    let made = world.run(&format!("import openapi {api} --out {out} --only tag:A"));
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stderr).contains("1 operation imported into"), "{}", text(&made.stderr));
    assert_eq!(operations(&out), ["\"GetA\""]);
    fails(
        &world.run(&format!("import openapi {api} --out {out}")),
        2,
        &["is there already", "--force", "--into"],
    );
    assert_eq!(operations(&out), ["\"GetA\""], "it is as it was");
    let into = world.run(&format!("import openapi {api} --into {out}"));
    assert!(text(&into.stderr).contains("GetA: left as it is"), "{}", text(&into.stderr));
    assert_eq!(operations(&out), ["\"GetA\"", "\"GetB\""]);
    fails(&world.run(&format!("import openapi {out}")), 2, &["neither 'openapi' nor 'swagger'"]);
    fails(&world.run("import openapi missing.yaml"), 2, &["cannot read 'missing.yaml'"]);
    let listed = world.run(&format!("connectors {out}"));
    assert!(text(&listed.stdout).contains("GetB"), "{}", text(&listed.stdout));
}

#[test]
fn wrong_input_is_explained() {
    let world = World::new();
    let run = |arguments: &str| world.run(arguments);
    fails(&run("token workspam"), 2, &["no connector 'workspam'", "did you mean 'workspan'?"]);
    fails(
        &run("token workspan"),
        2,
        &["'clientId' (Application User ID) is missing", "--set clientId=", "GRANTLINE_WORKSPAN_CLIENTID"],
    );
    let given = "--set clientId=x --set clientSecret=@@y";
    fails(
        &run(&format!("token workspan --set baseUrl=http://api.workspan.com {given}")),
        2,
        &["is an http URL"],
    );
    for host in ["localhost.evil.com", "10.0.0.1", "127.0.0.1.evil.com", "[::2]"] {
        let command = format!("token workspan --set baseUrl=http://{host} {given}");
        fails(&run(&command), 2, &["is an http URL"]);
    }
    fails(
        &run(&format!("token workspan --set baseUrl=https://evil.com {given}")),
        2,
        &["host 'evil.com'", "api.workspan.com"],
    );
    fails(
        &run(&format!("token workspan --set klientId=1 {given}")),
        2,
        &["no parameter 'klientId'", "did you mean 'clientId'?"],
    );
    fails(
        &run("token workspan --set clientSecret=@/no/such/file"),
        2,
        &["cannot read 'clientSecret' from /no/such/file"],
    );
    fails(&run("token workspan --set clientSecret"), 2, &["--set takes NAME=VALUE"]);
    fails(&run("token workspan --set clientId=@- --set clientSecret=@-"), 2, &["only one --set can read"]);
    fails(&run("token ./no-such.json"), 2, &["cannot read './no-such.json'"]);
    fails(&run(&format!("token workspan --set clientId=1 {given}")), 2, &["--set clientId is given twice"]);
    fails(&run(&format!("call workspan G@T /x {given}")), 2, &["'G@T' is no HTTP method"]);
    fails(&run(&format!("call workspan GET https://evil.com/x {given}")), 2, &["host 'evil.com'"]);
    fails(&run("tokn"), 2, &["unrecognized subcommand 'tokn'", "token"]);
}

#[test]
fn bad_days_are_explained() {
    let world = World::new();
    let down =
        "token workspan --no-cache --set baseUrl=http://127.0.0.1:9 --set clientId=x --set clientSecret=@@y";
    fails(&world.run(down), 1, &["cannot be reached", "check the base URL and the network"]);
    let wrong = world
        .workspan("token workspan --no-cache")
        .env("GRANTLINE_WORKSPAN_CLIENTSECRET", "wr0ng-s3cret")
        .output()
        .unwrap();
    fails(&wrong, 1, &["refused the credentials", "invalid_client"]);
    assert!(!text(&wrong.stderr).contains("wr0ng-s3cret"));
    let html = grantline_emulator::Change::Fault {
        fault: serde_json::from_value(serde_json::json!({ "effect": { "kind": "html", "status": 200 } }))
            .unwrap(),
    };
    world.server.emulator().control(System::Workspan, html).unwrap();
    fails(
        &world.workspan("token workspan --no-cache").output().unwrap(),
        1,
        &["not the JSON that was asked for", "check the base URL"],
    );
    let dead = world.run("token appspace --set baseUrl={base} --set subjectId=1 --set refreshToken=@@2");
    fails(&dead, 3, &["needs a person", "refused to renew"]);
}

#[test]
fn refusal_is_remembered_between_runs() {
    let world = World::new();
    for _ in 0..3 {
        let wrong = world
            .workspan("token workspan")
            .env("GRANTLINE_WORKSPAN_CLIENTSECRET", "wrong")
            .output()
            .unwrap();
        fails(&wrong, 1, &["next try not before", "--renew tries again at once"]);
    }
    assert_eq!(world.server.emulator().counts(System::Workspan).token_requests, 1);
    let mut again = world.workspan("token workspan --renew");
    fails(&again.env("GRANTLINE_WORKSPAN_CLIENTSECRET", "wrong").output().unwrap(), 1, &["invalid_client"]);
    assert_eq!(world.server.emulator().counts(System::Workspan).token_requests, 2);
}

#[test]
fn new_token_takes_the_place_of_the_kept_one() {
    let world = World::new();
    let print = |arguments| text(&world.workspan(arguments).output().unwrap().stdout).to_owned();
    let first = print("token workspan");
    let renewed = print("token workspan --renew");
    assert!(!renewed.is_empty() && renewed != first);
    assert_eq!(print("token workspan"), renewed);
}

#[test]
fn machine_that_keeps_nothing_still_gets_a_token() {
    let world = World::new();
    let file = world.state.path().join("no-directory");
    std::fs::write(&file, "").unwrap();
    let output = world.workspan("token workspan").env("XDG_STATE_HOME", &file).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).starts_with("warning: the token is not kept for the next run"));
}

#[cfg(unix)]
#[test]
fn broken_record_is_named_and_left_alone() {
    let world = World::new();
    assert!(world.workspan("token workspan").output().unwrap().status.success());
    let file = world.record();
    std::fs::write(&file, "{ broken").unwrap();
    let output = world.workspan("token workspan").output().unwrap();
    assert!(output.status.success(), "the token is got without the store");
    assert!(text(&output.stderr).contains(&*file.to_string_lossy()), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{ broken", "it may be the only copy of something");
}

#[test]
fn connectors_are_listed() {
    let world = World::new();
    let all = world.run("connectors");
    for word in [
        "workspan",
        "appspace",
        "workspace-one-access",
        "workstream",
        "GRANTLINE_WORKSTREAM_TOKEN",
        "console-token",
    ] {
        assert!(text(&all.stdout).contains(word), "{word}");
    }
    let json: serde_json::Value =
        serde_json::from_slice(&world.run("connectors appspace --json").stdout).unwrap();
    assert_eq!(json[0]["sets"][0]["parameters"][1]["type"], "securestring");
}

#[test]
fn demo_does_the_main_job_and_shows_no_secret() {
    let world = World::new();
    let json: serde_json::Value = serde_json::from_slice(&world.run("demo --json").stdout).unwrap();
    for system in ["workspan", "appspace", "workspace-one-access", "workstream"] {
        let outcome = &json["systems"][system];
        for step in ["acquired", "called", "renewed", "revoked"] {
            assert_eq!(outcome[step], true, "{system} {step}");
        }
        assert!(outcome["denied"]["code"].is_string(), "{system}");
        assert!(outcome["requests"].as_u64().unwrap() >= 5, "{system}");
    }
    let output = world.run("demo");
    assert!(output.status.success());
    let shown =
        format!("{}{}", text(&output.stdout), text(&output.stderr)).replace(['\n', ' ', '│', '┆'], "");
    assert!(shown.contains("client_secret") && shown.contains("•••"));
    for account in world.server.accounts().systems.values() {
        for name in ["clientSecret", "refreshToken"] {
            let secret = account.parameters.get(name);
            assert!(secret.is_none_or(|secret| !shown.contains(secret.as_str())), "{name} is shown");
        }
    }
    assert!(!shown.contains("eyJ"), "a token is shown");
}

#[cfg(unix)]
#[test]
fn emulator_says_when_it_is_ready_and_ends_when_asked() {
    use std::io::{BufRead, BufReader};
    let world = World::new();
    let mut child =
        world.command("emulate --listen 127.0.0.1:0 --json").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(ready["systems"]["workspan"]["parameters"]["clientSecret"].is_string());
    std::net::TcpStream::connect(ready["listen"].as_str().unwrap()).unwrap();
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(child.wait().unwrap().success(), "it was asked to end, and ended well");
    let taken = world.run(&format!("emulate --listen {}", world.server.addr()));
    fails(&taken, 1, &["cannot listen on", "--listen 127.0.0.1:0"]);
}

#[cfg(unix)]
#[test]
fn reader_that_leaves_is_no_failure() {
    let world = World::new();
    for arguments in ["connectors", "demo", "connectors --json"] {
        let mut child =
            world.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "", "{arguments}");
    }
}

#[test]
fn rows_of_another_demo_make_the_same_table() {
    let world = World::new();
    let print = |rows: &str| {
        let mut child = world
            .command("demo --rows")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(rows.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let row = r#"{"system":"workspan","step":"renew","wire":["POST /x -> 200"],"result":"renewed","fine":true,"millis":1.25}"#;
    let output = print(row);
    assert!(output.status.success() && text(&output.stdout).contains("POST /x -> 200"));
    assert_eq!(print(&row.replace("true", "false")).status.code(), Some(1), "a step failed");
    fails(&print(""), 2, &["no row came in"]);
    fails(&print("{}"), 2, &["missing field"]);
}
