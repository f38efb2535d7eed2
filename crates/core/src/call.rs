//! The machine for one authorised API request: a token, the request, and after a refusal one more of each.
//!
//! ```text
//! Idle --Start--> Authorizing --Token--> Sending --Response--> Done
//!                      ^                  |   |
//!                      +-- refused, once -+   | refused, but the body cannot be sent again
//!                                             v
//!                                          Renewing --Token--> Done
//! ```
//!
//! A token is refused with 401, and with whatever else the connector names: other statuses, or words in a body. A
//! request whose body cannot be sent again gets that answer, after the token was renewed for whoever comes next. A caller for
//! whom no token can be had is told why by the adapter, which had that answer from the grant.
//!
//! The bodies stay with the adapter, but for what a connector wants to see of an answer ([`Request::body_statuses`]).

use crate::error::{Error, SettingsError};
use crate::flow::{Ambient, Event, Flow, Step};
use crate::http::{Fault, Purpose, Request, Response};
use crate::json::Json;
use crate::manifest::{Body, Fields, RejectedBody, RejectedRule};
use crate::operation::OperationRequest;
use crate::redirect::Redirect;
use crate::render::{self, Values};
use crate::settings::Settings;
use crate::token::Token;
use crate::url::Url;
use core::mem;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::sync::Arc;

/// One authorised API request.
#[derive(Debug)]
pub struct Call {
    settings: Arc<Settings>,
    method: String,
    target: String,
    /// The URL, once it is known: where a service tells its address with the token, that is late.
    url: Option<String>,
    /// Where a redirect leads, and how many there were.
    redirect: Option<Redirect>,
    redirects: u32,
    /// The fields of the connector's own request; those of the caller stay with the adapter.
    headers: Fields,
    /// The body of the connector's own request; that of a caller stays with the adapter.
    json: Option<Body>,
    /// Those of an operation's arguments.
    arguments: Vec<(String, String)>,
    replayable: bool,
    state: State,
}

/// What a call ends with: the answer is the adapter's last one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Called {
    /// The status of the answer.
    pub status: u16,
    /// How often the request was sent.
    pub attempts: u32,
}

impl Serialize for Called {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("attempts", &self.attempts)?;
        map.end()
    }
}

#[derive(Debug)]
enum State {
    Idle,
    Authorizing { attempts: u32 },
    Sending { attempts: u32, token: Arc<Token> },
    Renewing { status: u16 },
}

impl State {
    const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Authorizing { .. } => "authorizing",
            Self::Sending { .. } => "sending",
            Self::Renewing { .. } => "renewing",
        }
    }
}

impl Call {
    /// A request to `target`: a path below the connector's base URL, or a URL on the same server or on a host that
    /// the connector names. `replayable` says whether the body can be sent a second time.
    ///
    /// # Errors
    /// A method or a target that cannot be used.
    pub fn new(settings: Arc<Settings>, method: &str, target: &str, replayable: bool) -> Result<Self, Error> {
        let early = !settings.has_captured_base();
        let url = early.then(|| resolve(Values::of(&settings), target)).transpose()?;
        if method.is_empty() || !method.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err(SettingsError::Request { problem: "has no valid method".to_owned() }.into());
        }
        let (method, target) = (method.to_owned(), target.to_owned());
        let (headers, arguments, json) = (Fields::default(), Vec::new(), None);
        let (redirect, redirects, state) = (None, 0, State::Idle);
        Ok(Self {
            settings,
            method,
            target,
            url,
            redirect,
            redirects,
            headers,
            arguments,
            json,
            replayable,
            state,
        })
    }

    /// The connector's test request.
    ///
    /// # Errors
    /// The connector has none.
    pub fn test(settings: Arc<Settings>) -> Result<Self, Error> {
        let Some(test) = settings.test().cloned() else {
            let problem = "cannot be made: this connector names no test request".to_owned();
            return Err(SettingsError::Request { problem }.into());
        };
        let call = Self::new(settings, test.method.name(), &test.path, true)?;
        Ok(Self { headers: test.headers, json: test.json, ..call })
    }

    /// The request of an operation.
    ///
    /// # Errors
    /// A target that cannot be used: that of a further page may lead to a host that may not have the token.
    pub fn operation(
        settings: Arc<Settings>,
        request: &OperationRequest,
        replayable: bool,
    ) -> Result<Self, Error> {
        let call = Self::new(settings, request.method, &request.target, replayable)?;
        Ok(Self { headers: request.fields.clone(), arguments: request.headers.clone(), ..call })
    }

    /// The name of the present state, for people who write adapters.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        self.state.name()
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    fn request(&self, token: &Token, ambient: &Ambient) -> Result<Request, Error> {
        let values = Values::with(&self.settings, token);
        let mut request = Request::new(Purpose::Call, self.method.clone());
        request.url = match &self.url {
            Some(url) => url.clone(),
            None => resolve(values, &self.target)?,
        };
        render::headers(&self.settings, &self.headers, &mut request)?;
        for (name, value) in &self.arguments {
            request.push_header(name, value.clone(), Vec::new());
        }
        if let Some(json) = &self.json {
            render::json(&self.settings, json, &mut request)?;
        }
        request.follow_redirects = self.settings.auth().apply.follow_redirects;
        render::apply(values, ambient, &mut request)?;
        if let Some(redirect) = &self.redirect {
            (self.settings.able().follow)(redirect, &mut request);
        }
        if let Some(rule) = &self.settings.auth().rejected {
            request.body_statuses =
                rule.bodies.iter().flat_map(|body| body.statuses.iter().copied()).collect();
            request.max_body = if rule.bodies.is_empty() { 0 } else { LARGEST_PEEK };
        }
        Ok(request)
    }

    /// Where a redirect leads, if the connector lets it be followed and the request can be made again.
    fn redirected(&self, response: &Response, token: &Token, ambient: &Ambient) -> Option<Redirect> {
        if !self.settings.auth().apply.follow_redirects || self.redirects >= Redirect::MOST {
            return None;
        }
        let from = self.request(token, ambient).ok()?.url;
        let redirect = (self.settings.able().redirect)(response, &from, &self.settings)?;
        let reads = matches!(self.method.as_str(), "GET" | "HEAD");
        (reads || (redirect.keeps_method() && self.replayable)).then_some(redirect)
    }

    /// Whether the API no longer takes the token.
    fn is_rejection(&self, response: &Response) -> bool {
        let rule = self.settings.auth().rejected.as_ref();
        response.status == 401 || rule.is_some_and(|rule| rule.matches(response))
    }
}

