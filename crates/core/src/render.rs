//! From templates to requests: the only place where values meet the wire.

use crate::error::SettingsError;
use crate::http::{Part, Purpose, Request};
use crate::manifest::{Basic, BasicEncoding, Body, Fields, FormSpace, Format, RequestTemplate, Scalar};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::template::{Piece, Scope, Slot, Template, Value, write_value};
use crate::token::Token;
use crate::url::Url;
use base64ct::{Base64, Encoding};
use core::ops::Range;

/// After this a token request is given up. Leases are longer.
pub(crate) const TOKEN_TIMEOUT_MS: u32 = 30_000;
/// A token answer may be this long.
const LARGEST_ANSWER: u32 = 1 << 20;

/// The parameters, and the tokens that are at hand.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) access: Option<&'a Secret>,
    pub(crate) refresh: Option<&'a Secret>,
}

impl Scope for Values<'_> {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        let token = match name {
            "accessToken" => self.access,
            "refreshToken" => self.refresh,
            _ => return self.settings.value(name),
        };
        // Written into the request that needs it, with a mask over it.
        token.map(|token| Value { text: token.expose(), secret: true, bare: false })
    }
}

/// Builds every request once with made-up tokens, so that unusable values are found when a connection is made.
pub(crate) fn check(settings: &Settings) -> Result<(), SettingsError> {
    let dummy = Secret::from("x");
    let values = Values { settings, access: Some(&dummy), refresh: Some(&dummy) };
    let auth = settings.auth();
    for template in [&auth.acquire, &auth.renew, &auth.revoke].into_iter().flatten() {
        request(Purpose::Acquire, template, values)?;
    }
    base_url(settings)?;
    let mut call = Request::new(Purpose::Call, String::new());
    apply(settings, &dummy, &mut call)?;
    if let Some(test) = &settings.connector().manifest().test {
        headers(settings, &test.headers, &mut call)?;
    }
    if let Some(seed) = &auth.seed {
        for template in [&seed.access_token, &seed.refresh_token].into_iter().flatten() {
            // In a seed names are parameters: no token is at hand yet.
            if text(template, settings)?.is_some_and(|text| !crate::token::is_sendable(&text)) {
                let parameter = template.names().next().unwrap_or_default().to_owned();
                let problem = "is no token: only visible ASCII characters may be in one".to_owned();
                return Err(SettingsError::Invalid { parameter, problem });
            }
        }
        issued_at(settings)?;
    }
    Ok(())
}

/// When a pasted token was made, if the person said so.
pub(crate) fn issued_at(settings: &Settings) -> Result<Option<crate::time::UnixTime>, SettingsError> {
    let template = settings.auth().seed.as_ref().and_then(|seed| seed.issued_at.as_ref());
    let Some(template) = template else { return Ok(None) };
    let Some(text) = text(template, settings)? else { return Ok(None) };
    crate::time::UnixTime::parse(&text).map(Some).ok_or_else(|| SettingsError::Invalid {
        parameter: template.names().next().unwrap_or_default().to_owned(),
        problem: "is no time: write it as 2026-11-22, 2026-11-22T05:19:01Z, or seconds since 1970".to_owned(),
    })
}

/// A template as plain text.
pub(crate) fn text(template: &Template, scope: &dyn Scope) -> Result<Option<String>, SettingsError> {
    let mut out = String::new();
    Ok(template.write(scope, Slot::Raw, &mut out, &mut Vec::new())?.map(|()| out))
}

/// Builds a token request.
pub(crate) fn request(
    purpose: Purpose,
    template: &RequestTemplate,
    values: Values<'_>,
) -> Result<Request, SettingsError> {
    let mut request = Request::new(purpose, template.method.name().to_owned());
    request.timeout_ms = TOKEN_TIMEOUT_MS;
    request.max_body = LARGEST_ANSWER;
    let mut secrets = Vec::new();
    request.url = url(&template.url, values.settings, &values, &mut secrets)?;
    let separator = query_separator(&request.url);
    write_pairs(&template.query, &values, Slot::Query, separator, &mut request.url, &mut secrets)?;
    request.masks.extend(secrets.drain(..).map(|range| (Part::Url, range)));
    let (body, kind) = body(template, &values, &mut secrets)?;
    request.body = body;
    request.masks.extend(secrets.drain(..).map(|range| (Part::Body, range)));
    if !template.headers.has("accept") {
        let form = auth_answers_form(values.settings);
        let kind = if form { FORM } else { "application/json" };
        request.push_header("accept", kind.to_owned(), Vec::new());
    }
    if let Some(kind) = kind.filter(|_| !template.headers.has("content-type")) {
        request.push_header("content-type", kind.to_owned(), Vec::new());
    }
    if let Some(basic) = &template.basic {
        let credentials = self::basic(basic, &values)?;
        let all = 6..credentials.len();
        request.push_header("authorization", credentials, vec![all]);
    }
    write_headers(&template.headers, &values, &mut request)?;
    Ok(request)
}

