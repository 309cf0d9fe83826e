//! Encryption by the store, as another client sees it.

use aws_sdk_s3::types::ServerSideEncryption as Mode;
use bytes::Bytes;
use provost::store::{NewObject, ObjectStoreExt, ServerSideEncryption};

use crate::rig::{Rig, Server};

#[test]
fn the_mode_and_the_key_are_in_what_the_server_says() {
    let rig = Rig::new(Server::Moto);
    let key = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    let with_key = ServerSideEncryption::Kms {
        key: Some(key.to_owned()),
    };
    for (mode, expected, expected_key) in [
        (ServerSideEncryption::S3, Mode::Aes256, None),
        (with_key, Mode::AwsKms, Some(key)),
    ] {
        for length in [10, 9 << 20] {
            let uri = rig.uri("object");
            let new = NewObject {
                encryption: Some(mode.clone()),
                ..NewObject::default()
            };
            let body = Bytes::from(vec![7; length]);
            rig.wait(rig.store.put_bytes(&uri, new, body)).unwrap();
            let seen = rig
                .sdk
                .head_object()
                .bucket(&rig.bucket)
                .key("object")
                .send();
            let seen = rig.wait(seen).unwrap();
            assert_eq!(seen.server_side_encryption(), Some(&expected), "{length}");
            assert_eq!(seen.ssekms_key_id(), expected_key, "{length}");
            let head = rig.wait(rig.store.head(&uri)).unwrap();
            assert_eq!(head.encryption, Some(mode.clone()), "{length}");
        }
    }
}
