//! How large artifacts may be. Everything is measured before it is parsed: what is parsed is small.

/// Bytes of a zip.
pub const ARCHIVE: usize = 4 << 20;
/// Bytes of `privateKey.pem` or `certificateChain.pem`.
pub const FILE: usize = 1 << 20;
/// Bytes of `trustedCertificates.pem`.
pub const TRUSTED_FILE: usize = 4 << 20;
/// Bytes of a Java key store that roots are taken from.
pub const KEY_STORE: usize = 16 << 20;
/// Certificates of such a store.
pub const KEY_STORE_CERTIFICATES: usize = 10_000;
/// How many times its stored size an entry of a zip may become.
pub const RATIO: usize = 200;
/// Entries of a zip.
pub const ENTRIES: usize = 1000;
/// Certificates of a chain, the end entity's among them.
pub const CHAIN: usize = 10;
/// Trusted certificates.
pub const TRUSTED: usize = 1000;
/// Bytes of a certificate, DER.
pub const CERTIFICATE: usize = 64 << 10;
/// Names of the certificates of one file: their alternative names, and those that they constrain.
pub const NAMES: usize = 10_000;
/// Signatures that are verified for one set.
pub const SIGNATURES: usize = 100;
/// Attributes of a subject or an issuer.
pub const ATTRIBUTES: usize = 64;
/// Comparisons of a certificate's names with one issuer's constraints.
pub const COMPARISONS: usize = 10_000;

/// The most bytes of one file.
pub const fn of(file: super::ArtifactFile) -> usize {
    match file {
        super::ArtifactFile::TrustedCertificates => TRUSTED_FILE,
        _ => FILE,
    }
}
