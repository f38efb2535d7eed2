//! Which names are known at which place of a connector.

use crate::error::DidYouMean;
use crate::manifest::read::Reader;
use crate::manifest::{Auth, Kind, Parameter};
use crate::names::nearest;
use crate::template::Template;

/// The tokens at hand.
pub(super) const TOKENS: [&str; 2] = ["accessToken", "refreshToken"];

pub(super) fn no_parameter(name: &str, nearest: Option<&str>) -> String {
    format!("there is no parameter '{name}'{}", DidYouMean(nearest))
}

/// One way to authenticate, and the parameters that it has.
pub(super) struct Scope<'a> {
    shared: &'a [Parameter],
    own: &'a [Parameter],
    pub(super) auth: &'a Auth,
}

impl<'a> Scope<'a> {
    pub(super) const fn new(shared: &'a [Parameter], own: &'a [Parameter], auth: &'a Auth) -> Self {
        Self { shared, own, auth }
    }

    pub(super) fn all_parameters(&self) -> impl Iterator<Item = &'a Parameter> {
        self.shared.iter().chain(self.own)
    }

    /// The parameters and nothing else.
    pub(super) const fn parameters(&self) -> Known<'_> {
        Known { scope: self, tokens: &[], captures: Vec::new(), values: 0 }
    }

    /// The parameters, and what is made from them.
    pub(super) fn inputs(&self) -> Known<'_> {
        Known { values: self.auth.values.len(), ..self.parameters() }
    }
}

/// What can be named at one place.
#[derive(Clone)]
pub(super) struct Known<'a> {
    pub(super) scope: &'a Scope<'a>,
    tokens: &'static [&'static str],
    captures: Vec<&'a str>,
    /// How many of the values, from the first.
    values: usize,
}

impl<'a> Known<'a> {
    pub(super) fn with_tokens(self, tokens: &'static [&'static str]) -> Self {
        Self { tokens, ..self }
    }

    /// With all that any request captures.
    pub(super) fn with_captures(self) -> Self {
        Self { captures: self.scope.auth.captured().collect(), ..self }
    }

    /// With what these capture, too.
    pub(super) fn and_captures(mut self, names: impl Iterator<Item = &'a str>) -> Self {
        self.captures.extend(names);
        self
    }

    /// With the first values only: a value uses those before it.
    pub(super) const fn with_values(mut self, values: usize) -> Self {
        self.values = values;
        self
    }

    pub(super) fn captured(&self, name: &str) -> bool {
        self.captures.contains(&name)
    }

    fn parameter(&self, name: &str) -> Option<&'a Parameter> {
        self.scope.all_parameters().find(|parameter| parameter.name == name)
    }

    /// The templates of a value, and how many values stand before it.
    fn value(&self, name: &str) -> Option<(usize, Vec<&'a Template>)> {
        let mut values = self.scope.auth.values.iter().enumerate();
        let (index, (_, derived)) = values.find(|(_, (known, _))| known == name)?;
        Some((index, derived.templates()))
    }

    /// What is in the way of this name, if it is not known here.
    fn obstacle(&self, name: &str) -> Option<String> {
        if self.parameter(name).is_some() || self.tokens.contains(&name) || self.captured(name) {
            return None;
        }
        if let Some((index, templates)) = self.value(name) {
            if index >= self.values {
                return Some(format!("'{name}' is not at hand here: a value uses only those before it"));
            }
            let earlier = self.clone().with_values(index);
            let mut inputs = templates.iter().flat_map(|template| template.names());
            return inputs.find_map(|input| {
                earlier.obstacle(input)?;
                Some(format!("'{name}' needs '{input}', which is not at hand here"))
            });
        }
        if TOKENS.contains(&name) {
            return Some(format!("'{{{name}}}' is not at hand here: there is no token yet"));
        }
        if self.scope.auth.captured().any(|captured| captured == name) {
            return Some(format!("'{{{name}}}' is not at hand here: only a later request captures it"));
        }
        let parameters = self.scope.all_parameters().map(|parameter| parameter.name.as_str());
        let values = self.scope.auth.values.iter().map(|(name, _)| name.as_str());
        let all =
            parameters.chain(self.tokens.iter().copied()).chain(self.captures.iter().copied()).chain(values);
        Some(no_parameter(name, nearest(name, all)))
    }

    pub(super) fn is_secret(&self, name: &str) -> bool {
        let entered =
            |name: &str| self.parameter(name).is_some_and(|parameter| parameter.kind == Kind::SecureString);
        entered(name) || TOKENS.contains(&name) || self.made_of(name, &entered)
    }

    /// Whether a value is made of something of which this is true.
    fn made_of(&self, name: &str, test: &dyn Fn(&str) -> bool) -> bool {
        let Some((index, templates)) = self.value(name) else { return false };
        let earlier = self.clone().with_values(index);
        index < self.values
            && templates
                .iter()
                .flat_map(|template| template.names())
                .any(|input| test(input) || earlier.made_of(input, test))
    }

    /// The values that these templates use, with those that they are made of.
    pub(super) fn values_in(&self, templates: &[&'a Template]) -> Vec<usize> {
        let mut found = Vec::new();
        let mut names: Vec<&str> = templates.iter().flat_map(|template| template.names()).collect();
        while let Some(name) = names.pop() {
            if let Some((index, templates)) = self.value(name).filter(|(index, _)| !found.contains(index)) {
                found.push(index);
                names.extend(templates.iter().flat_map(|template| template.names()));
            }
        }
        found
    }

    /// Every name in the templates is known here.
    pub(super) fn check(&self, templates: &[&Template], reader: &mut Reader) {
        for name in templates.iter().flat_map(|template| template.names()) {
            if let Some(problem) = self.obstacle(name) {
                reader.problem(problem);
            }
        }
    }
}
