//! The algorithm table: suites, wraps, formats. S3EC format, sections 3 and 4.

use std::fmt;

/// Which of the three envelopes an object has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// CBC, and a data key wrapped without authentication. Read-only, legacy.
    V1,
    /// GCM; the algorithm names are stored.
    V2,
    /// GCM with key commitment.
    V3,
}

/// The formats that are written: legacy ones cannot be expressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WriteFormat {
    /// Readable by all Amazon clients of the last years.
    V2,
    /// With key commitment.
    #[default]
    V3,
}

/// How content is encrypted, with every size that goes with it.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AlgorithmSuite {
    /// The suite's number.
    pub id: u16,
    /// Its name in metadata, which is also the string that wraps are bound to.
    pub name: &'static str,
    /// The format that it is written in.
    pub format: Format,
    /// IV length in bytes.
    pub iv_bytes: usize,
    /// Tag length in bytes; 0 where there is none.
    pub tag_bytes: usize,
    /// Additional authenticated data of the content.
    pub aad: &'static [u8],
    /// The longest plaintext in bytes.
    pub max_plaintext: u64,
}

/// The longest GCM plaintext: 2^36 - 32 bytes. NIST SP 800-38D, section 5.2.1.1.
pub(crate) const GCM_MAX_PLAINTEXT: u64 = (1 << 36) - 32;

/// V2 content.
pub static AES_GCM: AlgorithmSuite = AlgorithmSuite {
    id: 0x0072,
    name: "AES/GCM/NoPadding",
    format: Format::V2,
    iv_bytes: 12,
    tag_bytes: 16,
    aad: &[],
    max_plaintext: GCM_MAX_PLAINTEXT,
};

/// V3 content: GCM under a derived key, with key commitment.
pub static AES_GCM_COMMIT_KEY: AlgorithmSuite = AlgorithmSuite {
    id: 0x0073,
    name: "115",
    format: Format::V3,
    iv_bytes: 12,
    tag_bytes: 16,
    aad: &[0x00, 0x73],
    max_plaintext: GCM_MAX_PLAINTEXT,
};

/// V1 content, and some V2: no authentication. Read-only, legacy.
pub static AES_CBC: AlgorithmSuite = AlgorithmSuite {
    id: 0x0070,
    name: "AES/CBC/PKCS5Padding",
    format: Format::V1,
    iv_bytes: 16,
    tag_bytes: 0,
    aad: &[],
    max_plaintext: 1 << 52,
};

/// Another name that CBC content is stored under.
pub(crate) const AES_CBC_PKCS7_NAME: &str = "AES/CBC/PKCS7Padding";

/// A data key's length in bytes: content is always AES-256.
pub const DATA_KEY_BYTES: usize = 32;
/// GCM's IV length in bytes, for content and wraps.
pub const GCM_IV_BYTES: usize = 12;
/// GCM's tag length in bytes, for content and wraps.
pub const GCM_TAG_BYTES: usize = 16;
/// V3: the message id's length in bytes.
pub const MESSAGE_ID_BYTES: usize = 28;
/// V3: the commitment's length in bytes.
pub const COMMITMENT_BYTES: usize = 28;
/// V3: the content IV, constant because every content key is used once.
pub(crate) const V3_CONTENT_IV: [u8; GCM_IV_BYTES] = [0x01; GCM_IV_BYTES];
/// The length of a data key wrapped with `AES/GCM`: IV, ciphertext, tag.
pub const AES_GCM_WRAPPED_BYTES: usize = GCM_IV_BYTES + DATA_KEY_BYTES + GCM_TAG_BYTES;
/// The length of a data key in V1's AES wrap: padded by a whole block.
pub(crate) const AES_ECB_WRAPPED_BYTES: usize = DATA_KEY_BYTES + AES_BLOCK_BYTES;
/// The length of a data key in RFC 3394 key wrap: a check value of eight bytes goes in front.
pub(crate) const AES_WRAP_WRAPPED_BYTES: usize = DATA_KEY_BYTES + 8;
/// AES's block length in bytes, which is also CBC's IV length.
pub(crate) const AES_BLOCK_BYTES: usize = 16;
/// The shortest RSA block, in bytes (2048 bits).
pub(crate) const RSA_MIN_WRAPPED_BYTES: usize = 256;
/// The longest RSA block, in bytes (8192 bits).
pub(crate) const RSA_MAX_WRAPPED_BYTES: usize = 1024;
/// The longest KMS ciphertext, in bytes.
pub(crate) const KMS_MAX_WRAPPED_BYTES: usize = 6144;

/// How a data key is wrapped, where the wrap is authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WrapAlgorithm {
    /// AES-GCM under an AES key, bound to the content algorithm by its AAD.
    AesGcm,
    /// RSA-OAEP with SHA-1 and MGF1-SHA-1, bound to the content algorithm by its payload.
    RsaOaepSha1,
    /// AWS KMS with an encryption context that names the content algorithm.
    KmsContext,
}

