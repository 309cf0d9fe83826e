//! Encryption at rest: objects and local disks.

use super::NamedClass;
use crate::config::kms_key_arn::KmsKeyArn;
use crate::config::source::Spanned;

/// `AtRestEncryptionConfiguration`: objects, local disks, or both.
#[derive(Debug, Clone)]
pub struct AtRestEncryption {
    pub(super) s3: Option<S3EncryptionConfiguration>,
    pub(super) local_disk: Option<LocalDiskEncryption>,
}

/// `S3EncryptionConfiguration`: how objects are encrypted, and in which buckets otherwise.
#[derive(Debug, Clone)]
pub struct S3EncryptionConfiguration {
    pub(super) encryption: Spanned<S3Encryption>,
    pub(super) overrides: Vec<BucketOverride>,
}

/// An entry of `Overrides`.
#[derive(Debug, Clone)]
pub struct BucketOverride {
    /// `BucketName`.
    pub bucket: Spanned<String>,
    /// How objects of that bucket are encrypted; the span is the mode's.
    pub encryption: Spanned<S3Encryption>,
}

/// `EncryptionMode` and what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum S3Encryption {
    /// `SSE-S3`: by S3, with its own keys.
    SseS3,
    /// `SSE-KMS`: by S3, with a KMS key.
    SseKms {
        /// `AwsKmsKey`.
        key: Spanned<KmsKeyArn>,
    },
    /// `CSE-KMS`: by the client, with a KMS key.
    CseKms {
        /// `AwsKmsKey`.
        key: Spanned<KmsKeyArn>,
    },
    /// `CSE-Custom`: by the client, with materials from a provider class.
    CseCustom(NamedClass),
}

/// `LocalDiskEncryptionConfiguration`.
#[derive(Debug, Clone)]
pub struct LocalDiskEncryption {
    pub(super) key: Spanned<LocalDiskKey>,
    pub(super) ebs: bool,
}

/// `EncryptionKeyProviderType` and what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocalDiskKey {
    /// `AwsKms`.
    AwsKms {
        /// `AwsKmsKey`.
        key: Spanned<KmsKeyArn>,
    },
    /// `Custom`: materials from a provider class.
    Custom(NamedClass),
}

impl AtRestEncryption {
    /// How objects are encrypted, if they are.
    pub fn s3(&self) -> Option<&S3EncryptionConfiguration> {
        self.s3.as_ref()
    }

    /// How local disks are encrypted, if they are.
    pub fn local_disk(&self) -> Option<&LocalDiskEncryption> {
        self.local_disk.as_ref()
    }

    pub(super) fn kms_keys(&self) -> impl Iterator<Item = &Spanned<KmsKeyArn>> {
        let s3 = self.s3_encryptions().filter_map(|e| match e.get() {
            S3Encryption::SseKms { key } | S3Encryption::CseKms { key } => Some(key),
            S3Encryption::SseS3 | S3Encryption::CseCustom(_) => None,
        });
        let disk = self.local_disk.iter().filter_map(|d| match d.key.get() {
            LocalDiskKey::AwsKms { key } => Some(key),
            LocalDiskKey::Custom(_) => None,
        });
        s3.chain(disk)
    }

    pub(super) fn classes(&self) -> impl Iterator<Item = &NamedClass> {
        self.s3_classes().chain(self.local_disk_class())
    }

    pub(super) fn s3_classes(&self) -> impl Iterator<Item = &NamedClass> {
        self.s3_encryptions().filter_map(|e| match e.get() {
            S3Encryption::CseCustom(class) => Some(class),
            _ => None,
        })
    }

    pub(super) fn local_disk_class(&self) -> Option<&NamedClass> {
        match self.local_disk.as_ref()?.key.get() {
            LocalDiskKey::Custom(class) => Some(class),
            LocalDiskKey::AwsKms { .. } => None,
        }
    }

    fn s3_encryptions(&self) -> impl Iterator<Item = &Spanned<S3Encryption>> {
        self.s3.iter().flat_map(|s3| {
            let overrides = s3.overrides.iter().map(|o| &o.encryption);
            std::iter::once(&s3.encryption).chain(overrides)
        })
    }
}

impl S3EncryptionConfiguration {
    /// How objects are encrypted in buckets without an override; the span is the mode's.
    pub fn encryption(&self) -> &Spanned<S3Encryption> {
        &self.encryption
    }

    /// The buckets in which it is otherwise.
    pub fn overrides(&self) -> &[BucketOverride] {
        &self.overrides
    }

    /// How objects of `bucket` are encrypted.
    pub fn for_bucket(&self, bucket: &str) -> &Spanned<S3Encryption> {
        self.overrides
            .iter()
            .find(|o| o.bucket.get() == bucket)
            .map_or(&self.encryption, |o| &o.encryption)
    }
}

impl LocalDiskEncryption {
    /// Where keys of local disks come from; the span is the type's.
    pub fn key(&self) -> &Spanned<LocalDiskKey> {
        &self.key
    }

    /// `EnableEbsEncryption`: EBS volumes by EC2 itself, instead of LUKS.
    pub fn ebs(&self) -> bool {
        self.ebs
    }
}