/// Adds header fields of its own to an API request.
pub(crate) fn headers(
    settings: &Settings,
    fields: &Fields,
    request: &mut Request,
) -> Result<(), SettingsError> {
    write_headers(fields, settings, request)
}

/// Adds what carries the token to an API request.
pub(crate) fn apply(settings: &Settings, token: &Secret, request: &mut Request) -> Result<(), SettingsError> {
    let values = Values { settings, access: Some(token), refresh: None };
    let apply = &settings.auth().apply;
    write_headers(&apply.headers, &values, request)?;
    let mut secrets = Vec::new();
    let separator = query_separator(&request.url);
    write_pairs(&apply.query, &values, Slot::Query, separator, &mut request.url, &mut secrets)?;
    request.masks.extend(secrets.into_iter().map(|range| (Part::Url, range)));
    Ok(())
}

/// The value of the `Authorization` field for a token, if the connector sends one.
pub(crate) fn authorization(settings: &Settings, token: &Token) -> Result<Option<String>, SettingsError> {
    let values = Values { settings, access: Some(&token.value), refresh: None };
    settings.auth().apply.headers.get("authorization").map_or(Ok(None), |template| text(template, &values))
}

/// The address that API paths are joined to, without a slash at its end.
pub(crate) fn base_url(settings: &Settings) -> Result<String, SettingsError> {
    let template = &settings.connector().manifest().base_url;
    let mut url = url(template, settings, settings, &mut Vec::new())?;
    url.truncate(url.trim_end_matches('/').len());
    Ok(url)
}

fn url(
    template: &Template,
    settings: &Settings,
    scope: &dyn Scope,
    secrets: &mut Vec<Range<usize>>,
) -> Result<String, SettingsError> {
    let mut out = String::new();
    // The authority lasts until the first slash after the scheme; a base URL brings its own.
    let mut in_host = true;
    for piece in template.pieces() {
        match piece {
            Piece::Literal(text) => {
                let text = if out.ends_with('/') { text.strip_prefix('/').unwrap_or(text) } else { text };
                out.push_str(text);
                in_host = in_host && !out.get(8..).unwrap_or_default().contains('/');
            }
            Piece::Slot(name) => {
                let slot = if out.is_empty() {
                    Slot::Base
                } else if in_host {
                    Slot::Host
                } else {
                    Slot::Path
                };
                write_value(name, scope, slot, &mut out, secrets)?.ok_or_else(|| missing(name, settings))?;
                if slot == Slot::Base {
                    check_base(&out, name)?;
                    in_host = false;
                }
            }
        }
    }
    let blamed = template.names().next().unwrap_or_default();
    let invalid =
        |problem: &str| SettingsError::Invalid { parameter: blamed.to_owned(), problem: problem.to_owned() };
    settings.may_receive(&Url::parse(&out).map_err(invalid)?, blamed)?;
    Ok(out)
}

fn check_base(base: &str, name: &str) -> Result<(), SettingsError> {
    let invalid =
        |problem: &str| SettingsError::Invalid { parameter: name.to_owned(), problem: problem.to_owned() };
    let url = Url::parse(base).map_err(invalid)?;
    if url.rest.contains('?') { Err(invalid("is a base URL, which has no '?'")) } else { Ok(()) }
}

