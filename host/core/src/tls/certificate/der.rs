//! The one form that DER has for a certificate, where no signature holds it.

use x509_parser::asn1_rs::{Any, BitString, Class, FromDer, Header, Length, Tag, ToDer};

/// The elements of a sequence, each as it is encoded. Ends where one does not parse.
pub(super) fn elements(sequence: &[u8]) -> Vec<&[u8]> {
    let mut elements = Vec::new();
    let Ok((_, sequence)) = Any::from_der(sequence) else {
        return elements;
    };
    let mut rest = sequence.data;
    while let Ok((after, _)) = Any::from_der(rest) {
        let length = rest.len().saturating_sub(after.len());
        elements.extend(rest.get(..length));
        rest = after;
    }
    elements
}

/// What is not signed has one form only: otherwise whoever passes a certificate on could change
/// its bytes, and readers differ in which forms they take.
pub(super) fn check_unsigned_parts(certificate: &[u8]) -> Result<(), &'static str> {
    let parts = elements(certificate);
    let whole = Any::from_der(certificate).map_or(0, |(_, any)| any.data.len());
    let [tbs, algorithm, signature] = parts.as_slice() else {
        return Err("it has other parts than three");
    };
    if parts.iter().map(|part| part.len()).sum::<usize>() != whole {
        return Err("bytes follow its signature");
    }
    if !is_as_written(certificate, Tag::Sequence) || !is_as_written(signature, Tag::BitString) {
        return Err("its outermost parts are not in the form of DER");
    }
    match BitString::from_der(signature) {
        Ok((_, bits)) if bits.unused_bits == 0 => {}
        _ => return Err("its signature is not of whole bytes"),
    }
    // RFC 5280, section 4.1.1.2: the two have to be the same. A version, which is in `[0]`, and the
    // serial number stand before the one that is signed.
    let signed = elements(tbs);
    let at = 1 + usize::from(signed.first().is_some_and(|first| is_version(first)));
    if signed.get(at) != Some(algorithm) {
        return Err("its two signature algorithms differ");
    }
    Ok(())
}

/// Whether an element begins as DER has it, byte for byte: with this tag, in the shortest form of
/// its length. The parser takes other classes for it, and sequences that say that they have no
/// elements (X.690, sections 8.1.2, 10.1 and 10.2).
fn is_as_written(element: &[u8], tag: Tag) -> bool {
    Any::from_der(element).is_ok_and(|(_, any)| {
        let length = Length::Definite(any.data.len());
        let header = Header::new(Class::Universal, tag == Tag::Sequence, tag, length);
        let written = header.to_der_vec();
        written.is_ok_and(|header| element.strip_prefix(&*header) == Some(any.data))
    })
}

fn is_version(element: &[u8]) -> bool {
    let parsed = Any::from_der(element);
    parsed.is_ok_and(|(_, any)| any.class() == Class::ContextSpecific && any.tag() == Tag(0))
}
