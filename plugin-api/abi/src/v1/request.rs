//! What the host asks: borrowed for the length of a call.

use abi_stable::StableAbi;

use super::{ConfKind, LogLevel, Maybe, Purpose, Slice, Str};

/// A name and a text.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct TextPair<'a> {
    /// The name.
    pub name: Str<'a>,
    /// The text.
    pub value: Str<'a>,
}

/// A name and bytes, secret or not.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct BytesPair<'a> {
    /// The name.
    pub name: Str<'a>,
    /// The bytes.
    pub value: Slice<'a, u8>,
}

/// One configuration value.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct ConfPair<'a> {
    /// The key.
    pub key: Str<'a>,
    /// The value: UTF-8 where `kind` is [`ConfKind::PLAIN`].
    pub value: Slice<'a, u8>,
    /// Whether the value may be shown.
    pub kind: ConfKind,
}

/// A way to the host's log that outlives every call: a function, and the number by which the host
/// finds who logs. Nothing is borrowed, so a provider may log from its own threads at any time.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Log {
    pub(crate) write: extern "C" fn(u64, LogLevel, Slice<'_, u8>),
    pub(crate) handle: u64,
}

impl Log {
    /// Hands one line to the host.
    pub fn write(&self, level: LogLevel, message: &str) {
        (self.write)(self.handle, level, Slice::from(message.as_bytes()));
    }
}

/// What a provider is built from.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct ContextRef<'a> {
    /// The class name, as declared.
    pub class: Str<'a>,
    /// The configuration.
    pub conf: Slice<'a, ConfPair<'a>>,
    /// Plain attributes.
    pub plain: Slice<'a, BytesPair<'a>>,
    /// Secret attributes.
    pub secret: Slice<'a, BytesPair<'a>>,
    /// The host's log.
    pub log: Log,
}

/// What every request carries.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct CallRef<'a> {
    /// Names the call in logs.
    pub request_id: Str<'a>,
    /// How long the host still waits, in milliseconds.
    pub remaining_ms: u64,
    /// Plain attributes.
    pub plain: Slice<'a, BytesPair<'a>>,
    /// Secret attributes.
    pub secret: Slice<'a, BytesPair<'a>>,
}

/// "With which materials shall I encrypt?"
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct EncryptRef<'a> {
    /// Request id, time left, attributes.
    pub call: CallRef<'a>,
    /// The description that the host proposes, sorted by name.
    pub description: Maybe<Slice<'a, TextPair<'a>>>,
    /// What will be encrypted.
    pub purpose: Purpose,
}

/// "With which materials was this encrypted?"
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct DecryptRef<'a> {
    /// Request id, time left, attributes.
    pub call: CallRef<'a>,
    /// The stored description, sorted by name.
    pub description: Maybe<Slice<'a, TextPair<'a>>>,
    /// The stored wrap algorithm.
    pub wrap_algorithm: Str<'a>,
    /// What was encrypted.
    pub purpose: Purpose,
}

/// "Make a data key and wrap it with the key you hold."
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct GenerateRef<'a> {
    /// Request id, time left, attributes.
    pub call: CallRef<'a>,
    /// The key, as the provider named it.
    pub key_id: Str<'a>,
    /// How to wrap.
    pub wrap_algorithm: Str<'a>,
    /// How many random bytes the data key has.
    pub length: u64,
    /// Additional authenticated data of the wrap.
    pub aad: Slice<'a, u8>,
}

/// "Wrap this with the key you hold."
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct WrapRef<'a> {
    /// Request id, time left, attributes.
    pub call: CallRef<'a>,
    /// The key, as the provider named it.
    pub key_id: Str<'a>,
    /// How to wrap.
    pub wrap_algorithm: Str<'a>,
    /// What to wrap: secret.
    pub plaintext: Slice<'a, u8>,
    /// Additional authenticated data of the wrap.
    pub aad: Slice<'a, u8>,
}

/// "Unwrap this with the key you hold."
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct UnwrapRef<'a> {
    /// Request id, time left, attributes.
    pub call: CallRef<'a>,
    /// The key, as the provider named it.
    pub key_id: Str<'a>,
    /// How it was wrapped.
    pub wrap_algorithm: Str<'a>,
    /// What was wrapped.
    pub ciphertext: Slice<'a, u8>,
    /// Additional authenticated data of the wrap.
    pub aad: Slice<'a, u8>,
    /// The stored description, sorted by name.
    pub description: Maybe<Slice<'a, TextPair<'a>>>,
}

/// "Which TLS artifacts shall this node use?"
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct TlsRef<'a> {
    /// Request id, time left, attributes.
    pub call: CallRef<'a>,
    /// The node's DNS names.
    pub node_names: Slice<'a, Str<'a>>,
    /// The cluster's id, if it has one.
    pub cluster_id: Maybe<Str<'a>>,
}
