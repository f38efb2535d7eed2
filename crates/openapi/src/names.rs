//! Names that a connector may have, made of those in a document.

/// The id of a connector.
pub(crate) fn connector_id(title: &str) -> String {
    let dashed: String =
        title.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let id = dashed.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    let id = id.trim_start_matches(|c: char| !c.is_ascii_lowercase()).to_owned();
    if id.is_empty() { "imported-api".to_owned() } else { id }
}

/// The id of an operation: that of the document as far as it can be one, or else its method and path in words.
pub(crate) fn operation_id(given: Option<&str>, method: &str, path: &str) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let id: String = given.unwrap_or_default().chars().map(|c| if legal(c) { c } else { '_' }).collect();
    let id = id.trim_matches('_').trim_start_matches(|c: char| !c.is_ascii_alphabetic()).to_owned();
    if !id.is_empty() {
        return id;
    }
    let mut id = capitalized(&method.to_ascii_lowercase());
    for segment in path.split('/') {
        if let Some(name) = segment.strip_prefix('{') {
            id.push_str("By");
            id.push_str(&words(name));
        } else {
            id.push_str(&words(segment));
        }
    }
    id
}

/// `user-accounts` as `UserAccounts`.
fn words(text: &str) -> String {
    text.split(|c: char| !c.is_ascii_alphanumeric()).map(capitalized).collect()
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// A name that a placeholder may have.
pub(crate) fn placeholder(name: &str) -> String {
    let legal: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let legal = legal.trim_matches('_');
    match legal.chars().next() {
        None => "value".to_owned(),
        Some(first) if first.is_ascii_alphabetic() => legal.to_owned(),
        Some(_) => format!("p{legal}"),
    }
}

/// The one of these names that is not taken: itself, or with a number behind it.
pub(crate) fn unique(name: String, taken: impl Fn(&str) -> bool) -> String {
    if !taken(&name) {
        return name;
    }
    let mut numbered = (2_usize..).map(|number| format!("{name}{number}"));
    numbered.find(|name| !taken(name)).unwrap_or(name)
}

/// Longer words are for a page of documentation.
const LONGEST: usize = 200;

/// A line of plain text: the first sentence or line of a description, without markup.
pub(crate) fn summary(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let plain: String = line.trim_start_matches(['#', '>', '*', ' ']).replace(['`', '\t'], "");
    let mut short: String = plain.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if short.len() < plain.len() {
        short.push('…');
    }
    (!short.trim().is_empty()).then(|| short.trim().to_owned())
}
