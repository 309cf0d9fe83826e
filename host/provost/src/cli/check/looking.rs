//! What is looked at: libraries, capabilities, classes, providers, policies.

use std::sync::Arc;

use provost_core::config::{
    ClassName, HostConfiguration, Isolation, KmsKeyArn, LocalDiskKey, PrefixPolicy, Proof,
    S3Encryption, SecurityConfiguration, Spanned, Unauthenticated, WriteEnvelope, WriteFormat,
};
use provost_core::section::ClassKind;

use super::finding::{Finding, Findings, Level};
use super::{in_transit, materials_classes, object_encryptions};
use crate::cli::report::{self, Failure};
use crate::cli::{with_runtime, workers};
use crate::registry::{Library, Registry, RegistryError, Scan};
use crate::{Error, kms, loader};

impl Findings {
    pub(super) fn error(&mut self, subject: String, error: &Error, registry: &Registry) {
        let pointed = error
            .diagnostics()
            .and_then(|found| found.into_iter().next())
            .or_else(|| registry.point(error));
        self.add(match pointed {
            Some(diagnostic) => Finding::at(Level::Error, subject, diagnostic),
            None => Finding::new(Level::Error, subject, report::chain(error)).hint(error.hint()),
        });
    }

    pub(super) fn libraries(&mut self, registry: &Registry, host: &HostConfiguration) {
        let subject = || "libraries".to_owned();
        let scan = match registry.scan() {
            Ok(scan) => scan,
            Err(error) => {
                let error = Error::from(RegistryError::from(error));
                return self.error(subject(), &error, registry);
            }
        };
        for library in &scan.libraries {
            let path = library.path.display();
            let classes: Vec<&str> = library
                .facts
                .classes
                .iter()
                .map(|c| c.name.as_str())
                .collect();
            match library.verdict() {
                None => self.ok(
                    format!("library `{path}`"),
                    format!("has {}", classes.join(", ")),
                ),
                Some(refusal) => self.add(
                    Finding::new(
                        Level::Warning,
                        format!("library `{path}`"),
                        format!("would be refused: {refusal}"),
                    )
                    .hint(library.hint()),
                ),
            }
        }
        for (path, error) in &scan.unusable {
            // A folder may hold other things; a file is named one by one.
            let files = &host.libraries.files;
            let level = if files.contains(path) {
                Level::Error
            } else {
                Level::Warning
            };
            let finding = match files.span().filter(|_| level == Level::Error) {
                Some(span) => {
                    let diagnostic = host.error(span, report::chain(error));
                    Finding::at(level, subject(), diagnostic)
                }
                None => Finding::new(level, subject(), report::chain(error)),
            };
            self.add(finding.hint(error.hint()));
        }
        self.conflicts(&scan, registry);
    }

    /// Two different libraries that declare one class.
    fn conflicts(&mut self, scan: &Scan, registry: &Registry) {
        let has = |library: &Library, class: &str| library.facts.class(class).is_some();
        for (index, first) in scan.libraries.iter().enumerate() {
            for class in &first.facts.classes {
                let mut others = scan.libraries.iter().skip(index + 1);
                let other =
                    others.find(|other| other.digest != first.digest && has(other, &class.name));
                if let Some(second) = other
                    && let Ok(name) = ClassName::parse(&class.name)
                {
                    let error = Error::from(RegistryError::Conflict {
                        class: name,
                        first: first.path.clone(),
                        second: second.path.clone(),
                    });
                    self.error(format!("class `{}`", class.name), &error, registry);
                }
            }
        }
    }

