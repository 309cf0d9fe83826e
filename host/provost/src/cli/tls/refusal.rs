//! A set that is neither installed nor returned to.

use provost_core::tls::{Report, RuleId, TlsPolicy};
use serde::Serialize;

use super::document::SetDocument;
use super::verdict;
use crate::cli::args::{Global, Output};
use crate::cli::report::{self, Failure};

/// What is refused, and what can be done about it.
pub(super) struct Refusal<'a> {
    /// The set's name, for programs.
    pub(super) name: &'a str,
    /// The same, for people, with its verb.
    pub(super) is_refused: String,
    /// What to do if it is a proof of concept, and nothing else is wrong.
    pub(super) proof_of_concept: &'a str,
    /// What to do otherwise.
    pub(super) otherwise: &'a str,
}

#[derive(Serialize)]
struct Document<E> {
    refused: SetDocument,
    error: E,
}

impl Refusal<'_> {
    /// Says what was found.
    pub(super) fn tell(
        &self,
        found: &Report,
        policy: &TlsPolicy,
        global: &Global,
    ) -> Result<(), Failure> {
        let only_itself = found.errors().all(|finding| finding.rule == RuleId::Tru004);
        let hint = if only_itself && !policy.is_strict() {
            self.proof_of_concept
        } else {
            self.otherwise
        };
        let message = format!("{}: {}", self.is_refused, verdict::summary(found));
        let failure = Failure::new(message).hint(hint);
        match global.output {
            Output::Json => {
                report::json(&Document {
                    refused: SetDocument::new(self.name, found),
                    error: failure.document(),
                })?;
                Err(failure.in_document())
            }
            Output::Text => {
                for finding in verdict::findings(found, "") {
                    report::note(&finding);
                }
                Err(failure)
            }
        }
    }
}
