//! From templates to requests: the only place where values meet the wire.

use crate::derive::{Made, Making, Material};
use crate::error::SettingsError;
use crate::flow::Ambient;
use crate::http::{Part, Purpose, Request};
use crate::manifest::{
    Basic, BasicEncoding, Body, Fields, FormSpace, Format, Named, RequestTemplate, Scalar,
};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::template::{Piece, Scope, Slot, Template, Value, write_value};
use crate::token::{Captures, Token};
use crate::url::Url;
use base64ct::{Base64, Encoding};
use core::ops::Range;

/// After this a token request is given up. Leases are longer.
pub(crate) const TOKEN_TIMEOUT_MS: u32 = 30_000;
/// A token answer may be this long.
const LARGEST_ANSWER: u32 = 1 << 20;

/// The parameters, the tokens that are at hand, what was captured, and what was made from all of them.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) access: Option<&'a Secret>,
    pub(crate) refresh: Option<&'a Secret>,
    pub(crate) captures: Option<&'a Captures>,
    pub(crate) made: &'a [Made],
}

impl<'a> Values<'a> {
    /// The parameters alone.
    pub(crate) const fn of(settings: &'a Settings) -> Self {
        Self { settings, access: None, refresh: None, captures: None, made: &[] }
    }

    /// What an API request can use.
    pub(crate) const fn with(settings: &'a Settings, token: &'a Token) -> Self {
        Self { access: Some(&token.value), captures: Some(&token.captures), ..Self::of(settings) }
    }
}

impl Scope for Values<'_> {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        fn masked(secret: &Secret) -> Value<'_> {
            // Written into the request that needs it, with a mask over it.
            Value { text: secret.expose(), secret: true, bare: false, separator: None }
        }
        // Where no token is at hand, its name is that of a parameter, if there is one.
        let token = match name {
            "accessToken" => self.access,
            "refreshToken" => self.refresh,
            _ => None,
        };
        let captured = || self.captures.and_then(|captures| captures.get(name)).map(masked);
        let made = || Made::find(self.made, name);
        token.map(masked).or_else(made).or_else(captured).or_else(|| self.settings.value(name))
    }
}

/// Builds every request once with made-up tokens, so that unusable values are found when a connection is made.
pub(crate) fn check(settings: &Settings) -> Result<(), SettingsError> {
    let dummy = Secret::from("x");
    let auth = settings.auth();
    let mut captures = Captures::default();
    auth.captured().for_each(|name| captures.set(name, dummy.clone()));
    let (access, refresh) = (Some(&dummy), Some(&dummy));
    let values = Values { access, refresh, captures: Some(&captures), ..Values::of(settings) };
    let material =
        Material { ambient: &Ambient::default(), signatures: &vec![String::new(); auth.values.len()] };
    for template in auth.requests().chain(&auth.revoke) {
        // Where the address comes from an answer, there is nothing to check yet.
        if !template.url.names().any(|name| auth.captured().any(|captured| captured == name)) {
            request(Purpose::Acquire, template, values, material)?;
        }
    }
    if let Some(mint) = &auth.mint {
        self::mint(&mint.value, values, material)?;
    }
    let mut call = Request::new(Purpose::Call, String::new());
    if !settings.has_captured_base() {
        base_url(values)?;
        apply(values, material.ambient, &mut call)?;
    }
    if let Some(test) = settings.test() {
        headers(settings, &test.headers, &mut call)?;
        if let Some(body) = &test.json {
            json(settings, body, &mut call)?;
        }
    }
    if let Some(certificate) = &auth.client_certificate {
        for template in [&certificate.certificate, &certificate.key] {
            text(template, settings)?
                .ok_or_else(|| missing(template.names().next().unwrap_or_default(), settings))?;
        }
    }
    if let Some(seed) = &auth.seed {
        let made = seed_values(settings)?;
        let values = Values { made: &made, ..Values::of(settings) };
        for template in [&seed.access_token, &seed.refresh_token].into_iter().flatten() {
            // In a seed names are parameters: no token is at hand yet.
            if text(template, &values)?.is_some_and(|text| !crate::token::is_sendable(&text)) {
                let parameter = template.names().next().unwrap_or_default().to_owned();
                let problem = "is no token: only visible ASCII characters may be in one".to_owned();
                return Err(SettingsError::Invalid { parameter, problem });
            }
        }
        issued_at(settings)?;
    }
    Ok(())
}

/// What the tokens that a person brings are made of.
pub(crate) fn seed_values(settings: &Settings) -> Result<Vec<Made>, SettingsError> {
    let Some(seed) = &settings.auth().seed else { return Ok(Vec::new()) };
    let templates: Vec<&Template> = [&seed.access_token, &seed.refresh_token].into_iter().flatten().collect();
    // The manifest was checked: what a seed is made of does not need the time.
    unsigned(&templates, Values::of(settings), &Ambient::default())
}

