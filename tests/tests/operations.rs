//! Operations: where arguments go, what is refused, and how pages follow one another.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use grantline_core::json::Json;
use grantline_core::{
    Ambient, Call, Connector, Error, Event, Flow, Headers, OperationRequest, Options, Pages, Request,
    Response, Seen, Settings, Step, Token, UnixTime,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const FILE: &str = include_str!("operations/connector.json");

fn settings() -> Arc<Settings> {
    let connector = Connector::from_json(FILE).unwrap();
    let values = [("secret", "s3cret value"), ("region", "eu west"), ("key", "k3y")];
    Arc::new(connector.settings(values, &Options::default()).unwrap())
}

fn arguments(value: &Value) -> Vec<(String, Json)> {
    Json::parse(&value.to_string()).unwrap().members().to_vec()
}

fn operation(id: &str, given: &Value) -> Result<OperationRequest, Error> {
    settings().operation(id, &arguments(given))
}

fn token(obtained_at: UnixTime) -> Token {
    Token::new("t0ken".into(), obtained_at, None, Duration::ZERO, &[0; 32])
}

fn sent(request: &OperationRequest) -> Request {
    let mut call = Call::operation(settings(), request, true).unwrap();
    let ambient = Ambient::new(UnixTime::from_secs(1_700_000_000), [0; 32]);
    call.advance(Event::START, &ambient).unwrap();
    let token = token(ambient.now);
    match call.advance(Event::Token(Arc::new(token)), &ambient).unwrap() {
        Step::Send(request) => request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn arguments_stand_in_their_places_and_are_escaped_for_them() {
    let given = json!({
        "id": "a/b ?#%", "part": ["x,y", "z"], "q": "1+1=2&x", "limit": 5, "ratio": "0.5", "deep": true,
        "tags": ["a", "b c"], "ids": ["1,5", 2], "x-Trace": "id 1", "none": null
    });
    let request = operation("GetThing", &given).unwrap();
    assert_eq!(request.method, "GET");
    assert_eq!(
        request.target,
        "/eu%20west/things/a%2Fb%20%3F%23%25/parts/x%2Cy,z?fixed=1&q=1%2B1%3D2%26x&limit=5&ratio=0.5\
         &deep=true&tags=a&tags=b%20c&ids=1%2C5,2&%24top=20"
    );
    assert_eq!(request.headers, [("x-trace".to_owned(), "id 1".to_owned())]);
    let sent = sent(&request);
    assert_eq!(sent.url, format!("https://api.example.com/v1{}&access=t0ken", request.target));
    assert_eq!(sent.headers.get("x-key"), Some("k3y"));
    assert_eq!(sent.headers.get("x-trace"), Some("id 1"));
    let shown = format!("{sent:?} {}", sent.shown());
    assert!(!shown.contains("k3y") && !shown.contains("t0ken"), "{shown}");
}

#[test]
fn what_is_absent_leaves_nothing() {
    let request = operation("GetThing", &json!({ "id": 7, "part": "p", "tags": [], "q": null })).unwrap();
    assert_eq!(request.target, "/eu%20west/things/7/parts/p?fixed=1&%24top=20");
    assert!(request.headers.is_empty());
}

#[test]
fn what_is_wrong_with_an_argument_is_said_without_its_value() {
    let cases = [
        (json!({ "part": "p" }), "argument 'id' of 'GetThing' is missing: text is expected"),
        (json!({ "id": "", "part": "p" }), "argument 'id' of 'GetThing' must not be empty"),
        (
            json!({ "id": "..", "part": "p" }),
            "argument 'id' of 'GetThing' would change the path of the request",
        ),
        (
            json!({ "id": "x", "part": "p", "limt": 1 }),
            "argument 'limt' of 'GetThing' is unknown; did you mean 'limit'?",
        ),
        (json!({ "id": "x", "part": "p", "zzzzz": 1 }), "argument 'zzzzz' of 'GetThing' is unknown"),
        (
            json!({ "id": "x", "part": "p", "limit": "v4lue" }),
            "argument 'limit' of 'GetThing' must be a whole number",
        ),
        (
            json!({ "id": "x", "part": "p", "limit": 1.5 }),
            "argument 'limit' of 'GetThing' must be a whole number, and is a number",
        ),
        (
            json!({ "id": "x", "part": "p", "limit": [1] }),
            "argument 'limit' of 'GetThing' must be a whole number, and is an array",
        ),
        (json!({ "id": {}, "part": "p" }), "argument 'id' of 'GetThing' must be text, and is an object"),
        (
            json!({ "id": "x", "part": "p", "deep": "v4lue" }),
            "argument 'deep' of 'GetThing' must be true or false",
        ),
        (
            json!({ "id": "x", "part": "p", "ratio": "v4lue" }),
            "argument 'ratio' of 'GetThing' must be a number",
        ),
        (
            json!({ "id": "x", "part": "p", "tags": [["v4lue"]] }),
            "argument 'tags' of 'GetThing' must be a list of texts, and is an array",
        ),
        (
            json!({ "id": "x", "part": "p", "view": "v4lue" }),
            "argument 'view' of 'GetThing' must be one of full, short",
        ),
        (
            json!({ "id": "x", "part": "p", "X-Trace": "v4lue" }),
            "argument 'X-Trace' of 'GetThing' is unknown; did you mean 'x-Trace'?",
        ),
        (
            json!({ "id": "x", "part": "p", "x-Trace": "v4lue\r\nx: y" }),
            "argument 'x-Trace' of 'GetThing' stands in a header, where only visible ASCII characters may be: no line breaks, no accents",
        ),
    ];
    for (given, wanted) in cases {
        let error = operation("GetThing", &given).unwrap_err();
        assert_eq!(error.to_string(), wanted, "{given}");
        assert_eq!(error.code(), "invalid_argument");
    }
    let error = operation("getthing", &json!({})).unwrap_err();
    assert_eq!(error.to_string(), "this connector has no operation 'getthing'; did you mean 'GetThing'?");
    assert_eq!(error.code(), "unknown_operation");
}

#[test]
fn a_body_is_asked_for_where_the_operation_has_one() {
    let with = operation("AddThing", &json!({})).unwrap();
    assert_eq!((with.method, with.content_type.as_deref()), ("POST", Some("application/json")));
    let error = with.check_body(false).unwrap_err();
    assert_eq!(error.to_string(), "argument 'body' of 'AddThing' is missing");
    with.check_body(true).unwrap();
    assert!(with.is_success(201) && !with.is_success(200));
    let without = operation("Cursor", &json!({})).unwrap();
    let error = without.check_body(true).unwrap_err();
    assert_eq!(error.to_string(), "argument 'body' of 'Cursor' is given, but the operation has none");
    assert!(without.is_success(204) && !without.is_success(304));
}

#[test]
fn a_refusal_tells_what_the_server_said_and_no_secret() {
    let now = UnixTime::from_secs(1_700_000_000);
    let token = token(now);
    let cases = [
        (
            r#"{"error":{"code":"gone","message":"no 't0ken' here, s3cret value"}}"#,
            Some("gone"),
            Some("no '•••' here, •••"),
        ),
        (r#"{"title":"Not found","detail":"no such thing"}"#, None, Some("no such thing")),
        (r#"{"errors":[{"code":13404,"message":"none"}]}"#, Some("13404"), Some("none")),
        (r#"{"message":"gone"}"#, None, Some("gone")),
        (r#"{"error":"gone"}"#, Some("gone"), None),
        ("<html>", None, None),
        ("", None, None),
    ];
    for (body, code, message) in cases {
        let headers: Headers = [("x-request-id", "r1"), ("retry-after", "7")].into_iter().collect();
        let response = Response::new(404, headers, body.as_bytes());
        let error = settings().refusal("GetThing", &response, Some(&token), now);
        let denial = error.denial().unwrap();
        assert_eq!((denial.code.as_deref(), denial.message.as_deref()), (code, message), "{body}");
        assert_eq!((denial.status, denial.request_id.as_deref()), (404, Some("r1")));
        assert_eq!(error.retry_at(), Some(UnixTime::from_secs(1_700_000_007)));
        assert_eq!(error.code(), "operation_failed");
        assert!(error.to_string().starts_with("operation 'GetThing' failed: status 404"), "{error}");
    }
}

/// The connector of the documentation is one, and its examples name what it has.
#[test]
fn the_documentation_tells_the_truth() {
    let page = include_str!("../../docs/operations.md");
    let file = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let connector = Connector::from_json(file).unwrap();
    let settings = Arc::new(connector.settings([("token", "t0ken")], &Options::default()).unwrap());
    let given = arguments(&json!({ "shelf": "new", "limit": 10, "tags": ["a", "b"] }));
    let request = settings.operation("ListBooks", &given).unwrap();
    assert_eq!(request.target, "/shelves/new/books?limit=10&tags=a,b");
    Pages::new(settings.clone(), "ListBooks", given).unwrap().wanted().unwrap();
    settings.operation("AddBook", &[]).unwrap().check_body(true).unwrap();
}

/// The requests of all pages, whose answers are these.
fn targets(id: &str, given: &Value, answers: &[(&[(&str, &str)], Value)]) -> Result<Vec<String>, Error> {
    let mut pages = Pages::new(settings(), id, arguments(given))?;
    let mut targets = vec![pages.request().target.clone()];
    for (index, (headers, body)) in answers.iter().enumerate() {
        let headers: Headers = headers.iter().copied().collect();
        let seen = pages.wanted()?.see(200, None, &headers, body);
        if !pages.next(&seen)? {
            assert_eq!(index + 1, answers.len(), "paging ended early");
            return Ok(targets);
        }
        Call::operation(settings(), pages.request(), true)?;
        targets.push(pages.request().target.clone());
    }
    panic!("paging did not end: {targets:?}")
}

fn bodies(answers: Vec<Value>) -> Vec<(&'static [(&'static str, &'static str)], Value)> {
    answers.into_iter().map(|body| (&[] as &[_], body)).collect()
}

#[test]
fn a_cursor_is_followed_until_it_is_absent_empty_or_known() {
    let page = |next: Value| json!({ "data": [1], "next": next });
    let two = ["/cursor?limit=5", "/cursor?limit=5&after=a%26b"];
    for last in [
        page(json!(null)),
        page(json!("")),
        page(json!(" ")),
        json!({ "data": [] }),
        page(json!("a&b")),
        page(json!(false)),
    ] {
        let answers = bodies(vec![page(json!("a&b")), last]);
        assert_eq!(targets("Cursor", &json!({ "limit": 5 }), &answers).unwrap(), two);
    }
    // A number is a cursor, too, and an empty page is none of an end.
    let answers = bodies(vec![json!({ "data": [], "next": 7 }), page(json!(null))]);
    assert_eq!(targets("Cursor", &json!({}), &answers).unwrap(), ["/cursor", "/cursor?after=7"]);
    // It may stand elsewhere, and in a header; the caller's own is replaced.
    let answers: [(&[_], _); 3] = [
        (&[], json!({ "data": [], "meta": { "next": "m" } })),
        (&[("x-next", "h")], json!({ "data": [] })),
        (&[], json!({ "data": null, "next": "x", "more": false })),
    ];
    let wanted = ["/cursor?after=mine", "/cursor?after=m", "/cursor?after=h"];
    assert_eq!(targets("Cursor", &json!({ "after": "mine" }), &answers).unwrap(), wanted);
}

#[test]
fn an_address_is_followed_where_the_token_may_go() {
    let page = |next: &str| json!({ "data": [1], "links": { "next": next } });
    let answers = bodies(vec![
        page("https://api.example.com/v1/links?page=2&access=t0ken"),
        page("?page=3"),
        page("../v1/./links?page=4"),
        page("/v2/links#x"),
        page("//other.example.com/v1/links?page=6"),
        page("//other.example.com/v1/links?page=6"),
    ]);
    let wanted = [
        "/links",
        "https://api.example.com/v1/links?page=2",
        "https://api.example.com/v1/links?page=3",
        "https://api.example.com/v1/links?page=4",
        "https://api.example.com/v2/links",
        "https://other.example.com/v1/links?page=6",
    ];
    assert_eq!(targets("NextUrl", &json!({}), &answers).unwrap(), wanted);
    let refused = [
        ("https://evil.example/v1/links", "host_not_allowed"),
        ("//evil.example/v1/links", "host_not_allowed"),
        ("http://api.example.com/v1/links", "invalid_request"),
        ("https://api.example.com@evil.example/", "invalid_pages"),
        ("mailto:x", "invalid_pages"),
        ("https:\\\\evil.example", "invalid_pages"),
        ("/a b", "invalid_pages"),
    ];
    for (address, code) in refused {
        let error = targets("NextUrl", &json!({}), &bodies(vec![page(address)])).unwrap_err();
        assert_eq!(error.code(), code, "{address}: {error}");
    }
}

#[test]
fn a_link_header_is_followed() {
    let answers: [(&[_], _); 3] = [
        (&[("link", r#"</v1/list?p=2>; rel="next", </v1/list?p=9>; rel="last""#)], json!([1])),
        (&[("link", r#"<https://api.example.com/v1/list?p=3>; rel=next"#)], json!([1])),
        (&[("link", r#"</v1/list?p=2>; rel="prev""#)], json!([1])),
    ];
    let wanted = ["/list", "https://api.example.com/v1/list?p=2", "https://api.example.com/v1/list?p=3"];
    assert_eq!(targets("LinkHeader", &json!({}), &answers).unwrap(), wanted);
    let back: [(&[_], _); 1] = [(&[("link", "</v1/list>; rel=next")], json!([1]))];
    assert_eq!(targets("LinkHeader", &json!({}), &back).unwrap(), ["/list"], "the same address again");
}

#[test]
fn pages_are_counted_until_one_is_short() {
    let items = |count: usize| json!({ "data": vec![0; count] });
    let ended = |given: Value, answers: Vec<Value>| targets("Page", &given, &bodies(answers)).unwrap();
    // Nobody knows how many make a page: the first shows it.
    let wanted = ["/page?size=4", "/page?size=4&page=2", "/page?size=4&page=3"];
    assert_eq!(ended(json!({}), vec![items(4), items(4), items(3)]), wanted);
    assert_eq!(ended(json!({}), vec![items(4), items(4), items(0)]), wanted);
    assert_eq!(ended(json!({}), vec![items(0)]), wanted[..1]);
    // As many as the connector asks for by itself the service surely gives.
    assert_eq!(ended(json!({}), vec![items(3)]), wanted[..1]);
    assert_eq!(ended(json!({ "size": 2 }), vec![items(1)]), ["/page?size=2"]);
    // Of more it may give less.
    let wanted = ["/page?size=900", "/page?size=900&page=2"];
    assert_eq!(ended(json!({ "size": 900 }), vec![items(100), items(7)]), wanted);
    // It begins where the caller says, and ends where the service says.
    let page = |count: usize| json!({ "data": vec![0; count], "pages": "4" });
    assert_eq!(
        ended(json!({ "page": 3 }), vec![page(4), page(4)]),
        ["/page?size=4&page=3", "/page?size=4&page=4"]
    );
}

#[test]
fn a_page_that_is_not_found_is_the_end_of_those_that_are_counted() {
    for (id, is_end) in [("Page", true), ("Offset", true), ("Cursor", false)] {
        let mut pages = Pages::new(settings(), id, Vec::new()).unwrap();
        assert!(!pages.is_past_the_end(404), "the first page is no end");
        assert!(
            pages
                .next(&Seen { status: 200, items: Some(9), next: Some("a".into()), ..Seen::default() })
                .unwrap()
        );
        assert_eq!(pages.is_past_the_end(404), is_end, "{id}");
        assert!(!pages.is_past_the_end(403));
    }
}

#[test]
fn offsets_count_items() {
    let items = |count: usize| json!({ "Resources": vec![0; count], "totalResults": 7 });
    let answers = bodies(vec![items(3), items(3), items(1)]);
    let wanted = ["/offset", "/offset?startIndex=4", "/offset?startIndex=7"];
    assert_eq!(targets("Offset", &json!({}), &answers).unwrap(), wanted);
    let answers = bodies(vec![items(2)]);
    assert_eq!(targets("Offset", &json!({ "startIndex": 6 }), &answers).unwrap(), ["/offset?startIndex=6"]);
}

#[test]
fn an_answer_that_is_no_page_is_an_error() {
    let error = targets("Cursor", &json!({}), &bodies(vec![json!({ "data": {} })])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the pages of 'Cursor' cannot be followed: the answer has no list at '/data'"
    );
    assert_eq!(error.code(), "invalid_pages");
    let pages = Pages::new(settings(), "AddThing", Vec::new()).unwrap();
    let error = pages.wanted().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the pages of 'AddThing' cannot be followed: the connector does not say how: call the operation itself"
    );
}

#[test]
fn pages_without_an_end_are_an_error_in_the_end() {
    let mut pages = Pages::new(settings(), "Page", Vec::new()).unwrap();
    let full = Seen { status: 200, items: Some(4), ..Seen::default() };
    let mut count = 0_u32;
    let error = loop {
        match pages.next(&full) {
            Ok(true) => count += 1,
            Ok(false) => panic!("these pages are full"),
            Err(error) => break error,
        }
    };
    assert_eq!(count, 99_999);
    assert_eq!(
        error.to_string(),
        "the pages of 'Page' cannot be followed: there is no end after 100000 pages"
    );
}

/// What a server may say of a page: few values, so that it often repeats itself.
fn seen() -> impl Strategy<Value = Seen> {
    let next = prop::option::of(prop_oneof![
        "[a-c]{0,2}",
        "/[ab]{1,2}",
        "\\?p=[0-3]",
        "(\\.\\./){0,2}[ab]",
        "</[ab]\\?[0-3]>; ?rel=(next|prev)",
        "\\PC{0,12}",
    ]);
    (
        prop_oneof![Just(200), Just(404), any::<u16>()],
        prop::option::of(0_usize..4),
        next,
        prop::option::of(0_u64..9),
        any::<Option<bool>>(),
    )
        .prop_map(|(status, items, next, total, more)| Seen {
            status,
            url: None,
            items,
            next,
            total,
            more,
        })
}

proptest! {
    /// Whatever is answered, no request is made twice, and all of them go where the token may go.
    #[test]
    fn no_page_is_asked_for_twice(
        id in prop::sample::select(vec!["Cursor", "NextUrl", "LinkHeader", "Page", "Offset"]),
        answers in prop::collection::vec(seen(), 0..60),
    ) {
        let mut pages = Pages::new(settings(), id, Vec::new()).unwrap();
        let mut made = BTreeSet::from([sent(pages.request()).url]);
        for seen in &answers {
            match pages.next(seen) {
                Ok(true) => {
                    if Call::operation(settings(), pages.request(), true).is_err() {
                        break;
                    }
                    let url = sent(pages.request()).url;
                    let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?']).next());
                    prop_assert!(matches!(host, Some("api.example.com" | "other.example.com")), "{url}");
                    prop_assert!(made.insert(url.clone()), "{url} is asked for twice");
                }
                Ok(false) | Err(_) => break,
            }
        }
    }

    /// A server that has few things to say is done with soon.
    #[test]
    fn paging_ends(
        id in prop::sample::select(vec!["Cursor", "NextUrl", "LinkHeader"]),
        answers in prop::collection::vec(seen(), 1..20),
    ) {
        let mut pages = Pages::new(settings(), id, Vec::new()).unwrap();
        let mut asked = 0;
        while let Ok(true) = pages.next(&answers[asked % answers.len()]) {
            asked += 1;
            // A relative address may lead to a folder below each time, but not here: none ends with a slash.
            prop_assert!(asked <= answers.len() * answers.len() * 8, "{asked} pages");
        }
    }

    /// No arguments make anything but a request below the base URL, or an error.
    #[test]
    fn arguments_stay_where_they_belong(id in "\\PC{0,20}", q in "\\PC{0,20}", tags in prop::collection::vec("\\PC{0,9}", 0..4)) {
        let given = json!({ "id": id, "part": "p", "q": q, "tags": tags });
        if let Ok(request) = operation("GetThing", &given) {
            let url = sent(&request).url;
            prop_assert!(url.starts_with("https://api.example.com/v1/eu%20west/things/"), "{url}");
            let (path, query) = url.split_once('?').unwrap();
            prop_assert_eq!(path.matches('/').count(), 8, "{}", url);
            prop_assert_eq!(query.matches('&').count(), 3 + tags.len(), "{}", url);
        }
    }
}
