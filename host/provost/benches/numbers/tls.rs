//! TLS artifacts: a set looked at by every rule, many sets in one process, an installation.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use provost_core::tls::{ArtifactFile, RawTlsFiles, TlsArtifacts, TlsPolicy};
use provost_plugin_api::{RawTlsArtifacts, SecretBytes};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use time::OffsetDateTime;

use crate::Outcome;
use crate::rounds::{each, median, seconds};
use crate::setup::{PROVOST, Scratch};
use crate::table::{Row, Unit};

const ROUNDS: usize = 9;
const VALIDATIONS: u32 = 200;
const FOLDERS: usize = 1000;
/// Sets that differ, so that no installation finds its own already there.
const INSTALLS: usize = 9;

pub(crate) fn measure(scratch: &Scratch) -> Outcome<Vec<Row>> {
    let set = set()?;
    let validations = (0..ROUNDS).map(|_| validate(&set));
    let validation = median(validations.collect::<Outcome<_>>()?);
    let check = check_many(scratch, &set)?;
    let install = install(scratch)?;
    Ok(vec![
        Row::absolute("tls validation, usual set", Unit::Seconds, validation, 2e-3),
        Row::absolute(
            "tls check, one of 1,000 folders",
            Unit::Seconds,
            check,
            1.0 / 400.0,
        ),
        Row::absolute("tls install, besides fsync", Unit::Seconds, install, 50e-3),
    ])
}

/// An RSA key's certificate, its intermediate and the root: what a company's CA hands out.
fn set() -> Outcome<RawTlsArtifacts> {
    let ca = |name: &str| -> Outcome<CertificateParams> {
        let mut ca = parameters(name)?;
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Ok(ca)
    };
    let rsa = || KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256);
    let (root, root_key) = (ca("root")?, rsa()?);
    let root_certificate = root.self_signed(&root_key)?;
    let root = Issuer::new(root, root_key);
    let (intermediate, intermediate_key) = (ca("intermediate")?, rsa()?);
    let intermediate_certificate = intermediate.signed_by(&intermediate_key, &root)?;
    let intermediate = Issuer::new(intermediate, intermediate_key);
    let mut node = parameters("node1.example.com")?;
    node.subject_alt_names =
        CertificateParams::new(vec!["node1.example.com".to_owned()])?.subject_alt_names;
    let key = rsa()?;
    let certificate = node.signed_by(&key, &intermediate)?;
    let chain = [certificate.der(), intermediate_certificate.der()];
    let key = SecretBytes::new(key.serialize_der());
    let trusted = root_certificate.pem().into_bytes();
    Ok(RawTlsArtifacts::from_der(&key, &chain).with_trusted_certificates(trusted))
}

fn parameters(name: &str) -> Outcome<CertificateParams> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters
        .distinguished_name
        .push(DnType::CommonName, name.to_owned());
    let now = OffsetDateTime::now_utc();
    parameters.not_before = now - Duration::from_hours(1);
    parameters.not_after = now + Duration::from_hours(90 * 24);
    Ok(parameters)
}

fn raw(set: &RawTlsArtifacts) -> RawTlsFiles {
    let mut raw = RawTlsFiles::default();
    let key = SecretBytes::copy_from(set.private_key.secret_bytes());
    raw.private_key = Some(key);
    raw.set(
        ArtifactFile::CertificateChain,
        set.certificate_chain.clone(),
    );
    if let Some(trusted) = &set.trusted_certificates {
        raw.set(ArtifactFile::TrustedCertificates, trusted.clone());
    }
    raw
}

fn validate(set: &RawTlsArtifacts) -> Outcome<f64> {
    let policy = TlsPolicy::at(OffsetDateTime::now_utc().unix_timestamp()).strict();
    each(VALIDATIONS, || {
        let verdict = TlsArtifacts::validate(raw(set), &policy);
        if verdict.artifacts.is_none() {
            return Err(format!("{:?}", verdict.report.findings).into());
        }
        Ok(())
    })
}

fn write(folder: &Path, set: &RawTlsArtifacts) -> Outcome<()> {
    fs::create_dir_all(folder)?;
    let raw = raw(set);
    for file in ArtifactFile::ALL {
        let path = folder.join(file.name());
        fs::write(&path, raw.get(file).unwrap_or_default())?;
        if file == ArtifactFile::PrivateKey {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}

/// Seconds of one folder, of many that one process checks.
fn check_many(scratch: &Scratch, set: &RawTlsArtifacts) -> Outcome<f64> {
    let folders: Vec<PathBuf> = (0..FOLDERS)
        .map(|number| scratch.path(&format!("tls-{number}")))
        .collect();
    for folder in &folders {
        write(folder, set)?;
    }
    let mut times = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        let status = Command::new(PROVOST)
            .args(["tls", "check", "--strict"])
            .args(&folders)
            .stdout(Stdio::null())
            .status()?;
        times.push(seconds(begun.elapsed()) / 1000.0);
        if !status.success() {
            return Err(format!("tls check: {status}").into());
        }
    }
    for folder in folders {
        fs::remove_dir_all(folder)?;
    }
    Ok(median(times))
}

/// Seconds of the whole command, less what the disk took.
fn install(scratch: &Scratch) -> Outcome<f64> {
    let (folder, configuration) = (scratch.path("tls-set"), scratch.path("tls.json"));
    let text = serde_json::json!({ "EncryptionConfiguration": {
        "EnableInTransitEncryption": true,
        "EnableAtRestEncryption": false,
        "InTransitEncryptionConfiguration": { "TLSCertificateConfiguration": {
            "CertificateProviderType": "PEM", "S3Object": folder,
        } },
    } });
    fs::write(&configuration, text.to_string())?;
    let mut times = Vec::new();
    for _ in 0..INSTALLS {
        write(&folder, &set()?)?;
        let begun = Instant::now();
        let output = Command::new(PROVOST)
            .args(["tls", "install", "--output", "json", "--directory"])
            .arg(scratch.path("tls-installed"))
            .arg("--security-configuration")
            .arg(&configuration)
            .output()?;
        let whole = seconds(begun.elapsed());
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let installed: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let fsync = installed["fsync_milliseconds"]
            .as_f64()
            .ok_or("no fsync_milliseconds")?;
        times.push(whole - fsync / 1e3);
    }
    Ok(median(times))
}
