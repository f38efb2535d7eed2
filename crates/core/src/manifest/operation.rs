//! What a manifest says of the API's own requests.

use super::read::{choice, one_key, record};
use super::request::Method;
use super::values::{Anything, Fields, Many, Place};
use crate::json::Pointer;
use crate::template::Template;

record! {
    /// An API request with a name.
    pub struct Operation {
        /// The name for programs: letters, digits, '_', '-' and '.', a letter first.
        id: String,
        /// What it does, in a line.
        summary: Option<String>,
        /// What it does, at length.
        description: Option<String>,
        /// The method.
        method: Method,
        /// The path below the base URL; a placeholder is a parameter of the operation that stands in the path, or of the connection.
        path: Template,
        /// Header fields that are always sent; a placeholder is a parameter of the connection.
        headers: Fields,
        /// What the caller gives.
        parameters: Vec<OperationParameter>,
        /// The body that the caller gives.
        body: Option<OperationBody>,
        /// Statuses of success: any from 200 to 299 if nothing else is said.
        success_statuses: Vec<u16>,
        /// How further pages are asked for.
        paging: Option<Paging>,
        /// The JSON Schema of the answer, for tools.
        returns: Option<Anything>,
    }
}

record! {
    /// One input of an operation.
    pub struct OperationParameter {
        /// Its name in the request, and for the caller.
        name: String,
        /// Where it stands.
        place as "in": ParameterPlace,
        /// What kind of value it is.
        kind as "type": ParameterKind,
        /// The label for people.
        title: Option<String>,
        /// What it does.
        help: Option<String>,
        /// Whether it must be given.
        required: bool,
        /// The value if none is given.
        default: Option<String>,
        /// The only values that it may have.
        allowed: Vec<String>,
        /// For a list: what stands between its items. If absent, the parameter is repeated for each.
        separator: Option<String>,
    }
}

choice! {
    /// Where the parameter of an operation stands.
    pub enum ParameterPlace {
        /// In the path.
        Path = "path",
        /// In the query string.
        Query = "query",
        /// In a header field.
        Header = "header",
    }
}

choice! {
    /// The kinds of an operation's parameters.
    pub enum ParameterKind {
        /// Text.
        String = "string",
        /// A whole number.
        Int = "int",
        /// Any number.
        Number = "number",
        /// true or false.
        Bool = "bool",
        /// A list of texts.
        List = "list",
    } else String
}

record! {
    /// The body of an operation.
    pub struct OperationBody {
        /// Its content type: application/json if nothing else is said.
        content_type: Option<String>,
        /// Whether it must be given.
        required: bool,
        /// What it is for.
        help: Option<String>,
        /// Its JSON Schema, for tools.
        schema: Option<Anything>,
    }
}

one_key! {
    /// How further pages are asked for.
    pub enum Paging {
        /// The answer holds a cursor, which goes into a parameter of the next request.
        Cursor as "cursor" (Cursor),
        /// The answer holds the address of the next page.
        NextUrl as "next_url" (NextUrl),
        /// The answer's Link header holds the address of the next page (RFC 8288).
        LinkHeader as "link_header" (LinkHeader),
        /// Pages are numbered.
        Page as "page" (Page),
        /// Pages are found by how many items stand before them.
        Offset as "offset" (Offset),
    }
}

record! {
    /// Pages by a cursor. There are no more when it is absent or empty, when it is that of the page before, or when
    /// 'more' is false.
    pub struct Cursor {
        /// The items in the answer.
        items: Pointer,
        /// The cursor in the answer.
        next: Many<Place>,
        /// The query parameter that takes it.
        parameter: String,
        /// Whether there are more, in the answer: true or false.
        more: Option<Pointer>,
    }
}

record! {
    /// Pages by the next one's address. There are no more when it is absent or empty, or that of the page before. A
    /// relative address is resolved; one of a host that may not have the token is an error.
    pub struct NextUrl {
        /// The items in the answer.
        items: Pointer,
        /// The address in the answer.
        next: Many<Place>,
    }
}

record! {
    /// Pages by a Link header. There are no more when it has no 'next'.
    pub struct LinkHeader {
        /// The items in the answer.
        items: Pointer,
    }
}

record! {
    /// Numbered pages. There are no more when a page is empty, when one after the first holds fewer items than the first
    /// or is answered with 404, or when 'pages' says so.
    pub struct Page {
        /// The items in the answer.
        items: Pointer,
        /// The query parameter with the number of the page.
        parameter: String,
        /// The number of the first page: 1 if nothing else is said.
        first: Option<u64>,
        /// The query parameter that says how many items make a page. A first page with fewer is the last one, if no more
        /// were asked for than the parameter's default: of a larger number the service may give less.
        size_parameter: Option<String>,
        /// How many pages there are, in the answer.
        pages: Option<Pointer>,
    }
}

record! {
    /// Pages by their first item. There are no more when a page is empty, when one after the first holds fewer items than
    /// the first or is answered with 404, or when 'total' says so.
    pub struct Offset {
        /// The items in the answer.
        items: Pointer,
        /// The query parameter with the place of the page's first item.
        parameter: String,
        /// What stands there for the first item: 0 if nothing else is said, 1 in SCIM.
        first: Option<u64>,
        /// The query parameter that says how many items make a page. A first page with fewer is the last one, if no more
        /// were asked for than the parameter's default: of a larger number the service may give less.
        size_parameter: Option<String>,
        /// How many items there are in all, in the answer.
        total: Option<Pointer>,
    }
}
