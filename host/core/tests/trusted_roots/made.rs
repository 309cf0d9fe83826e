//! Certificates and stores, made by `openssl` and `keytool`.

use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::digest;
use tempfile::TempDir;

use crate::Fingerprints;

/// A folder with two roots, `one.pem` and `two.pem`.
pub(crate) struct Made(TempDir);

/// How `keytool` writes a store.
pub(crate) const JKS: &[&str] = &["-storetype", "JKS"];
/// With few rounds, as it is read again and again.
pub(crate) const PKCS12: &[&str] = &[
    "-storetype",
    "PKCS12",
    "-J-Dkeystore.pkcs12.macIterationCount=100",
    "-J-Dkeystore.pkcs12.certPbeIterationCount=100",
    "-J-Dkeystore.pkcs12.keyPbeIterationCount=100",
];
/// With the rounds that it usually writes.
pub(crate) const PKCS12_AS_USUAL: &[&str] = &["-storetype", "PKCS12"];
/// As Java before 8u301 wrote it: RC2 of 40 bits, and SHA-1.
pub(crate) const PKCS12_LEGACY: &[&str] = &["-storetype", "PKCS12", "-J-Dkeystore.pkcs12.legacy"];
/// As the `cacerts` of Java 18 and later: neither encrypted nor with a digest.
pub(crate) const PKCS12_WITHOUT_PASSWORD: &[&str] = &[
    "-storetype",
    "PKCS12",
    "-J-Dkeystore.pkcs12.macAlgorithm=NONE",
    "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE",
];

impl Made {
    pub(crate) fn new() -> Self {
        let made = Self(tempfile::tempdir().unwrap());
        for name in ["one", "two"] {
            let (key, pem) = (
                made.path(&format!("{name}.key")),
                made.path(&format!("{name}.pem")),
            );
            let subject = format!("/O=Provost/CN=root {name}");
            #[rustfmt::skip]
            run("openssl", [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", &subject, "-days", "3650", "-keyout", text(&key), "-out", text(&pem),
            ]);
        }
        made
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// One of the roots, DER.
    pub(crate) fn der(&self, name: &str) -> Vec<u8> {
        let (pem, der) = (self.path(&format!("{name}.pem")), self.path("der"));
        let pem = text(&pem);
        run(
            "openssl",
            ["x509", "-in", pem, "-outform", "der", "-out", text(&der)],
        );
        self.bytes("der")
    }

    /// A store with the two roots as trusted entries.
    pub(crate) fn store(&self, how: &[&str]) -> Vec<u8> {
        for name in ["one", "two"] {
            let pem = self.path(&format!("{name}.pem"));
            let import = [
                "-importcert",
                "-noprompt",
                "-alias",
                name,
                "-file",
                text(&pem),
            ];
            self.keytool(&[&import, how].concat());
        }
        self.bytes("store")
    }

    /// A store with a private key; the roots may be added to it.
    pub(crate) fn store_of_a_key(&self, how: &[&str]) -> Vec<u8> {
        #[rustfmt::skip]
        let generate = [
            "-genkeypair", "-alias", "server", "-keyalg", "EC", "-dname", "CN=server",
            "-keypass", "changeit",
        ];
        self.keytool(&[&generate, how].concat());
        self.bytes("store")
    }

    /// Runs `keytool` on the store.
    pub(crate) fn keytool(&self, arguments: &[&str]) -> String {
        keytool_on(&self.path("store"), arguments)
    }

    /// A store with the two roots, as OpenSSL writes it.
    pub(crate) fn openssl_store(&self) -> Vec<u8> {
        let roots = [self.bytes("one.pem"), self.bytes("two.pem")].concat();
        let (both, store) = (self.path("both.pem"), self.path("openssl.p12"));
        std::fs::write(&both, roots).unwrap();
        #[rustfmt::skip]
        run("openssl", [
            "pkcs12", "-export", "-nokeys", "-in", text(&both), "-out", text(&store),
            "-passout", "pass:changeit",
        ]);
        self.bytes("openssl.p12")
    }
}

/// The trusted entries of a store, as `keytool` lists them.
pub(crate) fn listed(store: &Path) -> Fingerprints {
    let list = keytool_on(store, &["-list"]);
    let lines: Vec<&str> = list.lines().collect();
    let entries = lines
        .windows(2)
        .filter(|pair| pair[0].contains("trustedCertEntry"));
    entries
        .map(|pair| {
            let (name, fingerprint) = pair[1].split_once("): ").unwrap();
            assert_eq!(name, "Certificate fingerprint (SHA-256");
            fingerprint.trim().to_owned()
        })
        .collect()
}

fn keytool_on(store: &Path, arguments: &[&str]) -> String {
    #[rustfmt::skip]
    let all = [arguments, &[
        "-keystore", text(store), "-storepass", "changeit", "-J-Duser.language=en",
    ]].concat();
    run("keytool", all)
}

/// The `cacerts` of the Java that `keytool` belongs to.
pub(crate) fn cacerts() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|folder| folder.join("keytool"));
    let keytool = found
        .filter(|file| file.is_file())
        .find_map(|f| f.canonicalize().ok());
    let home = keytool
        .unwrap()
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .to_owned();
    home.join("lib/security/cacerts")
}

/// An entry of a JKS store that is put together by hand.
pub(crate) struct Entry<'e> {
    pub(crate) tag: u32,
    pub(crate) alias: &'e str,
    pub(crate) certificate: &'e [u8],
}

/// A JKS store with a good digest, whatever is in it (`sun.security.provider.JavaKeyStore`).
pub(crate) fn jks(version: u32, count: u32, entries: &[Entry<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let text = |bytes: &mut Vec<u8>, text: &str| {
        bytes.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
        bytes.extend(text.as_bytes());
    };
    for number in [0xfeed_feed, version, count] {
        bytes.extend(number.to_be_bytes());
    }
    for entry in entries {
        bytes.extend(entry.tag.to_be_bytes());
        text(&mut bytes, entry.alias);
        bytes.extend(0_u64.to_be_bytes());
        if version == 2 {
            text(&mut bytes, "X.509");
        }
        let length = u32::try_from(entry.certificate.len()).unwrap();
        bytes.extend(length.to_be_bytes());
        bytes.extend(entry.certificate);
    }
    let mut digest = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    let password: Vec<u8> = "changeit"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    for part in [&password, "Mighty Aphrodite".as_bytes(), &bytes] {
        digest.update(part);
    }
    bytes.extend(digest.finish().as_ref());
    bytes
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn run<'a>(program: &str, arguments: impl IntoIterator<Item = &'a str>) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program}: {printed} {output:?}");
    printed
}
