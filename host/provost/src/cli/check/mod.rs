//! `provost check`: everything that files, sections and then loaded providers can tell.

mod explain;
mod finding;
mod in_transit;
mod looking;

use std::fmt::Write as _;
use std::sync::Arc;

use provost_core::config::{ClassName, S3Encryption, SecurityConfiguration, Spanned};
use provost_core::section::ClassKind;
use serde::Serialize;

use super::args::{Check, Global, Output};
use super::configuration;
use super::report::{self, Failure};
use crate::registry::Registry;
use explain::Explained;
use finding::{Finding, Findings};

pub(crate) fn run(command: &Check, global: &Global) -> Result<(), Failure> {
    let mut findings = Findings::default();
    let host = configuration::load_host(global)?;
    findings.warnings("host configuration", host.warnings);
    let host = host.value;
    let security = match configuration::load_security(global, &host)? {
        None => None,
        Some(loaded) => {
            findings.warnings("security configuration", loaded.warnings);
            Some(Arc::new(loaded.value))
        }
    };
    let host = Arc::new(host);
    let registry = Registry::new(Arc::clone(&host), security.clone());
    let explained = command.explain.then(|| explain::explain(&host, &registry));

    findings.libraries(&registry, &host);
    match &security {
        None => findings.warning(
            "security configuration",
            "none is named: nothing says what is encrypted",
            "name one with --security-configuration FILE, or in provost.toml:\n\
             security_configuration = \"security.json\"",
        ),
        Some(security) => {
            findings.capabilities(security);
            findings.kms(security, &host);
            for class in materials_classes(security) {
                findings.class(class, ClassKind::Materials, &registry, &host);
            }
            if let Some(class) = in_transit::tls_class(security) {
                findings.class(class, ClassKind::Tls, &registry, &host);
            }
        }
    }
    if let Some(security) = &security {
        let loads = !command.no_load && !findings.failed();
        if loads {
            findings.load(&host, security, &registry)?;
        }
        if security.in_transit().is_some() {
            let from_provider = loads && in_transit::tls_class(security).is_some();
            let is_at_hand = from_provider
                || in_transit::is_on_disk(security)
                || (loads && in_transit::is_fetched(security));
            findings.in_transit(&host, security, &registry, is_at_hand)?;
        }
    }
    findings.endpoints(&host);
    for policy in host.policies() {
        findings.policy(policy, &host);
    }
    let encrypts = security.is_some_and(|security| {
        let mut all = object_encryptions(&security).map(Spanned::get);
        all.any(|e| matches!(e, S3Encryption::CseCustom(_) | S3Encryption::CseKms { .. }))
    });
    if host.policies().is_empty() && encrypts && !findings.failed() {
        findings.policy(host.policy_for("file:///"), &host);
    }

    match global.output {
        Output::Json => report::json(&Document {
            findings: &findings.0,
            explained,
        })?,
        Output::Text => report::print(text(&findings, explained.as_deref()).trim_end())?,
    }
    match findings.errors() {
        0 => Ok(()),
        1 => Err(Failure::new("the check found 1 error").in_document()),
        count => Err(Failure::new(format!("the check found {count} errors")).in_document()),
    }
}

/// How objects are encrypted: everywhere else, then in the buckets with an override.
fn object_encryptions(
    security: &SecurityConfiguration,
) -> impl Iterator<Item = &Spanned<S3Encryption>> {
    let s3 = security.at_rest().and_then(|at_rest| at_rest.s3());
    s3.into_iter().flat_map(|s3| {
        let overrides = s3.overrides().iter().map(|bucket| &bucket.encryption);
        std::iter::once(s3.encryption()).chain(overrides)
    })
}

/// The key provider classes that the security configuration uses for objects.
fn materials_classes(security: &SecurityConfiguration) -> impl Iterator<Item = &ClassName> {
    let mut seen = Vec::new();
    for encryption in object_encryptions(security) {
        if let S3Encryption::CseCustom(named) = encryption.get()
            && !seen.contains(&named.class.get())
        {
            seen.push(named.class.get());
        }
    }
    seen.into_iter()
}

#[derive(Serialize)]
struct Document<'a> {
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<Vec<Explained>>,
}

fn text(findings: &Findings, explained: Option<&[Explained]>) -> String {
    let mut text: String = findings.0.iter().map(Finding::text).collect();
    if explained.is_some() {
        text.push('\n');
    }
    for Explained {
        name,
        value,
        origin,
    } in explained.unwrap_or_default()
    {
        let _ = writeln!(text, "{name} = {value}  ({origin})");
    }
    text
}
