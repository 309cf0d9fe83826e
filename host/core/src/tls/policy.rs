//! What a set of artifacts is held against.

use std::sync::Arc;

use super::roots::DefaultRoots;

/// What a set of artifacts is held against: a time, the trusted roots beside its own, the names
/// of the node, and how strict to be.
///
/// The default is what an installation wants: a certificate that trusts itself is refused.
#[derive(Debug, Clone)]
pub struct TlsPolicy {
    now: i64,
    strict: bool,
    proof_of_concept: bool,
    node_names: Vec<String>,
    default_roots: Arc<DefaultRoots>,
}

impl TlsPolicy {
    /// A policy at a time, in seconds since 1970, without roots beside the set's own.
    pub fn at(now: i64) -> Self {
        Self {
            now,
            strict: false,
            proof_of_concept: false,
            node_names: Vec::new(),
            default_roots: Arc::default(),
        }
    }

    /// Makes errors of what is acceptable for a trial only.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Accepts a self-signed certificate that trusts itself, with a warning. Not under a strict
    /// policy.
    #[must_use]
    pub fn allow_proof_of_concept(mut self) -> Self {
        self.proof_of_concept = true;
        self
    }

    /// The names, or addresses, that the certificate has to cover.
    #[must_use]
    pub fn with_node_names(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.node_names = names.into_iter().collect();
        self
    }

    /// The roots that are trusted where the set's own do not lead.
    #[must_use]
    pub fn with_default_roots(mut self, roots: Arc<DefaultRoots>) -> Self {
        self.default_roots = roots;
        self
    }

    /// The time, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Whether what is acceptable for a trial only is refused.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// Whether a self-signed certificate that trusts itself is accepted.
    pub fn accepts_proof_of_concept(&self) -> bool {
        self.proof_of_concept && !self.strict
    }

    /// The names, or addresses, that the certificate has to cover.
    pub fn node_names(&self) -> &[String] {
        &self.node_names
    }

    /// The roots that are trusted where the set's own do not lead.
    pub fn default_roots(&self) -> &DefaultRoots {
        &self.default_roots
    }
}
