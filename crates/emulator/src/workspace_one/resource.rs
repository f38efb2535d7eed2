//! The resources of Workspace ONE Access: who is calling, users, directories.
//!
//! Decides: which media type each resource has, and the `errors[]` shape. SCIM answers as
//! `application/json` or `application/scim+json`; the directories only as the vendor's own type.

use serde_json::{Value, json};

use super::{MediaTypes, WorkspaceOne};
use crate::codec;
use crate::http::{Response, Single};
use crate::service::Call;
use crate::tokens::{Token, Use};

const SCIM: [&str; 2] = ["application/json", "application/scim+json"];

impl WorkspaceOne {
    pub(super) fn resource(&self, call: &Call<'_>) -> Result<Response, Response> {
        let path = call.path.strip_prefix("/SAAS/jersey/manager/api/").unwrap_or_default();
        let known = ["scim/Me", "scim/Users", "connectormanagement/directoryconfigurations"];
        if !known.contains(&path) {
            return Err(error(404, "there is no such resource"));
        }
        if call.method() != "GET" {
            return Err(error(405, "the method must be GET").with("allow", "GET"));
        }
        let token = self.authorized(call)?;
        let user = json!({ "id": "1", "userName": token.client, "active": true });
        match path {
            "scim/Me" => answer(call, &SCIM, &user),
            "scim/Users" => self.users(call),
            _ => {
                let vendor = match self.settings.media_types {
                    MediaTypes::Vmware => "vmware",
                    MediaTypes::Omnissa => "Omnissa",
                };
                let kind = "connector.management.directory.list";
                let media = format!("application/vnd.{vendor}.horizon.manager.{kind}+json");
                answer(call, &[&media], &json!({ "items": [{ "directoryId": "1", "name": "Emulated" }] }))
            }
        }
    }

    /// A page of SCIM users (RFC 7644 section 3.4.2.4): `startIndex` counts from 1.
    fn users(&self, call: &Call<'_>) -> Result<Response, Response> {
        const ALL: usize = 30;
        let bad = |_| error(400, "the page is not valid");
        let start = call.number("startIndex", 1).map_err(bad)?.max(1);
        let count = call.number("count", 20).map_err(bad)?;
        let user = |n: usize| json!({ "id": n.to_string(), "userName": format!("user{n}"), "active": true });
        let users: Vec<_> = (1..=ALL).skip(start - 1).take(count).map(user).collect();
        let page = json!({
            "totalResults": ALL, "startIndex": start, "itemsPerPage": users.len(), "Resources": users,
            "schemas": ["urn:scim:schemas:core:1.0"],
        });
        answer(call, &SCIM, &page)
    }

    /// The access token behind `Bearer`, or the session behind `HZN`.
    fn authorized(&self, call: &Call<'_>) -> Result<&Token, Response> {
        let refused = || error(401, "the access token is missing, invalid or expired");
        let (scheme, text) = codec::authorization(call.request).ok_or_else(refused)?;
        let usage = match scheme.as_str() {
            "bearer" => Use::Access,
            "hzn" => Use::Session,
            _ => return Err(refused()),
        };
        self.tokens.live(text, usage, call.now_ms).map_err(|_| refused())
    }
}

/// An error body of the resource API.
pub(super) fn error(status: u16, message: &str) -> Response {
    let code = format!("emulator.{status}");
    Response::json(status, &json!({ "errors": [{ "code": code, "message": message, "parameters": {} }] }))
}

/// Answers in the first of these media types that the client accepts.
fn answer(call: &Call<'_>, media: &[&str], body: &Value) -> Result<Response, Response> {
    let accepted = match call.request.single("accept") {
        Single::Absent => "*/*".into(),
        Single::One(accepted) => accepted.to_ascii_lowercase(),
        Single::Repeated => String::new(),
    };
    let ranges: Vec<_> =
        accepted.split(',').filter_map(|range| range.split(';').next()).map(str::trim).collect();
    let fits = |media: &&&str| {
        ranges
            .iter()
            .any(|range| matches!(*range, "*/*" | "application/*") || range.eq_ignore_ascii_case(media))
    };
    let media =
        media.iter().find(fits).ok_or_else(|| error(406, "no media type of Accept is served here"))?;
    let body = serde_json::to_vec(body).expect("keys are strings");
    Ok(Response::typed(200, &format!("{media};charset=UTF-8"), body))
}
