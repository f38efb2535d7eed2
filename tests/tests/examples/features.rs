//! Which features of the format a connector file uses: whatever has a name in the JSON Schema, each word of a choice,
//! and a list where one thing may stand, too. Properties that take the same are one feature in this: a word that is
//! understood in one place is understood in the others.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What fewer than two of the services need, and why it is in the format.
pub(crate) const UNUSED: [(&str, &str); 35] = [
    ("ApiRequest.headers: several", "a service may want a field twice; a header never"),
    ("Basic.encoding: percent", "the default: nobody writes it"),
    ("Encode.from", "base64 of bytes that are given as hex or PEM; hashes are more common"),
    ("Encode.from: base64", "Microsoft alone gives out keys of shared access signatures that are base64"),
    ("Encode.from: hex", "Ghost alone gives out a key that is hex"),
    ("Encode.from: text", "the default: nobody writes it"),
    ("Encode.to: base64url", "Microsoft alone wants a thumbprint in it; 'jwt' writes it by itself"),
    ("Encode.to: hex", "the default of hashes"),
    ("Encode.to: upper_hex", "signatures over a whole request want it, which are not to be had yet"),
    ("Expiry.days_hours_minutes", "Tableau alone writes it"),
    ("Expiry.duration", "ISO 8601 has it beside the date"),
    ("Expiry.hours", "between minutes and days"),
    ("Expiry.hours_minutes_seconds", "what is not Tableau's is written like this"),
    ("Expiry.http_date", "the date of cookies, and of '.expires' beside a lifetime in seconds"),
    ("Expiry.minutes", "SAP Business One alone tells minutes"),
    ("HmacSha256.key_from", "Microsoft alone gives out keys of shared access signatures that are base64"),
    ("Jwt.key_from", "Ghost alone gives out a key that is hex"),
    ("Now.format: compact", "signatures over a whole request want it, which are not to be had yet"),
    ("Now.format: compact_date", "signatures over a whole request want it, which are not to be had yet"),
    ("Now.format: epoch_milliseconds", "Ably alone wants it in a token request"),
    ("Now.format: http", "signatures over a whole request want it, which are not to be had yet"),
    ("Now.format: iso", "signatures over a whole request want it, which are not to be had yet"),
    ("Now.format: iso_milliseconds", "signatures over a whole request want it, which are not to be had yet"),
    ("Now.quoted", "for JSON that wants numbers in quotes"),
    ("Offset.first", "Esri alone counts items from one"),
    ("OperationParameter.type: string", "the default: nobody writes it"),
    ("Random.to: base64", "beside base64url"),
    ("Random.to: digits", "for nonces that are numbers"),
    ("RequestTemplate.answer: form", "GitHub alone still answers so, unless it is asked for JSON"),
    ("RequestTemplate.answer: json", "the default: nobody writes it"),
    ("RequestTemplate.follow_redirects", "one provider of 173 redirects its token request"),
    ("RequestTemplate.form_space", "for servers that do not read a form as one"),
    ("RequestTemplate.form_space: %20", "for servers that do not read a form as one"),
    ("RequestTemplate.form_space: +", "the default: nobody writes it"),
    ("Signs.statuses", "statuses mean what they say wherever we looked; codes do not"),
];

/// The features of the format, each with the files that use it.
pub(crate) struct Features {
    schema: Value,
    /// The first property of those that take the same, by what they take.
    groups: BTreeMap<String, String>,
    table: BTreeMap<String, BTreeSet<String>>,
}

impl Features {
    /// Everything that the schema names.
    pub(crate) fn of(schema: &Value) -> Self {
        let mut features = Self { schema: schema.clone(), groups: BTreeMap::new(), table: BTreeMap::new() };
        for (name, definition) in schema["$defs"].as_object().unwrap() {
            for (key, property) in definition["properties"].as_object().into_iter().flat_map(Map::iter) {
                let feature = format!("{name}.{key}");
                for part in [property, &property["additionalProperties"]] {
                    if let Some(kind) = kind(part) {
                        let first = features.groups.entry(kind).or_insert_with(|| feature.clone());
                        let parts = words(part).into_iter().chain(takes_list(part).then_some(SEVERAL));
                        let parts = parts.map(|part| (format!("{first}: {part}"), BTreeSet::new()));
                        features.table.extend(parts.collect::<Vec<_>>());
                    }
                }
                features.table.insert(feature, BTreeSet::new());
            }
        }
        features
    }

    /// Notes what `file` uses.
    pub(crate) fn add(&mut self, id: &str, file: &Value) {
        let root = serde_json::json!({ "$ref": self.schema["$ref"] });
        self.walk(id, &root, file);
    }

    /// The features in the order of their names.
    pub(crate) fn table(&self) -> &BTreeMap<String, BTreeSet<String>> {
        &self.table
    }

    fn note(&mut self, id: &str, feature: String) {
        self.table.entry(feature).or_default().insert(id.to_owned());
    }

    /// Notes a part of what a property takes.
    fn note_part(&mut self, id: &str, schema: &Value, part: &str) {
        let first = kind(schema).and_then(|kind| self.groups.get(&kind).cloned());
        self.note(id, format!("{}: {part}", first.unwrap_or_default()));
    }

    fn walk(&mut self, id: &str, schema: &Value, value: &Value) {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            let properties = self.schema["$defs"][name]["properties"].clone();
            for (key, value) in value.as_object().into_iter().flatten() {
                if let Some(property) = properties.get(key) {
                    self.note(id, format!("{name}.{key}"));
                    self.walk(id, property, value);
                }
            }
            return;
        }
        if takes_list(schema) && value.is_array() {
            self.note_part(id, schema, SEVERAL);
        }
        if let Some(word) = words(schema).into_iter().find(|word| value.as_str() == Some(word)) {
            self.note_part(id, schema, word);
        }
        for one in alternatives(schema) {
            self.walk(id, one, value);
        }
        for item in value.as_array().into_iter().flatten() {
            self.walk(id, &schema["items"], item);
        }
        if schema["additionalProperties"].is_object() {
            for (_, value) in value.as_object().into_iter().flatten() {
                self.walk(id, &schema["additionalProperties"], value);
            }
        }
    }
}

const SEVERAL: &str = "several";

/// What tells properties apart that take different words, or lists of different things.
fn kind(schema: &Value) -> Option<String> {
    let words = words(schema);
    let list = || takes_list(schema).then(|| schema["anyOf"].to_string());
    if words.is_empty() { list() } else { Some(words.join(" ")) }
}

/// The words of a choice.
fn words(schema: &Value) -> Vec<&str> {
    schema["oneOf"].as_array().into_iter().flatten().filter_map(|one| one["const"].as_str()).collect()
}

fn takes_list(schema: &Value) -> bool {
    alternatives(schema).iter().any(|one| one["type"] == "array")
}

fn alternatives(schema: &Value) -> Vec<&Value> {
    schema["anyOf"].as_array().into_iter().flatten().collect()
}
