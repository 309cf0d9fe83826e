//! Names of subjects and issuers.

use std::fmt;
use std::sync::OnceLock;

use x509_parser::asn1_rs::{Any, FromDer};
use x509_parser::x509::X509Name;

use super::der;

/// `emailAddress` (RFC 2985).
const EMAIL_ADDRESS: &str = "1.2.840.113549.1.9.1";

/// A distinguished name. Two are one name if they are encoded alike, which is what Java and
/// webpki compare too (RFC 5280, section 7.1 would allow more).
#[derive(Debug, Clone, Eq)]
pub struct DistinguishedName {
    raw: Vec<u8>,
    shown: String,
    common_names: Vec<String>,
    emails: Vec<String>,
    parts: OnceLock<Parts>,
}

/// The relative names of a distinguished name, for constraints: as they are encoded, which is what
/// has to be met to be permitted, and folded, which is enough to be excluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) relative: Vec<Vec<u8>>,
    /// Without regard to the type of a text, to case, and to blanks (RFC 5280, section 7.1).
    pub(super) folded: Vec<Vec<u8>>,
}

impl DistinguishedName {
    pub(super) fn read(name: &X509Name<'_>) -> Self {
        let email = |attribute: &&x509_parser::x509::AttributeTypeAndValue<'_>| {
            attribute.attr_type().to_id_string() == EMAIL_ADDRESS
        };
        let common_names = name.iter_common_name().map(|name| text(name.attr_value()));
        let emails = name.iter_attributes().filter(email);
        Self {
            raw: name.as_raw().to_vec(),
            shown: crate::tls::shown(&name.to_string()),
            common_names: common_names.collect(),
            emails: emails.map(|email| text(email.attr_value())).collect(),
            parts: OnceLock::new(),
        }
    }

    /// As it is encoded.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Whether it has no parts.
    pub fn is_empty(&self) -> bool {
        der::elements(&self.raw).is_empty()
    }

    /// Its common names (`CN`).
    pub fn common_names(&self) -> &[String] {
        &self.common_names
    }

    /// Its mail addresses.
    pub(crate) fn emails(&self) -> &[String] {
        &self.emails
    }

    /// Its relative names, taken apart when they are first asked for.
    pub(super) fn parts(&self) -> &Parts {
        self.parts.get_or_init(|| {
            let relative = der::elements(&self.raw);
            Parts {
                folded: relative.iter().map(|relative| fold(relative)).collect(),
                relative: relative.into_iter().map(<[u8]>::to_vec).collect(),
            }
        })
    }
}

/// A relative name, folded: types and values, in order.
fn fold(relative: &[u8]) -> Vec<u8> {
    let mut attributes: Vec<Vec<u8>> = der::elements(relative)
        .into_iter()
        .map(|attribute| match *der::elements(attribute).as_slice() {
            [kind, value] => {
                let value = Any::from_der(value).map(|(_, value)| text(&value));
                let words: Vec<String> = value
                    .unwrap_or_default()
                    .split_whitespace()
                    .map(str::to_lowercase)
                    .collect();
                [kind, words.join(" ").as_bytes()].concat()
            }
            _ => attribute.to_vec(),
        })
        .collect();
    attributes.sort();
    attributes.concat()
}

/// A text of any of the types of `DirectoryString` (RFC 5280, section 4.1.2.4). What is left of one
/// that does not decode has marks in the place of what is not known.
fn text(value: &Any<'_>) -> String {
    let bytes = value.data;
    match value.tag().0 {
        // BMPString: UTF-16, big-endian.
        30 => {
            let units = bytes.chunks(2).map(|unit| match *unit {
                [high, low] => u16::from_be_bytes([high, low]),
                _ => 0xfffd,
            });
            char::decode_utf16(units)
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        // UniversalString: UTF-32, big-endian.
        28 => bytes
            .chunks(4)
            .map(|unit| {
                let unit = <[u8; 4]>::try_from(unit).map(u32::from_be_bytes);
                let unit = unit.ok().and_then(char::from_u32);
                unit.unwrap_or(char::REPLACEMENT_CHARACTER)
            })
            .collect(),
        // TeletexString: readers take it for Latin-1.
        20 => bytes.iter().copied().map(char::from).collect(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
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
