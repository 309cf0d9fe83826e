//! Roots that are trusted beside the ones that a set brings along.

mod error;
mod java;
mod pem;

use std::collections::HashMap;

pub use self::error::RootsError;
pub use self::java::JAVA_PASSWORD;

use super::Certificate;

/// The default trusted roots: what Java calls its `cacerts`.
#[derive(Debug, Clone, Default)]
pub struct DefaultRoots {
    name: String,
    roots: Vec<Certificate>,
    by_subject: HashMap<Vec<u8>, Vec<usize>>,
    skipped: usize,
}

impl DefaultRoots {
    /// Roots from DER. `name` says where they are from, for messages. What does not parse is
    /// skipped, and counted: one bad root of a system must not make the others unusable.
    pub fn from_der<'a>(
        name: impl Into<String>,
        roots: impl IntoIterator<Item = &'a [u8]>,
    ) -> Self {
        let mut found = Self {
            name: name.into(),
            ..Self::default()
        };
        for der in roots {
            match Certificate::parse(der) {
                Ok(root) => {
                    let subject = root.subject().raw().to_vec();
                    let at = found.roots.len();
                    found.by_subject.entry(subject).or_default().push(at);
                    found.roots.push(root);
                }
                Err(_) => found.skipped += 1,
            }
        }
        found
    }

    /// A file without a root is a mistake.
    fn not_empty(self) -> Result<Self, RootsError> {
        match (self.roots.is_empty(), self.skipped) {
            (false, _) => Ok(self),
            (true, 0) => Err(RootsError::Empty),
            (true, count) => Err(RootsError::NoneParses { count }),
        }
    }

    /// Where they are from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All of them.
    pub fn roots(&self) -> &[Certificate] {
        &self.roots
    }

    /// How many did not parse.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// The roots of one name.
    pub(crate) fn of_subject(&self, subject: &[u8]) -> impl Iterator<Item = &Certificate> {
        let found = self.by_subject.get(subject);
        found
            .into_iter()
            .flatten()
            .filter_map(|at| self.roots.get(*at))
    }
}