    /// What the security configuration asks for, and whether it is there.
    pub(super) fn capabilities(&mut self, security: &SecurityConfiguration) {
        let subject = format!("security configuration `{}`", security.source().name());
        let mut uses = Vec::new();
        if let Some(at_rest) = security.at_rest() {
            for encryption in object_encryptions(security) {
                uses.push(match encryption.get() {
                    S3Encryption::CseCustom(named) => {
                        Ok(format!("objects: CSE-Custom with {}", named.class.get()))
                    }
                    S3Encryption::CseKms { key } => {
                        Ok(format!("objects: CSE-KMS with {}", key.get()))
                    }
                    S3Encryption::SseS3 => Ok("objects: SSE-S3, by the store".to_owned()),
                    S3Encryption::SseKms { key } => Ok(format!(
                        "objects: SSE-KMS, by the store, with {}",
                        key.get()
                    )),
                    _ => Err("objects: this mode"),
                });
            }
            match at_rest.local_disk().map(|disk| disk.key().get()) {
                None => {}
                Some(LocalDiskKey::Custom(_)) => uses.push(Err("local disks: keys of a provider")),
                Some(_) => uses.push(Err("local disks: KMS keys")),
            }
        }
        if let Some(in_transit) = security.in_transit() {
            uses.push(in_transit::source(in_transit.certificates().get()));
        }
        if uses.is_empty() {
            let hint = "to encrypt objects, set EnableAtRestEncryption to true, with an \
                        S3EncryptionConfiguration of mode CSE-Custom or CSE-KMS";
            self.warning(&subject, "enables nothing", hint);
        }
        for used in uses {
            match used {
                Ok(text) => self.ok(&subject, text),
                Err(text) => self.add(Finding::new(
                    Level::Warning,
                    &subject,
                    format!("{text}: not supported yet, using it is refused"),
                )),
            }
        }
    }

    /// The keys of CSE-KMS, as far as the files tell: nothing is asked of KMS here.
    pub(super) fn kms(&mut self, security: &SecurityConfiguration, host: &HostConfiguration) {
        let mut keys: Vec<&Spanned<KmsKeyArn>> = Vec::new();
        for encryption in object_encryptions(security) {
            if let S3Encryption::CseKms { key } = encryption.get()
                && !keys.iter().any(|known| known.get() == key.get())
            {
                keys.push(key);
            }
        }
        for key in &keys {
            let subject = format!("KMS key `{}`", key.get());
            if let Err(mismatch) = kms::cluster_region(host, key) {
                let diagnostic = security.error(key.span(), mismatch.to_string());
                let diagnostic = diagnostic.hint(mismatch.hint().unwrap_or_default());
                self.add(Finding::at(Level::Error, subject, diagnostic));
                continue;
            }
            if key.is_alias() {
                self.warning(
                    &subject,
                    "is an alias: pointed at another key, what the old one wrapped is not read",
                    "name the key itself, or the old keys under `decrypt_keys` in [kms]",
                );
            } else {
                let message = format!("in {}, account {}", key.region(), key.account());
                self.ok(&subject, message);
            }
        }
        for old in host.kms.decrypt_keys.iter() {
            let subject = format!("KMS key `{old}`");
            if keys.is_empty() {
                self.warning(
                    &subject,
                    "is named under `decrypt_keys`, and nothing here uses CSE-KMS",
                    "a provider names its keys itself",
                );
            } else {
                self.ok(
                    &subject,
                    "decrypts what was written before a change of keys",
                );
            }
        }
        if !keys.is_empty() && *host.kms.proof == Proof::Elsewhere {
            self.warning(
                "KMS",
                "writes are not proved on this node (proof = \"elsewhere\")",
                "see that a node which can decrypt reads what this one writes",
            );
        }
    }

    /// What can be told of a class without running its library.
    pub(super) fn class(
        &mut self,
        class: &ClassName,
        kind: ClassKind,
        registry: &Registry,
        host: &Arc<HostConfiguration>,
    ) {
        let subject = format!("class `{class}`");
        let accepted = registry
            .resolve(class)
            .map_err(loader::LoadError::from)
            .and_then(|registration| {
                let accepted = loader::accept(&registration, kind, host)?;
                Ok((accepted, registration))
            });
        match accepted {
            Err(error) => self.error(subject, &error.into(), registry),
            Ok((library, registration)) => {
                let pinned = match registration.pin {
                    Some(_) => "pinned",
                    None => "not pinned",
                };
                let from = match &registration.fetched {
                    Some(at) => format!("fetched from `s3://{}/{}`, ", at.bucket(), at.key()),
                    None => String::new(),
                };
                let message = format!(
                    "{from}in `{}`, SHA-256 {} ({pinned})",
                    library.path.display(),
                    library.digest
                );
                self.ok(subject, message);
            }
        }
    }

