//! Why a file is no set of trusted roots.

/// Why a file is no set of trusted roots. Who reads the file adds its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RootsError {
    /// More than is read.
    #[error("it has {got} bytes; at most {at_most} are read")]
    TooLarge {
        /// The limit.
        at_most: usize,
        /// Its size.
        got: usize,
    },
    /// The PEM scanner refuses it.
    #[error("{}{message}", .line.map(|line| format!("line {line}: ")).unwrap_or_default())]
    Pem {
        /// The line, counted from 1.
        line: Option<usize>,
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// Not a key store of Java.
    #[error("it is {found}; expected a Java key store, JKS or PKCS#12")]
    NotAStore {
        /// What it is instead.
        found: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// The digest over the store is another one.
    #[error("the password does not open the {kind} store, or the store was changed since")]
    Password {
        /// `JKS` or `PKCS#12`.
        kind: &'static str,
    },
    /// Damaged, or written in a way that is not read here.
    #[error("the {kind} store cannot be read: {what}")]
    Unreadable {
        /// `JKS` or `PKCS#12`.
        kind: &'static str,
        /// What was found.
        what: String,
    },
    /// No certificate in it.
    #[error("no certificate in it")]
    Empty,
    /// Certificates, and none of them as a trusted one.
    #[error("{count} certificates in it, and none of them is marked as trusted")]
    NoneTrusted {
        /// How many there are.
        count: usize,
    },
    /// Certificates that do not parse.
    #[error("{count} certificates in it, and none of them can be parsed")]
    NoneParses {
        /// How many there are.
        count: usize,
    },
}

impl RootsError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Pem { hint, .. } => return hint.clone(),
            Self::NotAStore { hint, .. } => (*hint).to_owned(),
            Self::TooLarge { .. } | Self::NoneParses { .. } => return None,
            Self::Password { .. } => format!(
                "the password has to be Java's usual `{}`; `keytool -storepasswd -keystore FILE` \
                 changes it",
                super::JAVA_PASSWORD
            ),
            Self::Unreadable { .. } => AS_PEM.to_owned(),
            Self::Empty => "it takes one trusted certificate at least".to_owned(),
            Self::NoneTrusted { .. } => {
                "add each root with `keytool -importcert -file ROOT -alias NAME -keystore FILE`, \
                 which marks it as trusted"
                    .to_owned()
            }
        })
    }
}

/// What Java reads, it can also write down.
pub(super) const AS_PEM: &str = "let Java read it: `keytool -list -rfc -keystore FILE > roots.pem`, \
                                 and name `pem:roots.pem`";
