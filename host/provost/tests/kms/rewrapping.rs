//! From one KMS key to another, with the content where it is.

use std::time::Duration;

use provost::Error;
use provost::store::encrypted::{Reencrypt, Reencrypted, Rewrap, Rewrapped};

use crate::faults::{Fault, Proxy};
use crate::rig::{Rig, Setup};
use crate::server::{counted, new_key};

const BODY: &[u8] = b"a body of some length";

fn rewrap(rig: &Rig, name: &str) -> Result<Rewrapped, Error> {
    let uri = rig.uri(name);
    let how = Rewrap {
        prove: true,
        ..Rewrap::default()
    };
    let objects = rig.host.objects(&uri)?;
    Ok(rig.runtime.block_on(objects.rewrap(&uri, how))?)
}

#[test]
fn another_kms_key_opens_what_was_rewrapped_and_the_old_one_does_not() {
    let (old, new) = (new_key("us-east-1"), new_key("us-east-1"));
    let writer = Setup::cse_kms(&old).build();
    writer.put("a", BODY).unwrap();
    let both = format!("decrypt_keys = [\"{old}\"]");
    let proxy = Proxy::start();
    let rotated = Setup::cse_kms(&new).kms(&both).endpoint(&proxy.url).build();
    rotated.take(&writer, "a", "", str::to_owned);
    let (before, body) = rotated.stored("a");

    // What KMS says of another key than the one that wrapped; moto says AccessDenied. First the
    // new key is asked for the old wrap, and at the end the old one for the new wrap.
    let wrong = Fault::Answer(400, "IncorrectKeyException");
    let pass = Fault::Slow(Duration::ZERO);
    proxy.fail([wrong, pass, pass, pass, pass, pass, pass, wrong]);
    let done = rewrap(&rotated, "a").unwrap();
    let seen: Vec<String> = proxy
        .seen()
        .into_iter()
        .map(|seen| seen.operation)
        .collect();
    let expected = [
        "Decrypt", // with the new key: not it
        "Decrypt",
        "GenerateDataKey", // for the proof
        "Decrypt",
        "Encrypt",
        "Decrypt", // what was wrapped, before it is written
        "Decrypt", // what is stored, with the new key
        "Decrypt", // and with the old one
    ];
    assert_eq!(seen, expected);
    assert!(done.changed && done.anew.is_some(), "{done:?}");
    let (after, same) = rotated.stored("a");
    assert_eq!(body, same);
    for name in ["x-amz-c", "x-amz-d", "x-amz-i", "x-amz-t"] {
        assert_eq!(before.get(name), after.get(name), "{name}");
    }
    assert_ne!(before.get("x-amz-3"), after.get("x-amz-3"));

    let reader = Setup::cse_kms(&new).build();
    reader.take(&rotated, "a", "", str::to_owned);
    assert_eq!(reader.get("a").unwrap(), BODY);
    writer.take(&rotated, "a", "", str::to_owned);
    assert!(writer.get("a").is_err());

    // The context is the same, so the key alone tells that there is nothing to do.
    let calls = counted(&new);
    let again = rewrap(&rotated, "a").unwrap();
    assert!(!again.changed, "{again:?}");
    assert_eq!(counted(&new).get("Encrypt"), calls.get("Encrypt"));
}

#[test]
fn a_kms_key_takes_over_what_a_provider_of_one_wrote() {
    let key = new_key("us-east-1");
    let rig = Setup::provider(&[("key_id", key.as_str())]).build();
    rig.put("a", BODY).unwrap();
    let done = rewrap(&rig, "a").unwrap();
    assert!(!done.changed, "the same key and context: {done:?}");
}

#[test]
fn an_object_is_encrypted_anew_with_a_data_key_from_kms() {
    let key = new_key("us-east-1");
    let tables = "[[prefixes]]\nprefix = \"file://{root}/\"\nwrite.format = \"V2\"";
    let v2 = Setup::cse_kms(&key).tables(tables).build();
    v2.put("a", BODY).unwrap();
    let v3 = Setup::cse_kms(&key).build();
    v3.take(&v2, "a", "", str::to_owned);
    let (uri, how) = (
        v3.uri("a"),
        Reencrypt {
            plaintext: None,
            all: false,
        },
    );
    let objects = v3.host.objects(&uri).unwrap();
    let done = v3.runtime.block_on(objects.reencrypt(&uri, how)).unwrap();
    assert!(matches!(done, Reencrypted::Anew { .. }), "{done:?}");
    assert!(v3.stored("a").0.get("x-amz-t").is_some());
    assert_eq!(v3.get("a").unwrap(), BODY);
}
