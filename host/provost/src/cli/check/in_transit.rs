//! What is looked at of TLS artifacts: their provider, the artifacts, what is installed.

use std::sync::Arc;

use provost_core::config::{
    CertificateSource, ClassName, HostConfiguration, Location, SecurityConfiguration,
};
use provost_core::tls::{self, Report, Severity, TlsArtifacts, TlsPolicy};

use super::finding::{Finding, Findings, Level};
use crate::Error;
use crate::artifacts::Collected;
use crate::cli::args::Judgement;
use crate::cli::report::{self, Failure};
use crate::cli::tls::judgement;
use crate::cli::tls::verdict::{Places, is_proof_of_concept};
use crate::cli::workers;
use crate::install::{Installation, InstalledGeneration};
use crate::registry::Registry;

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

/// Whether they are fetched from S3.
pub(super) fn is_fetched(security: &SecurityConfiguration) -> bool {
    let source = security.in_transit().map(|it| it.certificates().get());
    matches!(source, Some(CertificateSource::Pem { zip }) if matches!(zip.get(), Location::S3(_)))
}

/// Where artifacts come from, in words; an error is what is not supported yet.
pub(super) fn source(source: &CertificateSource) -> Result<String, &'static str> {
    match source {
        CertificateSource::Custom(named) => {
            Ok(format!("in transit: artifacts from {}", named.class.get()))
        }
        CertificateSource::Pem { zip } => match zip.get() {
            Location::File(path) => Ok(format!("in transit: artifacts from `{}`", path.display())),
            Location::S3(_) => Ok(format!(
                "in transit: artifacts fetched from `{}`",
                zip.get()
            )),
            _ => Err("in transit: artifacts from a zip in memory"),
        },
        _ => Err("in transit: artifacts of this kind"),
    }
}

impl Findings {
    /// The artifacts that would be installed now, if they can be had here, and those that are.
    pub(super) fn in_transit(
        &mut self,
        configuration: &Arc<HostConfiguration>,
        security: &Arc<SecurityConfiguration>,
        registry: &Registry,
        is_at_hand: bool,
    ) -> Result<(), Failure> {
        let policy = match judgement::policy(&Judgement::default(), configuration) {
            Ok(policy) => Some(policy.allow_proof_of_concept()),
            Err(failure) => {
                self.failure("TLS artifacts", failure);
                None
            }
        };
        let wanted = match policy.as_ref().filter(|_| is_at_hand) {
            Some(policy) => self.artifacts(configuration, security, registry, policy)?,
            None => None,
        };
        self.installed(configuration, policy.as_ref(), wanted.as_ref());
        Ok(())
    }

    /// What validation says of the artifacts that would be installed now.
    fn artifacts(
        &mut self,
        configuration: &Arc<HostConfiguration>,
        security: &Arc<SecurityConfiguration>,
        registry: &Registry,
        policy: &TlsPolicy,
    ) -> Result<Option<Report>, Failure> {
        let host = workers::host()
            .configuration(Arc::clone(configuration))
            .security_configuration(Arc::clone(security))
            .build()?;
        Ok(match host.tls_files() {
            Err(error) => {
                self.error("TLS artifacts".to_owned(), &error, registry);
                None
            }
            Ok(Collected { name, raw, .. }) => {
                let subject = format!("TLS artifacts of `{name}`");
                let report = TlsArtifacts::validate(raw, policy).report;
                self.verdict(&subject, "", &report);
                Some(report)
            }
        })
    }

    /// `lead` comes before what is accepted.
    fn verdict(&mut self, subject: &str, lead: &str, report: &Report) {
        if let Some(certificate) = report.chain.first().filter(|_| report.is_accepted()) {
            let how = if is_proof_of_concept(report) {
                "accepted as a proof of concept only"
            } else {
                "accepted"
            };
            let until = tls::moment(certificate.not_after());
            self.ok(
                subject,
                format!("{lead}{how}: {}, until {until}", certificate.name()),
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
            self.add(Finding::new(level, subject, message).hint(finding.hint.clone()));
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

    /// Which generation is in force, and whether it still holds. What was said of the artifacts
    /// that would be installed is not said again of the same ones.
    fn installed(
        &mut self,
        configuration: &HostConfiguration,
        policy: Option<&TlsPolicy>,
        wanted: Option<&Report>,
    ) {
        let directory = configuration.tls.directory.get();
        let subject = format!("TLS directory `{}`", directory.display());
        let current = Installation::at(directory).current();
        let read = |generation: InstalledGeneration| Ok((generation.number(), generation.read()?));
        match current.and_then(|current| current.map(read).transpose()) {
            Ok(Some((number, raw))) => {
                let in_force = format!("generation {number} is in force");
                let Some(policy) = policy else {
                    return self.ok(&subject, in_force);
                };
                let report = TlsArtifacts::validate(raw, policy).report;
                if !wanted.is_some_and(|wanted| is_said(&report, wanted)) {
                    return self.verdict(&subject, &format!("{in_force}, "), &report);
                }
                let level = if report.is_accepted() {
                    Level::Ok
                } else {
                    Level::Error
                };
                let message = format!("{in_force}, the same artifacts");
                self.add(Finding::new(level, &subject, message));
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

/// Whether all that `report` says is said in `other`, of the same certificates. Lines may differ:
/// what is installed is written anew.
fn is_said(report: &Report, other: &Report) -> bool {
    let said = |finding: &tls::Finding| {
        let mut place = finding.place.clone();
        place.line = None;
        (
            finding.rule,
            finding.severity,
            place,
            finding.message.clone(),
        )
    };
    let others: Vec<_> = other.findings.iter().map(said).collect();
    let mut findings = report.findings.iter().map(said);
    report.chain == other.chain
        && report.trusted == other.trusted
        // A key that does not fit is an error in one of them only.
        && report.errors().count() == other.errors().count()
        && findings.all(|finding| others.contains(&finding))
}
