//! Names of subjects and issuers.

use std::fmt;

use x509_parser::x509::X509Name;

use super::der;

/// A distinguished name. Two are one name if they are encoded alike, which is what Java and
/// webpki compare too (RFC 5280, section 7.1 would allow more).
#[derive(Debug, Clone, Eq)]
pub struct DistinguishedName {
    raw: Vec<u8>,
    /// Its relative names, each as encoded.
    relative: Vec<Vec<u8>>,
    shown: String,
    common_names: Vec<String>,
}

impl DistinguishedName {
    pub(super) fn read(name: &X509Name<'_>) -> Self {
        let common_names = name
            .iter_common_name()
            .filter_map(|name| name.as_str().ok().map(str::to_owned));
        let relative = der::elements(name.as_raw()).into_iter();
        Self {
            raw: name.as_raw().to_vec(),
            relative: relative.map(<[u8]>::to_vec).collect(),
            shown: crate::tls::shown(&name.to_string()),
            common_names: common_names.collect(),
        }
    }

    /// As it is encoded.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Whether it has no parts.
    pub fn is_empty(&self) -> bool {
        self.relative.is_empty()
    }

    /// Its common names (`CN`).
    pub fn common_names(&self) -> &[String] {
        &self.common_names
    }

    /// Whether `other` is this name or below it.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        other.relative.starts_with(&self.relative)
    }
}

impl PartialEq for DistinguishedName {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

/// As people write it: `C=US, O=Example, CN=ca`. Escaped and cut.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}
