//! How vectors are written: whatever fits on one line stands on one line, so that a diff reads like a dialogue.

use grantline_core::json::Json;

const WIDTH: usize = 110;

/// JSON text with a newline at its end.
#[must_use]
pub fn pretty(json: &Json) -> String {
    let mut out = String::new();
    write(json, 0, 0, &mut out);
    out.push('\n');
    out
}

/// `before` is how much of the line is taken already.
fn write(json: &Json, indent: usize, before: usize, out: &mut String) {
    let line = inline(json);
    let (open, close, items) = match json {
        Json::Object(members) if !members.is_empty() && (indent == 0 || before + line.len() > WIDTH) => {
            let items = members.iter().map(|(name, value)| (format!("{}: ", quoted(name)), value));
            ('{', '}', items.collect::<Vec<_>>())
        }
        Json::Array(values) if !values.is_empty() && before + line.len() > WIDTH => {
            ('[', ']', values.iter().map(|value| (String::new(), value)).collect())
        }
        _ => return out.push_str(&line),
    };
    let inner = indent + 2;
    out.push(open);
    for (index, (lead, value)) in items.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&" ".repeat(inner));
        out.push_str(lead);
        write(value, inner, inner + lead.len() + 1, out);
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    out.push(close);
}

fn inline(json: &Json) -> String {
    let list = |items: Vec<String>, open, close| match items.len() {
        0 => format!("{open}{close}"),
        _ => format!("{open} {} {close}", items.join(", ")),
    };
    match json {
        Json::Object(members) => {
            let member = |(name, value): &(String, Json)| format!("{}: {}", quoted(name), inline(value));
            list(members.iter().map(member).collect(), '{', '}')
        }
        Json::Array(values) => list(values.iter().map(inline).collect(), '[', ']'),
        scalar => serde_json::to_string(scalar).expect("a scalar is always written"),
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is always written")
}
