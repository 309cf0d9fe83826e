//! Where generations are installed, and what they are held against on the way.

use provost_core::config::{FileOwner, HostConfiguration, Setting};
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
            Failure::usage("a proof of concept is asked for, and the policy is strict").hint(
                "leave out --proof-of-concept, or --strict and `[tls] strict` of provost.toml",
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
    let owner = owner.or(host.tls.owner.as_ref().map(Setting::get));
    let owner = owner.map(|owner| {
        let text = owner.to_string();
        text.parse::<Owner>().map_err(|error| {
            Failure::new(format!("the owner of the private key: {error}"))
                .hint("name a user of this machine: USER or USER:GROUP, names or numbers")
        })
    });
    let wait = place.wait.map_or(LockWait::No, LockWait::UpTo);
    Ok(Installation::at(directory)
        .with_owner(owner.transpose()?)
        .with_wait(wait))
}
