//! What `rustls-pemfile` makes of a file: the second opinion on what the scanner found.

use super::Block;

/// Whether `rustls-pemfile` finds the same certificates in `text`.
///
/// It passes over what it does not recognise, so the scanner comes first; here it is asked about
/// a file that the scanner has no complaints about. What it quotes in its errors is text of the
/// file, so they are not shown.
pub(super) fn check(text: &[u8], blocks: &[Block]) -> Result<(), String> {
    let mut rest = text;
    let mut count = 0_usize;
    let mut expected = blocks.iter();
    loop {
        match rustls_pemfile::read_one_from_slice(rest) {
            Ok(Some((rustls_pemfile::Item::X509Certificate(certificate), behind))) => {
                rest = behind;
                count += 1;
                let same = expected
                    .next()
                    .is_some_and(|block| block.der.as_slice() == certificate.as_ref());
                if !same {
                    return Err(format!("reads certificate {count} as another one"));
                }
            }
            Ok(Some((_, behind))) => rest = behind,
            Ok(None) if count == blocks.len() => return Ok(()),
            Ok(None) => return Err(format!("finds {count}")),
            Err(_) => return Err("refuses the file".to_owned()),
        }
    }
}
