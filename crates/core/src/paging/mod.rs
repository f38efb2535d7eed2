//! The pages of an operation: what must be seen of each answer, and the request for the next.
//!
//! The bodies stay with the adapter, which says what stands in the places that are [`Wanted`]. Whatever a server
//! answers, paging ends: no cursor and no address is followed twice, and there is a last page in any case.

mod seen;

pub use seen::{Seen, Wanted};

use crate::call::resolve;
use crate::error::Error;
use crate::json::Json;
use crate::link;
use crate::manifest::{Operation, Paging, ParameterPlace, Place};
use crate::operation::{self, OperationRequest};
use crate::render::Values;
use crate::settings::Settings;
use crate::url::Url;
use std::sync::Arc;

/// So many pages are followed; more are an error.
const MOST_PAGES: u32 = 100_000;

/// An operation with its arguments, page by page.
#[derive(Clone, Debug)]
pub struct Pages {
    settings: Arc<Settings>,
    arguments: Vec<(String, Json)>,
    request: OperationRequest,
    /// How many pages were seen.
    count: u32,
    /// How many items the first of them had.
    first: usize,
    /// The number of the page, or of its first item.
    at: u64,
    /// Cursors and addresses that were followed, in order of the eight bytes of their hash that are kept: there may be
    /// many.
    followed: Vec<[u8; 8]>,
}

impl Pages {
    /// An operation with these arguments: see [`Settings::operation`].
    ///
    /// # Errors
    /// As [`Settings::operation`].
    pub fn new(settings: Arc<Settings>, id: &str, arguments: Vec<(String, Json)>) -> Result<Self, Error> {
        let request = settings.operation(id, &arguments)?;
        let (count, first, at, followed) = (0, 0, 0, Vec::new());
        let mut pages = Self { settings, arguments, request, count, first, at, followed };
        pages.at = match pages.operation()?.paging.as_ref() {
            Some(Paging::Page(rule)) => pages.number(&rule.parameter)?.or(rule.first).unwrap_or(1),
            Some(Paging::Offset(rule)) => pages.number(&rule.parameter)?.or(rule.first).unwrap_or(0),
            _ => 0,
        };
        Ok(pages)
    }

    /// The request for the page that comes next.
    #[must_use]
    pub const fn request(&self) -> &OperationRequest {
        &self.request
    }

