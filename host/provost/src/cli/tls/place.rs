//! Where generations are installed, and what they are held against on the way.

use provost_core::config::{FileOwner, HostConfiguration};
use provost_core::tls::TlsPolicy;

use super::judgement;
use crate::cli::args::{Judgement, Place};
use crate::cli::report::Failure;
use crate::install::{Installation, LockWait, Owner};

/// The policy of an installation.
pub(super) fn policy(
    place: &Place,
    judgement: &Judgement,
    host: &HostConfiguration,
) -> Result<TlsPolicy, Failure> {
    let policy = judgement::policy(judgement, host)?;
    if !place.proof_of_concept {
        return Ok(policy);
    }
    if policy.is_strict() {
        return Err(
            Failure::usage("a proof of concept is asked for, and provost.toml is strict").hint(
                "leave out --proof-of-concept, or `strict = true` below [tls] in provost.toml",
            ),
        );
    }
    Ok(policy.allow_proof_of_concept())
}

/// The installation that the command line or provost.toml names.
pub(super) fn installation(
    place: &Place,
    owner: Option<&FileOwner>,
    host: &HostConfiguration,
) -> Result<Installation, Failure> {
    let directory = place.directory.as_ref().unwrap_or(host.tls.directory.get());
    let owner = match (owner, &host.tls.owner) {
        (Some(owner), _) => Some((owner, None)),
        (None, Some(setting)) => Some((setting.get(), setting.span())),
        (None, None) => None,
    };
    let owner = owner.map(|(owner, span)| {
        owner.to_string().parse::<Owner>().map_err(|error| {
            let message = format!("the owner of the private key: {error}");
            let hint = "name a user of this machine: USER or USER:GROUP, names or numbers";
            match span {
                Some(span) => Failure::diagnostics(vec![host.error(span, message).hint(hint)]),
                None => Failure::new(message).hint(hint),
            }
        })
    });
    let wait = place.wait.map_or(LockWait::No, LockWait::UpTo);
    Ok(Installation::at(directory)
        .with_owner(owner.transpose()?)
        .with_wait(wait))
}
