//! What bytes are that are not PEM: named by how they begin, as `file` would, so that the person
//! who mixed two formats up reads which two. Nothing else is taken from them.

use std::fmt;

use crate::tls::finding::{ArtifactFile, shown};

/// What bytes look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tls) enum Foreign {
    Empty,
    Blank,
    /// A PEM block, where another format is expected.
    Pem,
    Certificate,
    /// A private key, by the name of its format.
    Key(&'static str),
    EncryptedKey,
    Pkcs12,
    Pkcs7,
    OtherDer,
    Jks,
    Jceks,
    OpenSshKey,
    OpenSshPublicKey,
    PuttyKey,
    Html,
    /// With the code that an object store gives in its error pages.
    Xml(Option<String>),
    /// By name.
    Archive(&'static str),
    Base64,
    Text,
    Binary,
}

/// The zip's name among archives.
pub(in crate::tls) const ZIP: &str = "zip";

const ARCHIVES: [(&[u8], &str); 8] = [
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08", "split zip"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
];

/// Where a tar says that it is one (POSIX pax, "ustar Interchange Format").
const TAR: std::ops::Range<usize> = 257..262;

/// PKCS#7's object identifiers, 1.2.840.113549.1.7, without their last part.
const PKCS7: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";

/// Names what `bytes` look like.
pub(in crate::tls) fn recognise(bytes: &[u8]) -> Foreign {
    if bytes.is_empty() {
        return Foreign::Empty;
    }
    if let Some((_, name)) = ARCHIVES.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Foreign::Archive(name);
    }
    if bytes.get(TAR) == Some(b"ustar") {
        return Foreign::Archive("tar");
    }
    match bytes.first_chunk() {
        Some([0xfe, 0xed, 0xfe, 0xed]) => return Foreign::Jks,
        Some([0xce, 0xce, 0xce, 0xce]) => return Foreign::Jceks,
        _ => {}
    }
    if bytes.starts_with(b"openssh-key-v1\0") {
        return Foreign::OpenSshKey;
    }
    der(bytes).unwrap_or_else(|| text(bytes))
}

/// What a DER or BER sequence holds, by its first elements.
fn der(bytes: &[u8]) -> Option<Foreign> {
    let inner = sequence(bytes)?;
    Some(match inner {
        [0x02, 0x01, 0x03, 0x30, ..] => Foreign::Pkcs12,
        [0x02, 0x01, 0x00 | 0x01, 0x30, ..] => Foreign::Key("PKCS#8"),
        [0x02, 0x01, 0x00, 0x02, ..] => Foreign::Key("PKCS#1"),
        [0x02, 0x01, 0x01, 0x04, ..] => Foreign::Key("SEC 1"),
        _ if inner.starts_with(PKCS7) => Foreign::Pkcs7,
        // PBES2 and its predecessors are all of PKCS#5 or PKCS#12 (1.2.840.113549.1.5, 1.12).
        _ if is_password_encryption(inner) => Foreign::EncryptedKey,
        // TBSCertificate, from version 2 on, begins with its version in [0].
        _ if sequence(inner).is_some_and(|tbs| tbs.starts_with(b"\xa0\x03\x02\x01")) => {
            Foreign::Certificate
        }
        _ => Foreign::OtherDer,
    })
}

fn is_password_encryption(inner: &[u8]) -> bool {
    let algorithm = sequence(inner).and_then(|algorithm| algorithm.get(2..));
    algorithm.is_some_and(|oid| {
        oid.starts_with(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05")
            || oid.starts_with(b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c")
    })
}

/// What follows the header of a sequence.
fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [0x30, 0x81, _, rest @ ..]
        | [0x30, 0x82, _, _, rest @ ..]
        | [0x30, 0x83, _, _, _, rest @ ..]
        | [0x30, 0x80, rest @ ..] => Some(rest),
        // `0` and a letter are a sequence too, if they say how long the file is.
        [0x30, length, rest @ ..] if usize::from(*length) == rest.len() => Some(rest),
        // An algorithm's, within a longer one.
        [0x30, length @ ..0x80, rest @ ..]
            if rest.first() == Some(&0x06) && usize::from(*length) < rest.len() =>
        {
            Some(rest)
        }
        _ => None,
    }
}

fn text(bytes: &[u8]) -> Foreign {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = bytes.trim_ascii();
    if text.is_empty() {
        return Foreign::Blank;
    }
    let lower: Vec<u8> = text.iter().take(64).map(u8::to_ascii_lowercase).collect();
    let starts = |with: &[&[u8]]| with.iter().any(|start| lower.starts_with(start));
    if starts(&[b"<!doctype html", b"<html"]) {
        return Foreign::Html;
    }
    if starts(&[b"<?xml", b"<error>"]) {
        return Foreign::Xml(code(text));
    }
    if starts(&[b"-----begin "]) {
        return Foreign::Pem;
    }
    if starts(&[b"putty-user-key-file"]) {
        return Foreign::PuttyKey;
    }
    if starts(&[b"ssh-rsa ", b"ssh-ed25519 ", b"ecdsa-sha2-"]) {
        return Foreign::OpenSshPublicKey;
    }
    let base64 = |c: &u8| c.is_ascii_alphanumeric() || b"+/=\r\n \t".contains(c);
    // A sequence in base64.
    if text.len() >= 64 && text.starts_with(b"M") && text.iter().all(base64) {
        return Foreign::Base64;
    }
    let printable = |c: char| !c.is_control() || c.is_ascii_whitespace();
    match std::str::from_utf8(text) {
        Ok(text) if text.chars().all(printable) => Foreign::Text,
        _ => Foreign::Binary,
    }
}

