//! Everything that the core would show, kept so that a test can look for secrets in it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use core::fmt::Debug;
use grantline_core::Error;
use grantline_vectors::Watch;

/// Texts, each with the name of what printed it.
#[derive(Debug, Default)]
pub struct Shown(Vec<(&'static str, String)>);

impl Watch for Shown {
    /// In both forms.
    fn debug(&mut self, what: &'static str, value: &dyn Debug) {
        self.0.push((what, format!("{value:?}\n{value:#?}")));
    }

    fn text(&mut self, what: &'static str, text: String) {
        self.0.push((what, text));
    }

    /// In every form that it has.
    fn error(&mut self, error: &Error) {
        let json = serde_json::to_string(error).expect("errors are JSON");
        self.0.push(("error", format!("{error}\n{error:?}\n{error:#?}\n{json}")));
    }
}

impl Shown {
    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The places where a secret can be read, in any form in which it travels.
    #[must_use]
    pub fn leaks(&self, secrets: &[String]) -> Vec<String> {
        let mut found = Vec::new();
        for secret in secrets {
            for (form, text) in forms(secret) {
                for (what, shown) in self.0.iter().filter(|(_, shown)| shown.contains(&text)) {
                    let at = shown.find(&text).unwrap_or_default();
                    let from = shown[..at].char_indices().rev().nth(60).map_or(0, |(from, _)| from);
                    found.push(format!("{what}, {form}: ...{}[here]", &shown[from..at]));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

/// A secret as it is, and as it travels in URLs, forms, JSON and Basic credentials.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let json = serde_json::to_string(secret).expect("a string is JSON");
    let mut forms = vec![
        ("as it is", secret.to_owned()),
        ("percent-encoded", percent(secret, "%20")),
        ("percent-encoded in lower case", lower_hex(&percent(secret, "%20"))),
        ("form-encoded", percent(secret, "+")),
        ("as JSON", json.trim_matches('"').to_owned()),
        ("as base64", STANDARD.encode(secret)),
        ("as base64", STANDARD_NO_PAD.encode(secret)),
        ("as base64url", URL_SAFE_NO_PAD.encode(secret)),
    ];
    // In Basic credentials a secret begins at any of three places of a group of base64.
    for skipped in 1..3 {
        let encoded = STANDARD_NO_PAD.encode(format!("{}{secret}", "x".repeat(skipped)));
        forms.push(("within base64", encoded[4..encoded.len() - encoded.len() % 4].to_owned()));
    }
    forms.retain(|(_, text)| text.len() > 5);
    forms
}

fn lower_hex(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| format!("{text}%{}{}", part[..2].to_lowercase(), &part[2..]))
}

fn percent(text: &str, space: &str) -> String {
    let encode = |byte: u8| match byte {
        b' ' => space.to_owned(),
        b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(encode).collect()
}
