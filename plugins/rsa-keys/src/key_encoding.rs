//! PEM or DER, one block, of the right kind.

use provost_plugin_api::SecretBytes;
use rustls_pemfile::{Item, read_one_from_slice};
use zeroize::Zeroize;

/// Which half of the key pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Half {
    /// X.509 `SubjectPublicKeyInfo`; PEM label `PUBLIC KEY` (RFC 7468, section 13).
    Public,
    /// PKCS#8, not encrypted; PEM label `PRIVATE KEY` (RFC 7468, section 10).
    Private,
}

/// Why an encoding was not taken. No message shows any of it but PEM labels.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodingError {
    /// Nothing at all.
    #[error("it is empty, expected {expected}")]
    Empty {
        /// What would be right.
        expected: &'static str,
    },
    /// Neither PEM nor the start of DER.
    #[error("it is neither PEM nor DER, expected {expected}")]
    Neither {
        /// What would be right.
        expected: &'static str,
    },
    /// PEM that does not hold together.
    #[error("its PEM is damaged: {problem}")]
    Damaged {
        /// How.
        problem: &'static str,
    },
    /// More than one PEM block.
    #[error("it has {got} PEM blocks, expected one: {expected}")]
    Blocks {
        /// How many there are.
        got: usize,
        /// What would be right.
        expected: &'static str,
    },
    /// A PEM block of another kind.
    #[error("it is a PEM block `{got}`, expected {expected}{hint}")]
    Label {
        /// Its label.
        got: String,
        /// What would be right.
        expected: &'static str,
        /// The command that converts it, if there is one.
        hint: &'static str,
    },
}

impl Half {
    fn expected(self) -> &'static str {
        match self {
            Self::Public => "a public key (SPKI) as DER or as PEM `PUBLIC KEY`",
            Self::Private => "a private key (PKCS#8) as DER or as PEM `PRIVATE KEY`",
        }
    }

    fn label(self) -> &'static [u8] {
        match self {
            Self::Public => b"PUBLIC KEY",
            Self::Private => b"PRIVATE KEY",
        }
    }

    fn hint(self, label: &str) -> &'static str {
        match (self, label) {
            (Self::Public, "RSA PUBLIC KEY") => {
                ": run `openssl rsa -RSAPublicKey_in -in IN -pubout -out OUT`"
            }
            (Self::Public, "PRIVATE KEY" | "RSA PRIVATE KEY") => {
                ": run `openssl pkey -in IN -pubout -out OUT`"
            }
            (Self::Public, "CERTIFICATE") => ": run `openssl x509 -in IN -pubkey -noout > OUT`",
            (Self::Private, "RSA PRIVATE KEY" | "ENCRYPTED PRIVATE KEY") => {
                ": run `umask 077; openssl pkcs8 -topk8 -nocrypt -in IN -out OUT`"
            }
            _ => "",
        }
    }
}

/// The DER inside `content`, which is that DER or one PEM block with it.
///
/// The DER itself is the host's to check.
pub fn to_der(content: SecretBytes, half: Half) -> Result<SecretBytes, EncodingError> {
    let expected = half.expected();
    let labels: Vec<&[u8]> = content
        .secret_bytes()
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .filter_map(|line| line.strip_prefix(b"-----BEGIN "))
        .map(<[u8]>::trim_ascii_end)
        .map(|rest| rest.strip_suffix(b"-----").unwrap_or(rest))
        .collect();
    match labels.as_slice() {
        [] => match content.secret_bytes() {
            [] => Err(EncodingError::Empty { expected }),
            // A DER sequence, which both halves are.
            [0x30, ..] => Ok(content),
            _ => Err(EncodingError::Neither { expected }),
        },
        [label] if *label == half.label() => from_pem(&content, half),
        [label] => {
            let got = printable(label);
            let hint = half.hint(&got);
            Err(EncodingError::Label {
                got,
                expected,
                hint,
            })
        }
        several => Err(EncodingError::Blocks {
            got: several.len(),
            expected,
        }),
    }
}

fn from_pem(content: &SecretBytes, half: Half) -> Result<SecretBytes, EncodingError> {
    let damaged = |problem| EncodingError::Damaged { problem };
    let item = read_one_from_slice(content.secret_bytes()).map_err(|error| match error {
        rustls_pemfile::Error::MissingSectionEnd { .. } => damaged("its END line is missing"),
        rustls_pemfile::Error::IllegalSectionStart { .. } => damaged("its BEGIN line is cut"),
        rustls_pemfile::Error::Base64Decode(_) => damaged("its content is not base64"),
    })?;
    let der = match (half, item) {
        (Half::Public, Some((Item::SubjectPublicKeyInfo(public), _))) => {
            SecretBytes::copy_from(&public)
        }
        (Half::Private, Some((Item::Pkcs8Key(mut private), _))) => {
            let der = SecretBytes::copy_from(private.secret_pkcs8_der());
            private.zeroize();
            der
        }
        _ => return Err(damaged("its BEGIN line is not at the start of a line")),
    };
    if der.is_empty() {
        return Err(damaged("it has no content"));
    }
    Ok(der)
}

/// A PEM label as it may be shown: short, and without control characters.
fn printable(label: &[u8]) -> String {
    const LONGEST: usize = 40;
    let shown = label.iter().take(LONGEST).map(|byte| char::from(*byte));
    shown
        .map(|c| {
            if c.is_ascii_graphic() || c == ' ' {
                c
            } else {
                '?'
            }
        })
        .collect()
}
