//! Keys and certificates as OpenSSL writes them.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// Runs `openssl` with `input` on its standard input.
#[track_caller]
pub(crate) fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    run("openssl", arguments, input)
}

/// Runs a program that has to succeed.
#[track_caller]
pub(crate) fn run(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A program that does not read its input may have closed it.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// One pair, and its certificate, in the forms in which they are met.
pub(crate) struct Material {
    /// `PRIVATE KEY`, on P-256.
    pub(crate) key: String,
    /// The same key as `EC PRIVATE KEY`.
    pub(crate) sec1: String,
    pub(crate) key_der: Vec<u8>,
    /// Two certificates of the key.
    pub(crate) certificates: [String; 2],
    pub(crate) certificates_der: [Vec<u8>; 2],
}

pub(crate) static MATERIAL: LazyLock<Material> = LazyLock::new(|| {
    let curve = [
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ];
    let key = openssl(&curve, b"");
    let certificate = |name: &str| {
        let subject = format!("/CN={name}");
        let request = [
            "req",
            "-x509",
            "-key",
            "/dev/stdin",
            "-days",
            "30",
            "-subj",
            &subject,
        ];
        openssl(&request, &key)
    };
    let certificates = [certificate("one.example"), certificate("two.example")];
    let der = |pem: &Vec<u8>| openssl(&["x509", "-outform", "DER"], pem);
    Material {
        sec1: text(openssl(&["ec"], &key)),
        key_der: openssl(&["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"], &key),
        certificates_der: [der(&certificates[0]), der(&certificates[1])],
        certificates: certificates.map(text),
        key: text(key),
    }
});

pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}
