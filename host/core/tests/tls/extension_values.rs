//! Values of extensions with bytes behind them, in certificates that OpenSSL writes as told.

use provost_core::tls::{Certificate, CertificateError};

use crate::openssl::{MATERIAL, openssl};

/// A self-signed certificate with this value, hexadecimal, as that of one extension.
fn certificate(extension: &str, value: &str) -> Vec<u8> {
    let extension = format!("{extension}=DER:{value}");
    #[rustfmt::skip]
    let request = [
        "req", "-x509", "-key", "/dev/stdin", "-subj", "/CN=one.example", "-config", "/dev/null",
        "-addext", &extension, "-outform", "DER",
    ];
    openssl(&request, MATERIAL.key.as_bytes())
}

#[test]
fn bytes_behind_the_value_of_an_extension_are_refused() {
    for (extension, oid, value) in [
        ("basicConstraints", "2.5.29.19", "3000"),
        ("keyUsage", "2.5.29.15", "03020780"),
        ("extendedKeyUsage", "2.5.29.37", "300a06082b06010505070301"),
        ("subjectAltName", "2.5.29.17", "300382016e"),
        ("nameConstraints", "2.5.29.30", "3007a0053003820161"),
        ("subjectKeyIdentifier", "2.5.29.14", "040101"),
        ("authorityKeyIdentifier", "2.5.29.35", "3003800101"),
        (
            "authorityInfoAccess",
            "1.3.6.1.5.5.7.1.1",
            "300f300d06082b06010505073002860161",
        ),
        ("certificatePolicies", "2.5.29.32", "3006300406022a03"),
    ] {
        Certificate::parse(&certificate(extension, value)).unwrap();
        // Another element, a byte, and the value once more.
        for rest in ["0500", "00", value] {
            let whole = format!("{value}{rest}");
            let error = Certificate::parse(&certificate(extension, &whole)).unwrap_err();
            let expected = CertificateError::Extension {
                oid: oid.to_owned(),
                what: "bytes follow its value".to_owned(),
            };
            assert_eq!(error, expected, "{extension} {whole}");
        }
    }
    // Nothing is known of the value of another one.
    Certificate::parse(&certificate("1.2.3.4", "05000500")).unwrap();
}
