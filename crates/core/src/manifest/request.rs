//! What a manifest says of the requests that are made for a token.

use super::read::{choice, record};
use super::values::{Body, Fields, Many, Named, Place};
use crate::template::Template;

record! {
    /// A token request. At most one of 'form', 'json', 'xml' and 'text' is its body.
    pub struct RequestTemplate {
        /// The method.
        method: Method,
        /// The URL: it begins with a placeholder for the base URL, or with https://.
        url: Template,
        /// Header fields.
        headers: Fields,
        /// Cookies; those without a value are left out.
        cookies: Fields,
        /// The query string.
        query: Fields,
        /// Whether the service wants a secret in the URL, where logs keep it.
        secret_url: bool,
        /// HTTP Basic client authentication.
        basic: Option<Basic>,
        /// A form body.
        form: Option<Fields>,
        /// A JSON body.
        json: Option<Body>,
        /// An XML body. Values are escaped as XML text.
        xml: Option<Template>,
        /// A text body. Values stand in it as they are.
        text: Option<Template>,
        /// How a space is written in the form.
        form_space: FormSpace,
        /// How the answer is written.
        answer: Format,
        /// What is kept of the answer, by name. The requests after this one can use it, and while the token lives also 'apply', 'base_url', 'renew' and 'revoke'.
        captures: Named<Many<Place>>,
        /// Whether a redirect to one of 'hosts' is followed, with all that the request carries.
        follow_redirects: bool,
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

choice! {
    /// How the answer of a token request is written.
    pub enum Format {
        /// JSON.
        Json = "json",
        /// A form, whose members are the members of one object.
        Form = "form",
        /// XML. An element is an object of its children by local name, several of one name are a list, one without children is its text, and '@name' is an attribute; the root is the first step of a place.
        Xml = "xml",
        /// Text: its place is the whole of it, ''.
        Text = "text",
    } else Json
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
        /// A JSON body.
        json: Option<Body>,
    }
}