/// What templates need where no signature can stand: the manifest was checked.
fn unsigned(
    templates: &[&Template],
    values: Values<'_>,
    ambient: &Ambient,
) -> Result<Vec<Made>, SettingsError> {
    match (values.settings.able().make)(templates, values, Material { ambient, signatures: &[] })? {
        Making::Done(made) => Ok(made),
        Making::Sign(_) => Ok(Vec::new()),
    }
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

/// A request and what must not be seen of what was made for it.
pub(crate) type Built = Making<(Request, Vec<Secret>)>;

/// Builds a token request.
pub(crate) fn request(
    purpose: Purpose,
    template: &RequestTemplate,
    values: Values<'_>,
    material: Material<'_>,
) -> Result<Built, SettingsError> {
    let made = match (values.settings.able().make)(&template.templates(), values, material)? {
        Making::Done(made) => made,
        Making::Sign(signing) => return Ok(Making::Sign(signing)),
    };
    let request = build(purpose, template, Values { made: &made, ..values })?;
    Ok(Making::Done((request, Made::secrets(made).collect())))
}

fn build(purpose: Purpose, template: &RequestTemplate, values: Values<'_>) -> Result<Request, SettingsError> {
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
        request.push_header("accept", template.answer.content_type().to_owned(), Vec::new());
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
    write_cookies(&template.cookies, &values, &mut request)?;
    Ok(request)
}

impl Format {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => FORM,
            Self::Xml => "application/xml",
            Self::Text => "*/*",
        }
    }
}

/// Makes a token that needs no request.
pub(crate) fn mint(
    template: &Template,
    values: Values<'_>,
    material: Material<'_>,
) -> Result<Making<Option<String>>, SettingsError> {
    Ok(match (values.settings.able().make)(&[template], values, material)? {
        Making::Done(made) => Making::Done(text(template, &Values { made: &made, ..values })?),
        Making::Sign(signing) => Making::Sign(signing),
    })
}

/// Adds header fields of its own to an API request.
pub(crate) fn headers(
    settings: &Settings,
    fields: &Fields,
    request: &mut Request,
) -> Result<(), SettingsError> {
    write_headers(fields, settings, request)
}

/// Sets the body of an API request of the connector's own.
pub(crate) fn json(settings: &Settings, json: &Body, request: &mut Request) -> Result<(), SettingsError> {
    let (mut body, mut secrets) = (String::new(), Vec::new());
    write_json(json, settings, &mut body, &mut secrets)?;
    request.body = Some(body);
    request.masks.extend(secrets.into_iter().map(|range| (Part::Body, range)));
    if request.headers.get("content-type").is_none() {
        request.push_header("content-type", "application/json".to_owned(), Vec::new());
    }
    Ok(())
}

/// Adds what carries the token to an API request.
pub(crate) fn apply(
    values: Values<'_>,
    ambient: &Ambient,
    request: &mut Request,
) -> Result<(), SettingsError> {
    let apply = &values.settings.auth().apply;
    let made = apply_values(values, ambient)?;
    let values = Values { made: &made, ..values };
    write_headers(&apply.headers, &values, request)?;
    write_cookies(&apply.cookies, &values, request)?;
    let mut secrets = Vec::new();
    let separator = query_separator(&request.url);
    write_pairs(&apply.query, &values, Slot::Query, separator, &mut request.url, &mut secrets)?;
    request.masks.extend(secrets.into_iter().map(|range| (Part::Url, range)));
    Ok(())
}

/// What an API request is made with.
fn apply_values(values: Values<'_>, ambient: &Ambient) -> Result<Vec<Made>, SettingsError> {
    let auth = values.settings.auth();
    if auth.values.is_empty() {
        return Ok(Vec::new());
    }
    unsigned(&auth.apply.templates(), values, ambient)
}

/// The value of the `Authorization` field for a token, if the connector sends one.
pub(crate) fn authorization(settings: &Settings, token: &Token) -> Result<Option<String>, SettingsError> {
    let values = Values::with(settings, token);
    let Some(template) = settings.auth().apply.headers.get("authorization") else { return Ok(None) };
    // The manifest was checked: this field depends neither on the time nor on chance.
    let made = apply_values(values, &Ambient::default())?;
    text(template, &Values { made: &made, ..values })
}

