//! Why materials are refused.

/// A rule that a provider's materials break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MaterialsError {
    /// The algorithm name is not the one there is.
    #[error("algorithm is '{got}'; expected '{expected}'")]
    Algorithm {
        /// The only algorithm name accepted.
        expected: &'static str,
        /// What the provider said.
        got: String,
    },
    /// The AES key has a length that AES does not have.
    #[error("AES key is {got} bytes long; expected 16, 24 or 32")]
    AesKeyLength {
        /// The length in bytes.
        got: usize,
    },
    /// Every byte of the AES key is zero.
    #[error("AES key is all zero")]
    ZeroKey,
    /// Every byte of the AES key is the same.
    #[error("AES key repeats one byte; expected random bytes")]
    ConstantKey,
    /// The public half is not a `SubjectPublicKeyInfo` of an RSA key.
    #[error("RSA public key of {length} bytes is not a DER SubjectPublicKeyInfo: {reason}")]
    RsaPublicKey {
        /// How many bytes were given.
        length: usize,
        /// What the parser said.
        reason: String,
    },
    /// The private half is not an RSA key in PKCS#8.
    #[error("RSA private key of {length} bytes is not a DER PKCS#8 RSA key: {reason}")]
    RsaPrivateKey {
        /// How many bytes were given.
        length: usize,
        /// What the parser said.
        reason: String,
    },
    /// The modulus is too short to be safe.
    #[error("RSA {half} key is smaller than {minimum} bits")]
    RsaTooSmall {
        /// `public` or `private`.
        half: &'static str,
        /// The least number of bits accepted.
        minimum: usize,
    },
    /// The modulus is longer than any in use.
    #[error("RSA {half} key is larger than {maximum} bits")]
    RsaTooLarge {
        /// `public` or `private`.
        half: &'static str,
        /// The largest number of bits accepted.
        maximum: usize,
    },
    /// The two halves are of different pairs.
    #[error(
        "RSA public key ({public_bits} bits) is not the public half of the private key ({private_bits} bits)"
    )]
    RsaMismatch {
        /// Bits of the public half.
        public_bits: usize,
        /// Bits of the private half.
        private_bits: usize,
    },
    /// Decryption needs the private half.
    #[error("RSA materials for decryption have no private key")]
    NoPrivateKey,
    /// A provider-held key wraps with an algorithm that the format does not have.
    #[error("provider-held key wraps with '{got}'; expected one of: AES/GCM, RSA-OAEP-SHA1")]
    WrapAlgorithm {
        /// What the provider said.
        got: String,
    },
    /// A key id or generation is missing.
    #[error("{what} is empty")]
    Empty {
        /// `key id`, for instance.
        what: &'static str,
    },
    /// A key id or generation is too long.
    #[error("{what} is {got} bytes long; at most {max} are allowed")]
    TooLong {
        /// `key id`, for instance.
        what: &'static str,
        /// The bound in bytes.
        max: usize,
        /// The length in bytes.
        got: usize,
    },
    /// A key id, generation or description holds a control character.
    #[error("{what} holds the control character U+{code:04X}")]
    ControlCharacter {
        /// `key id`, for instance.
        what: String,
        /// The character's number.
        code: u32,
    },
    /// The description has too many entries.
    #[error("description has {got} entries; at most {max} are allowed")]
    DescriptionEntries {
        /// The bound.
        max: usize,
        /// How many there are.
        got: usize,
    },
    /// The description's names and values are too long together.
    #[error("description is {got} bytes long; at most {max} are allowed")]
    DescriptionTooLong {
        /// The bound in bytes, names and values together.
        max: usize,
        /// The length in bytes.
        got: usize,
    },
    /// A name of the description is empty or too long.
    #[error("description name '{name}' is {got} bytes long; expected 1 to {max}")]
    DescriptionName {
        /// The name, shortened.
        name: String,
        /// The bound in bytes.
        max: usize,
        /// The length in bytes.
        got: usize,
    },
    /// A name of the description means something to the format itself.
    #[error("description name '{name}' is reserved; names may not begin with {reserved}")]
    ReservedName {
        /// The name, shortened.
        name: String,
        /// What it collides with.
        reserved: &'static str,
    },
    /// A wrap changed an entry instead of adding one.
    #[error("wrapping changed the description's entry '{name}'; it may only add entries")]
    ContradictingEntry {
        /// The entry's name, shortened.
        name: String,
    },
}
