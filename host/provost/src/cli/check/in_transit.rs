//! What is looked at of TLS artifacts: their provider, the artifacts, what is installed.

use std::sync::Arc;

use provost_core::config::{
    CertificateSource, ClassName, HostConfiguration, Location, SecurityConfiguration,
};
use provost_core::tls::{self, Severity, TlsArtifacts, TlsPolicy};

use super::finding::{Finding, Findings, Level};
use crate::artifacts::Collected;
use crate::cli::args::Judgement;
use crate::cli::report::{self, Failure};
use crate::cli::tls::judgement;
use crate::cli::tls::verdict::{Places, is_proof_of_concept};
use crate::install::Installation;
use crate::registry::Registry;
use crate::{Error, Host};

/// The class that has the TLS artifacts, if one has them.
pub(super) fn tls_class(security: &SecurityConfiguration) -> Option<&ClassName> {
    match security.in_transit()?.certificates().get() {
        CertificateSource::Custom(named) => Some(named.class.get()),
        _ => None,
    }
}

/// Whether nothing has to be loaded, or fetched, to have the TLS artifacts.
pub(super) fn is_on_disk(security: &SecurityConfiguration) -> bool {
    let source = security.in_transit().map(|it| it.certificates().get());
    matches!(source, Some(CertificateSource::Pem { zip }) if matches!(zip.get(), Location::File(_)))
}

/// Where artifacts come from, in words; an error is what is not supported yet.
pub(super) fn source(source: &CertificateSource) -> Result<String, &'static str> {
    match source {
        CertificateSource::Custom(named) => {
            Ok(format!("in transit: artifacts from {}", named.class.get()))
        }
        CertificateSource::Pem { zip } => match zip.get() {
            Location::File(path) => Ok(format!("in transit: artifacts from `{}`", path.display())),
            _ => Err("in transit: artifacts from a remote zip"),
        },
        _ => Err("in transit: artifacts of this kind"),
    }
}

impl Findings {
    /// The artifacts that would be installed now.
    pub(super) fn artifacts(
        &mut self,
        configuration: &Arc<HostConfiguration>,
        security: &Arc<SecurityConfiguration>,
        registry: &Registry,
    ) -> Result<(), Failure> {
        let policy = match judgement::policy(&Judgement::default(), configuration) {
            Ok(policy) => policy.allow_proof_of_concept(),
            Err(failure) => {
                self.failure("TLS artifacts", failure);
                return Ok(());
            }
        };
        let host = Host::builder()
            .configuration(Arc::clone(configuration))
            .security_configuration(Arc::clone(security))
            .build()?;
        match host.tls_files() {
            Err(error) => self.error("TLS artifacts".to_owned(), &error, registry),
            Ok(found) => self.verdict(found, &policy),
        }
        Ok(())
    }

    fn verdict(&mut self, found: Collected, policy: &TlsPolicy) {
        let subject = format!("TLS artifacts of `{}`", found.name);
        let report = TlsArtifacts::validate(found.raw, policy).report;
        if let Some(certificate) = report.chain.first().filter(|_| report.is_accepted()) {
            let how = if is_proof_of_concept(&report) {
                "accepted as a proof of concept only"
            } else {
                "accepted"
            };
            let until = tls::moment(certificate.not_after());
            self.ok(
                &subject,
                format!("{how}: {}, until {until}", certificate.name()),
            );
        }
        let mut places = Places::default();
        for finding in report.errors().chain(report.warnings()) {
            let level = match finding.severity {
                Severity::Error => Level::Error,
                Severity::Warning => Level::Warning,
            };
            let place = places.behind_rule(&finding.place);
            let message = format!("{}{place}: {}", finding.rule, finding.message);
            self.add(Finding::new(level, &subject, message).hint(finding.hint.clone()));
        }
    }

    /// Why something could not be looked at.
    fn failure(&mut self, subject: &str, failure: Failure) {
        let (message, hint, place) = failure.into_parts();
        self.add(match place {
            Some(diagnostic) => Finding::at(Level::Error, subject, diagnostic),
            None => Finding::new(Level::Error, subject, message).hint(hint),
        });
    }

    /// Which generation is in force.
    pub(super) fn installed(&mut self, configuration: &HostConfiguration) {
        let directory = configuration.tls.directory.get();
        let subject = format!("TLS directory `{}`", directory.display());
        match Installation::at(directory).current() {
            Ok(Some(generation)) => {
                let message = format!("generation {} is in force", generation.number());
                self.ok(&subject, message);
            }
            Ok(None) => self.warning(
                &subject,
                "nothing is installed",
                "`provost tls install` installs what the security configuration names",
            ),
            Err(error) => {
                let error = Error::from(error);
                let finding = Finding::new(Level::Error, &subject, report::chain(&error));
                self.add(finding.hint(error.hint()));
            }
        }
    }
}