    /// What must be seen of its answer.
    ///
    /// # Errors
    /// The connector does not say how this operation is paged.
    pub fn wanted(&self) -> Result<Wanted<'_>, Error> {
        let Some(paging) = &self.operation()?.paging else {
            return Err(self.broken("the connector does not say how: call the operation itself"));
        };
        let (items, next, total, more) = match paging {
            Paging::Cursor(rule) => (&rule.items, rule.next.0.clone(), None, rule.more.as_ref()),
            Paging::NextUrl(rule) => (&rule.items, rule.next.0.clone(), None, None),
            Paging::LinkHeader(rule) => (&rule.items, vec![Place::Header("link".to_owned())], None, None),
            Paging::Page(rule) => (&rule.items, Vec::new(), rule.pages.as_ref(), None),
            Paging::Offset(rule) => (&rule.items, Vec::new(), rule.total.as_ref(), None),
        };
        Ok(Wanted { items, next, total, more })
    }

    /// Takes what was seen of a page. Whether there is a next one; then [`Pages::request`] is the request for it.
    ///
    /// # Errors
    /// The answer is no page, or the next one may not be asked for.
    pub fn next(&mut self, seen: &Seen) -> Result<bool, Error> {
        if self.is_past_the_end(seen.status) {
            return Ok(false);
        }
        let wanted = self.wanted()?;
        let Some(items) = seen.items else {
            return Err(self.broken(format!("the answer has no list at '{}'", wanted.items)));
        };
        let Some(next) = self.follow(seen, items)? else { return Ok(false) };
        self.count += 1;
        if self.count >= MOST_PAGES {
            return Err(self.broken(format!("there is no end after {MOST_PAGES} pages")));
        }
        if self.count == 1 {
            self.first = items;
        }
        self.request = next;
        Ok(true)
    }

    /// Whether an answer with this status says that the page before was the last one: numbered pages end like this at
    /// some services. Such an answer is no failure, and holds no items.
    #[must_use]
    pub fn is_past_the_end(&self, status: u16) -> bool {
        let counted =
            |operation: &Operation| matches!(operation.paging, Some(Paging::Page(_) | Paging::Offset(_)));
        status == 404 && self.count > 0 && self.operation().is_ok_and(counted)
    }

    /// The request for the page after this one.
    fn follow(&mut self, seen: &Seen, items: usize) -> Result<Option<OperationRequest>, Error> {
        let settings = self.settings.clone();
        let operation = operation::find(&settings, &self.request.id)?;
        let instead = match &operation.paging {
            Some(Paging::Cursor(rule)) if seen.more != Some(false) => {
                self.fresh(seen.next.clone()).map(|cursor| (rule.parameter.as_str(), cursor))
            }
            Some(Paging::NextUrl(_)) => return self.address(seen, seen.next.as_deref()),
            Some(Paging::LinkHeader(_)) => {
                return self.address(seen, seen.next.as_deref().and_then(link::next).as_deref());
            }
            Some(Paging::Page(rule)) => {
                let last = seen.total.is_some_and(|pages| self.at >= pages);
                self.at = self.at.saturating_add(1);
                let more = !last && self.is_full(items, rule.size_parameter.as_deref())?;
                more.then(|| (rule.parameter.as_str(), self.at.to_string()))
            }
            Some(Paging::Offset(rule)) => {
                self.at = self.at.saturating_add(items as u64);
                let seen_all = |total| self.at.saturating_sub(rule.first.unwrap_or(0)) >= total;
                let last = seen.total.is_some_and(seen_all);
                let more = !last && self.is_full(items, rule.size_parameter.as_deref())?;
                more.then(|| (rule.parameter.as_str(), self.at.to_string()))
            }
            Some(Paging::Cursor(_)) | None => None,
        };
        let next = |instead| operation::request(&settings, operation, &self.arguments, Some(instead));
        Ok(instead.map(next).transpose()?)
    }

    /// Whether a page has so many items that there may be more.
    fn is_full(&self, items: usize, size: Option<&str>) -> Result<bool, Error> {
        if items == 0 || self.count > 0 {
            return Ok(items > 0 && items >= self.first);
        }
        let Some(size) = size else { return Ok(true) };
        let default = self.default(size)?.and_then(|text| text.parse().ok());
        // Of more than the connector itself asks for, the service may give less.
        let asked = self.number(size)?.filter(|asked| default.is_some_and(|default| *asked <= default));
        Ok(asked.is_none_or(|asked| items as u64 >= asked))
    }

    /// The cursor or address, if it was not followed before.
    fn fresh(&mut self, next: Option<String>) -> Option<String> {
        let next = next.filter(|next| !next.is_empty())?;
        let [a, b, c, d, e, f, g, h, ..] = hmac_sha256::Hash::hash(next.as_bytes());
        let mark = [a, b, c, d, e, f, g, h];
        let at = self.followed.binary_search(&mark).err()?;
        self.followed.insert(at, mark);
        Some(next)
    }

    /// The request for the page at this address. Whether the token may go there is asked when a call is made of it.
    fn address(&mut self, seen: &Seen, next: Option<&str>) -> Result<Option<OperationRequest>, Error> {
        let Some(next) = next.map(str::trim).filter(|next| !next.is_empty()) else { return Ok(None) };
        let here = match seen.url.clone().filter(|url| !url.is_empty()) {
            Some(url) => url,
            None => resolve(Values::of(&self.settings), &self.request.target)?,
        };
        let token = &self.settings.auth().apply.query;
        let plain = |url: &str| link::without(url, |name| token.has(name));
        let url = plain(&link::join(&here, next));
        // What is no URL would be taken for a path.
        let broken = |problem| self.broken(format!("the address of the next one {problem}"));
        Url::parse(&url).map_err(broken)?;
        if url == plain(&here) {
            return Ok(None);
        }
        Ok(self.fresh(Some(url)).map(|target| OperationRequest { target, ..self.request.clone() }))
    }

    fn operation(&self) -> Result<&Operation, Error> {
        Ok(operation::find(&self.settings, &self.request.id)?)
    }

    fn default(&self, parameter: &str) -> Result<Option<&str>, Error> {
        let own = self.operation()?.parameters.iter();
        let mut own = own.filter(|own| own.name == parameter && own.place == ParameterPlace::Query);
        Ok(own.find_map(|own| own.default.as_deref()))
    }

    /// The value of a parameter that is a number, given or by default.
    fn number(&self, parameter: &str) -> Result<Option<u64>, Error> {
        let given = self.arguments.iter().find(|(name, value)| name == parameter && *value != Json::Null);
        Ok(match given {
            Some((_, Json::String(text))) => text.parse().ok(),
            Some((_, value)) => value.as_u64(),
            None => self.default(parameter)?.and_then(|text| text.parse().ok()),
        })
    }

    fn broken(&self, problem: impl Into<String>) -> Error {
        Error::Pages { operation: self.request.id.clone(), problem: problem.into() }
    }
}
