//! The manifest: what a connector file may say. Closed: an unknown key is an error. No code, no expressions.
//!
//! This module decides the format and what makes a file meaningful; it makes no request.

mod auth;
mod check;
mod derive;
mod lint;
mod operation;
pub(crate) mod read;
mod request;
mod schema;
pub(crate) mod shape;
mod values;

pub use auth::*;
pub use derive::*;
pub use lint::check;
pub use operation::*;
pub use read::{ConnectorError, Problem, Severity};
pub use request::*;
pub(crate) use values::is_header_name;
pub use values::{Anything, Body, Fields, Host, Many, Named, Needed, Place, Scalar};

use crate::ability;
use crate::json::Json;
use crate::template::Template;
use read::{Read, Reader, choice, record};

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
        hosts: Needed<Vec<Host>>,
        /// How to authenticate, if there is one way.
        auth: Option<Auth>,
        /// The alternative ways to authenticate, if there are several.
        sets: Vec<ParameterSet>,
        /// A harmless API request that proves that the credentials work.
        test: Option<ApiRequest>,
        /// The API's requests by name.
        operations: Vec<Operation>,
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
        /// A regular expression that the whole value must match, of what ECMA-262 and Rust both know.
        pattern: Option<String>,
        /// What the pattern asks for, in words.
        pattern_help: Option<String>,
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
        /// The address that API paths are joined to, if it is another one for this way.
        base_url: Option<Template>,
        /// A harmless API request that proves that the credentials work, if it is another one for this way.
        test: Option<ApiRequest>,
        /// How to authenticate.
        auth: Auth,
    }
}

impl Manifest {
    /// Reads a connector file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ConnectorError> {
        let json = Json::parse(text).map_err(|error| ConnectorError::of(format!("not JSON: {error}")))?;
        let mut reader = Reader::default();
        if reader.walk(&json, Self::SHAPE) {
            let manifest = Self::read(Some(&json), &ability::ALL);
            check::check(&manifest, &mut reader);
            if reader.problems.is_empty() {
                return Ok(manifest);
            }
        }
        Err(ConnectorError { problems: reader.problems })
    }

    /// Reads a connector file that was checked before.
    pub(crate) fn trusted(text: &str) -> Result<Self, ConnectorError> {
        // The words for what is not JSON weigh more than this would ever help.
        let json = Json::parse(text).map_err(|_| ConnectorError::of("not JSON".to_owned()))?;
        Ok(Self::read(Some(&json), &ability::PLAIN))
    }

    /// The ways to authenticate: the sets, or the one `auth` without a name.
    pub fn ways(&self) -> impl Iterator<Item = (Option<&ParameterSet>, &Auth)> {
        let single = self.auth.iter().map(|auth| (None, auth));
        single.chain(self.sets.iter().map(|set| (Some(set), &set.auth)))
    }
}
