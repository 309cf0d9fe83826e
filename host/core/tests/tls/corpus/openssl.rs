//! What rcgen is too careful to make, by the `openssl` command.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{DAY, Issued, NOW, at};

/// The command, in a folder of its own.
pub(crate) struct Openssl {
    folder: TempDir,
}

/// A certificate that is to be made. Without extensions it is an X.509 v1 certificate.
pub(crate) struct Request<'a> {
    /// `/CN=NAME`.
    pub(crate) subject: &'a str,
    /// The subject's private key, PEM.
    pub(crate) key: &'a str,
    /// Certificate and key of its issuer, PEM; itself without.
    pub(crate) issuer: Option<(&'a str, &'a str)>,
    /// The hash that is signed.
    pub(crate) hash: &'a str,
    /// Lines of a section of extensions.
    pub(crate) extensions: &'a [&'a str],
    /// More arguments.
    pub(crate) arguments: &'a [&'a str],
}

impl<'a> Request<'a> {
    /// A server's certificate, issued by an authority that rcgen made.
    pub(crate) const SERVER: &'static [&'static str] = &[
        "basicConstraints = critical, CA:FALSE",
        "keyUsage = critical, digitalSignature",
        "extendedKeyUsage = serverAuth, clientAuth",
        "subjectAltName = DNS:node1.example.com",
    ];
    /// An authority's.
    pub(crate) const CA: &'static [&'static str] = &[
        "basicConstraints = critical, CA:TRUE",
        "keyUsage = critical, keyCertSign, cRLSign",
    ];

    /// A server's certificate with SHA-256.
    pub(crate) fn server(key: &'a str, issuer: Option<(&'a str, &'a str)>) -> Self {
        Self {
            subject: "/CN=node1.example.com",
            key,
            issuer,
            hash: "sha256",
            extensions: Self::SERVER,
            arguments: &[],
        }
    }

    /// An authority's certificate with SHA-256.
    pub(crate) fn ca(subject: &'a str, key: &'a str, issuer: Option<(&'a str, &'a str)>) -> Self {
        Self {
            subject,
            extensions: Self::CA,
            ..Self::server(key, issuer)
        }
    }
}

impl Openssl {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in its folder, with these contents.
    pub(crate) fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// Runs it; what it writes to its standard output. Arguments are split at blanks.
    pub(crate) fn run(&self, arguments: &str) -> Vec<u8> {
        let (succeeded, output, said) = self.attempt(arguments);
        assert!(succeeded, "openssl {arguments}: {said}");
        output
    }

    /// Runs it; whether it succeeded, what it wrote, and what it said of it.
    pub(crate) fn attempt(&self, arguments: &str) -> (bool, Vec<u8>, String) {
        let output = Command::new("openssl")
            .args(arguments.split_ascii_whitespace())
            .current_dir(self.folder())
            // Settings of this machine are not the tests'.
            .env("OPENSSL_CONF", "/dev/null")
            .stdin(Stdio::null())
            .output()
            .expect("the tests need the openssl command, version 3");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), output.stdout, said)
    }

    /// Whether a key is that of a certificate, and what is said of it: of others, no store is made.
    pub(crate) fn fits(&self, key: &str, certificate: &str) -> (bool, String) {
        let (made, _, said) = self.attempt(&format!(
            "pkcs12 -export -inkey {key} -in {certificate} -keypbe NONE -certpbe NONE -nomac \
             -passout pass:"
        ));
        (made, said)
    }

    /// As [`run`](Self::run), with a file `in` that holds the input; the output as text.
    pub(crate) fn convert(&self, input: impl AsRef<[u8]>, arguments: &str) -> String {
        self.file("in", input);
        String::from_utf8(self.run(arguments)).unwrap()
    }

    /// A new private key, PKCS#8 in PEM: `RSA -pkeyopt rsa_keygen_bits:1024`.
    pub(crate) fn key(&self, algorithm: &str) -> String {
        String::from_utf8(self.run(&format!("genpkey -algorithm {algorithm}"))).unwrap()
    }

    /// Makes a certificate, PEM. `openssl ca` is the one part that takes times.
    pub(crate) fn certificate(&self, request: &Request<'_>) -> String {
        let key = self.file("subject.key", request.key);
        let configuration = self.file("ca.cnf", configuration(request.extensions));
        self.file("index.txt", "");
        self.file("request.cnf", "[req]\ndistinguished_name = name\n[name]\n");
        self.file("subject", "");
        let (key, configuration) = (key.display(), configuration.display());
        self.run(&format!(
            "req -new -config request.cnf -key {key} -utf8 -subj {} -out request.pem",
            request.subject
        ));
        let issuer = match request.issuer {
            Some((certificate, key)) => {
                self.file("issuer.pem", certificate);
                self.file("issuer.key", key);
                "-cert issuer.pem -keyfile issuer.key".to_owned()
            }
            None => format!("-selfsign -keyfile {key}"),
        };
        self.run(&format!(
            "ca -batch -notext -config {configuration} {issuer} -in request.pem -out made.pem \
             -md {} -startdate {} -enddate {} {}",
            request.hash,
            moment(NOW - 60 * DAY),
            moment(NOW + 300 * DAY),
            request.arguments.join(" "),
        ));
        std::fs::read_to_string(self.folder().join("made.pem")).unwrap()
    }
}

impl Issued {
    /// Certificate and key as an issuer for OpenSSL.
    pub(crate) fn texts(&self) -> (String, String) {
        (self.pem.clone(), self.key.serialize_pem())
    }
}

fn configuration(extensions: &[&str]) -> String {
    let (refer, section) = match extensions {
        [] => ("", String::new()),
        lines => (
            "x509_extensions = extensions\n",
            format!("[extensions]\n{}\n", lines.join("\n")),
        ),
    };
    format!(
        "[ca]\ndefault_ca = corpus\n[corpus]\nnew_certs_dir = .\ndatabase = index.txt\n\
         rand_serial = yes\nunique_subject = no\npreserve = yes\nemail_in_dn = yes\n\
         policy = any\n{refer}[any]\ncountryName = optional\nstateOrProvinceName = optional\n\
         localityName = optional\norganizationName = optional\n\
         organizationalUnitName = optional\ncommonName = optional\n{section}"
    )
}

/// `YYYYMMDDHHMMSSZ`.
fn moment(seconds: i64) -> String {
    let time = at(seconds);
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}
