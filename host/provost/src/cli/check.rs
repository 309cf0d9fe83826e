//! `provost check`: everything that files, sections and then loaded providers can tell.

use std::io::Write;
use std::sync::Arc;

use provost_core::config::{
    CertificateSource, ClassName, HostConfiguration, Isolation, LocalDiskKey, PrefixPolicy, Proof,
    S3Encryption, SecurityConfiguration, WriteEnvelope, WriteFormat,
};
use provost_core::section::ClassKind;
use serde::Serialize;

use super::args::{Check, Global, Output};
use super::report::{self, Failure};
use super::{configuration, with_runtime};
use crate::registry::{Registry, Scan};
use crate::{Error, Host, loader};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    Warning,
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    level: Level,
    subject: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

pub(crate) fn run(command: &Check, global: &Global) -> Result<(), Failure> {
    let host = configuration::host(global)?;
    let security = configuration::security_if_any(global, &host)?;
    let explained = command.explain.then(|| explain(&host));
    let (host, security) = (Arc::new(host), security.map(Arc::new));
    let registry = Registry::new(Arc::clone(&host), security.clone());

    let mut findings = Findings::default();
    findings.libraries(&registry);
    match &security {
        None => findings.add(
            Level::Warning,
            "security configuration",
            "none is named: nothing says what is encrypted",
            Some("name one with --security-configuration FILE".to_owned()),
        ),
        Some(security) => {
            findings.capabilities(security);
            for class in materials_classes(security) {
                findings.class(class, &registry, &host);
            }
        }
    }
    if !command.no_load && !findings.failed() {
        findings.load(&host, security.as_ref())?;
    }
    for policy in host.policies() {
        findings.policy(policy);
    }
    if host.policies().is_empty() {
        findings.policy(host.policy_for("file:///"));
    }

    match global.output {
        Output::Json => report::json(&Document {
            findings: &findings.0,
            explained,
        }),
        Output::Text => print(&findings, explained.as_deref()),
    }
    match findings
        .0
        .iter()
        .filter(|finding| finding.level == Level::Error)
        .count()
    {
        0 => Ok(()),
        1 => Err(Failure::new("the check found 1 error").in_document()),
        count => Err(Failure::new(format!("the check found {count} errors")).in_document()),
    }
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        level: Level,
        subject: impl Into<String>,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        let (subject, message) = (subject.into(), message.into());
        self.0.push(Finding {
            level,
            subject,
            message,
            hint,
        });
    }

    fn error(&mut self, subject: impl Into<String>, error: &Error) {
        self.add(Level::Error, subject, report::chain(error), error.hint());
    }

    fn failed(&self) -> bool {
        self.0.iter().any(|finding| finding.level == Level::Error)
    }

    fn libraries(&mut self, registry: &Registry) {
        let scan = match registry.scan() {
            Ok(scan) => scan,
            Err(error) => {
                let error = crate::registry::RegistryError::from(error);
                return self.error("libraries", &Error::from(error));
            }
        };
        for library in &scan.libraries {
            let subject = format!("library {}", library.path.display());
            let classes: Vec<&str> = library
                .facts
                .classes
                .iter()
                .map(|class| class.name.as_str())
                .collect();
            match &library.refusal {
                None => self.add(
                    Level::Ok,
                    subject,
                    format!("has {}", classes.join(", ")),
                    None,
                ),
                Some(refusal) => self.add(
                    Level::Warning,
                    subject,
                    format!("would be refused: {refusal}"),
                    None,
                ),
            }
        }
        for (path, error) in &scan.unusable {
            let subject = format!("library {}", path.display());
            self.add(Level::Warning, subject, report::chain(error), None);
        }
        self.conflicts(&scan);
    }

    /// Two different libraries that declare one class.
    fn conflicts(&mut self, scan: &Scan) {
        for (index, library) in scan.libraries.iter().enumerate() {
            for other in scan.libraries.iter().skip(index + 1) {
                let shared = library
                    .facts
                    .classes
                    .iter()
                    .find(|class| other.facts.class(&class.name).is_some());
                if let Some(class) = shared.filter(|_| other.digest != library.digest) {
                    self.add(
                        Level::Error,
                        format!("class {}", class.name),
                        format!(
                            "is declared by two different libraries: `{}` and `{}`",
                            library.path.display(),
                            other.path.display()
                        ),
                        Some("remove one of them".to_owned()),
                    );
                }
            }
        }
    }

    /// What the security configuration asks for, and whether it is there.
    fn capabilities(&mut self, security: &SecurityConfiguration) {
        let subject = format!("security configuration {}", security.source().name());
        let mut uses = Vec::new();
        if let Some(at_rest) = security.at_rest() {
            if let Some(s3) = at_rest.s3() {
                let overrides = s3.overrides().iter().map(|bucket| &bucket.encryption);
                for encryption in std::iter::once(s3.encryption()).chain(overrides) {
                    uses.push(match encryption.get() {
                        S3Encryption::CseCustom(named) => {
                            Ok(format!("objects: CSE-Custom with {}", named.class.get()))
                        }
                        S3Encryption::SseS3 => Err("objects: SSE-S3"),
                        S3Encryption::SseKms { .. } => Err("objects: SSE-KMS"),
                        S3Encryption::CseKms { .. } => Err("objects: CSE-KMS"),
                        _ => Err("objects: this mode"),
                    });
                }
            }
            match at_rest.local_disk().map(|disk| disk.key().get()) {
                None => {}
                Some(LocalDiskKey::Custom(_)) => uses.push(Err("local disks: Custom")),
                Some(_) => uses.push(Err("local disks: AwsKms")),
            }
        }
        match security
            .in_transit()
            .map(|in_transit| in_transit.certificates().get())
        {
            None => {}
            Some(CertificateSource::Custom(_)) => uses.push(Err("TLS artifacts: Custom")),
            Some(_) => uses.push(Err("TLS artifacts: PEM")),
        }
        if uses.is_empty() {
            self.add(Level::Warning, &subject, "enables nothing", None);
        }
        for used in uses {
            match used {
                Ok(text) => self.add(Level::Ok, &subject, text, None),
                Err(text) => {
                    let message = format!("{text}: not supported yet");
                    self.add(Level::Warning, &subject, message, None);
                }
            }
        }
    }

    /// What can be told of a class without running its library.
    fn class(&mut self, class: &ClassName, registry: &Registry, host: &HostConfiguration) {
        let subject = format!("class {class}");
        let accepted = registry
            .resolve(class)
            .map_err(loader::LoadError::from)
            .and_then(|registration| {
                let pinned = registration.pin.is_some();
                Ok((
                    loader::accept(&registration, ClassKind::Materials, host)?,
                    pinned,
                ))
            });
        match accepted {
            Err(error) => self.error(subject, &error.into()),
            Ok((library, pinned)) => {
                let pinned = if pinned { "pinned" } else { "not pinned" };
                let message = format!(
                    "in {}, SHA-256 {} ({pinned})",
                    library.path.display(),
                    library.digest
                );
                self.add(Level::Ok, subject, message, None);
            }
        }
    }

    /// What the providers say of themselves.
    fn load(
        &mut self,
        configuration: &Arc<HostConfiguration>,
        security: Option<&Arc<SecurityConfiguration>>,
    ) -> Result<(), Failure> {
        let Some(security) = security else {
            return Ok(());
        };
        let classes: Vec<ClassName> = materials_classes(security).cloned().collect();
        let host = Host::builder()
            .configuration(Arc::clone(configuration))
            .security_configuration(Arc::clone(security))
            .build()?;
        for class in classes {
            let settings = configuration.class(&class);
            let place = match *settings.isolation {
                Isolation::Process => "in a worker process",
                Isolation::InProcess => "in this process",
            };
            let subject = format!("provider {class}");
            let status = match host.provider(&class) {
                Err(error) => Err(error),
                // Not `status` itself: a hang in this process would be a hang of the check.
                Ok(provider) => with_runtime(async || {
                    Ok(provider.ask("status", |p| p.status(&p.new_call())).await)
                })?
                .map_err(Error::from),
            };
            match status {
                Err(error) => self.error(subject, &error),
                Ok(status) if !status.healthy => {
                    self.add(
                        Level::Error,
                        subject,
                        format!("loaded {place}; {status}"),
                        None,
                    );
                }
                Ok(status) => {
                    self.add(
                        Level::Ok,
                        &subject,
                        format!("loaded {place}; {status}"),
                        None,
                    );
                    if *settings.isolation == Isolation::InProcess {
                        let message =
                            "a crash or hang of the library is a crash or hang of the host";
                        let hint = "isolation = \"process\" contains it".to_owned();
                        self.add(Level::Warning, &subject, message, Some(hint));
                    }
                    if *settings.proof == Proof::Elsewhere {
                        let message = "writes are not proved on this node (proof = \"elsewhere\")";
                        self.add(Level::Warning, &subject, message, None);
                    }
                }
            }
        }
        Ok(())
    }

    /// What a prefix writes, and who cannot read that.
    fn policy(&mut self, policy: &PrefixPolicy) {
        let subject = match &policy.prefix {
            Some(prefix) => format!("prefix {}", prefix.as_str()),
            None => "every prefix".to_owned(),
        };
        let mut cannot = Vec::new();
        match *policy.write.format {
            WriteFormat::V3 => cannot.extend([
                "AWS SDK for Java 1.x AmazonS3EncryptionClient (hands out the ciphertext as if it were plaintext)",
                "AWS SDK for Java 1.x AmazonS3EncryptionClientV2",
                "S3 Encryption Client for Java before 4.x and others that do not know V3",
            ]),
            WriteFormat::V2 => cannot.push(
                "S3 Encryption Client for Java 4.x under its default commitment policy",
            ),
        }
        let place = match *policy.write.envelope {
            WriteEnvelope::Metadata => "metadata",
            WriteEnvelope::InstructionFile => "an instruction file",
            WriteEnvelope::Overflow => "metadata, or an instruction file when that is too small",
        };
        let format = match *policy.write.format {
            WriteFormat::V2 => "V2",
            WriteFormat::V3 => "V3",
        };
        let message = format!(
            "writes {format}, envelope in {place}; cannot be read by: {}",
            cannot.join("; ")
        );
        self.add(Level::Ok, subject, message, None);
    }
}