    /// What the providers say of themselves.
    pub(super) fn load(
        &mut self,
        configuration: &Arc<HostConfiguration>,
        security: &Arc<SecurityConfiguration>,
        registry: &Registry,
    ) -> Result<(), Failure> {
        let host = workers::host()
            .configuration(Arc::clone(configuration))
            .security_configuration(Arc::clone(security))
            .build()?;
        for class in materials_classes(security) {
            let settings = configuration.class(class);
            let place = match *settings.isolation {
                Isolation::Process => "in a worker process",
                Isolation::InProcess => "in this process",
            };
            let subject = format!("provider `{class}`");
            let status = match host.provider(class) {
                Err(error) => Err(error),
                // Not `status` itself: a hang in this process would be a hang of the check.
                Ok(provider) => with_runtime(async || {
                    Ok(provider.ask("status", |p| p.status(&p.new_call())).await)
                })?
                .map_err(Error::from),
            };
            match status {
                Err(error) => self.error(subject, &error, registry),
                Ok(status) if !status.healthy => {
                    let message = format!("loaded {place}; {status}");
                    self.add(Finding::new(Level::Error, subject, message));
                }
                Ok(status) => {
                    self.ok(&subject, format!("loaded {place}; {status}"));
                    if *settings.isolation == Isolation::InProcess {
                        self.warning(
                            &subject,
                            "a crash or hang of the library is a crash or hang of the host",
                            "isolation = \"process\" contains it",
                        );
                    }
                    if *settings.proof == Proof::Elsewhere {
                        self.warning(
                            &subject,
                            "writes are not proved on this node (proof = \"elsewhere\")",
                            "see that a node which can decrypt reads what this one writes",
                        );
                    }
                }
            }
        }
        Ok(())
    }

    /// Servers that everybody on the way could stand in for.
    pub(super) fn endpoints(&mut self, host: &HostConfiguration) {
        let all = std::iter::once(("every bucket".to_owned(), &host.s3.place));
        let buckets = host.s3.buckets();
        let buckets = buckets.map(|(name, place)| (format!("bucket `{name}`"), place));
        for (subject, place) in all.chain(buckets) {
            let Some(endpoint) = place.endpoint.as_ref().filter(|e| e.is_in_the_clear()) else {
                continue;
            };
            let message = format!("`{}` is reached without TLS", endpoint.get());
            let hint = "use https; what is sent can be read and changed on the way, and what is \
                        not encrypted here is in the clear";
            self.add(match endpoint.span() {
                Some(span) => {
                    let diagnostic = host.error(span, message).hint(hint);
                    Finding::at(Level::Warning, subject, diagnostic)
                }
                None => Finding::new(Level::Warning, subject, message),
            });
        }
    }

    /// What a prefix writes and reads, and who cannot read that.
    pub(super) fn policy(&mut self, policy: &PrefixPolicy, host: &HostConfiguration) {
        let subject = match &policy.prefix {
            Some(prefix) => format!("prefix `{}`", prefix.as_str()),
            None => "every prefix".to_owned(),
        };
        let (format, cannot): (_, &[&str]) = match *policy.write.format {
            WriteFormat::V3 => (
                "V3",
                &[
                    "AWS SDK for Java 1.x AmazonS3EncryptionClient, which hands out the ciphertext as if it were plaintext",
                    "AWS SDK for Java 1.x AmazonS3EncryptionClientV2",
                    "S3 Encryption Client for Java before 4.x, and others that do not know V3",
                ],
            ),
            WriteFormat::V2 => (
                "V2",
                &["S3 Encryption Client for Java 4.x under its default commitment policy"],
            ),
        };
        let place = match *policy.write.envelope {
            WriteEnvelope::Metadata => "metadata",
            WriteEnvelope::InstructionFile => "an instruction file",
            WriteEnvelope::Overflow => "metadata, or an instruction file when that is too small",
        };
        let message = format!("writes {format}, envelope in {place}");
        let cannot = cannot
            .iter()
            .map(|client| format!("cannot be read by {client}"));
        self.add(Finding::new(Level::Ok, &subject, message).notes(cannot));

        let accepted = *policy.read.unauthenticated == Unauthenticated::Accept;
        if accepted && let Some(span) = policy.read.unauthenticated.span() {
            let message = "content without authentication is decrypted here: whoever can write to \
                           the store can change what is read";
            let diagnostic = host.error(span, message).label("accepted");
            self.add(Finding::at(Level::Warning, &subject, diagnostic));
        }
    }
}
