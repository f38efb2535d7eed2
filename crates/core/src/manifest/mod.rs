//! The manifest: what a connector file may say. Closed: an unknown key is an error. No code, no expressions.
//!
//! This module decides the format and what makes a file meaningful; it makes no request.

mod check;
pub(crate) mod read;
mod schema;
pub(crate) mod shape;
mod values;

pub use read::{ConnectorError, Problem};
pub(crate) use values::is_header_name;
pub use values::{Body, Fields, Hosts, Scalar};

use crate::json::{Json, Pointer};
use crate::template::Template;
use read::{Read, Reader, choice, one_key, record};

record! {
    /// A connector: how one service hands out tokens and takes them back.
    pub struct Manifest {
        /// The JSON Schema of this format, for editors.
        schema as "$schema": Option<String>,
        /// The name for programs: lower-case letters, digits and '-'.
        id: String,
        /// The name for people.
        title: String,
        /// What the service is, in a sentence.
        summary: Option<String>,
        /// Where the service documents its authentication.
        docs: Option<String>,
        /// The inputs that every way to authenticate needs.
        parameters: Vec<Parameter>,
        /// The address that API paths are joined to.
        base_url: Template,
        /// The hosts that may receive secrets and tokens.
        hosts: Hosts,
        /// How to authenticate, if there is one way.
        auth: Option<Auth>,
        /// The alternative ways to authenticate, if there are several.
        sets: Vec<ParameterSet>,
        /// A harmless API request that proves that the credentials work.
        test: Option<ApiRequest>,
    }
}

record! {
    /// One input of a connection.
    pub struct Parameter {
        /// The name in placeholders and on the command line.
        name: String,
        /// What kind of value it is.
        kind as "type": Kind,
        /// The label for people.
        title: String,
        /// Where to find the value, or what it does.
        help: Option<String>,
        /// Whether it may be left out; a parameter with a default may be, too.
        optional: bool,
        /// The value if none is given.
        default: Option<String>,
        /// The only values that it may have.
        allowed: Vec<String>,
        /// An example, for forms.
        example: Option<String>,
        /// For a list, such as scopes: what stands between its items in a request. People may separate them with spaces, commas or line breaks.
        separator: Option<String>,
    }
}

choice! {
    /// The kinds of connection parameters, named as in Power Platform.
    pub enum Kind {
        /// Text.
        String = "string",
        /// Text that nobody may see.
        SecureString = "securestring",
        /// A whole number.
        Int = "int",
        /// true or false.
        Bool = "bool",
    }
}

record! {
    /// One of several ways to authenticate.
    pub struct ParameterSet {
        /// The name for programs.
        name: String,
        /// The name for people.
        title: String,
        /// The inputs that only this way needs.
        parameters: Vec<Parameter>,
        /// How to authenticate.
        auth: Auth,
    }
}

record! {
    /// The rules of the token's life.
    pub struct Auth {
        /// A token that the person brings: a pasted access token, or the first refresh token.
        seed: Option<Seed>,
        /// The request for the first grant. Without it, a refused renewal needs a person.
        acquire: Option<RequestTemplate>,
        /// The request for a renewal; without it, a new grant is acquired. It is used while the tokens that it names are at hand.
        renew: Option<RequestTemplate>,
        /// Whether a renewal may be sent again when its answer was lost.
        replay: Replay,
        /// Where 'replay' is unsafe: for so long after a renewal was sent, the server takes the same one again.
        grace_seconds: Option<u64>,
        /// Where things stand in the answer of a token request.
        token: Option<TokenRule>,
        /// Where things stand in a refusal, and what it means.
        errors: Option<ErrorRule>,
        /// The request that ends a token.
        revoke: Option<RequestTemplate>,
        /// Statuses with which 'revoke' says that the token has ended already.
        revoked_statuses: Vec<u16>,
        /// How an API request carries the token.
        apply: Apply,
        /// How the API says that it no longer takes the token, beside status 401.
        rejected: Option<RejectedRule>,
        /// How long before its end a token is renewed, at most; never more than half of its life. 300 if absent.
        renew_before_seconds: Option<u64>,
        /// How long before a person must act they are warned. One day if absent.
        warn_before_seconds: Option<u64>,
    }
}

choice! {
    /// What happens to a refresh token when it is used.
    pub enum Replay {
        /// It still works: a lost answer does no harm.
        Safe = "safe",
        /// It may have been spent: using it again can end the whole grant.
        Unsafe = "unsafe",
    } else Unsafe
}

record! {
    /// Tokens that the person brings.
    pub struct Seed {
        /// The access token.
        access_token: Option<Template>,
        /// When it was made: an ISO 8601 date, or seconds since 1970. If absent, the moment it is first used.
        issued_at: Option<Template>,
        /// How long it lives.
        lifetime_seconds: Option<u64>,
        /// The refresh token.
        refresh_token: Option<Template>,
    }
}

record! {
    /// A token request. At most one of 'form', 'json' and 'text' is its body.
    pub struct RequestTemplate {
        /// The method.
        method: Method,
        /// The URL: it begins with a placeholder for the base URL, or with https://.
        url: Template,
        /// Header fields.
        headers: Fields,
        /// The query string.
        query: Fields,
        /// HTTP Basic client authentication.
        basic: Option<Basic>,
        /// A form body.
        form: Option<Fields>,
        /// A JSON body.
        json: Option<Body>,
        /// A text body.
        text: Option<Template>,
        /// How a space is written in the form.
        form_space: FormSpace,
    }
}

