//! Configuration: texts in, values or diagnostics out.
//!
//! Two files say what a host does. The [security configuration](SecurityConfiguration) is EMR's
//! JSON, unchanged: what is encrypted, and which class or key does it. `provost.toml`, the
//! [host configuration](HostConfiguration), is the host's own. Both are parsed once, into values
//! that later code need not check again; whoever reads the files hands in a [`Source`].

mod arn;
mod class_name;
mod diagnostic;
mod digest;
mod document;
mod host;
mod kms_key_arn;
mod location;
mod nearest;
mod quantity;
mod security;
mod source;

pub use self::arn::{ArnError, Isolated, Partition};
pub use self::class_name::{ClassName, ClassNameError};
pub use self::diagnostic::{Diagnostic, Diagnostics, Excerpt, Loaded, Severity};
pub use self::digest::{DigestError, Sha256Digest};
pub use self::document::{MAX_BYTES, MAX_DEPTH};
pub use self::host::*;
pub use self::kms_key_arn::{KmsKeyArn, KmsKeyArnError};
pub use self::location::{Location, LocationError, S3Location};
pub use self::nearest::nearest;
pub use self::quantity::{ByteSize, QuantityError, parse_duration};
pub use self::security::*;
pub use self::source::{Position, Source, Span, Spanned};

/// A found text as messages show it: without control characters, and not all of a long one.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_default());
            let plain = escaped.is_none().then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
