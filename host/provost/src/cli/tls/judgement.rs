//! What artifacts are held against: the command line over provost.toml.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use provost_core::config::{HostConfiguration, Origin};
use provost_core::tls::{DefaultRoots, TlsPolicy};

use crate::Error;
use crate::cli::args::Judgement;
use crate::cli::report::{self, Failure};
use crate::trusted_roots::{self, TrustedRootsError};

/// The policy. Reads the default roots.
pub(crate) fn policy(
    judgement: &Judgement,
    host: &HostConfiguration,
) -> Result<TlsPolicy, Failure> {
    let setting = &host.tls.default_roots;
    let source = judgement.default_roots.as_ref().unwrap_or(setting.get());
    let roots = match trusted_roots::load(source) {
        Ok(roots) => roots,
        // Nobody asked for them, and a set may bring its own.
        Err(error) if judgement.default_roots.is_none() && *setting.origin() == Origin::Default => {
            report::warning(&report::chain(&error));
            if let Some(hint) = error.hint() {
                report::note(&report::hint_lines(&hint, "  "));
            }
            DefaultRoots::from_der("native, of which there are none", [])
        }
        Err(error) => return Err(unusable(error, judgement, host)),
    };
    let names = if judgement.node_names.is_empty() {
        host.node_names.get()
    } else {
        &judgement.node_names
    };
    let policy = TlsPolicy::at(now()?)
        .with_default_roots(Arc::new(roots))
        .with_node_names(names.iter().cloned());
    Ok(if judgement.strict || *host.tls.strict {
        policy.strict()
    } else {
        policy
    })
}

/// Underlined where provost.toml names them.
fn unusable(error: TrustedRootsError, judgement: &Judgement, host: &HostConfiguration) -> Failure {
    let span = host.tls.default_roots.span();
    let Some(span) = span.filter(|_| judgement.default_roots.is_none()) else {
        return Error::from(error).into();
    };
    let diagnostic = host.error(span, report::chain(&error));
    Failure::diagnostics(vec![match error.hint() {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }])
}

/// Seconds since 1970.
fn now() -> Result<i64, Failure> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    since
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .ok_or_else(|| {
            Failure::new("this machine's clock is not set").hint("set it, and try again")
        })
}