/// `<Code>` of an object store's error page.
fn code(page: &[u8]) -> Option<String> {
    const BEGIN: &[u8] = b"<Code>";
    let page = page.get(..4096).unwrap_or(page);
    let at = page.windows(BEGIN.len()).position(|part| part == BEGIN)?;
    let code = page.get(at.checked_add(BEGIN.len())?..)?;
    let code = code.split(|c| *c == b'<').next()?;
    Some(shown(&String::from_utf8_lossy(code)))
}

/// As the object of a sentence.
impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "no bytes",
            Self::Blank => "nothing but blanks",
            Self::Pem => "a PEM block",
            Self::Certificate => "a certificate in DER",
            Self::Key(format) => return write!(f, "a private key in DER ({format})"),
            Self::EncryptedKey => "an encrypted private key in DER (PKCS#8)",
            Self::Pkcs12 => "a PKCS#12 store",
            Self::Pkcs7 => "a PKCS#7 file in DER",
            Self::OtherDer => "DER",
            Self::Jks => "a Java key store (JKS)",
            Self::Jceks => "a Java key store (JCEKS)",
            Self::OpenSshKey => "an OpenSSH private key",
            Self::OpenSshPublicKey => "an OpenSSH public key",
            Self::PuttyKey => "a PuTTY private key",
            Self::Html => "an HTML page",
            Self::Xml(None) => "an XML document",
            Self::Xml(Some(code)) => return write!(f, "an XML error page with code `{code}`"),
            Self::Archive(name) => return write!(f, "a {name} archive"),
            Self::Base64 => "base64 without BEGIN and END lines",
            Self::Text => "text",
            Self::Binary => "binary data",
        })
    }
}

impl Foreign {
    /// What turns it into the PEM that `file` has to be. The commands write `new.pem`.
    pub(super) fn hint(&self, file: ArtifactFile) -> String {
        let name = file.name();
        let wants_key = file == ArtifactFile::PrivateKey;
        let what = if wants_key {
            "the private key"
        } else {
            "certificates"
        };
        let from_store = |store: &str| {
            let part = if wants_key {
                "-nocerts -nodes"
            } else {
                "-nokeys"
            };
            format!("`openssl pkcs12 -in {store} {part} -out new.pem`")
        };
        let from_java = |kind: &str| {
            format!(
                "`keytool -importkeystore -srckeystore {name} -srcstoretype {kind} -destkeystore \
                 new.p12 -deststoretype PKCS12`, then {}",
                from_store("new.p12")
            )
        };
        match self {
            Self::Certificate | Self::Pkcs7 if wants_key => {
                "put the private key that belongs to the certificate here".to_owned()
            }
            Self::Key(_) | Self::EncryptedKey | Self::OpenSshKey | Self::PuttyKey if !wants_key => {
                "put certificates here, and keep the private key out of this file".to_owned()
            }
            Self::Certificate => format!("`openssl x509 -inform DER -in {name} -out new.pem`"),
            Self::Key(_) | Self::EncryptedKey => {
                format!("`openssl pkey -inform DER -in {name} -out new.pem`")
            }
            Self::Pkcs12 => from_store(name),
            Self::Pkcs7 => {
                format!("`openssl pkcs7 -inform DER -in {name} -print_certs -out new.pem`")
            }
            Self::Jks => from_java("JKS"),
            Self::Jceks => from_java("JCEKS"),
            Self::OpenSshKey => format!("`ssh-keygen -p -m PKCS8 -f {name}` converts it in place"),
            Self::PuttyKey => {
                format!(
                    "`puttygen {name} -O private-openssh-new -o new`, then `ssh-keygen -p -m PKCS8 -f new`"
                )
            }
            Self::Archive(_) => format!("unpack it; this file has to be {what} as PEM"),
            Self::Html | Self::Xml(_) => {
                "the server's answer was saved in place of the file: fetch it again".to_owned()
            }
            Self::Base64 => {
                let label = if wants_key {
                    "PRIVATE KEY"
                } else {
                    "CERTIFICATE"
                };
                format!(
                    "put `-----BEGIN {label}-----` before it and `-----END {label}-----` behind it"
                )
            }
            _ => format!("this file has to be {what} as PEM: `-----BEGIN ...-----`"),
        }
    }
}
