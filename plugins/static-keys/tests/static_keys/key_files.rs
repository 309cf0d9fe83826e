//! What a key file may hold.

use provost_static_keys::{KeyTextError, read_key};

use crate::Folder;

// FIPS 197, appendix A: the example keys of 128, 192 and 256 bits.
const KEY_128: [u8; 16] = [
    0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c,
];
const HEX_128: &str = "2b7e151628aed2a6abf7158809cf4f3c";
const HEX_192: &str = "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b";
const HEX_256: &str = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";

#[test]
fn raw_hexadecimal_and_base64_hold_the_same_key() {
    let folder = Folder::new();
    for content in [
        &KEY_128[..],
        HEX_128.as_bytes(),
        HEX_128.to_uppercase().as_bytes(),
        format!("{HEX_128}\n").as_bytes(),
        format!("{HEX_128}\r\n").as_bytes(),
        b"K34VFiiu0qar9xWICc9PPA==",
        b"K34VFiiu0qar9xWICc9PPA==\n",
    ] {
        let key = read_key(&folder.file("key", content, 0o600)).unwrap();
        assert_eq!(key.secret_bytes(), KEY_128, "{content:?}");
    }
}

#[test]
fn keys_have_16_24_or_32_bytes() {
    let folder = Folder::new();
    for (hex, length) in [(HEX_128, 16), (HEX_192, 24), (HEX_256, 32)] {
        let key = read_key(&folder.file("key", hex.as_bytes(), 0o600)).unwrap();
        assert_eq!(key.len(), length);
        assert_eq!(
            key.secret_bytes()[0],
            u8::from_str_radix(&hex[..2], 16).unwrap()
        );
    }
    let base64 = b"YD3rEBXKcb4rc67whX13gR81LAc7YQjXLZgQowkU3/Q=";
    let key = read_key(&folder.file("key", base64, 0o600)).unwrap();
    let same = read_key(&folder.file("hex", HEX_256.as_bytes(), 0o600)).unwrap();
    assert_eq!(key, same);
    for got in [0, 1, 15, 17, 23, 25, 31, 33, 64, 128] {
        let content: Vec<u8> = (0..got).map(|byte| byte | 0x80).collect();
        let error = read_key(&folder.file("key", &content, 0o600)).unwrap_err();
        let expected = usize::from(got);
        assert!(
            matches!(error, KeyTextError::Length { got } if got == expected),
            "{error}"
        );
    }
}

#[test]
fn a_text_that_is_no_encoding_is_not_taken_for_a_key() {
    let folder = Folder::new();
    for content in [
        "correct horse battery staple ok!",             // 32 characters
        "0123456789abcde!",                             // 16 characters
        "2b7e151628aed2a6abf7158809cf4f3",              // a digit short
        "2b7e151628aed2a6abf7158809cf4f3c00",           // a byte too many
        "2b7e1516 28aed2a6abf7158809cf4f3c",            // white space inside
        "0x2b7e151628aed2a6abf7158809cf4f",             // a prefix, and short
        " 2b7e151628aed2a6abf7158809cf4f3c",            // white space before
        "K34VFiiu0qar9xWICc9PPA",                       // no padding
        "K34VFiiu0qar9xWICc9PPB==",                     // bits after the end
        "K34VFiiu0qar9xWICc9P-A==",                     // the other alphabet
        "YD3rEBXKcb4rc67whX13gR81LAc7YQjXLZgQowkU3/QA", // 33 bytes
        "\n",
    ] {
        let error = read_key(&folder.file("key", content.as_bytes(), 0o600)).unwrap_err();
        assert!(
            matches!(error, KeyTextError::Text { .. }),
            "{content}: {error}"
        );
        if !content.trim().is_empty() {
            assert!(!error.to_string().contains(content.trim()), "{error}");
        }
    }
}

#[test]
fn a_key_that_was_never_filled_in_is_refused() {
    let folder = Folder::new();
    let zeros = "0".repeat(64);
    let base64 = format!("{}=", "A".repeat(43));
    for content in [
        &[0; 32][..],
        &[0xff; 16],
        zeros.as_bytes(),
        base64.as_bytes(),
    ] {
        let error = read_key(&folder.file("key", content, 0o600)).unwrap_err();
        assert!(matches!(error, KeyTextError::Constant { .. }), "{error}");
    }
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = Folder::new();
    let error = read_key(&folder.file("key", &KEY_128, 0o640)).unwrap_err();
    assert!(matches!(error, KeyTextError::File(_)));
    assert!(error.to_string().contains("chmod 600"), "{error}");
}
