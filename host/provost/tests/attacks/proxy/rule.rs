//! Which requests meet a fault.

use std::ops::RangeInclusive;
use std::sync::Arc;

use hyper::Method;

use super::{Asked, Fault};

/// A rule: the requests that fit it, which of them meet the fault, and the fault.
pub(crate) struct On {
    fits: Box<dyn Fn(&Asked) -> bool + Send>,
    which: RangeInclusive<usize>,
    seen: usize,
    fault: Arc<Fault>,
}

impl On {
    /// Every request that `fits`.
    pub(crate) fn request(fits: impl Fn(&Asked) -> bool + Send + 'static) -> Self {
        Self {
            fits: Box::new(fits),
            which: 1..=usize::MAX,
            seen: 0,
            fault: Arc::new(Fault::None),
        }
    }

    /// Every request of this method for this key, without a query or with the `x-id` of the SDK.
    pub(crate) fn object(method: Method, key: &str) -> Self {
        let end = format!("/{key}");
        Self::request(move |asked| {
            let plain = asked.query.is_empty()
                || (asked.query.starts_with("x-id=") && !asked.query.contains('&'));
            asked.method == method && asked.path.ends_with(&end) && plain
        })
    }

    /// Every read of this key's body.
    pub(crate) fn get(key: &str) -> Self {
        Self::object(Method::GET, key)
    }

    /// Every upload of this key in one request.
    pub(crate) fn put(key: &str) -> Self {
        Self::object(Method::PUT, key)
    }

    /// Every upload of this part of a key.
    pub(crate) fn part(key: &str, number: u32) -> Self {
        let end = format!("/{key}");
        Self::request(move |asked| {
            asked.path.ends_with(&end) && asked.part().is_some_and(|part| part.0 == number)
        })
    }

    /// Every start of an upload in parts of this key.
    pub(crate) fn create(key: &str) -> Self {
        let end = format!("/{key}");
        Self::request(move |asked| {
            asked.method == Method::POST
                && asked.path.ends_with(&end)
                && asked.parameter("uploads").is_some()
        })
    }

    /// Every completion of an upload in parts of this key.
    pub(crate) fn complete(key: &str) -> Self {
        let end = format!("/{key}");
        Self::request(move |asked| {
            asked.method == Method::POST
                && asked.path.ends_with(&end)
                && asked.parameter("uploadId").is_some()
        })
    }

    /// Only these of them, counted from 1.
    pub(crate) fn nth(mut self, which: RangeInclusive<usize>) -> Self {
        self.which = which;
        self
    }

    /// Only the first of them.
    pub(crate) fn once(self) -> Self {
        self.nth(1..=1)
    }

    /// What goes wrong.
    pub(crate) fn fault(mut self, fault: Fault) -> Self {
        self.fault = Arc::new(fault);
        self
    }

    /// Counts the request if it fits; the fault if it is one of those that meet it.
    pub(super) fn due(&mut self, asked: &Asked) -> Option<Arc<Fault>> {
        if !(self.fits)(asked) {
            return None;
        }
        self.seen += 1;
        self.which
            .contains(&self.seen)
            .then(|| Arc::clone(&self.fault))
    }
}