fn missing(name: &str, settings: &Settings) -> SettingsError {
    let known = settings.connector().parameters();
    let title =
        known.iter().find(|parameter| parameter.name == name).map_or(name, |parameter| &parameter.title);
    SettingsError::Missing { parameter: name.to_owned(), title: title.to_owned() }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn auth_answers_form(settings: &Settings) -> bool {
    settings.auth().token.as_ref().is_some_and(|rule| rule.format == Format::Form)
}

type Rendered = (Option<String>, Option<&'static str>);

fn body(
    template: &RequestTemplate,
    scope: &dyn Scope,
    secrets: &mut Vec<Range<usize>>,
) -> Result<Rendered, SettingsError> {
    let mut out = String::new();
    if let Some(form) = &template.form {
        let slot = match template.form_space {
            FormSpace::Plus => Slot::Form,
            FormSpace::Percent => Slot::Query,
        };
        write_pairs(form, scope, slot, None, &mut out, secrets)?;
        // Bare: some servers refuse a charset here.
        return Ok((Some(out), Some(FORM)));
    }
    if let Some(json) = &template.json {
        write_json(json, scope, &mut out, secrets)?;
        return Ok((Some(out), Some("application/json")));
    }
    if let Some(text) = &template.text {
        let written = text.write(scope, Slot::Raw, &mut out, secrets)?;
        return Ok((written.map(|()| out), Some("text/plain")));
    }
    Ok((None, None))
}

/// What stands before the next pair of a query string.
fn query_separator(url: &str) -> Option<char> {
    Some(if url.contains('?') { '&' } else { '?' })
}

/// Writes `name=value` pairs; `lead` comes before the first of them. Absent values leave nothing.
fn write_pairs(
    fields: &Fields,
    scope: &dyn Scope,
    slot: Slot,
    lead: Option<char>,
    out: &mut String,
    secrets: &mut Vec<Range<usize>>,
) -> Result<(), SettingsError> {
    let mut separator = lead;
    for (name, template) in &fields.0 {
        let start = out.len();
        out.extend(separator);
        let named = name.write(scope, slot, out, secrets)?;
        out.push('=');
        if named.is_some() && template.write(scope, slot, out, secrets)?.is_some() {
            separator = Some('&');
        } else {
            out.truncate(start);
        }
    }
    Ok(())
}

fn write_headers(fields: &Fields, scope: &dyn Scope, request: &mut Request) -> Result<(), SettingsError> {
    for (name, template) in &fields.0 {
        let (mut field, mut value, mut secrets) = (String::new(), String::new(), Vec::new());
        let named = name.write(scope, Slot::HeaderName, &mut field, &mut Vec::new())?;
        if named.is_some() && template.write(scope, Slot::Header, &mut value, &mut secrets)?.is_some() {
            request.push_header(&field, value, secrets);
        }
    }
    Ok(())
}

/// Writes a JSON value; whether anything was written.
fn write_json(
    body: &Body,
    scope: &dyn Scope,
    out: &mut String,
    secrets: &mut Vec<Range<usize>>,
) -> Result<bool, SettingsError> {
    match body {
        Body::Fixed(Scalar::Null) => out.push_str("null"),
        Body::Fixed(Scalar::Bool(value)) => out.push_str(if *value { "true" } else { "false" }),
        Body::Fixed(Scalar::Int(value)) => out.push_str(&value.to_string()),
        Body::Text(template) => {
            let start = out.len();
            let bare =
                template.only_name().and_then(|name| scope.value(name)).is_some_and(|value| value.bare);
            let quote = if bare { "" } else { "\"" };
            out.push_str(quote);
            if template.write(scope, Slot::JsonString, out, secrets)?.is_none() {
                out.truncate(start);
                return Ok(false);
            }
            out.push_str(quote);
        }
        Body::List(items) => {
            let items = items.iter().map(|item| (None, item));
            write_members(items, ['[', ']'], scope, out, secrets)?;
        }
        Body::Object(members) => {
            let members = members.iter().map(|(name, value)| (Some(name.as_str()), value));
            write_members(members, ['{', '}'], scope, out, secrets)?;
        }
    }
    Ok(true)
}

fn write_members<'a>(
    members: impl Iterator<Item = (Option<&'a str>, &'a Body)>,
    [open, close]: [char; 2],
    scope: &dyn Scope,
    out: &mut String,
    secrets: &mut Vec<Range<usize>>,
) -> Result<(), SettingsError> {
    out.push(open);
    let mut separator = None;
    for (name, value) in members {
        let start = out.len();
        out.extend(separator);
        if let Some(name) = name {
            out.push('"');
            Slot::JsonString.write(name, out);
            out.push_str("\":");
        }
        if write_json(value, scope, out, secrets)? {
            separator = Some(',');
        } else {
            out.truncate(start);
        }
    }
    out.push(close);
    Ok(())
}

/// The Basic credentials of all token requests, which are as secret as what is in them.
pub(crate) fn credentials(settings: &Settings) -> Vec<String> {
    let auth = settings.auth();
    let templates = [&auth.acquire, &auth.renew, &auth.revoke].into_iter().flatten();
    let credentials = templates.filter_map(|template| basic(template.basic.as_ref()?, settings).ok());
    credentials.map(|field| field.trim_start_matches("Basic ").to_owned()).collect()
}

fn basic(basic: &Basic, scope: &dyn Scope) -> Result<String, SettingsError> {
    let slot = match basic.encoding {
        BasicEncoding::Percent => Slot::Query,
        BasicEncoding::Form => Slot::Form,
        BasicEncoding::Raw => Slot::Raw,
    };
    let mut pair = String::new();
    basic.user.write(scope, slot, &mut pair, &mut Vec::new())?;
    if basic.encoding == BasicEncoding::Raw && pair.contains(':') {
        let parameter = basic.user.names().next().unwrap_or_default().to_owned();
        let problem = "has a ':', which a Basic user name cannot have".to_owned();
        return Err(SettingsError::Invalid { parameter, problem });
    }
    pair.push(':');
    basic.password.write(scope, slot, &mut pair, &mut Vec::new())?;
    Ok(format!("Basic {}", Base64::encode_string(pair.as_bytes())))
}
