//! How planned requests look: HTTP text, curl commands, JSON.

use super::Planned;
use crate::failure::Failure;
use grantline_core::{MASK, Request};
use serde_json::{Map, Value, json};
use shlex::try_quote;

/// A request as it may be printed.
pub(super) struct Shown {
    title: String,
    step: &'static str,
    index: Option<usize>,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

/// What is printed of a request. Without its secrets, but with what stands in for them: that is none.
pub(super) fn shown(planned: &Planned, show_secrets: bool, made_up: &[String]) -> Shown {
    let Planned { step, index, request } = planned;
    let title = index.map_or_else(|| (*step).to_owned(), |index| format!("{step}, request {index}"));
    let shown = Shown { title, step, index: *index, ..whole(request) };
    if show_secrets {
        return shown;
    }
    let masked = request.shown();
    let reveal = |masked: &str, whole: &str| reveal(masked, whole, made_up);
    let headers = masked.headers.into_iter().zip(&shown.headers);
    Shown {
        url: reveal(&masked.url, &shown.url),
        headers: headers.map(|((name, value), (_, whole))| (name, reveal(&value, whole))).collect(),
        body: masked.body.map(|body| reveal(&body, shown.body.as_deref().unwrap_or_default())),
        ..shown
    }
}

fn whole(request: &Request) -> Shown {
    let fields = request.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Shown {
        title: String::new(),
        step: "",
        index: None,
        method: request.method.clone(),
        url: request.url.clone(),
        headers: fields.collect(),
        body: request.body.clone(),
    }
}

/// A masked text with the masks lifted that hide nothing but a stand-in. Only what is in `masked` and `made_up` is
/// ever written, so a slip here cannot show a secret.
fn reveal(masked: &str, whole: &str, made_up: &[String]) -> String {
    let mut parts = masked.split(MASK).peekable();
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut rest = whole.get(out.len()..).unwrap_or_default();
    while let Some(part) = parts.next() {
        let ends = parts.peek().is_none();
        let fits = |rest: &str| if ends { rest == part } else { rest.starts_with(part) };
        let stands = |text: &&String| rest.strip_prefix(text.as_str()).is_some_and(fits);
        let stand_in = made_up.iter().filter(stands).max_by_key(|text| text.len());
        let skipped = match stand_in {
            Some(text) => text.len(),
            None => rest.find(part).filter(|_| !part.is_empty()).unwrap_or(rest.len()),
        };
        out.push_str(stand_in.map_or(MASK, String::as_str));
        out.push_str(part);
        rest = rest.get(skipped + part.len()..).unwrap_or_default();
    }
    out
}

/// As it goes over the wire; `###` parts requests, as editors that send such files want it.
pub(super) fn http(shown: &Shown) -> String {
    let Shown { title, method, url, .. } = shown;
    let mut out = format!("### {title}\n{method} {url} HTTP/1.1\n");
    shown.headers.iter().for_each(|(name, value)| out.extend([name, ": ", value, "\n"]));
    if let Some(body) = &shown.body {
        out.extend(["\n", body, "\n"]);
    }
    out
}

/// A command that sends it.
pub(super) fn curl(shown: &Shown) -> Result<String, Failure> {
    let quote = |text: &str| {
        let quoted = try_quote(text).map(|quoted| quoted.into_owned());
        quoted.map_err(|_| Failure::Machine("a NUL byte cannot stand in a shell command".to_owned()))
    };
    let mut out = format!("# {}\ncurl --request {}", shown.title, shown.method);
    if shown.url.contains(['[', ']', '{', '}']) {
        out.push_str(" --globoff");
    }
    out.extend([" ", &quote(&shown.url)?]);
    for (name, value) in &shown.headers {
        // curl leaves out a field with nothing after its colon.
        let field = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        out.extend([" \\\n  --header ", &quote(&field)?]);
    }
    if let Some(body) = &shown.body {
        out.extend([" \\\n  --data-raw ", &quote(body)?]);
    }
    out.push('\n');
    Ok(out)
}

pub(super) fn object(shown: &Shown) -> Value {
    let headers: Map<String, Value> =
        shown.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let mut object = json!({
        "step": shown.step,
        "method": shown.method,
        "url": shown.url,
        "headers": headers,
    });
    if let Some(index) = shown.index {
        object["index"] = index.into();
    }
    if let Some(body) = &shown.body {
        object["body"] = body.as_str().into();
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifts_only_the_masks_of_stand_ins() {
        let made_up = ["TOKEN".to_owned(), "TOKEN_2".to_owned()];
        let cases = [
            ("a=•••&b=•••", "a=TOKEN&b=s3cret", "a=TOKEN&b=•••"),
            ("a=•••&b=•••", "a=s&b=cret&b=TOKEN_2", "a=•••&b=•••"),
            ("•••", "TOKEN", "TOKEN"),
            ("•••", "TOKENs", "•••"),
            ("Bearer •••", "Bearer TOKEN_2", "Bearer TOKEN_2"),
            ("••••••", "TOKENs3cret", "TOKEN•••"),
            ("plain", "plain", "plain"),
        ];
        for (masked, whole, wanted) in cases {
            assert_eq!(reveal(masked, whole, &made_up), wanted, "{masked} {whole}");
        }
    }
}
