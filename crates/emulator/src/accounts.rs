//! The accounts a client may use. They are made up, fixed, and shown to everybody: this is a test server.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::system::System;

/// What a client needs to use each system.
#[derive(Clone, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Accounts {
    /// By system.
    pub systems: BTreeMap<System, Account>,
}

impl Accounts {
    /// The account of a system.
    pub fn of(&self, system: System) -> &Account {
        &self.systems[&system]
    }
}

/// What a client needs to use one system.
#[derive(Clone, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Where the system is.
    pub base_url: String,
    /// Connection parameters by name, the base URL among them.
    pub parameters: BTreeMap<&'static str, String>,
    /// Appspace: the key to be sent instead of an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
    /// Appspace: the header in which the key is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_header: Option<String>,
    /// Workstream: the token that was made in the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub console_token: Option<String>,
}

impl Account {
    pub(crate) fn new(base_url: &str, parameters: &[(&'static str, &str)]) -> Self {
        let mut all: BTreeMap<_, _> = parameters.iter().map(|&(name, value)| (name, value.into())).collect();
        all.insert("baseUrl", base_url.into());
        Self { base_url: base_url.into(), parameters: all, ..Self::default() }
    }
}
