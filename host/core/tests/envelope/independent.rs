//! A second implementation of reading, from the format's description and `aes-gcm` alone: nothing
//! of the code under test is used. It trusts what it reads; refusing is not its business.

use std::collections::BTreeMap;

use aes_gcm::aead::array::Array;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::aes::Aes192;
use aes_gcm::{Aes128Gcm, Aes256Gcm, AesGcm};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::{Key, Stored, as_map};

/// AES-GCM in one shot; `data` is the plaintext.
pub(crate) fn gcm_encrypt(key: &[u8], iv: &[u8], aad: &[u8], data: &[u8]) -> Vec<u8> {
    let nonce = Array::<u8, U12>::try_from(iv).unwrap();
    let payload = Payload { msg: data, aad };
    match key.len() {
        16 => Aes128Gcm::new_from_slice(key)
            .unwrap()
            .encrypt(&nonce, payload),
        24 => AesGcm::<Aes192, U12>::new_from_slice(key)
            .unwrap()
            .encrypt(&nonce, payload),
        _ => Aes256Gcm::new_from_slice(key)
            .unwrap()
            .encrypt(&nonce, payload),
    }
    .unwrap()
}

/// AES-GCM in one shot; `data` is ciphertext and tag.
pub(crate) fn gcm_decrypt(key: &[u8], iv: &[u8], aad: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let nonce = Array::<u8, U12>::try_from(iv).unwrap();
    let payload = Payload { msg: data, aad };
    match key.len() {
        16 => Aes128Gcm::new_from_slice(key)
            .unwrap()
            .decrypt(&nonce, payload),
        24 => AesGcm::<Aes192, U12>::new_from_slice(key)
            .unwrap()
            .decrypt(&nonce, payload),
        _ => Aes256Gcm::new_from_slice(key)
            .unwrap()
            .decrypt(&nonce, payload),
    }
    .ok()
}

/// V3's commitment and content key by the formula: HMAC-SHA512, no HKDF.
pub(crate) fn derive(data_key: &[u8], message_id: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mac = |key: &[u8], message: &[u8]| {
        let key = hmac::Key::new(hmac::HMAC_SHA512, key);
        hmac::sign(&key, message).as_ref().to_vec()
    };
    let prk = mac(message_id, data_key);
    let commitment = mac(&prk, b"\x00\x73COMMITKEY\x01");
    let content_key = mac(&prk, b"\x00\x73DERIVEKEY\x01");
    (commitment[..28].to_vec(), content_key[..32].to_vec())
}

/// Names and values, wherever they are.
pub(crate) fn envelope(stored: &Stored) -> BTreeMap<String, String> {
    let mut all = as_map(&stored.metadata);
    if let Some(file) = &stored.file {
        let file: BTreeMap<String, String> = serde_json::from_slice(file).unwrap();
        all.extend(file);
    }
    all
}

/// Opens what an Amazon client would.
pub(crate) fn decrypt(key: &Key, stored: &Stored) -> Vec<u8> {
    let envelope = envelope(stored);
    let binary = |name: &str| STANDARD.decode(&envelope[name]).unwrap();
    if envelope.contains_key("x-amz-3") {
        assert_eq!(envelope["x-amz-c"], "115");
        let data_key = unwrap(key, &envelope["x-amz-w"], &binary("x-amz-3"), b"115");
        let (commitment, content_key) = derive(&data_key, &binary("x-amz-i"));
        assert_eq!(commitment, binary("x-amz-d"));
        gcm_decrypt(&content_key, &[1; 12], &[0x00, 0x73], &stored.body).unwrap()
    } else {
        assert_eq!(envelope["x-amz-cek-alg"], "AES/GCM/NoPadding");
        assert_eq!(envelope["x-amz-tag-len"], "128");
        let wrapped = binary("x-amz-key-v2");
        let data_key = unwrap(
            key,
            &envelope["x-amz-wrap-alg"],
            &wrapped,
            b"AES/GCM/NoPadding",
        );
        gcm_decrypt(&data_key, &binary("x-amz-iv"), &[], &stored.body).unwrap()
    }
}

/// The data key, by either spelling of the wrap.
pub(crate) fn unwrap(key: &Key, algorithm: &str, wrapped: &[u8], binding: &[u8]) -> Vec<u8> {
    match (key, algorithm) {
        (Key::Aes(key), "AES/GCM" | "02") => {
            gcm_decrypt(key, &wrapped[..12], binding, &wrapped[12..]).unwrap()
        }
        (Key::Rsa(pair), "RSA-OAEP-SHA1" | "22") => {
            let private = PrivateDecryptingKey::from_pkcs8(&pair.pkcs8).unwrap();
            let private = OaepPrivateDecryptingKey::new(private).unwrap();
            let mut payload = vec![0; private.min_output_size()];
            let payload = private
                .decrypt(&OAEP_SHA1_MGF1SHA1, wrapped, &mut payload, None)
                .unwrap();
            assert_eq!(payload[0], 32);
            assert_eq!(&payload[33..], binding);
            payload[1..33].to_vec()
        }
        _ => panic!("{algorithm} with another kind of key"),
    }
}
