//! `[transfer]`: what moving an object may take.

use super::setting::Setting;
use crate::config::quantity::ByteSize;

/// `[transfer]`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TransferSettings {
    /// How much of an object is in memory at once, whatever its size: what is read, sealed or
    /// opened, and what is on its way to or from the store. 16 MiB to 16 GiB. Default: 64 MiB.
    pub window: Setting<ByteSize>,
}

impl TransferSettings {
    /// Less than this has no room for two parts of an S3 upload, each with one being filled.
    pub(super) const MIN_WINDOW: ByteSize = ByteSize::from_bytes(16 << 20);
    /// More than this is a mistake.
    pub(super) const MAX_WINDOW: ByteSize = ByteSize::from_bytes(16 << 30);

    pub(super) fn with_defaults() -> Self {
        Self {
            window: Setting::default_value(ByteSize::from_bytes(64 << 20)),
        }
    }
}
