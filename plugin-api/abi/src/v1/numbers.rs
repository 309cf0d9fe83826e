//! Choices, as numbers.

use abi_stable::StableAbi;

/// A number whose known values have names.
macro_rules! numbers {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $value:ident = $number:literal,)+ }) => {
        $(#[$meta])*
        #[repr(transparent)]
        #[derive(StableAbi, Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub u32);

        impl $name {
            $($(#[$doc])* pub const $value: Self = Self($number);)+
        }
    };
}

numbers! {
    /// What a class provides.
    ClassKind {
        /// Keys for data at rest.
        MATERIALS = 1,
        /// TLS artifacts.
        TLS = 2,
    }
}

numbers! {
    /// Why a provider does not answer. An unknown number is to be read as [`Self::INTERNAL`].
    ErrorKind {
        /// The provider's configuration is wrong.
        CONFIGURATION = 1,
        /// No key or artifact matches.
        NOT_FOUND = 2,
        /// The backend refuses.
        DENIED = 3,
        /// The backend cannot be reached.
        UNAVAILABLE = 4,
        /// The backend asks to slow down.
        THROTTLED = 5,
        /// Not authentic.
        REJECTED = 6,
        /// Not offered.
        UNSUPPORTED = 7,
        /// A defect of the provider.
        INTERNAL = 8,
    }
}

numbers! {
    /// Which fields of a [`KeyAnswer`](super::KeyAnswer) count.
    KeyKind {
        /// `secret` is an AES key.
        SYMMETRIC = 1,
        /// `public` and, if it is known, `secret` are the halves of an RSA key pair.
        RSA = 2,
        /// `key_id` names a key in AWS KMS.
        KMS = 3,
        /// `key_id` names a key that stays with the provider, `wrap_algorithm` how it wraps.
        PROVIDER_HELD = 4,
    }
}

numbers! {
    /// What a data key will protect.
    Purpose {
        /// Objects in an object store.
        OBJECT_STORE = 1,
        /// Volumes of this node.
        LOCAL_DISK = 2,
    }
}

numbers! {
    /// Whether a configuration value may be shown. An unknown number is to be read as
    /// [`Self::SECRET`].
    ConfKind {
        /// Text that may be shown.
        PLAIN = 1,
        /// Bytes that may not.
        SECRET = 2,
    }
}

numbers! {
    /// How much a log line matters. An unknown number is to be read as [`Self::ERROR`].
    LogLevel {
        /// For the provider's author.
        DEBUG = 1,
        /// Worth knowing.
        INFO = 2,
        /// Something is not as it should be, and goes on.
        WARN = 3,
        /// Something failed.
        ERROR = 4,
    }
}
