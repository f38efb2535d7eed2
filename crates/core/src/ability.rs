//! What only some connectors need, as one table of functions.
//!
//! A linker leaves out what nobody names. A connector that is read by [`Connector::from_json`](crate::Connector::from_json)
//! has all of it. The built-in connectors need none of it, and the wasm module that a page loads for them reads them by
//! [`Connector::built_in`](crate::Connector::built_in): then nothing names [`ALL`], and the reading of XML, values that
//! are made and redirects weigh nothing there. This table is the only seam; everything else is the same everywhere.

use crate::answer::{self, Answer};
use crate::derive::{self, Made, Making, Material};
use crate::error::SettingsError;
use crate::http::{Request, Response};
use crate::json::Json;
use crate::manifest::{Auth, Derived, Expiry, Format, Manifest, Random};
use crate::redirect::Redirect;
use crate::render::Values;
use crate::settings::Settings;
use crate::template::Template;
use crate::time::UnixTime;
use crate::tree;

type MakingOf<T> = Result<Making<T>, SettingsError>;

/// What a connector can do beyond the plain case.
pub(crate) struct Abilities {
    /// A value that is made from others, as a file says it.
    pub(crate) derived: fn(Option<&Json>, &Self) -> Derived,
    /// The body of an answer as a tree.
    pub(crate) tree: fn(&str, Format) -> Option<Json>,
    /// The end of a token by a rule that is rarely needed.
    pub(crate) expiry: fn(&Answer<'_>, &Expiry, UnixTime) -> Option<UnixTime>,
    /// The values that these templates need.
    pub(crate) make: fn(&[&Template], Values<'_>, Material<'_>) -> MakingOf<Vec<Made>>,
    /// What a value is made of.
    pub(crate) parts: fn(&Derived) -> Vec<&Template>,
    /// Encodings of secrets that are always the same.
    pub(crate) encoded: fn(&Settings) -> Vec<String>,
    /// The redirect in an answer to a request at an address.
    pub(crate) redirect: fn(&Response, &str, &Settings) -> Option<Redirect>,
    /// Sends a request where a redirect leads.
    pub(crate) follow: fn(&Redirect, &mut Request),
}

/// Everything.
pub(crate) static ALL: Abilities = Abilities {
    derived: Derived::build,
    tree: tree::read,
    expiry: answer::rare_expiry,
    make: derive::make,
    parts: Derived::templates,
    encoded: derive::encoded_secrets,
    redirect: Redirect::of,
    follow: Redirect::apply,
};

/// What the built-in connectors need: [`beyond`] is what it cannot do.
pub(crate) static PLAIN: Abilities = Abilities {
    // It stands for whatever is there: `beyond` finds it.
    derived: |_, _| Derived::Random(Random { bytes: None, to: None }),
    tree: |body, _| Json::parse(body).ok(),
    expiry: |_, _, _| None,
    make: |_, _, _| Ok(Making::Done(Vec::new())),
    parts: |_| Vec::new(),
    encoded: |_| Vec::new(),
    redirect: |_, _, _| None,
    follow: |_, _| {},
};

/// What a connector needs beyond [`PLAIN`]: the first such thing, and where it stands.
pub(crate) fn beyond(manifest: &Manifest) -> Option<&'static str> {
    manifest.ways().find_map(|(_, auth)| auth.beyond())
}

impl Auth {
    fn beyond(&self) -> Option<&'static str> {
        let request = self.requests().chain(&self.revoke).find_map(|request| {
            let redirects = request.follow_redirects.then_some("follow_redirects");
            redirects.or_else(|| (request.answer != Format::Json).then_some("answer"))
        });
        let rules = self.token.iter().flat_map(|token| token.expiry.iter().chain(&token.refresh_expiry));
        let others = [
            (!self.values.is_empty(), "values"),
            (self.mint.is_some(), "mint"),
            (self.apply.follow_redirects, "follow_redirects"),
            (rules.into_iter().any(Expiry::is_rare), "expiry"),
        ];
        request.or_else(|| others.into_iter().find_map(|(needed, name)| needed.then_some(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Connector;

    /// A connector file with these members in its `auth`, and what the plain case lacks for it.
    fn lacking(members: &str) -> Option<&'static str> {
        let file = format!(
            r#"{{ "id": "a", "title": "A", "base_url": "https://a.example", "hosts": ["a.example"],
                "auth": {{ {members} }} }}"#
        );
        let connector = Connector::from_json(&file).unwrap();
        beyond(connector.manifest())
    }

    #[test]
    fn whatever_only_some_connectors_need_is_noticed() {
        let auth = |request: &str, expiry: &str, apply: &str| {
            lacking(&format!(
                r#""acquire": {{ "method": "POST", "url": "https://a.example/t" {request} }},
                "token": {{ "value": "/t", "expiry": [{expiry}] }}, "apply": {{ {apply} }}"#
            ))
        };
        assert_eq!(auth("", r#"{ "seconds": "/e" }, { "jwt": "/t" }, { "fixed_seconds": 60 }"#, ""), None);
        assert_eq!(auth("", r#"{ "fixed_seconds": 60 }, { "minutes": "/e" }"#, ""), Some("expiry"));
        assert_eq!(auth(r#", "answer": "xml""#, "", ""), Some("answer"));
        assert_eq!(auth(r#", "follow_redirects": true"#, "", ""), Some("follow_redirects"));
        assert_eq!(auth("", "", r#""follow_redirects": true"#), Some("follow_redirects"));
        let minted = r#""mint": { "value": "x", "lifetime_seconds": 60 }, "apply": {}"#;
        assert_eq!(lacking(minted), Some("mint"));
        let made = r#""values": { "n": { "now": { "format": "iso" } } }, "seed": { "access_token": "x" },
            "apply": { "headers": { "x-now": "{n}" } }"#;
        assert_eq!(lacking(made), Some("values"));
    }
}
