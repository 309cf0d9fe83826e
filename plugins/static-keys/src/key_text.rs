//! The content of a key file.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provost_key_files::{KeyFileError, read_secret};
use provost_plugin_api::SecretBytes;

/// The lengths that an AES key has, in bytes.
const KEY_LENGTHS: [usize; 3] = [16, 24, 32];

/// The largest key as hexadecimal text is 64 characters; the rest is room for line ends.
const MAX_FILE: usize = 128;

/// Why a key file holds no key. No message shows any of its content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyTextError {
    /// The file was not read.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// Not the length of an AES key.
    #[error(
        "{got} bytes, which are no AES key: \
         expected 16, 24 or 32, or a key written as one line of hexadecimal or base64"
    )]
    Length {
        /// How many bytes there are.
        got: usize,
    },
    /// Text that is neither encoding.
    #[error(
        "a text of {got} characters that is no AES key: \
         expected 32, 48 or 64 hexadecimal digits, or 24 or 44 characters of padded base64"
    )]
    Text {
        /// How many characters there are, without white space at the end.
        got: usize,
    },
    /// Every byte is the same: the key was never filled in.
    #[error("{got} bytes that are all the same, which is no key")]
    Constant {
        /// How many bytes there are.
        got: usize,
    },
}

/// Reads an AES key of 16, 24 or 32 bytes from a file that its owner alone can read.
///
/// The file holds either the bytes themselves, or one line of hexadecimal digits or of base64
/// (RFC 4648, section 4), which may end in white space. A file whose bytes are all printable is
/// text: a passphrase of 32 characters is refused, not taken for a key. For the same reason a key
/// of 24 bytes has no base64 form here: its 32 characters could be anything, without padding.
pub fn read_key(path: &Path) -> Result<SecretBytes, KeyTextError> {
    let content = read_secret(path, MAX_FILE)?;
    let key = decode(content)?;
    let bytes = key.secret_bytes();
    if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
        return Err(KeyTextError::Constant { got: key.len() });
    }
    Ok(key)
}

fn decode(content: SecretBytes) -> Result<SecretBytes, KeyTextError> {
    let bytes = content.secret_bytes();
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    if bytes.is_empty() || !bytes.iter().all(is_text) {
        return if KEY_LENGTHS.contains(&content.len()) {
            Ok(content)
        } else {
            Err(KeyTextError::Length { got: content.len() })
        };
    }
    let line = bytes.trim_ascii_end();
    let key = from_hexadecimal(line).or_else(|| from_base64(line));
    key.ok_or(KeyTextError::Text { got: line.len() })
}

fn from_hexadecimal(line: &[u8]) -> Option<SecretBytes> {
    let length = line.len() / 2;
    if line.len() % 2 != 0 || !KEY_LENGTHS.contains(&length) {
        return None;
    }
    let mut key = SecretBytes::new(vec![0; length]);
    for (byte, digits) in key.secret_bytes_mut().iter_mut().zip(line.chunks_exact(2)) {
        for digit in digits {
            let value = char::from(*digit).to_digit(16)?;
            *byte = (*byte << 4) | u8::try_from(value).ok()?;
        }
    }
    Some(key)
}

fn from_base64(line: &[u8]) -> Option<SecretBytes> {
    let length = match line.len() {
        24 => 16,
        44 => 32,
        _ => return None,
    };
    // The decoder asks for room for whole groups of three bytes.
    let mut decoded = SecretBytes::new(vec![0; length + 2]);
    let written = STANDARD
        .decode_slice(line, decoded.secret_bytes_mut())
        .ok()?;
    let bytes = decoded.secret_bytes().get(..written)?;
    (written == length).then(|| SecretBytes::copy_from(bytes))
}
