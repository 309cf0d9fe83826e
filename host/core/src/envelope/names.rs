//! Every name that Amazon's S3 Encryption Client stores. S3EC format, section 1.
//!
//! These are user metadata names as SDKs show them: on the wire each follows `x-amz-meta-`.

/// What an instruction file's key ends with.
pub const INSTRUCTION_SUFFIX: &str = ".instruction";

/// User metadata of an instruction file itself; its value is empty.
pub const INSTRUCTION_FILE_MARKER: &str = "x-amz-crypto-instr-file";

/// V1: the wrapped data key.
pub(crate) const V1_KEY: &str = "x-amz-key";
/// V2: the wrapped data key.
pub(crate) const V2_KEY: &str = "x-amz-key-v2";
/// V1, V2: the content IV.
pub(crate) const IV: &str = "x-amz-iv";
/// V1, V2: the materials description.
pub(crate) const DESCRIPTION: &str = "x-amz-matdesc";
/// V2: how the data key is wrapped.
pub(crate) const WRAP_ALGORITHM: &str = "x-amz-wrap-alg";
/// V2: how the content is encrypted.
pub(crate) const CONTENT_ALGORITHM: &str = "x-amz-cek-alg";
/// V2: the tag's length in bits.
pub(crate) const TAG_LENGTH: &str = "x-amz-tag-len";
/// V1, V2: how long the plaintext is. Not reliable.
pub(crate) const UNENCRYPTED_LENGTH: &str = "x-amz-unencrypted-content-length";
/// Old clients' digest of the plaintext: never read, never written.
pub(crate) const UNENCRYPTED_MD5: &str = "x-amz-unencrypted-content-md5";

/// V3: how the content is encrypted.
pub(crate) const V3_CONTENT: &str = "x-amz-c";
/// V3: the key commitment.
pub(crate) const V3_COMMITMENT: &str = "x-amz-d";
/// V3: the message id.
pub(crate) const V3_MESSAGE_ID: &str = "x-amz-i";
/// V3: the wrapped data key.
pub(crate) const V3_KEY: &str = "x-amz-3";
/// V3: how the data key is wrapped.
pub(crate) const V3_WRAP: &str = "x-amz-w";
/// V3: the materials description.
pub(crate) const V3_DESCRIPTION: &str = "x-amz-m";
/// V3: the KMS encryption context.
pub(crate) const V3_CONTEXT: &str = "x-amz-t";

/// What very old clients for .NET call V1's names in their instruction files, which have no
/// description and whose keys end with `INSTRUCTION_SUFFIX`. S3EC format, section 5.
pub(crate) const OLD_DOTNET: [(&str, &str); 2] = [("EncryptedEnvelopeKey", V1_KEY), ("IV", IV)];

/// The entry of a KMS encryption context that binds the content algorithm.
pub(crate) const CONTEXT_CONTENT_ALGORITHM: &str = "aws:x-amz-cek-alg";

/// The entry of a legacy KMS encryption context that names the key.
pub(crate) const CONTEXT_KMS_KEY_ID: &str = "kms_cmk_id";

/// What V1 and V2 envelopes alone have.
pub(crate) const OLD_NAMES: [&str; 7] = [
    V1_KEY,
    V2_KEY,
    IV,
    DESCRIPTION,
    WRAP_ALGORITHM,
    CONTENT_ALGORITHM,
    TAG_LENGTH,
];

/// What V3 envelopes alone have and keep on the object, instruction file or not.
pub(crate) const V3_OBJECT_NAMES: [&str; 3] = [V3_CONTENT, V3_COMMITMENT, V3_MESSAGE_ID];

/// What V3 envelopes alone have and move to an instruction file.
pub(crate) const V3_MOVABLE_NAMES: [&str; 4] = [V3_KEY, V3_WRAP, V3_DESCRIPTION, V3_CONTEXT];

/// Every name above that object metadata or an instruction file may hold.
pub(crate) const ALL: [&str; 17] = [
    V1_KEY,
    V2_KEY,
    IV,
    DESCRIPTION,
    WRAP_ALGORITHM,
    CONTENT_ALGORITHM,
    TAG_LENGTH,
    UNENCRYPTED_LENGTH,
    UNENCRYPTED_MD5,
    V3_CONTENT,
    V3_COMMITMENT,
    V3_MESSAGE_ID,
    V3_KEY,
    V3_WRAP,
    V3_DESCRIPTION,
    V3_CONTEXT,
    INSTRUCTION_FILE_MARKER,
];

/// Whether an object's user metadata of this name is the envelope's, and not the user's own.
pub fn is_envelope_name(name: &str) -> bool {
    ALL.iter().any(|known| known.eq_ignore_ascii_case(name))
}
