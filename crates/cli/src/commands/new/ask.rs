//! What must be known of a service: from flags, or from the person at the terminal.

use crate::args::{Credentials, New};
use crate::failure::Failure;
use clap::ValueEnum;
use dialoguer::{Input, Select};
use std::io::{IsTerminal, stderr, stdin};

/// All that a connector is written from.
pub(super) struct Answers {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) base_url: String,
    pub(super) credentials: Credentials,
    /// The whole URL; none if a person pastes a token.
    pub(super) token_url: Option<String>,
    /// The name of the header that carries the token, and its value.
    pub(super) header: (String, String),
    pub(super) test_path: String,
}

const BEARER: &str = "bearer";

/// One thing to be asked for.
struct Question<'a> {
    /// What it is for. The line to type on stays short, so that it fits.
    about: &'a str,
    prompt: &'a str,
    default: Option<&'a str>,
    wrong: fn(&str) -> Option<&'static str>,
}

const NAME: Question<'_> =
    Question { about: "The name for people.", prompt: "Title", default: None, wrong: |_| None };
const BASE_URL: Question<'_> = Question {
    about: "Where the API is: https://api.acme.com, or https://{tenant}.acme.com,\nor {baseUrl} if everyone has their own.",
    prompt: "Base URL",
    default: None,
    wrong: |url| (!is_url(url)).then_some("it begins with https:// or with a name in braces"),
};
const TOKEN_URL: Question<'_> = Question {
    about: "Where tokens are asked for: a URL, or a path below the base URL.",
    prompt: "Token URL",
    default: Some("/oauth/token"),
    wrong: |url| (!url.starts_with('/') && !is_url(url)).then_some("it begins with https:// or with '/'"),
};
const HEADER: Question<'_> = Question {
    about: "How requests carry the token: bearer, the name of a header,\nor \"NAME: VALUE {accessToken}\".",
    prompt: "Header",
    default: Some(BEARER),
    wrong: |header| header_of(header).is_err().then_some("the value needs {accessToken} in it"),
};
const TEST_PATH: Question<'_> = Question {
    about: "A harmless path of the API, to prove that the credentials work.",
    prompt: "Test path",
    default: Some("/me"),
    wrong: |path| (!path.starts_with('/')).then_some("it begins with '/'"),
};

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with('{')
}

pub(super) fn answers(options: &New, id: &str) -> Result<Answers, Failure> {
    if !attended() {
        complain(options)?;
    }
    let given =
        |flag: &Option<String>, question: &Question<'_>| flag.clone().map_or_else(|| question.ask(), Ok);
    let title = given(&options.title, &Question { default: Some(&title(id)), ..NAME })?;
    let base_url = given(&options.base_url, &BASE_URL)?.trim_end_matches('/').to_owned();
    let credentials = options.credentials.map_or_else(choose, Ok)?;
    let token_url = match credentials {
        Credentials::Pasted => None,
        _ => Some(given(&options.token_url, &TOKEN_URL)?),
    };
    let header = given(&options.header, &HEADER)?;
    let test_path = given(&options.test_path, &TEST_PATH)?;
    Ok(Answers {
        id: id.to_owned(),
        title,
        token_url: token_url.map(|url| if url.starts_with('/') { format!("{base_url}{url}") } else { url }),
        base_url,
        credentials,
        header: header_of(&header)?,
        test_path,
    })
}

/// Without a terminal nobody can be asked.
fn complain(options: &New) -> Result<(), Failure> {
    let pasted = options.credentials == Some(Credentials::Pasted);
    let missing: Vec<&str> = [
        ("--base-url", options.base_url.is_none()),
        ("--credentials", options.credentials.is_none()),
        ("--token-url", options.token_url.is_none() && !pasted),
    ]
    .into_iter()
    .filter_map(|(flag, missing)| missing.then_some(flag))
    .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::Usage(format!("there is no terminal to ask at: give {}", missing.join(", "))))
}

/// Whether there is someone to ask.
fn attended() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

impl Question<'_> {
    /// Without a terminal the default stands.
    fn ask(&self) -> Result<String, Failure> {
        if let (false, Some(default)) = (attended(), self.default) {
            return Ok(default.to_owned());
        }
        eprintln!("{}", self.about);
        let wrong = self.wrong;
        let mut input = Input::<String>::new()
            .with_prompt(self.prompt)
            .validate_with(move |typed: &String| wrong(typed).map_or(Ok(()), Err));
        if let Some(default) = self.default {
            input = input.default(default.to_owned());
        }
        input.interact_text().map_err(|error| broken_off(&error))
    }
}

fn choose() -> Result<Credentials, Failure> {
    let kinds = Credentials::value_variants();
    let label = |kind: &Credentials| {
        let value = kind.to_possible_value();
        value.and_then(|value| Some(value.get_help()?.to_string())).unwrap_or_default()
    };
    let labels: Vec<String> = kinds.iter().map(label).collect();
    let chosen = Select::new()
        .with_prompt("How the credentials are sent")
        .items(&labels)
        .default(0)
        .interact()
        .map_err(|error| broken_off(&error))?;
    Ok(kinds[chosen])
}

fn broken_off(error: &dialoguer::Error) -> Failure {
    Failure::Machine(format!("nothing was written: {error}"))
}

fn header_of(typed: &str) -> Result<(String, String), Failure> {
    let whole = "{accessToken}";
    if typed.eq_ignore_ascii_case(BEARER) {
        return Ok(("authorization".to_owned(), format!("Bearer {whole}")));
    }
    match typed.split_once(':') {
        None => Ok((typed.trim().to_ascii_lowercase(), whole.to_owned())),
        Some((name, value)) if value.contains(whole) => {
            Ok((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        }
        Some((name, value)) => {
            let (name, value) = (name.trim(), value.trim());
            Err(Failure::Usage(format!(
                "the header needs a place for the token, as in '{name}: {value} {whole}'"
            )))
        }
    }
}

/// `my-service` as `My Service`.
fn title(id: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    id.split('-').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_named_in_three_ways() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(header_of("Bearer").unwrap(), pair("authorization", "Bearer {accessToken}"));
        assert_eq!(header_of("X-Api-Key").unwrap(), pair("x-api-key", "{accessToken}"));
        assert_eq!(
            header_of("Authorization: Token {accessToken}").unwrap(),
            pair("authorization", "Token {accessToken}")
        );
        assert!(header_of("Authorization: Token").is_err());
    }

    #[test]
    fn ids_become_titles() {
        assert_eq!(title("my-service-2"), "My Service 2");
        assert_eq!(title(""), "");
    }
}
