//! OpenAPI documents (2.0, 3.0 and 3.1, as JSON or YAML) become connectors: operations, an address, and a proposal of how
//! to authenticate.
//!
//! The document is read as a plain tree and not into the types of an OpenAPI library: no library knows all three
//! versions, and those that there are refuse a whole document for one odd member, of which real documents are full. What
//! an operation needs is little: it is looked up where each version has it, and what cannot be used is left out and told.
//!
//! Nothing is fetched: a reference into another document is left out. References may lead in circles; text may be
//! nested, or repeat itself by aliases, without end: all of that is bounded.

mod address;
mod auth;
mod body;
mod document;
mod merge;
mod names;
mod operations;
mod paging;
mod parameters;
mod read;
mod schema;

pub use merge::merge;

use document::Document;
use grantline_core::Connector;
use grantline_core::json::Json;
use std::fmt;
use thiserror::Error;

/// Which operations are wanted: those that fit one of these, or all if there are none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Options {
    /// `tag:NAME`, `id:NAME`, or the beginning of a path.
    pub only: Vec<String>,
}

/// Why a document could not be imported at all.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ImportError {
    /// It is neither JSON nor YAML, or too deep or too large to be read.
    #[error("the document cannot be read: {0}")]
    Unreadable(String),
    /// It is no OpenAPI document of a version that is known.
    #[error("{0}")]
    Unknown(String),
    /// Nothing in it fits the filter, or nothing could be used.
    #[error("{0}")]
    Nothing(String),
    /// The connector that the operations should go into is none.
    #[error("the connector is not valid: {0}")]
    Connector(String),
}

/// Something that was left out or guessed, and where it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note {
    /// The operation, or the part of the document.
    pub place: String,
    /// What was left out, and why.
    pub message: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// What came of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The connector file.
    pub connector: Json,
    /// How many operations it has.
    pub operations: usize,
    /// What was left out or guessed.
    pub notes: Vec<Note>,
}

/// Makes a connector of a document.
///
/// # Errors
/// The document cannot be read, is of another kind, or has nothing that can be used.
pub fn import(text: &str, options: &Options) -> Result<Imported, ImportError> {
    let (root, version) = read::read(text)?;
    let document = Document::new(&root, version);
    let mut notes = Vec::new();
    let (address, mut operations) = {
        let address = address::find(&document, &mut notes);
        let operations = operations::all(&document, &address, options, &mut notes);
        (address, operations)
    };
    if operations.is_empty() {
        return Err(nothing(&document, options, &notes));
    }
    let scheme = auth::propose(&document, &address, &mut notes);
    let connector = loop {
        let count = operations.len();
        let connector = assemble(&document, &address, &scheme, operations.clone());
        drop_unusable(&connector, &mut operations, &mut notes);
        if operations.len() == count {
            break connector;
        }
    };
    Ok(Imported { connector, operations: operations.len(), notes })
}

fn nothing(document: &Document<'_>, options: &Options, notes: &[Note]) -> ImportError {
    let left_out: String = notes.iter().take(5).map(|note| format!("\n  {note}")).collect();
    ImportError::Nothing(if options.only.is_empty() {
        format!("the document has no operation that can be used{left_out}")
    } else {
        let tags = operations::tags(document).join(", ");
        format!(
            "no operation fits {}; the tags of the document are: {tags}{left_out}",
            options.only.join(", ")
        )
    })
}

fn assemble(
    document: &Document<'_>,
    address: &address::Address,
    scheme: &auth::Proposal,
    operations: Vec<Json>,
) -> Json {
    let info = |name: &str| document.root.pointer(&format!("/info/{name}")).and_then(|value| value.as_str());
    let title = info("title").map(str::trim).filter(|title| !title.is_empty()).unwrap_or("Imported API");
    let mut parameters = address.parameters.clone();
    parameters.extend(scheme.parameters.iter().cloned());
    let mut hosts = address.hosts.clone();
    hosts.extend(scheme.hosts.iter().filter(|host| !address.hosts.contains(host)).cloned());
    let mut members =
        vec![("id".to_owned(), Json::String(names::connector_id(title))), ("title".to_owned(), title.into())];
    if let Some(summary) = info("description").and_then(names::summary) {
        members.push(("summary".to_owned(), Json::String(summary)));
    }
    members.extend([
        ("parameters".to_owned(), Json::Array(parameters)),
        ("base_url".to_owned(), Json::String(address.base_url.clone())),
        ("hosts".to_owned(), Json::Array(hosts)),
        ("auth".to_owned(), scheme.auth.clone()),
        ("operations".to_owned(), Json::Array(operations)),
    ]);
    Json::Object(members)
}

/// The reader of connectors has the last word: an operation that it refuses is left out.
fn drop_unusable(connector: &Json, operations: &mut Vec<Json>, notes: &mut Vec<Note>) {
    let Err(error) = Connector::from_json(&text(connector)) else { return };
    let mut bad: Vec<(usize, String)> = Vec::new();
    for problem in &error.problems {
        let mut steps = problem.pointer.split('/').skip(1);
        match (steps.next(), steps.next().and_then(|step| step.parse().ok())) {
            (Some("operations"), Some(index)) => bad.push((index, problem.message.clone())),
            _ => notes.push(Note { place: problem.pointer.clone(), message: problem.message.clone() }),
        }
    }
    bad.reverse();
    bad.dedup_by_key(|(index, _)| *index);
    for (index, message) in bad {
        if index < operations.len() {
            let operation = operations.remove(index);
            let id = operation.get("id").and_then(Json::as_str).unwrap_or_default();
            notes.push(Note { place: id.to_owned(), message: format!("left out: {message}") });
        }
    }
}

/// A connector as text, for a file.
#[must_use]
pub fn text(connector: &Json) -> String {
    serde_json::to_string_pretty(connector).map(|text| text + "\n").unwrap_or_default()
}
