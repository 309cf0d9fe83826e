//! What a TLS artifacts provider returns, unvalidated.

use crate::{Attributes, SecretBytes};

/// TLS artifacts as a provider returned them: nothing about them has been checked.
#[derive(Debug)]
#[non_exhaustive]
pub struct RawTlsArtifacts {
    /// The private key, PEM, unencrypted.
    pub private_key: SecretBytes,
    /// The end-entity certificate and its intermediates, in order, PEM.
    pub certificate_chain: Vec<u8>,
    /// The trusted certificates, PEM. Needed when the chain does not lead to a default root.
    pub trusted_certificates: Option<Vec<u8>>,
    /// Which state of the provider's artifacts this is, for people. It is shown: nothing secret
    /// belongs into it.
    pub generation: String,
    /// Facts that have no field yet.
    pub attributes: Attributes,
}

impl RawTlsArtifacts {
    /// Artifacts from PEM.
    pub fn from_pem(private_key: SecretBytes, certificate_chain: Vec<u8>) -> Self {
        Self {
            private_key,
            certificate_chain,
            trusted_certificates: None,
            generation: String::new(),
            attributes: Attributes::new(),
        }
    }

    /// Artifacts from DER: the private key as PKCS#8, the end-entity certificate first, then its
    /// intermediates.
    pub fn from_der<C: AsRef<[u8]>>(private_key: &SecretBytes, chain: &[C]) -> Self {
        let private_key = pem("PRIVATE KEY", private_key.secret_bytes());
        let chain = chain.iter().map(|der| pem("CERTIFICATE", der.as_ref()));
        Self::from_pem(
            SecretBytes::new(private_key),
            chain.collect::<Vec<_>>().concat(),
        )
    }

    /// Sets the trusted certificates, PEM.
    #[must_use]
    pub fn with_trusted_certificates(mut self, pem: Vec<u8>) -> Self {
        self.trusted_certificates = Some(pem);
        self
    }

    /// Sets the generation.
    #[must_use]
    pub fn with_generation(mut self, generation: impl Into<String>) -> Self {
        self.generation = generation.into();
        self
    }
}

/// One PEM block (RFC 7468), lines of 64 characters. Its memory is taken once and never grown, so
/// that a private key leaves no copy behind.
fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let characters = der.len().div_ceil(3) * 4;
    let frame = "-----BEGIN -----\n-----END -----\n".len() + 2 * label.len();
    let mut pem = Vec::with_capacity(frame + characters + characters.div_ceil(64));
    pem.extend_from_slice(b"-----BEGIN ");
    pem.extend_from_slice(label.as_bytes());
    pem.extend_from_slice(b"-----\n");
    for line in der.chunks(48) {
        for group in line.chunks(3) {
            pem.extend_from_slice(&base64(group));
        }
        pem.push(b'\n');
    }
    pem.extend_from_slice(b"-----END ");
    pem.extend_from_slice(label.as_bytes());
    pem.extend_from_slice(b"-----\n");
    pem
}

/// Four characters for one to three bytes.
fn base64(group: &[u8]) -> [u8; 4] {
    let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
    let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    let character = |index: usize| match (bits >> (18 - 6 * index)) & 0x3f {
        _ if index > group.len() => b'=',
        digit @ 0..=25 => b'A' + low(digit),
        digit @ 26..=51 => b'a' + low(digit - 26),
        digit @ 52..=61 => b'0' + low(digit - 52),
        62 => b'+',
        _ => b'/',
    };
    std::array::from_fn(character)
}

fn low(digit: u32) -> u8 {
    digit.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::{base64, pem};

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let encoded = |bytes: &[u8]| {
            let groups = bytes.chunks(3).flat_map(base64);
            String::from_utf8(groups.collect()).unwrap()
        };
        // RFC 4648, section 10, and the two characters that it does not reach.
        for (plain, text) in [
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encoded(plain.as_bytes()), text);
        }
        assert_eq!(encoded(&[0xfb, 0xff, 0xbf]), "+/+/");
    }

    #[test]
    fn a_pem_block_never_outgrows_its_memory() {
        for length in [0, 1, 47, 48, 49, 96, 1000] {
            let block = pem("PRIVATE KEY", &vec![7; length]);
            assert_eq!(block.len(), block.capacity(), "{length} bytes");
            let text = String::from_utf8(block).unwrap();
            let mut lines = text.lines();
            assert_eq!(lines.next(), Some("-----BEGIN PRIVATE KEY-----"));
            assert_eq!(lines.next_back(), Some("-----END PRIVATE KEY-----"));
            assert!(lines.all(|line| (1..=64).contains(&line.len())));
        }
    }
}
