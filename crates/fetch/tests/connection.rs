//! Connections in a JavaScript host, over a `fetch` made of a few lines.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use grantline_core::{Event, Fault, FaultKind, Purpose, Snapshot, Step};
use grantline_fetch::{Connection, Keeper, Notice, Transport, UnixTime, fault};
use js_sys::Function;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

/// Answers token requests with `t1`, `t2`, ...; the API takes the newest, and `t1` never.
const SERVER: &str = "
    if (url.endsWith('/oauth/token')) {
        globalThis.issued = (globalThis.issued ?? 0) + 1;
        const token = { access_token: `t${globalThis.issued}`, expires_in: 3600 };
        return new Promise((done) => setTimeout(() => done(new Response(JSON.stringify(token))), 20));
    }
    return new Response('{}', { status: init.headers.authorization === 'Bearer t1' ? 401 : 200 });
";

fn server(body: &str) -> Transport {
    js_sys::Reflect::set(&js_sys::global(), &"issued".into(), &0.into()).unwrap();
    Transport::Own(Function::new_with_args("url, init", body))
}

fn workspan(transport: Transport, heard: &Rc<RefCell<Vec<Notice>>>) -> Connection {
    let heard = heard.clone();
    Connection::builder(grantline_connectors::workspan())
        .parameter("clientId", "a")
        .parameter("clientSecret", "b")
        .transport(transport)
        .on_notice(move |notice| heard.borrow_mut().push(notice.clone()))
        .build()
        .unwrap()
}

#[wasm_bindgen_test]
async fn callers_share_a_flight_and_may_leave_it() {
    let heard = Rc::default();
    let connection = workspan(server(SERVER), &heard);
    {
        // A caller that is polled once and goes away.
        let mut leaving = pin!(connection.token());
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(leaving.as_mut().poll(&mut context), Poll::Pending));
    }
    let (first, second) = (connection.clone(), connection.clone());
    assert_eq!(first.token().await.unwrap(), second.token().await.unwrap());
    assert_eq!(connection.authorization().await.unwrap().as_deref(), Some("Bearer t1"));
    assert_eq!(heard.borrow().len(), 2, "{heard:?}");
}

