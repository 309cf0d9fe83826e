//! The class `provost.keys.Static`: AES keys from files, chosen by the object's URI.
//!
//! A key list names, for each URI prefix, one key file per generation. The newest generation
//! encrypts; every listed generation decrypts, chosen by the description stored with the object.
//! The format of the list and of the key files is in the crate's README.

#![forbid(unsafe_code)]

mod key_list;
mod key_text;
mod prefix;
mod provider;

pub use key_list::{Generation, KeyList, KeyListError, LineProblem, PrefixKeys};
pub use key_text::{KeyTextError, read_key};
pub use prefix::{PrefixError, UriPrefix, has_dot_segment};
pub use provider::{GENERATION_ENTRY, PREFIX_ENTRY, StaticKeys};

provost_plugin_api::export_providers! {
    materials "provost.keys.Static" => StaticKeys {
        conf: [
            "keys" (required) "the key list: the absolute path of a file with lines of a URI prefix, a generation and a key file",
            "allow_moved" () "`true`: an object opens with the key that its description names, wherever the object is; default `false`",
        ],
        needs: [files],
    };
}
