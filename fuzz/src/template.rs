//! Bytes as a template and a value for it: what stands in the request is, decoded, the text that the template means.
//!
//! The first byte says where the template stands; a line break ends it, and the rest is the value of `{a}`.

use crate::request::{self, Allowed};
use crate::world;
use grantline_core::json::Json;
use grantline_core::manifest::Host;
use grantline_core::{Connector, Event, Flow, Grant, Options, Request, Step, Template, UnixTime};
use std::borrow::Cow;
use std::sync::Arc;
use url::{Url, form_urlencoded};

/// Where the template stands.
const PLACES: [&str; 8] = ["query", "form", "json", "text", "header", "path", "host", "basic"];

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    // A file that holds the secret itself shows it.
    if text.contains(world::SECRET) {
        return;
    }
    let mut chars = text.chars();
    let place = PLACES[chars.next().map_or(0, |c| u32::from(c) as usize) % PLACES.len()];
    let (template, value) = chars.as_str().split_once('\n').unwrap_or((chars.as_str(), ""));
    let Ok(parsed) = Template::parse(template) else { return };
    let named: Vec<&str> = parsed.names().collect();
    let is_name =
        |name: &&str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !name.is_empty();
    assert!(named.iter().all(is_name), "{named:?}");
    assert!(!has_lone_brace(template), "a lone brace was taken");
    let file = file(place, template);
    let Ok(connector) = Connector::from_json(&file) else { return };
    let Ok(settings) = connector.settings([("a", value)], &Options::default()) else { return };
    let mut grant = Grant::new(Arc::new(settings));
    let step = grant.advance(Event::START, &world::ambient(UnixTime::from_secs(1_700_000_000), 0));
    let Ok(Step::Send(request)) = step else { panic!("settings that exist make a request: {step:?}") };
    let hosts = vec![Host::Pattern("*.example.com".to_owned())];
    request::check(&request, &Allowed { hosts, values: Vec::new() });
    // An empty value is none.
    let value = Some(value).filter(|value| !value.is_empty());
    check(place, &request, expand(template, value).as_deref());
}

/// A connector with the template in one place of its first request.
fn file(place: &str, template: &str) -> String {
    let quoted = serde_json::to_string(template).expect("text is JSON");
    let field = format!(r#"{{"first":"1","field":{quoted},"last":"2"}}"#);
    let (url, more) = match place {
        "query" => ("\"https://a.example.com/t\"".to_owned(), format!(r#""query":{field}"#)),
        "form" => ("\"https://a.example.com/t\"".to_owned(), format!(r#""form":{field}"#)),
        "json" => ("\"https://a.example.com/t\"".to_owned(), format!(r#""json":{field}"#)),
        "text" => ("\"https://a.example.com/t\"".to_owned(), format!(r#""text":{quoted}"#)),
        "header" => ("\"https://a.example.com/t\"".to_owned(), format!(r#""headers":{field}"#)),
        "basic" => (
            "\"https://a.example.com/t\"".to_owned(),
            format!(r#""basic":{{"user":"u","password":{quoted}}}"#),
        ),
        "path" => (
            serde_json::to_string(&format!("https://a.example.com/{template}")).expect("text is JSON"),
            String::new(),
        ),
        _ => (
            serde_json::to_string(&format!("https://{template}.example.com/t")).expect("text is JSON"),
            String::new(),
        ),
    };
    let separator = if more.is_empty() { "" } else { "," };
    format!(
        r#"{{"id":"x","title":"X","base_url":"https://a.example.com","hosts":["*.example.com"],
            "parameters":[{{"name":"a","title":"A","type":"string","optional":true}}],
            "auth":{{"acquire":{{"method":"POST","url":{url}{separator}{more}}},"token":{{"value":"/t"}},
                     "apply":{{"headers":{{"authorization":"Bearer {{accessToken}}"}}}}}}}}"#
    )
}

/// What the template means; `None` if its value is absent. Our own reading, which shares nothing with the core's.
fn expand(template: &str, value: Option<&str>) -> Option<String> {
    let (mut out, mut rest) = (String::new(), template);
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '{' | '}' if rest.starts_with(c) => {
                out.push(c);
                rest = &rest[1..];
            }
            '{' => {
                let (_, after) = rest.split_once('}').expect("the template was taken");
                out.push_str(value?);
                rest = after;
            }
            c => out.push(c),
        }
    }
    Some(out)
}

fn has_lone_brace(template: &str) -> bool {
    let without = template.replace("{{", "").replace("}}", "");
    without.matches('{').count() + without.matches('}').count() == 1
}

fn check(place: &str, request: &Request, meant: Option<&str>) {
    // It was checked whether that is a fault.
    let Ok(url) = Url::parse(&request.url) else { return };
    let body = request.body.as_deref();
    match place {
        "query" => pairs(url.query_pairs().collect(), meant),
        "form" => pairs(form_urlencoded::parse(body.expect("a form").as_bytes()).collect(), meant),
        "json" => {
            let json = Json::parse(body.expect("a body")).expect("JSON");
            assert_eq!(json.get("field").and_then(Json::as_str), meant, "{body:?}");
            assert_eq!(json.get("last").and_then(Json::as_str), Some("2"));
            assert_eq!(json.members().len(), 2 + usize::from(meant.is_some()));
        }
        "text" => assert_eq!(body, meant),
        "header" => assert_eq!(request.headers.get("field"), meant),
        "path" | "host" => assert!(url.host_str().is_some_and(|host| host.ends_with(".example.com"))),
        _ => {
            let field = request.headers.get("authorization").expect("Basic");
            assert!(
                field.starts_with("Basic ")
                    && field[6..].bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
            );
        }
    }
}

fn pairs(pairs: Vec<(Cow<'_, str>, Cow<'_, str>)>, meant: Option<&str>) {
    let mut wanted = vec![("first", "1")];
    wanted.extend(meant.map(|text| ("field", text)));
    wanted.push(("last", "2"));
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(pairs, wanted);
}