#[wasm_bindgen_test]
async fn a_refused_token_is_replaced_and_the_request_repeated() {
    let heard = Rc::default();
    let connection = workspan(server(SERVER), &heard);
    let response = connection.fetch("POST", "/app/v1/company", Some("{}")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(connection.test().await.unwrap().attempts, 1);
    assert!(heard.borrow().contains(&Notice::Rejected));
    assert!(connection.revoke().await.is_ok());
    assert!(connection.read().is_none());
}

#[wasm_bindgen_test]
async fn a_token_that_is_due_is_renewed_in_the_background() {
    let now = Rc::new(Cell::new(UnixTime::from_secs(1_800_000_000)));
    let clock = now.clone();
    let connection = Connection::builder(grantline_connectors::workspan())
        .parameter("clientId", "a")
        .parameter("clientSecret", "b")
        .transport(server(SERVER))
        .clock(move || clock.get())
        .build()
        .unwrap();
    let first = connection.token().await.unwrap();
    now.set(first.renew_at.unwrap());
    assert_eq!(connection.read(), Some(first.clone()));
    let second = connection.authorize(Some(first.clone())).await.unwrap();
    assert_ne!(first.value, second.value);
}

#[wasm_bindgen_test]
async fn an_abandoned_step_by_step_run_ends_with_the_next() {
    let connection = workspan(server(SERVER), &Rc::default());
    let stepping = connection.start();
    assert!(matches!(stepping.advance(Event::START, None), Ok(Step::Send(_))));
    connection.token().await.unwrap();
    assert_eq!(stepping.advance(Event::Woke, None).unwrap_err().code(), "misuse");
}

#[wasm_bindgen_test]
fn a_fault_is_named_with_the_words_of_the_host() {
    let error = |script: &str| Function::new_no_args(script).call0(&JsValue::UNDEFINED).unwrap();
    let refused =
        error("return Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })");
    let found = fault(&refused, Purpose::Acquire);
    assert_eq!((found.kind, found.detail.as_str()), (FaultKind::Unreachable, "fetch failed: ECONNREFUSED"));
    let reset = error("return { message: 'x', cause: { code: 'ECONNRESET' } }");
    assert_eq!(fault(&reset, Purpose::Acquire).kind, FaultKind::Lost);
    let vague = error("return new TypeError('Failed to fetch')");
    assert_eq!(fault(&vague, Purpose::Acquire).kind, FaultKind::Unreachable);
    assert_eq!(fault(&vague, Purpose::Renew).kind, FaultKind::Lost);
    // In a page it may be a matter of CORS, unless something else is known.
    let page = error("return typeof document !== 'undefined'").is_truthy();
    let found = fault(&vague, Purpose::Acquire).detail;
    assert!(found.starts_with("Failed to fetch") && found.contains("origin (CORS)") == page, "{found}");
    let found = fault(&JsValue::NULL, Purpose::Acquire).detail;
    assert!(if page { found.starts_with("in a page") } else { found.is_empty() }, "{found}");
    let slow = error("return Object.assign(new Error('slow'), { name: 'TimeoutError' })");
    assert_eq!(fault(&slow, Purpose::Acquire).detail, "slow");
}

/// A store in memory that notes what it was asked for; `spoilt` is the step that fails, or is answered with another
/// event.
fn keeper(asked: &Rc<RefCell<Vec<&'static str>>>, spoilt: &'static str, answer: Event) -> Keeper {
    let (asked, record) = (asked.clone(), Rc::new(RefCell::new(None::<Box<Snapshot>>)));
    Box::new(move |key, step| {
        assert!(key.starts_with("workspan-") && key.len() == "workspan-".len() + 64, "{key}");
        let (name, event) = match step {
            Step::Load => ("load", Event::Loaded(record.borrow().clone())),
            Step::Lease { .. } => ("lease", Event::Leased(true)),
            Step::Save { record: new, expected } => {
                assert_eq!(record.borrow().as_ref().map_or(0, |record| record.revision()), *expected);
                record.replace(Some(new.clone()));
                ("save", Event::Saved(true))
            }
            _ => ("release", Event::Released),
        };
        asked.borrow_mut().push(name);
        let event = if name == spoilt { answer.clone() } else { event };
        Box::pin(async { event })
    })
}

fn stored(keeper: Keeper, heard: &Rc<RefCell<Vec<Notice>>>) -> Connection {
    let heard = heard.clone();
    Connection::builder(grantline_connectors::workspan())
        .parameter("clientId", "a")
        .parameter("clientSecret", "b")
        .transport(server(SERVER))
        .store(keeper)
        .on_notice(move |notice| heard.borrow_mut().push(notice.clone()))
        .build()
        .unwrap()
}

#[wasm_bindgen_test]
async fn a_store_is_asked_as_the_core_says() {
    let (asked, heard) = (Rc::default(), Rc::default());
    let connection = stored(keeper(&asked, "", Event::Woke), &heard);
    assert_eq!(connection.token().await.unwrap().value.expose(), "t1");
    assert_eq!(*asked.borrow(), ["load", "lease", "load", "save", "release"]);
    connection.token().await.unwrap();
    assert_eq!(asked.borrow().len(), 5, "a token at hand asks nobody");
}

#[wasm_bindgen_test]
async fn a_store_that_fails_is_told_and_harms_nobody() {
    for (step, asked_for) in [
        ("load", &["load"][..]),
        ("lease", &["load", "lease"]),
        ("save", &["load", "lease", "load", "save", "release"]),
        ("release", &["load", "lease", "load", "save", "release"]),
    ] {
        let (asked, heard) = (Rc::default(), Rc::default());
        let answer = Event::Failed(Fault::new(FaultKind::Store, "it is gone"));
        let connection = stored(keeper(&asked, step, answer), &heard);
        assert_eq!(connection.token().await.unwrap().value.expose(), "t1", "{step}");
        assert_eq!(*asked.borrow(), asked_for, "{step}");
        let told = |notice: &&Notice| match notice {
            Notice::Failed { code: "store", message, harmless: true } => {
                message.starts_with("the store, workspan-") && message.ends_with(": it is gone")
            }
            _ => false,
        };
        assert_eq!(heard.borrow().iter().filter(told).count(), 1, "{step}: {heard:?}");
    }
}

#[wasm_bindgen_test]
async fn a_lease_is_given_back_however_a_flight_ends() {
    let (asked, heard) = (Rc::default(), Rc::default());
    let connection = stored(keeper(&asked, "save", Event::Woke), &heard);
    assert_eq!(connection.token().await.unwrap_err().code(), "misuse");
    assert_eq!(*asked.borrow(), ["load", "lease", "load", "save", "release"]);
}

#[wasm_bindgen_test]
async fn a_host_that_does_the_steps_of_the_store_itself_is_not_disturbed() {
    let connection = Connection::builder(grantline_connectors::workspan())
        .parameter("clientId", "a")
        .parameter("clientSecret", "b")
        .transport(server(SERVER))
        .shared(true)
        .build()
        .unwrap();
    assert!(matches!(connection.start().advance(Event::START, None), Ok(Step::Load)));
    assert_eq!(connection.token().await.unwrap().value.expose(), "t1");
}

/// A connector whose token requests carry a signed assertion.
fn assertions(more: &str) -> grantline_core::Connector {
    let text = r#"{
        "id": "assertions", "title": "Assertions",
        "base_url": "https://api.example.com", "hosts": ["api.example.com"],
        "parameters": [{ "name": "key", "title": "Key", "type": "securestring", "pattern": "-----BEGIN [A-Z ]+-----[^-]+-{5}[A-Z ]+-{5}\\s*" }],
        "auth": {
            "values": { "assertion": { "jwt": { "algorithm": "ES256", "key": "{key}", "claims": { "iss": "me" } } } },
            "acquire": { "method": "POST", "url": "https://api.example.com/token", "form": { "assertion": "{assertion}" } },
            "token": { "value": "/access_token" }, MORE
            "apply": { "headers": { "authorization": "Bearer {accessToken}" } }
        }
    }"#;
    grantline_core::Connector::from_json(&text.replace("MORE", more)).unwrap()
}

