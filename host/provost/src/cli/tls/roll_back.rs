//! `provost tls rollback`: the previous generation, if it still holds.

use std::path::Path;

use provost_core::tls::{Report, TlsArtifacts};
use serde::Serialize;

use super::document::SetDocument;
use super::refusal::Refusal;
use super::{place, verdict};
use crate::Error;
use crate::cli::args::{Global, Output, TlsRollback};
use crate::cli::configuration;
use crate::cli::report::{self, Failure};
use crate::install::RollbackError;

pub(super) fn run(command: &TlsRollback, global: &Global) -> Result<(), Failure> {
    let host = configuration::host(global)?;
    let policy = place::policy(&command.place, &command.judgement, &host)?;
    let installation =
        place::installation(&command.place, None, &host)?.with_command("provost tls rollback");
    let rolled_back = installation.rollback(|raw| {
        let found = TlsArtifacts::validate(raw, &policy);
        match found.artifacts {
            Some(_) => Ok(found.report),
            None => Err(Box::new(found.report)),
        }
    });
    let rolled_back = match rolled_back {
        Ok(rolled_back) => rolled_back,
        Err(RollbackError::Install(error)) => return Err(Error::from(error).into()),
        Err(RollbackError::Refused { generation, reason }) => {
            let name = format!("generation {generation}");
            let refusal = Refusal {
                name: &name,
                is_refused: format!("{name} is refused"),
                proof_of_concept: "nothing was changed; for a proof of concept, return to it with \
                                   --proof-of-concept",
                otherwise: "nothing was changed; install artifacts that hold",
            };
            return refusal.tell(&reason, &policy, global);
        }
    };
    for warning in &rolled_back.warnings {
        report::warning(warning);
    }
    let (generation, previous) = (rolled_back.generation, rolled_back.previous);
    let replaced = rolled_back.replaced;
    let found: &Report = &rolled_back.validated;
    match global.output {
        Output::Json => report::json(&Document {
            generation,
            path: &rolled_back.path,
            previous,
            set: SetDocument::new(&format!("generation {generation}"), found),
        }),
        Output::Text => {
            for finding in verdict::findings(found, "") {
                report::note(&finding);
            }
            let kept = match previous {
                Some(_) => "is kept: another rollback returns to it",
                None => "is damaged or gone: no rollback returns to it",
            };
            report::print(&report::one_line(&format!(
                "generation {generation} in {} is in force again; generation {replaced} {kept}",
                rolled_back.path.display()
            )))
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    generation: u64,
    path: &'a Path,
    previous: Option<u64>,
    set: SetDocument,
}
