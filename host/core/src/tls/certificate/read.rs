//! From DER to a [`Certificate`].

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use x509_parser::asn1_rs::Any;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension, X509Extension};
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS;
use x509_parser::prelude::FromDer;

use super::{
    BasicConstraints, Certificate, CertificateError, Contents, DistinguishedName, ExtendedKeyUsage,
    Extensions, KeyUsage, NameConstraints, PublicKey, SignatureAlgorithm, SubjectNames, der,
};
use crate::tls::{evp, limits};

pub(super) fn certificate(bytes: &[u8]) -> Result<Certificate, CertificateError> {
    if bytes.len() > limits::CERTIFICATE {
        return Err(CertificateError::TooLarge {
            at_most: limits::CERTIFICATE,
            got: bytes.len(),
        });
    }
    let malformed = |what: &dyn std::fmt::Display| CertificateError::Malformed {
        what: crate::tls::shown(&what.to_string()),
    };
    let (rest, parsed) = X509Certificate::from_der(bytes).map_err(|error| malformed(&error))?;
    if !rest.is_empty() {
        return Err(CertificateError::Trailing { count: rest.len() });
    }
    der::check_unsigned_parts(bytes).map_err(|what| malformed(&what))?;
    if !evp::certificate::reads(bytes) {
        return Err(malformed(
            &"its parts are not in the form of DER, says aws-lc",
        ));
    }
    for name in [parsed.subject(), parsed.issuer()] {
        let got = name.iter_attributes().count();
        if got > limits::ATTRIBUTES {
            return Err(CertificateError::TooMany {
                what: "attributes in one name",
                at_most: limits::ATTRIBUTES,
                got,
            });
        }
    }
    let tbs = parsed.tbs_certificate.as_ref();
    let spki = parsed.public_key();
    let public_key =
        PublicKey::read(spki).ok_or_else(|| malformed(&"its public key does not parse"))?;
    Ok(Certificate(Arc::new(Contents {
        tbs: position(bytes, tbs).ok_or_else(|| malformed(&"its contents are out of place"))?,
        der: bytes.to_vec(),
        subject: DistinguishedName::read(parsed.subject()),
        issuer: DistinguishedName::read(parsed.issuer()),
        serial: parsed.raw_serial().to_vec(),
        version: parsed.version().0.saturating_add(1),
        not_before: parsed.validity().not_before.timestamp(),
        not_after: parsed.validity().not_after.timestamp(),
        spki: spki.raw.to_vec(),
        public_key,
        signature_algorithm: SignatureAlgorithm::read(&parsed.signature_algorithm),
        signature: parsed.signature_value.data.to_vec(),
        extensions: extensions(parsed.extensions())?,
    })))
}

/// Where `part`, a slice of `whole`, is in it.
fn position(whole: &[u8], part: &[u8]) -> Option<std::ops::Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let range = start..start.checked_add(part.len())?;
    whole.get(range.clone()).map(|_| range)
}

fn extensions(from: &[X509Extension<'_>]) -> Result<Extensions, CertificateError> {
    let few = |count: usize| match count {
        0..=limits::NAMES => Ok(()),
        got => Err(CertificateError::TooMany {
            what: "names in one extension",
            at_most: limits::NAMES,
            got,
        }),
    };
    let mut to = Extensions::default();
    let mut seen: HashSet<String> = HashSet::new();
    for extension in from {
        let oid = extension.oid.to_id_string();
        let refused = |what: &str| CertificateError::Extension {
            oid: oid.clone(),
            what: what.to_owned(),
        };
        // RFC 5280, section 4.2: MUST NOT include more than one instance.
        if !seen.insert(oid.clone()) {
            return Err(refused("it occurs twice"));
        }
        if is_known(extension) && !is_one_element(extension.value) {
            return Err(refused("bytes follow its value"));
        }
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(constraints) => {
                to.basic_constraints = Some(BasicConstraints {
                    ca: constraints.ca,
                    path_length: constraints.path_len_constraint,
                });
            }
            ParsedExtension::KeyUsage(usage) => {
                to.key_usage = Some(KeyUsage {
                    digital_signature: usage.digital_signature(),
                    key_cert_sign: usage.key_cert_sign(),
                });
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                to.extended_key_usage = Some(ExtendedKeyUsage {
                    any: usage.any,
                    server: usage.server_auth,
                });
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                few(names.general_names.len())?;
                let names = subject_names(&names.general_names, extension.critical);
                to.names = Some(names);
            }
            ParsedExtension::NameConstraints(constraints) => {
                let lists = [
                    &constraints.permitted_subtrees,
                    &constraints.excluded_subtrees,
                ];
                few(lists.into_iter().flatten().map(Vec::len).sum())?;
                to.constraints = Some(NameConstraints::read(constraints, extension.value));
            }
            ParsedExtension::SubjectKeyIdentifier(id) => to.subject_key_id = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                to.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                let issuers = access
                    .iter()
                    .filter(|access| access.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS);
                to.issuer_url = issuers
                    .filter_map(|access| match access.access_location {
                        GeneralName::URI(uri) => Some(crate::tls::shown(uri)),
                        _ => None,
                    })
                    .find(|url| url.starts_with("http"));
            }
            ParsedExtension::ParseError { .. } => {
                return Err(refused("its value does not parse"));
            }
            // Nobody asks for a certain policy here, so every one of them will do (RFC 5280, section
            // 6.1.1 (c)).
            ParsedExtension::CertificatePolicies(_) => {}
            // Whoever honours these without processing them would be wrong (RFC 5280, section
            // 4.2): they are known to the parser, not to the rules.
            _ if extension.critical => to.unknown_critical.push(oid.clone()),
            _ => {}
        }
    }
    Ok(to)
}

fn is_known(extension: &X509Extension<'_>) -> bool {
    let parsed = extension.parsed_extension();
    !matches!(parsed, ParsedExtension::UnsupportedExtension { .. })
}

/// Whether nothing stands behind the value, which the parser ignores. One that has no end is left
/// to it.
fn is_one_element(value: &[u8]) -> bool {
    Any::from_der(value).map_or(true, |(rest, _)| rest.is_empty())
}

fn subject_names(names: &[GeneralName<'_>], critical: bool) -> SubjectNames {
    let mut to = SubjectNames {
        critical,
        ..SubjectNames::default()
    };
    for name in names {
        match name {
            GeneralName::DNSName(name) => to.dns.push((*name).to_owned()),
            GeneralName::RFC822Name(name) => to.emails.push((*name).to_owned()),
            GeneralName::DirectoryName(name) => {
                to.directories.push(DistinguishedName::read(name));
            }
            GeneralName::URI(uri) => to.uris.push((*uri).to_owned()),
            GeneralName::IPAddress(bytes) => match address(bytes) {
                Some(address) => to.addresses.push(address),
                None => to.malformed += 1,
            },
            GeneralName::Invalid(..) => to.malformed += 1,
            _ => to.others += 1,
        }
    }
    to
}

/// Four or sixteen bytes.
pub(super) fn address(bytes: &[u8]) -> Option<IpAddr> {
    match <[u8; 4]>::try_from(bytes) {
        Ok(v4) => Some(v4.into()),
        Err(_) => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
    }
}
