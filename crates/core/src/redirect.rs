//! Redirects, where a connector lets them be followed: only to hosts that it names, and with the method that RFC 9110
//! asks for.

use crate::http::{Request, Response};
use crate::link;
use crate::settings::Settings;
use crate::url::Url;
use core::fmt;

/// Where a redirect leads.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Redirect {
    pub(crate) url: String,
    /// Whether the method and the body stay as they were.
    same: bool,
}

impl fmt::Debug for Redirect {
    /// Not the address: it may have a secret in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redirect")
    }
}

impl Redirect {
    /// After so many in a row nobody knows the way.
    pub(crate) const MOST: u32 = 5;

    /// The redirect in an answer to a request at `from`. None if there is none, or if nothing may be sent there: then
    /// the answer stands for itself.
    pub(crate) fn of(response: &Response, from: &str, settings: &Settings) -> Option<Self> {
        let same = match response.status {
            301..=303 => false,
            307 | 308 => true,
            _ => return None,
        };
        let url = link::join(from, response.headers.get("location")?.trim());
        settings.may_follow(&Url::parse(&url).ok()?).ok()?;
        Some(Self { url, same })
    }

    /// Whether the method and the body stay as they were.
    pub(crate) const fn keeps_method(&self) -> bool {
        self.same
    }

    /// Sends the request there.
    pub(crate) fn apply(&self, request: &mut Request) {
        request.go_to(self.url.clone());
        if !self.same && request.method != "HEAD" {
            "GET".clone_into(&mut request.method);
            request.without_body();
        }
    }
}