/// A longer body is not one that tells of a token.
const LARGEST_PEEK: u32 = 1 << 16;

impl RejectedRule {
    fn matches(&self, response: &Response) -> bool {
        self.statuses.contains(&response.status) || self.bodies.iter().any(|body| body.matches(response))
    }
}

impl RejectedBody {
    fn matches(&self, response: &Response) -> bool {
        let text = response.body.as_str();
        if !self.statuses.contains(&response.status) || text.len() > LARGEST_PEEK as usize {
            return false;
        }
        match &self.at {
            None => self.words.iter().any(|word| text.contains(word.as_str())),
            Some(place) => {
                let json = Json::parse(text).ok();
                let found = json.as_ref().and_then(|json| match json.at(place)? {
                    Json::Bool(flag) => Some(flag.to_string()),
                    other => other.word(),
                });
                found.is_some_and(|found| self.words.contains(&found))
            }
        }
    }
}

impl Flow for Call {
    type Output = Called;

    fn advance(&mut self, event: Event, ambient: &Ambient) -> Result<Step<Called>, Error> {
        match (mem::replace(&mut self.state, State::Idle), event) {
            (_, Event::Start { rejected }) => {
                (self.redirect, self.redirects) = (None, 0);
                self.state = State::Authorizing { attempts: 0 };
                Ok(Step::Authorize { rejected })
            }
            (State::Authorizing { attempts }, Event::Token(token)) => {
                let request = self.request(&token, ambient)?;
                self.state = State::Sending { attempts: attempts + 1, token };
                Ok(Step::Send(request))
            }
            (State::Sending { attempts: 1, token }, Event::Response(response))
                if self.is_rejection(&response) =>
            {
                let status = response.status;
                self.state = if self.replayable {
                    State::Authorizing { attempts: 1 }
                } else {
                    State::Renewing { status }
                };
                Ok(Step::Authorize { rejected: Some(token) })
            }
            (State::Sending { attempts, token }, Event::Response(response))
                if let Some(redirect) = self.redirected(&response, &token, ambient) =>
            {
                (self.redirect, self.redirects) = (Some(redirect), self.redirects + 1);
                let request = self.request(&token, ambient)?;
                self.state = State::Sending { attempts, token };
                Ok(Step::Send(request))
            }
            (State::Renewing { status }, Event::Token(_)) => {
                Ok(Step::Done { output: Called { status, attempts: 1 } })
            }
            (State::Sending { attempts, .. }, Event::Response(response)) => {
                Ok(Step::Done { output: Called { status: response.status, attempts } })
            }
            (State::Sending { token, .. }, Event::Failed(fault)) => {
                let detail = self.settings.scrub(&fault.detail, &[&token.value]);
                Err(Error::Transport(Fault { detail, ..fault }))
            }
            (state, event) => {
                let misuse = Error::Misuse { state: state.name(), event: event.name() };
                self.state = state;
                Err(misuse)
            }
        }
    }
}

/// The absolute URL of an API request. A token goes only to the server of the base URL, or to a host that the
/// connector names without a wildcard.
pub(crate) fn resolve(values: Values<'_>, target: &str) -> Result<String, Error> {
    let settings = values.settings;
    let base = render::base_url(values)?;
    let (target, _) = target.split_once('#').unwrap_or((target, ""));
    let is_scheme = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let url = if target.split_once("://").is_some_and(|(scheme, _)| is_scheme(scheme)) {
        target.to_owned()
    } else if target.starts_with("//") {
        return Err(SettingsError::Request { problem: "has a path that begins with '//'".to_owned() }.into());
    } else {
        format!("{base}/{}", target.trim_start_matches('/'))
    };
    let broken = |problem: &str| SettingsError::Request { problem: format!("has a URL that {problem}") };
    let (from, to) = (Url::parse(&base).map_err(broken)?, Url::parse(&url).map_err(broken)?);
    if !from.same_origin(&to) {
        settings.may_call(&to)?;
    }
    Ok(url)
}
