//! Files that are no PEM: named, with the command that makes PEM of them.

use std::fs;
use std::process::Command;

use provost_core::tls::ArtifactFile;

use crate::openssl::{MATERIAL, openssl, run};
use crate::pem::{CHAIN, KEY, expect, read};

/// The one finding about bytes that are no PEM: what they are, and what to do.
#[track_caller]
fn named(file: ArtifactFile, bytes: &[u8], name: &str) -> String {
    let finding = expect(file, bytes, &["E PEM-001"], 0).remove(0);
    assert_eq!(finding.message, format!("{name}, expected PEM"));
    finding.hint.unwrap()
}

/// Runs the first command of a hint in a folder where `file` has these bytes; what it wrote has
/// to be PEM without errors.
#[track_caller]
fn follow(hint: &str, file: ArtifactFile, bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(file.name()), bytes).unwrap();
    let command = hint.split('`').nth(1).unwrap();
    let status = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(status.status.success(), "{command}: {status:?}");
    let written = fs::read(folder.path().join("new.pem")).unwrap();
    let (blocks, findings) = read(file, &written);
    assert_eq!(blocks.len(), 1, "{command}");
    let errors = findings
        .iter()
        .filter(|f| f.severity == provost_core::tls::Severity::Error);
    assert_eq!(errors.count(), 0, "{findings:?}");
}

fn certificate() -> &'static [u8] {
    MATERIAL.certificates[0].as_bytes()
}

#[test]
fn der_is_named_and_the_hint_converts_it() {
    let key = MATERIAL.key.as_bytes();
    let rsa = openssl(&["genrsa", "2048"], b"");
    let pkcs7 = openssl(
        &[
            "crl2pkcs7",
            "-nocrl",
            "-certfile",
            "/dev/stdin",
            "-outform",
            "DER",
        ],
        certificate(),
    );
    let certificate = &MATERIAL.certificates_der[0];
    for (file, bytes, name) in [
        (CHAIN, certificate.clone(), "a certificate in DER"),
        (CHAIN, pkcs7, "a PKCS#7 file in DER"),
        (
            KEY,
            MATERIAL.key_der.clone(),
            "a private key in DER (PKCS#8)",
        ),
        (
            KEY,
            openssl(&["ec", "-outform", "DER"], key),
            "a private key in DER (SEC 1)",
        ),
        (
            KEY,
            openssl(&["rsa", "-traditional", "-outform", "DER"], &rsa),
            "a private key in DER (PKCS#1)",
        ),
    ] {
        let hint = named(file, &bytes, name);
        follow(&hint, file, &bytes);
    }
    let encrypted = openssl(
        &[
            "pkcs8",
            "-topk8",
            "-outform",
            "DER",
            "-passout",
            "pass:secret",
        ],
        key,
    );
    named(KEY, &encrypted, "an encrypted private key in DER (PKCS#8)");
    let hint = named(KEY, certificate, "a certificate in DER");
    assert!(
        hint.contains("private key that belongs to the certificate"),
        "{hint}"
    );
    let hint = named(CHAIN, &MATERIAL.key_der, "a private key in DER (PKCS#8)");
    assert!(hint.contains("keep the private key out"), "{hint}");
    let public = openssl(&["pkey", "-pubout", "-outform", "DER"], key);
    named(CHAIN, &public, "DER");
}

#[test]
fn key_stores_are_named() {
    let both = format!("{}{}", MATERIAL.key, MATERIAL.certificates[0]);
    let store = openssl(&["pkcs12", "-export", "-passout", "pass:"], both.as_bytes());
    for file in [KEY, CHAIN] {
        let hint = named(file, &store, "a PKCS#12 store");
        // Answers the question for a password, which is empty.
        follow(&hint.replace("-in", "-passin pass: -in"), file, &store);
    }
    // JavaKeyStore.java: magic 0xfeedfeed, version 2, no entries.
    let jks = b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\0";
    let hint = named(KEY, jks, "a Java key store (JKS)");
    assert!(
        hint.starts_with("`keytool -importkeystore -srckeystore privateKey.pem -srcstoretype JKS")
    );
    let hint = named(
        CHAIN,
        b"\xce\xce\xce\xce\0\0\0\x02\0\0\0\0",
        "a Java key store (JCEKS)",
    );
    assert!(
        hint.contains("-srcstoretype JCEKS") && hint.contains("-nokeys"),
        "{hint}"
    );
}

#[test]
fn keys_of_ssh_are_named() {
    let public = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUK4 somebody@somewhere\n";
    named(KEY, public, "an OpenSSH public key");
    named(
        KEY,
        b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
        "a PuTTY private key",
    );
    named(
        KEY,
        b"openssh-key-v1\0\0\0\0\x04none",
        "an OpenSSH private key",
    );
}

#[test]
fn pages_in_place_of_files_are_named_with_the_reason_in_them() {
    let denied = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    let hint = named(CHAIN, denied, "an XML error page with code `AccessDenied`");
    assert!(hint.contains("fetch it again"));
    named(CHAIN, b"<?xml version=\"1.0\"?><a/>", "an XML document");
    named(CHAIN, b"\n<!DOCTYPE html><html></html>", "an HTML page");
    named(CHAIN, b"<HTML>", "an HTML page");
}

#[test]
fn archives_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs::write(&path, "content").unwrap();
    let name = path.to_str().unwrap();
    let tar = run("tar", &["-c", "-P", name], b"");
    named(CHAIN, &tar, "a tar archive");
    named(CHAIN, &run("gzip", &["-c"], b"content"), "a gzip archive");
    named(CHAIN, &run("zip", &["-q", "-", name], b""), "a zip archive");
}

#[test]
fn what_is_left_is_base64_text_or_binary() {
    let body: String = MATERIAL.certificates[0]
        .lines()
        .filter(|l| !l.contains('-'))
        .collect();
    named(CHAIN, body.as_bytes(), "base64 without BEGIN and END lines");
    named(KEY, b"", "no bytes");
    named(KEY, b" \n\t\r\n", "nothing but blanks");
    named(KEY, b"s3://bucket/key.pem\n", "text");
    named(KEY, "gr\u{fc}\u{df}e\n".as_bytes(), "text");
    named(KEY, b"0 is a digit and a tag\n", "text");
    named(KEY, &[0x00, 0xff, 0x10], "binary data");
    // Cut within the length that it announces.
    named(
        CHAIN,
        &MATERIAL.certificates_der[0][..40],
        "a certificate in DER",
    );
}
