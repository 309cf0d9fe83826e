//! A small set, cut short and with each of its bits changed.

use provost_core::tls::{ArtifactFile, Certificate, TlsArtifacts, TlsPolicy};
use rcgen::{BasicConstraints, IsCa};

use crate::corpus::{Files, Issued, NOW, Openssl, ca, changed, server};

/// With as few extensions as a set can have.
fn small() -> Files {
    let root = Issued::by_itself(changed(ca("r"), |root| {
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages.clear();
        root.use_authority_key_identifier_extension = false;
    }));
    let leaf = root.issue(changed(server(), |leaf| {
        leaf.subject_alt_names.truncate(1);
        leaf.is_ca = IsCa::NoCa;
        leaf.key_usages.clear();
        leaf.extended_key_usages.clear();
        leaf.use_authority_key_identifier_extension = false;
    }));
    Files::of(&[&leaf], &[&root])
}

#[test]
fn a_set_that_was_cut_short_is_the_same_set_or_none() {
    let files = small();
    let whole = judged(&files).unwrap();
    for (file, bytes) in files.named() {
        for length in 0..bytes.len() {
            let cut = replaced(&files, file, bytes[..length].to_vec());
            if let Some(found) = judged(&cut) {
                assert!(is_same(&found, &whole), "{length} bytes of {file}");
                // The line end of its last line.
                assert_eq!(length, bytes.len() - 1, "{file}");
            }
        }
    }
}

#[test]
fn a_set_with_a_changed_bit_is_the_same_set_or_none() {
    let files = small();
    let whole = judged(&files).unwrap();
    let openssl = Openssl::new();
    let mut accepted = 0;
    let mut trusted = Vec::new();
    for (file, bytes) in files.named() {
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Some(found) = judged(&replaced(&files, file, bytes)) else {
                continue;
            };
            accepted += 1;
            let same = match file {
                ArtifactFile::CertificateChain => is_same(&found, &whole),
                // Of an anchor, name, key and rights count; the rest is not signed by anyone.
                ArtifactFile::TrustedCertificates => {
                    trusted.extend(found.pem(file).map(|pem| pem.secret_bytes().to_vec()));
                    is_same_anchor(&found, &whole)
                }
                // There are several encodings of a key.
                ArtifactFile::PrivateKey => {
                    is_same(&found, &whole) || is_same_key(&found, &openssl)
                }
            };
            assert!(same, "bit {} of byte {} of {file}", bit % 8, bit / 8);
        }
    }
    // One that OpenSSL cannot read would keep it from reading any.
    openssl.file("trusted.pem", trusted.concat());
    openssl.run("crl2pkcs7 -nocrl -certfile trusted.pem -out trusted.p7");
    // A line end that became a blank changes nothing, so some are.
    assert!(accepted > 0);
}

fn judged(files: &Files) -> Option<TlsArtifacts> {
    TlsArtifacts::validate(files.raw(), &TlsPolicy::at(NOW)).artifacts
}

fn replaced(files: &Files, file: ArtifactFile, bytes: Vec<u8>) -> Files {
    let mut files = files.clone();
    match file {
        ArtifactFile::PrivateKey => files.key = bytes,
        ArtifactFile::CertificateChain => files.chain = bytes,
        ArtifactFile::TrustedCertificates => files.trusted = Some(bytes),
    }
    files
}

fn is_same(one: &TlsArtifacts, other: &TlsArtifacts) -> bool {
    ArtifactFile::ALL.iter().all(|file| {
        let [one, other] = [one, other].map(|artifacts| artifacts.pem(*file).unwrap());
        one.secret_bytes() == other.secret_bytes()
    })
}

/// Whether OpenSSL finds the key to be that of the certificate, which is the same one.
fn is_same_key(one: &TlsArtifacts, openssl: &Openssl) -> bool {
    for (file, name) in [
        (ArtifactFile::PrivateKey, "key.pem"),
        (ArtifactFile::CertificateChain, "chain.pem"),
    ] {
        openssl.file(name, one.pem(file).unwrap().secret_bytes());
    }
    openssl.fits("key.pem", "chain.pem").0
}

fn is_same_anchor(one: &TlsArtifacts, other: &TlsArtifacts) -> bool {
    let what = |artifacts: &TlsArtifacts| {
        let one = |c: &Certificate| (c.subject().clone(), c.spki().to_vec(), c.is_ca());
        artifacts.trusted().iter().map(one).collect::<Vec<_>>()
    };
    let chain = |artifacts: &TlsArtifacts| artifacts.chain().to_vec();
    what(one) == what(other) && chain(one) == chain(other)
}
