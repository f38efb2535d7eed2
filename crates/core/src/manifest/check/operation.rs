//! What an operation must mean.

use crate::manifest::Manifest;
use crate::manifest::read::Reader;

pub(super) fn check(manifest: &Manifest, reader: &mut Reader) {
    for (index, operation) in manifest.operations.iter().enumerate() {
        reader.inside("operations", |reader| {
            reader.inside(&index.to_string(), |reader| {
                if manifest.operations[..index].iter().any(|other| other.id == operation.id) {
                    reader.problem_at("id", format!("there are two operations '{}'", operation.id));
                }
            });
        });
    }
}