/// Wraps that were written once: not one of them is bound to the content algorithm. Read-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LegacyWrap {
    /// V1's, which stores no name: the kind of the key decides between AES-ECB with PKCS#7
    /// padding and RSA PKCS#1 v1.5. Neither is authenticated.
    V1,
    /// RFC 3394 key wrap.
    AesWrap,
    /// RSA-OAEP with SHA-256 and MGF1-SHA-1.
    RsaOaepSha256,
    /// AWS KMS, whose encryption context names the key and not the content algorithm.
    Kms,
}

/// How a stored data key is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyWrap {
    /// As Provost writes: bound to the content algorithm.
    Authenticated(WrapAlgorithm),
    /// Read-only, and only where the operator says so.
    Legacy(LegacyWrap),
}

impl AlgorithmSuite {
    /// Whether a tag proves that content is what was written. CBC has none.
    pub fn is_authenticated(&self) -> bool {
        self.tag_bytes > 0
    }

    /// The string that a wrap is bound to, so that a data key wrapped for one suite does not
    /// decrypt content of another.
    pub fn binding(&self) -> &'static [u8] {
        self.name.as_bytes()
    }
}

impl WriteFormat {
    /// The content suite of this format.
    pub fn suite(self) -> &'static AlgorithmSuite {
        match self {
            Self::V2 => &AES_GCM,
            Self::V3 => &AES_GCM_COMMIT_KEY,
        }
    }
}

impl WrapAlgorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AesGcm, Self::RsaOaepSha1, Self::KmsContext];

    /// The name that V2 stores, and that requests to providers carry for either format.
    pub fn name(self) -> &'static str {
        match self {
            Self::AesGcm => "AES/GCM",
            Self::RsaOaepSha1 => "RSA-OAEP-SHA1",
            Self::KmsContext => "kms+context",
        }
    }

    /// The code that V3 stores.
    pub fn v3_code(self) -> &'static str {
        match self {
            Self::AesGcm => "02",
            Self::RsaOaepSha1 => "22",
            Self::KmsContext => "12",
        }
    }

    /// The algorithm of that V2 name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name() == name)
    }

    /// The algorithm of that V3 code.
    pub fn from_v3_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.v3_code() == code)
    }
}

impl LegacyWrap {
    const NAMED: [Self; 3] = [Self::AesWrap, Self::RsaOaepSha256, Self::Kms];

    /// The name that V2 stores, and that requests to providers carry; `none` for V1's, which
    /// stores no name.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "none",
            Self::AesWrap => "AESWrap",
            Self::RsaOaepSha256 => "RSA/ECB/OAEPWithSHA-256AndMGF1Padding",
            Self::Kms => "kms",
        }
    }

    /// The wrap of that V2 name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|w| w.name() == name)
    }
}

impl KeyWrap {
    /// The wrap of that V2 name.
    pub fn from_name(name: &str) -> Option<Self> {
        let authenticated = WrapAlgorithm::from_name(name).map(Self::Authenticated);
        authenticated.or_else(|| LegacyWrap::from_name(name).map(Self::Legacy))
    }

    /// The name that V2 stores, and that requests to providers carry.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authenticated(algorithm) => algorithm.name(),
            Self::Legacy(wrap) => wrap.name(),
        }
    }

    /// Whether AWS KMS wraps, with an encryption context.
    pub fn is_kms(self) -> bool {
        matches!(
            self,
            Self::Authenticated(WrapAlgorithm::KmsContext) | Self::Legacy(LegacyWrap::Kms)
        )
    }

    /// Whether unwrapping tells a wrong key from the right one. Where it does not, a key is
    /// never tried: there must be exactly one.
    pub fn detects_wrong_key(self) -> bool {
        self != Self::Legacy(LegacyWrap::V1)
    }
}

impl From<WrapAlgorithm> for KeyWrap {
    fn from(algorithm: WrapAlgorithm) -> Self {
        Self::Authenticated(algorithm)
    }
}

impl From<LegacyWrap> for KeyWrap {
    fn from(wrap: LegacyWrap) -> Self {
        Self::Legacy(wrap)
    }
}

impl From<WriteFormat> for Format {
    fn from(format: WriteFormat) -> Self {
        match format {
            WriteFormat::V2 => Self::V2,
            WriteFormat::V3 => Self::V3,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "V1",
            Self::V2 => "V2",
            Self::V3 => "V3",
        })
    }
}

impl fmt::Display for WriteFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Format::from(*self).fmt(f)
    }
}

impl fmt::Display for WrapAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for LegacyWrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "the nameless wrap of V1",
            _ => self.name(),
        })
    }
}

impl fmt::Display for KeyWrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authenticated(algorithm) => algorithm.fmt(f),
            Self::Legacy(wrap) => wrap.fmt(f),
        }
    }
}
