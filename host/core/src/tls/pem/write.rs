//! PEM as it is installed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes of DER in a line, and characters of base64 (RFC 7468, section 2).
const LINE: (usize, usize) = (48, 64);

/// One block, in lines of 64 characters.
///
/// One allocation of the exact size, encoded in place: of a private key no copy is left behind.
/// The caller wipes it.
pub(crate) fn write(label: &str, der: &[u8]) -> Vec<u8> {
    let begin = format!("-----BEGIN {label}-----\n");
    let end = format!("-----END {label}-----\n");
    let characters = der.len().div_ceil(3).saturating_mul(4);
    let body = characters.saturating_add(characters.div_ceil(LINE.1));
    let before = begin.len().saturating_add(body);
    let mut text = Vec::with_capacity(before.saturating_add(end.len()));
    text.extend_from_slice(begin.as_bytes());
    text.resize(before, 0);
    let lines = text.get_mut(begin.len()..).unwrap_or_default();
    for (bytes, line) in der.chunks(LINE.0).zip(lines.chunks_mut(LINE.1 + 1)) {
        // Cannot fail: the line has the size that this many bytes take, and one for its end.
        let written = STANDARD.encode_slice(bytes, line).unwrap_or(0);
        if let Some(end) = line.get_mut(written) {
            *end = b'\n';
        }
    }
    text.extend_from_slice(end.as_bytes());
    text
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    /// What OpenSSL makes of bytes, in lines of 64 characters.
    fn openssl(bytes: &[u8]) -> Vec<u8> {
        let mut child = Command::new("openssl")
            .args(["base64", "-e"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        child.wait_with_output().unwrap().stdout
    }

    #[test]
    fn a_block_is_what_openssl_writes_in_one_exact_allocation() {
        for length in [0, 1, 2, 3, 47, 48, 49, 95, 96, 97, 1000] {
            let der: Vec<u8> = (0..=255).cycle().take(length).collect();
            let text = write("PRIVATE KEY", &der);
            let begin = b"-----BEGIN PRIVATE KEY-----\n".as_slice();
            let end = b"-----END PRIVATE KEY-----\n";
            assert_eq!(text, [begin, &openssl(&der), end].concat(), "{length}");
            assert_eq!(text.len(), text.capacity(), "{length}");
        }
    }
}