choice! {
    /// How a space is written in a form.
    pub enum FormSpace {
        /// As every form does.
        Plus = "+",
        /// For servers that do not read a form as one.
        Percent = "%20",
    } else Plus
}

choice! {
    /// The methods of token requests.
    pub enum Method {
        /// GET
        Get = "GET",
        /// POST
        Post = "POST",
        /// PUT
        Put = "PUT",
        /// PATCH
        Patch = "PATCH",
        /// DELETE
        Delete = "DELETE",
    }
}

record! {
    /// HTTP Basic authentication (RFC 7617).
    pub struct Basic {
        /// The user name, or the client id.
        user: Template,
        /// The password, or the client secret.
        password: Template,
        /// How both are encoded before they are joined.
        encoding: BasicEncoding,
    }
}

choice! {
    /// How the parts of Basic credentials are encoded. Servers disagree about RFC 6749, section 2.3.1.
    pub enum BasicEncoding {
        /// Percent-encoded, a space as %20.
        Percent = "percent",
        /// As in a form, a space as +.
        Form = "form",
        /// As they are.
        Raw = "raw",
    } else Percent
}

record! {
    /// Where things stand in the answer of a token request.
    pub struct TokenRule {
        /// The access token.
        value: Pointer,
        /// The refresh token. An empty or absent one leaves the present one in place.
        refresh_token: Option<Pointer>,
        /// How the end of the access token is found: the first rule that finds one counts. None means unknown.
        expiry: Vec<Expiry>,
        /// How the end of the refresh token is found.
        refresh_expiry: Vec<Expiry>,
        /// How the answer is written.
        format: Format,
    }
}

choice! {
    /// How the answer of a token request is written.
    pub enum Format {
        /// JSON.
        Json = "json",
        /// A form, whose members are the members of one object.
        Form = "form",
    } else Json
}

one_key! {
    /// One way to find the end of a token.
    pub enum Expiry {
        /// Remaining seconds at this place: a number or a numeric string. A negative one is no answer.
        Seconds as "seconds" (Pointer),
        /// Remaining milliseconds at this place.
        Milliseconds as "milliseconds" (Pointer),
        /// A date as seconds since 1970 at this place.
        EpochSeconds as "epoch_seconds" (Pointer),
        /// A date as milliseconds since 1970 at this place.
        EpochMilliseconds as "epoch_milliseconds" (Pointer),
        /// A date as ISO 8601 writes it at this place, with its zone: 2026-11-22T09:00:00Z.
        Date as "date" (Pointer),
        /// The 'exp' of the JSON Web Token at this place.
        Jwt as "jwt" (Pointer),
        /// Always so many seconds.
        Fixed as "fixed_seconds" (u64),
    }
}

record! {
    /// Where things stand in a refusal, and what it means.
    pub struct ErrorRule {
        /// Places of the server's error code; the first that holds something counts.
        code: Vec<Pointer>,
        /// Places of its message.
        message: Vec<Pointer>,
        /// The header with the server's name for the request.
        request_id_header: Option<String>,
        /// Statuses that mean 'try later', beside 408, 425, 429 and 5xx.
        later_statuses: Vec<u16>,
        /// Codes that stand in an answer that is none of a refusal, beside '0'.
        success_codes: Vec<String>,
    }
}

record! {
    /// How the API says that it no longer takes the token.
    pub struct RejectedRule {
        /// Statuses that say so by themselves.
        statuses: Vec<u16>,
        /// What says so in a body.
        bodies: Vec<RejectedBody>,
    }
}

record! {
    /// A body that says that the token is no longer taken. No more than 64 KiB of a body are looked at.
    pub struct RejectedBody {
        /// With which statuses such a body comes.
        statuses: Vec<u16>,
        /// Where one of the words stands in the JSON of the body. If absent, they may stand anywhere in its text.
        at: Option<Pointer>,
        /// The words.
        words: Vec<String>,
    }
}

record! {
    /// How an API request carries the token.
    pub struct Apply {
        /// Header fields.
        headers: Fields,
        /// The query string.
        query: Fields,
    }
}

record! {
    /// An API request.
    pub struct ApiRequest {
        /// The method.
        method: Method,
        /// The path below the base URL.
        path: String,
        /// Header fields.
        headers: Fields,
    }
}

impl Manifest {
    /// Reads a connector file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ConnectorError> {
        let json = Json::parse(text).map_err(|error| ConnectorError {
            problems: vec![Problem { pointer: String::new(), message: format!("not JSON: {error}") }],
        })?;
        let mut reader = Reader::default();
        if reader.walk(&json, Self::SHAPE) {
            let manifest = Self::read(Some(&json));
            check::check(&manifest, &mut reader);
            if reader.problems.is_empty() {
                return Ok(manifest);
            }
        }
        Err(ConnectorError { problems: reader.problems })
    }

    /// The ways to authenticate: the sets, or the one `auth` without a name.
    pub fn ways(&self) -> impl Iterator<Item = (Option<&ParameterSet>, &Auth)> {
        let single = self.auth.iter().map(|auth| (None, auth));
        single.chain(self.sets.iter().map(|set| (Some(set), &set.auth)))
    }
}
