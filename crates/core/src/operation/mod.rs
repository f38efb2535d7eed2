//! From an operation and its arguments to an API request, and what an answer that is no success means.
//!
//! Arguments come from programs and not from templates: each is checked against what the connector says of it, and is
//! escaped for the place where it stands.

mod arguments;

use crate::error::{Denial, Error, SettingsError};
use crate::http::Response;
use crate::json::{Json, Pointer};
use crate::manifest::{Fields, Operation, Place};
use crate::names::nearest;
use crate::settings::Settings;
use crate::time::UnixTime;
use crate::token::Token;

/// An operation with its arguments in their places. The body stays with the adapter.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OperationRequest {
    /// The operation.
    pub id: String,
    /// The method.
    pub method: &'static str,
    /// The path below the base URL, with its query; of a further page it may be a whole URL.
    pub target: String,
    /// The header fields that are arguments, by lower-case name.
    pub headers: Vec<(String, String)>,
    /// The content type of a body, if the caller names none; absent if the operation has no body.
    pub content_type: Option<String>,
    /// Whether a body must be given.
    pub body_required: bool,
    /// Statuses of success; any from 200 to 299 if there are none.
    pub success_statuses: Vec<u16>,
    /// The fields that the connector always sends, secrets among them: they are written where the request is.
    pub(crate) fields: Fields,
}

impl OperationRequest {
    /// Whether an answer with this status is what was asked for.
    #[must_use]
    pub fn is_success(&self, status: u16) -> bool {
        if self.success_statuses.is_empty() {
            (200..300).contains(&status)
        } else {
            self.success_statuses.contains(&status)
        }
    }

    /// Whether the request may be sent with or without a body.
    ///
    /// # Errors
    /// A body is missing, or there is none in this operation.
    pub fn check_body(&self, given: bool) -> Result<(), Error> {
        let problem = match (given, &self.content_type) {
            (false, _) if self.body_required => "is missing",
            (true, None) => "is given, but the operation has none",
            _ => return Ok(()),
        };
        Err(fault(&self.id, "body", problem).into())
    }
}

/// No more than this of an answer that is no success is looked at.
pub const LARGEST_REFUSAL: usize = 1 << 16;

impl Settings {
    /// The request of an operation: `arguments` are numbers, booleans, texts and lists of them, by name; `null` is as
    /// good as none.
    ///
    /// # Errors
    /// There is no such operation, or an argument is missing, unknown or of the wrong kind.
    pub fn operation(&self, id: &str, arguments: &[(String, Json)]) -> Result<OperationRequest, Error> {
        Ok(request(self, find(self, id)?, arguments, None)?)
    }

    /// What is said of an answer to an operation that is no success. `token` is the one that was sent: the server may
    /// have quoted it.
    #[must_use]
    pub fn refusal(
        &self,
        operation: &str,
        response: &Response,
        token: Option<&Token>,
        now: UnixTime,
    ) -> Error {
        let json = Json::parse(&response.body).ok();
        let tokens: Vec<_> = token.iter().map(|token| &token.value).collect();
        let rule = self.auth().errors.as_ref();
        let body = |place: &Pointer| json.as_ref()?.at(place)?.word();
        let find = |own: &[Place], usual: &[&str]| {
            let own = own.iter().find_map(|place| match place {
                Place::Body(place) => body(place),
                Place::Header(name) => response.headers.get(name).map(str::to_owned),
                Place::Cookie(_) | Place::Captured(_) => None,
            });
            let usual = || usual.iter().find_map(|place| body(&Pointer::parse(place)?));
            own.or_else(usual).map(|found| self.scrub(&found, &tokens))
        };
        let header = rule.and_then(|rule| rule.request_id_header.as_deref()).unwrap_or("x-request-id");
        let code = find(rule.map_or(&[], |rule| &rule.code), &CODES);
        let message = find(rule.map_or(&[], |rule| &rule.message), &MESSAGES);
        let denial = Denial {
            status: response.status,
            // Where one word is all there is, it is not said twice.
            message: message.filter(|message| code.as_ref() != Some(message)),
            code,
            request_id: response.headers.get(header).map(|id| self.scrub(id, &tokens)),
        };
        let retry = response.headers.get("retry-after");
        let retry_at = retry.and_then(|field| UnixTime::from_retry_after(field, now));
        Error::Operation { operation: operation.to_owned(), denial: Box::new(denial), retry_at }
    }
}

/// Where services usually put a code and a message, if the connector names no place that holds one.
const CODES: [&str; 7] =
    ["/error/code", "/error/type", "/error", "/code", "/error_code", "/errors/0/code", "/type"];
const MESSAGES: [&str; 8] = [
    "/error_description",
    "/error/message",
    "/message",
    "/detail",
    "/errors/0/message",
    "/errors/0/detail",
    "/title",
    "/error",
];

/// The operation of this name.
pub(crate) fn find<'a>(settings: &'a Settings, id: &str) -> Result<&'a Operation, SettingsError> {
    let all = &settings.connector().manifest().operations;
    all.iter().find(|operation| operation.id == id).ok_or_else(|| {
        let nearest = nearest(id, all.iter().map(|operation| operation.id.as_str())).map(str::to_owned);
        SettingsError::NoOperation { operation: id.to_owned(), nearest }
    })
}

/// Builds the request. `instead` is a query parameter whose value is known better than by the arguments.
pub(crate) fn request(
    settings: &Settings,
    operation: &Operation,
    arguments: &[(String, Json)],
    instead: Option<(&str, String)>,
) -> Result<OperationRequest, SettingsError> {
    let values = arguments::values(operation, arguments)?;
    let mut target = arguments::path(settings, operation, &values)?;
    arguments::query(&values, instead, &mut target);
    let body = operation.body.as_ref();
    Ok(OperationRequest {
        id: operation.id.clone(),
        method: operation.method.name(),
        target,
        headers: arguments::headers(operation, &values)?,
        content_type: body
            .map(|body| body.content_type.clone().unwrap_or_else(|| "application/json".to_owned())),
        body_required: body.is_some_and(|body| body.required),
        success_statuses: operation.success_statuses.clone(),
        fields: operation.headers.clone(),
    })
}

fn fault(operation: &str, argument: &str, problem: impl Into<String>) -> SettingsError {
    SettingsError::Argument {
        operation: operation.to_owned(),
        argument: argument.to_owned(),
        problem: problem.into(),
    }
}