/// The address that API paths are joined to, without a slash at its end.
pub(crate) fn base_url(values: Values<'_>) -> Result<String, SettingsError> {
    let template = values.settings.base_url_template();
    // The manifest was checked: an address does not change with the time.
    let made = unsigned(&[template], values, &Ambient::default())?;
    let mut url = url(template, values.settings, &Values { made: &made, ..values }, &mut Vec::new())?;
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
    let secret = secrets.len();
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
                if slot != Slot::Path && settings.captures(name) {
                    // An address that an answer named is none that must be hidden.
                    secrets.truncate(secret);
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
    if settings.captures(name) {
        let problem = format!("has no address: no answer of the service has given '{name}' yet");
        return SettingsError::Request { problem };
    }
    let known = settings.connector().parameters();
    let title =
        known.iter().find(|parameter| parameter.name == name).map_or(name, |parameter| &parameter.title);
    SettingsError::Missing { parameter: name.to_owned(), title: title.to_owned() }
}

const FORM: &str = "application/x-www-form-urlencoded";

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
    if let Some(xml) = &template.xml {
        let written = xml.write(scope, Slot::Xml, &mut out, secrets)?;
        return Ok((written.map(|()| out), Some("application/xml")));
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

/// Writes the cookies that have a value into one header field.
fn write_cookies(fields: &Fields, scope: &dyn Scope, request: &mut Request) -> Result<(), SettingsError> {
    let (mut field, mut secrets) = (String::new(), Vec::new());
    for (name, template) in &fields.0 {
        let start = field.len();
        field.push_str(if start == 0 { "" } else { "; " });
        name.write(scope, Slot::Header, &mut field, &mut secrets)?;
        field.push('=');
        if template.write(scope, Slot::Header, &mut field, &mut secrets)?.is_none() {
            field.truncate(start);
        }
    }
    if !field.is_empty() {
        request.push_header("cookie", field, secrets);
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
            out.push('[');
            match list_of(items, scope) {
                Some((value, separator)) => write_list(value, separator, out, secrets),
                None => {
                    write_members(items.iter().map(|item| (None, item)), None, scope, out, secrets)?;
                }
            }
            out.push(']');
        }
        Body::Object(members) => {
            out.push('{');
            let members = members.iter().map(|(name, value)| (Some(name.as_str()), value));
            write_members(members, None, scope, out, secrets)?;
            out.push('}');
        }
    }
    Ok(true)
}

/// An array of nothing but the placeholder of a list has the items of that list.
fn list_of<'a>(items: &[Body], scope: &'a dyn Scope) -> Option<(Value<'a>, &'a str)> {
    let [Body::Text(template)] = items else { return None };
    let value = scope.value(template.only_name()?)?;
    Some((value, value.separator?))
}

fn write_list(value: Value<'_>, separator: &str, out: &mut String, secrets: &mut Vec<Range<usize>>) {
    let start = out.len();
    for item in value.text.split(separator) {
        out.push_str(if out.len() == start { "\"" } else { ",\"" });
        Slot::JsonString.write(item, out);
        out.push('"');
    }
    if value.secret {
        secrets.push(start..out.len());
    }
}

/// Writes the members of an object; `lead` stands before the first of them. Whether there were any.
pub(crate) fn write_named(
    members: &Named<Body>,
    lead: Option<char>,
    scope: &dyn Scope,
    out: &mut String,
    secrets: &mut Vec<Range<usize>>,
) -> Result<bool, SettingsError> {
    let members = members.iter().map(|(name, value)| (Some(name.as_str()), value));
    write_members(members, lead, scope, out, secrets)
}

fn write_members<'a>(
    members: impl Iterator<Item = (Option<&'a str>, &'a Body)>,
    lead: Option<char>,
    scope: &dyn Scope,
    out: &mut String,
    secrets: &mut Vec<Range<usize>>,
) -> Result<bool, SettingsError> {
    let (mut separator, mut any) = (lead, false);
    for (name, value) in members {
        let start = out.len();
        out.extend(separator);
        if let Some(name) = name {
            out.push('"');
            Slot::JsonString.write(name, out);
            out.push_str("\":");
        }
        if write_json(value, scope, out, secrets)? {
            (separator, any) = (Some(','), true);
        } else {
            out.truncate(start);
        }
    }
    Ok(any)
}

/// The Basic credentials of all token requests, and every encoding of secrets that is always the same: they are as
/// secret as what is in them.
pub(crate) fn credentials(settings: &Settings) -> Vec<String> {
    let auth = settings.auth();
    let templates = auth.requests().chain(&auth.revoke);
    let basics = templates.filter_map(|template| basic(template.basic.as_ref()?, settings).ok());
    let mut all: Vec<String> = basics.map(|field| field.trim_start_matches("Basic ").to_owned()).collect();
    all.extend((settings.able().encoded)(settings));
    all
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