/// The key provider classes that the security configuration uses for objects.
fn materials_classes(security: &SecurityConfiguration) -> impl Iterator<Item = &ClassName> {
    let s3 = security.at_rest().and_then(|at_rest| at_rest.s3());
    let mut seen = Vec::new();
    if let Some(s3) = s3 {
        let overrides = s3.overrides().iter().map(|bucket| &bucket.encryption);
        for encryption in std::iter::once(s3.encryption()).chain(overrides) {
            if let S3Encryption::CseCustom(named) = encryption.get()
                && !seen.contains(&named.class.get())
            {
                seen.push(named.class.get());
            }
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

#[derive(Serialize)]
struct Explained {
    name: String,
    value: String,
    origin: String,
}

fn explain(host: &HostConfiguration) -> Vec<Explained> {
    let settings = host.explain().into_iter().map(|setting| Explained {
        name: setting.name.to_string(),
        value: setting.value.to_string(),
        origin: setting.origin.to_string(),
    });
    settings.collect()
}

fn print(findings: &Findings, explained: Option<&[Explained]>) {
    let mut out = std::io::stdout().lock();
    for Finding {
        level,
        subject,
        message,
        hint,
    } in &findings.0
    {
        let mark = match level {
            Level::Ok => "ok     ",
            Level::Warning => "warning",
            Level::Error => "error  ",
        };
        let _ = writeln!(out, "{mark}  {subject}: {message}");
        for line in hint.iter().flat_map(|hint| hint.lines()) {
            let _ = writeln!(out, "         hint: {line}");
        }
    }
    for Explained {
        name,
        value,
        origin,
    } in explained.unwrap_or_default()
    {
        let _ = writeln!(out, "{name} = {value}  ({origin})");
    }
}
