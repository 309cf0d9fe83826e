//! The guide's own recipe: a self-signed certificate that is copied and zipped.

use std::io::{Cursor, Write};
use std::process::Command;

use provost_core::tls::RuleId::{Alg002, Nam001, Tru004, Tru006, Use004};
use provost_core::tls::{RuleId, Severity, TlsArtifacts, TlsPolicy, Verdict, bundle};
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::corpus::DAY;

const WARNINGS: [RuleId; 5] = [Use004, Nam001, Alg002, Tru004, Tru006];

#[test]
fn the_guides_recipe_is_a_proof_of_concept() {
    let zip = recipe();
    let judge = |policy: TlsPolicy| TlsArtifacts::validate(bundle::read(&zip), &policy);
    // OpenSSL takes the time from the clock: the set is looked at on its second day.
    let now = judge(TlsPolicy::at(0)).report.chain[0].not_before() + DAY;

    let checked = judge(TlsPolicy::at(now).allow_proof_of_concept());
    assert!(checked.artifacts.is_some());
    assert_eq!(rules(&checked, Severity::Error), []);
    assert_eq!(rules(&checked, Severity::Warning), WARNINGS);

    let installed = judge(TlsPolicy::at(now));
    assert!(installed.artifacts.is_none());
    assert_eq!(rules(&installed, Severity::Error), [Tru004]);

    let strict = judge(TlsPolicy::at(now).strict().allow_proof_of_concept());
    assert!(strict.artifacts.is_none());
    assert_eq!(
        rules(&strict, Severity::Error),
        [Use004, Nam001, Alg002, Tru004]
    );
}

fn rules(verdict: &Verdict, severity: Severity) -> Vec<RuleId> {
    let findings = verdict.report.findings.iter();
    let of_it = findings.filter(|finding| finding.severity == severity);
    of_it.map(|finding| finding.rule).collect()
}

/// The three commands, with this machine's settings of OpenSSL, as its users have them.
fn recipe() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let openssl = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:1024", "-days", "365", "-nodes",
        ])
        .args([
            "-keyout",
            "privateKey.pem",
            "-out",
            "certificateChain.pem",
            "-subj",
        ])
        .arg("/C=US/ST=Washington/L=Seattle/O=MyOrg/OU=MyDept/CN=*.us-west-2.compute.internal")
        .current_dir(&folder)
        .output()
        .expect("the tests need the openssl command, version 3");
    assert!(
        openssl.status.success(),
        "{}",
        String::from_utf8_lossy(&openssl.stderr)
    );
    let copy = ["certificateChain.pem", "trustedCertificates.pem"].map(|n| folder.path().join(n));
    std::fs::copy(&copy[0], &copy[1]).unwrap();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for name in [
        "certificateChain.pem",
        "privateKey.pem",
        "trustedCertificates.pem",
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&std::fs::read(folder.path().join(name)).unwrap())
            .unwrap();
    }
    zip.finish().unwrap().into_inner()
}
