//! What is sealed opens again, and is what the format says.

use provost_core::envelope::{WriteFormat, WritePlace};
use provost_plugin_api::MaterialsDescription;

use crate::independent;
use crate::support::{Key, aes, description, open_object, plaintext, rsa, seal_object};

const FORMATS: [WriteFormat; 2] = [WriteFormat::V2, WriteFormat::V3];
const PLACES: [WritePlace; 2] = [WritePlace::Metadata, WritePlace::InstructionFile];

fn keys() -> [Key; 4] {
    [aes(16), aes(24), aes(32), rsa()]
}

#[test]
fn every_format_key_size_and_chunking_opens_here_and_independently() {
    let sizes = [0, 1, 15, 16, 17, 1024 * 1024 + 3];
    for format in FORMATS {
        for key in keys() {
            for size in sizes {
                let plaintext = plaintext(size);
                let pieces: &[usize] = if size > 1000 {
                    &[4096, 65_537, usize::MAX]
                } else {
                    &[1, 7, 16, usize::MAX]
                };
                for &piece in pieces {
                    let place = WritePlace::Metadata;
                    let stored =
                        seal_object(&key, format, place, &description(), &plaintext, piece);
                    assert_eq!(stored.body.len(), size + 16);
                    assert_eq!(independent::decrypt(&key, &stored), plaintext);
                    for &opened in pieces {
                        let got = open_object(&key.decryption(), &stored, opened);
                        assert_eq!(got.as_ref(), Ok(&plaintext), "{format} {size} {piece}");
                    }
                }
            }
        }
    }
}

#[test]
fn chunking_does_not_show_in_the_body() {
    let plaintext = plaintext(100_003);
    for format in FORMATS {
        let seal = |piece| {
            let place = WritePlace::Metadata;
            seal_object(&aes(32), format, place, &description(), &plaintext, piece).body
        };
        let whole = seal(usize::MAX);
        for piece in [1, 15, 16, 17, 4096, 99_999] {
            assert_eq!(seal(piece), whole, "pieces of {piece}");
        }
    }
}

#[test]
fn instruction_file_opens_here_and_independently() {
    let plaintext = plaintext(1000);
    for format in FORMATS {
        for key in keys() {
            for description in [description(), MaterialsDescription::new()] {
                for place in PLACES {
                    let stored = seal_object(&key, format, place, &description, &plaintext, 100);
                    assert_eq!(stored.file.is_some(), place == WritePlace::InstructionFile);
                    assert_eq!(independent::decrypt(&key, &stored), plaintext);
                    let got = open_object(&key.decryption(), &stored, 100);
                    assert_eq!(got.as_ref(), Ok(&plaintext));
                }
            }
        }
    }
}
