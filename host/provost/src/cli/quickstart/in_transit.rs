//! The half in transit: a certificate, looked at by every rule, and installed.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use provost_core::tls::{ArtifactFile, RuleId, TlsArtifacts, TlsPolicy, render};
use provost_plugin_api::{RawTlsArtifacts, SecretBytes};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use time::OffsetDateTime;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::failed;
use super::steps::Steps;
use crate::artifacts::Collected;
use crate::cli::report::Failure;
use crate::install::{Installation, Provenance};
use crate::{Error, Host};

/// The zip of the demonstration, in its folder.
pub(super) const ZIP: &str = "MyCerts.zip";
/// Where it is installed, in its folder.
pub(super) const DIRECTORY: &str = "tls";
/// What the nodes of a cluster are called in the guide.
const NODES: &str = "*.us-west-2.compute.internal";

pub(super) fn demonstrate(folder: &Path, host: &Host, steps: &mut Steps) -> Result<(), Failure> {
    steps.begin();
    let made = certify().map_err(|error| failed("make a certificate", &error))?;
    pack(&folder.join(ZIP), &made).map_err(|error| failed(&format!("write {ZIP}"), &error))?;
    steps.done(
        "certificate",
        format!("made a demonstration CA, had it certify {NODES}, and packed {ZIP}"),
    )?;

    steps.begin();
    let Collected { name, raw, .. } = host.tls_files()?;
    let verdict = TlsArtifacts::validate(raw, &TlsPolicy::at(now().unix_timestamp()).strict());
    let Some(artifacts) = verdict.artifacts else {
        let errors: Vec<String> = verdict.report.errors().map(ToString::to_string).collect();
        return Err(Failure::new(errors.join("\n")));
    };
    steps.done(
        "rules",
        format!(
            "held it against {} rules, strictly: {} warnings, no errors",
            RuleId::ALL.len(),
            verdict.report.warnings().count()
        ),
    )?;

    steps.begin();
    let installed = Installation::at(folder.join(DIRECTORY))
        .with_command("provost quickstart")
        .install(&render::pem(&artifacts), &Provenance::of(&artifacts, &name))
        .map_err(Error::from)?;
    steps.done(
        "install",
        format!(
            "installed it as generation {}, and switched `current` to it",
            installed.generation
        ),
    )?;
    for file in ArtifactFile::ALL {
        let path = folder.join(DIRECTORY).join("current").join(file.name());
        let metadata = path.metadata();
        let metadata = metadata.map_err(|error| failed("look at what is installed", &error))?;
        let mode = metadata.permissions().mode() & 0o7777;
        steps.note(&format!("{mode:04o}  {DIRECTORY}/current/{file}"))?;
    }
    Ok(())
}

/// A key and its certificate, and the CA to trust.
fn certify() -> Result<RawTlsArtifacts, rcgen::Error> {
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut ca, "Provost demonstration CA");
    let ca_key = KeyPair::generate()?;
    let ca_certificate = ca.self_signed(&ca_key)?;

    let mut node = CertificateParams::new(vec![NODES.to_owned()])?;
    node.is_ca = IsCa::ExplicitNoCa;
    node.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    node.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    node.use_authority_key_identifier_extension = true;
    valid(&mut node, NODES);
    let node_key = KeyPair::generate()?;
    let certificate = node.signed_by(&node_key, &Issuer::new(ca, ca_key))?;

    let key = SecretBytes::new(node_key.serialize_der());
    Ok(RawTlsArtifacts::from_der(&key, &[certificate.der()])
        .with_trusted_certificates(ca_certificate.pem().into_bytes()))
}

/// For 90 days; from an hour ago, since clocks differ.
fn valid(parameters: &mut CertificateParams, name: &str) {
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters
        .distinguished_name
        .push(DnType::CommonName, name.to_owned());
    parameters.not_before = now() - Duration::from_hours(1);
    parameters.not_after = now() + Duration::from_hours(90 * 24);
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// The guide's zip.
fn pack(path: &Path, made: &RawTlsArtifacts) -> std::io::Result<()> {
    let file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let mut zip = ZipWriter::new(file);
    let parts = [
        (
            ArtifactFile::PrivateKey,
            Some(made.private_key.secret_bytes()),
        ),
        (
            ArtifactFile::CertificateChain,
            Some(made.certificate_chain.as_slice()),
        ),
        (
            ArtifactFile::TrustedCertificates,
            made.trusted_certificates.as_deref(),
        ),
    ];
    for (file, bytes) in parts {
        let Some(bytes) = bytes else { continue };
        zip.start_file(file.name(), SimpleFileOptions::default())?;
        zip.write_all(bytes)?;
    }
    zip.finish()?;
    Ok(())
}
