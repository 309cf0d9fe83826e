//! A set, how it is looked at, and what must be found.

use std::sync::Arc;

use provost_core::tls::{
    DefaultRoots, RawTlsFiles, RuleId, Severity, TlsArtifacts, TlsPolicy, Verdict, bundle,
};

use super::{Files, NOW};

/// A rule, and with which weight it is found.
pub(crate) type Found = (RuleId, Severity);

/// The rule is an error.
pub(crate) const fn error(rule: RuleId) -> Found {
    (rule, Severity::Error)
}

/// The rule is a warning.
pub(crate) const fn warning(rule: RuleId) -> Found {
    (rule, Severity::Warning)
}

/// What a set comes in.
#[derive(Clone)]
pub(crate) enum Source {
    Files(Files),
    Zip(Vec<u8>),
}

/// A set, how it is looked at, and what must be found.
///
/// `RULE/fires` is the set that is about a rule, `RULE/near-miss` one that is almost as wrong and
/// must not be found so. What follows in the name tells several of a kind apart.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) policy: TlsPolicy,
    /// All that must be found, and nothing else, in the order of the rules.
    pub(crate) expected: Vec<Found>,
}

impl Case {
    /// At [`NOW`], under the default policy with a proof of concept allowed.
    pub(crate) fn new(name: &str, files: Files, expected: &[Found]) -> Self {
        Self::from(name, Source::Files(files), expected)
    }

    /// A set in a zip.
    pub(crate) fn zip(name: &str, zip: Vec<u8>, expected: &[Found]) -> Self {
        Self::from(name, Source::Zip(zip), expected)
    }

    fn from(name: &str, source: Source, expected: &[Found]) -> Self {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        Self {
            name: name.to_owned(),
            source,
            policy: TlsPolicy::at(NOW).allow_proof_of_concept(),
            expected,
        }
    }

    /// With default roots.
    pub(crate) fn with_roots(self, roots: &[&[u8]]) -> Self {
        let roots = DefaultRoots::from_der("corpus", roots.iter().copied());
        assert_eq!(roots.skipped(), 0, "{}", self.name);
        Self {
            policy: self.policy.with_default_roots(Arc::new(roots)),
            ..self
        }
    }

    /// With names that the certificate has to cover.
    pub(crate) fn with_node_names(self, names: &[&str]) -> Self {
        let names = names.iter().map(|name| (*name).to_owned());
        Self {
            policy: self.policy.with_node_names(names),
            ..self
        }
    }

    /// Under a strict policy.
    pub(crate) fn strict(self) -> Self {
        Self {
            policy: self.policy.strict(),
            ..self
        }
    }

    /// As it is handed to the host.
    pub(crate) fn raw(&self) -> RawTlsFiles {
        match &self.source {
            Source::Files(files) => files.raw(),
            Source::Zip(zip) => bundle::read(zip),
        }
    }

    pub(crate) fn validate(&self) -> Verdict {
        TlsArtifacts::validate(self.raw(), &self.policy)
    }

    pub(crate) fn is_accepted(&self) -> bool {
        !self.expected.iter().any(|(_, s)| *s == Severity::Error)
    }
}