async fn key() -> String {
    let script = "const made = crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
        return made.then(async ({ privateKey, publicKey }) => {
            globalThis.publicKey = publicKey;
            const der = new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey));
            return `-----BEGIN PRIVATE KEY-----\\n${btoa(String.fromCharCode(...der))}\\n-----END PRIVATE KEY-----\\n`;
        });";
    let made = Function::new_no_args(script).call0(&JsValue::UNDEFINED).unwrap();
    wasm_bindgen_futures::JsFuture::from(js_sys::Promise::from(made)).await.unwrap().as_string().unwrap()
}

/// A server that hands out a token for an assertion that it can verify.
const VERIFIER: &str = "
    const jwt = new URLSearchParams(init.body).get('assertion');
    const [header, claims, signature] = jwt.split('.');
    const bytes = Uint8Array.from(atob(signature.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    const data = new TextEncoder().encode(`${header}.${claims}`);
    return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, globalThis.publicKey, bytes, data)
        .then((good) => new Response(good ? '{\"access_token\":\"g00d\"}' : '{}'));
";

#[wasm_bindgen_test]
async fn an_assertion_is_signed_by_the_host() {
    let connection =
        Connection::builder(assertions("")).parameter("key", key().await).transport(server(VERIFIER));
    assert_eq!(connection.build().unwrap().token().await.unwrap().value.expose(), "g00d");
    // Or by whoever says that it can.
    let connection =
        Connection::builder(assertions("")).parameter("key", key().await).transport(server(VERIFIER));
    let connection = connection.signer(Box::new(|step| {
        assert!(matches!(step, Step::Sign(_)));
        let fault = Fault::new(FaultKind::Signing, "the token is not plugged in");
        Box::pin(std::future::ready(Event::Failed(fault)))
    }));
    let error = connection.build().unwrap().token().await.unwrap_err();
    assert_eq!(error.to_string(), "parameter 'key' cannot sign: the token is not plugged in");
}

#[wasm_bindgen_test]
async fn what_the_host_cannot_do_is_said_when_the_connection_is_made() {
    let error = Connection::builder(assertions("")).parameter("key", "s3cret").build().unwrap_err();
    assert!(error.to_string().starts_with("parameter 'key' does not match the pattern"), "{error}");
    let certificate = r#""client_certificate": { "certificate": "{key}", "key": "{key}" },"#;
    let error =
        Connection::builder(assertions(certificate)).parameter("key", key().await).build().unwrap_err();
    assert!(error.to_string().contains("which this platform cannot send"), "{error}");
    assert_eq!(error.code(), "invalid_request");
}
