//! The table of patterns that Node reads, too.

use super::{matches, read};
use serde_json::Value;

#[test]
fn patterns_are_read_as_javascript_reads_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/patterns.json");
    let table: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let texts = |row: &Value, name: &str| -> Vec<String> {
        row[name].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let readable = table["read"].as_array().unwrap();
    assert!(readable.len() > 30);
    for row in readable {
        let pattern = row["pattern"].as_str().unwrap();
        assert_eq!(read(pattern).err(), None, "{pattern}");
        for (name, matching) in [("yes", true), ("no", false)] {
            for value in texts(row, name) {
                assert_eq!(matches(pattern, &value), matching, "{pattern} with {value:?}");
            }
        }
    }
    let refused = table["refused"].as_array().unwrap();
    assert!(refused.len() > 30);
    for row in refused {
        let (pattern, problem) = (row["pattern"].as_str().unwrap(), row["problem"].as_str().unwrap());
        let said = read(pattern).unwrap_err();
        assert!(said.starts_with(problem), "{pattern}: {said}");
        assert!(!matches(pattern, "a"), "{pattern}");
    }
}
