//! From text to a tree, and which version it is.

use crate::ImportError;
use serde_json::Value;
use serde_saphyr::{Budget, DuplicateKeyPolicy, Options};

/// What the versions have in different places.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Version {
    /// 2.0, once called Swagger.
    Two,
    /// 3.0 and 3.1.
    Three,
}

/// A document may be this long.
const LARGEST: usize = 64 << 20;
/// And this deep, as `serde_json` has it for JSON.
const DEEPEST: usize = 128;
/// Aliases may stand for this many pieces of text in all.
const MOST_REPEATED: usize = 1_000_000;

pub(crate) fn read(text: &str) -> Result<(Value, Version), ImportError> {
    if text.len() > LARGEST {
        return Err(ImportError::Unreadable(format!("it is longer than {} MiB", LARGEST >> 20)));
    }
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let root: Value = if text.starts_with('{') {
        serde_json::from_str(text).or_else(|error| match error.to_string() {
            deep if deep.contains("recursion limit") => {
                Err(ImportError::Unreadable(format!("it is nested more than {DEEPEST} levels deep")))
            }
            // YAML may begin with a brace, too; where it is neither, JSON is the more likely.
            other => yaml(text).map_err(|_| ImportError::Unreadable(other)),
        })?
    } else {
        yaml(text)?
    };
    let version = version(&root)?;
    Ok((root, version))
}

/// The parser calls itself for each level: what is allowed must fit, whatever stack the caller has left.
const STACK: usize = 256 << 20;

fn yaml(text: &str) -> Result<Value, ImportError> {
    let failed = || ImportError::Unreadable("there is no memory for it".to_owned());
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(STACK);
        let reading = builder.spawn_scoped(scope, || parsed(text)).map_err(|_| failed())?;
        reading.join().unwrap_or_else(|_| Err(failed()))
    })
}

fn parsed(text: &str) -> Result<Value, ImportError> {
    let mut budget = Budget::default();
    budget.max_depth = DEEPEST;
    budget.flow_nesting_limit = DEEPEST;
    budget.max_nodes = 8_000_000;
    budget.max_events = 16_000_000;
    budget.max_documents = 1;
    // An alias bomb is met by how much aliases stand for, and not by how many there are.
    budget.enforce_alias_anchor_ratio = false;
    let mut options = Options::default();
    options.budget = Some(budget);
    options.alias_limits.max_total_replayed_events = MOST_REPEATED;
    options.duplicate_keys = DuplicateKeyPolicy::Error;
    // As YAML 1.2 has it: 'no' and 'on' are words.
    options.strict_booleans = true;
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        // The first line says what and where; an excerpt of the document follows.
        let words = error.to_string();
        let words = words.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
        let words = words.trim_start_matches("error: ");
        ImportError::Unreadable(if words.contains("budget breached") || words.contains("replay limit") {
            format!("it is nested too deep, or its aliases stand for more than any document needs ({words})")
        } else {
            words.to_owned()
        })
    })
}

fn version(root: &Value) -> Result<Version, ImportError> {
    let word = |name: &str| match root.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        // YAML reads an unquoted 2.0 as a number.
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let unknown = |what: String| Err(ImportError::Unknown(what));
    match (word("swagger"), word("openapi")) {
        (Some(version), _) if version.starts_with('2') => Ok(Version::Two),
        (_, Some(version)) if version.starts_with("3.0") || version.starts_with("3.1") || version == "3" => {
            Ok(Version::Three)
        }
        (Some(version), _) => {
            unknown(format!("this is Swagger {version}; versions 2.0, 3.0 and 3.1 are known"))
        }
        (_, Some(version)) => {
            unknown(format!("this is OpenAPI {version}; versions 2.0, 3.0 and 3.1 are known"))
        }
        _ => unknown("this is no OpenAPI document: it has neither 'openapi' nor 'swagger'".to_owned()),
    }
}
