//! R4: key, cluster and bucket are in one region; what KMS was asked is in its log.

use provost::store::encrypted::Rewrap;

use crate::faults::{Fault, Proxy};
use crate::keys::provost_words;
use crate::rig::{Rig, Setup};
use crate::server::{new_bucket, new_key, requests, variable};

const BODY: &[u8] = b"a body of some length";

/// Buckets of the server in this region.
fn s3(region: &str) -> String {
    let endpoint = variable("PROVOST_TEST_S3_ENDPOINT");
    format!("[s3]\nendpoint = \"{endpoint}\"\npath_style = true\nregion = \"{region}\"")
}

/// The key from the security configuration, and from a provider.
fn both(key: &str) -> [Setup; 2] {
    [Setup::cse_kms(key), Setup::provider(&[("key_id", key)])]
}

/// A put is refused, and the error names what is elsewhere and what to do; KMS is not asked.
#[track_caller]
fn refuses(rig: &Rig, uri: &str, key: &str, elsewhere: &str) {
    let before = requests(&[key]).len();
    let error = rig.put(uri, BODY).unwrap_err();
    let words = provost_words(&error);
    assert!(words.contains(elsewhere), "{words}");
    assert!(error.hint().unwrap().contains("region_rule"));
    assert_eq!(requests(&[key]).len(), before, "KMS was asked");
}

#[test]
fn the_clusters_region_has_to_be_the_keys() {
    let key = new_key("eu-west-1");
    for setup in both(&key) {
        let folder = setup.folder();
        let path = folder.path().join("provost.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("region = \"us-east-1\"\n{text}")).unwrap();
        let uri = format!("file://{}/x", folder.path().display());
        let (status, _, stderr) =
            crate::command::provost(folder.path(), &["object", "put", "provost.toml", &uri], &[]);
        assert_eq!(status, 1);
        assert!(
            stderr.contains("is in eu-west-1, the cluster in us-east-1"),
            "{stderr}"
        );
        assert!(stderr.contains("region_rule"), "{stderr}");
        assert!(!folder.path().join("x").exists());
    }
    assert!(requests(&[&key]).is_empty());
}

#[test]
fn a_region_of_the_environment_alone_is_a_warning() {
    let key = new_key("eu-west-1");
    for setup in both(&key) {
        let folder = setup.folder();
        let uri = format!(
            "file://{}/x",
            folder.path().canonicalize().unwrap().display()
        );
        let environment = [
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "b"),
        ];
        let (status, _, stderr) = crate::command::provost(
            folder.path(),
            &["object", "put", "provost.toml", &uri],
            &environment,
        );
        assert_eq!(status, 0, "{stderr}");
        assert!(
            stderr.contains("is in eu-west-1, the cluster in us-east-1"),
            "{stderr}"
        );
    }
}

#[test]
fn a_bucket_in_another_region_than_the_key_costs_no_call() {
    let key = new_key("eu-central-1");
    let (here, elsewhere) = (new_bucket("eu-central-1"), new_bucket("eu-west-1"));
    let (here, there) = (format!("s3://{here}/a"), format!("s3://{elsewhere}/a"));
    let expected = format!("bucket `{elsewhere}` in eu-west-1");
    for setup in both(&key) {
        let setup = setup.tables(&s3("eu-central-1"));
        let rig = setup.build();
        rig.put(&here, BODY).unwrap();
        assert_eq!(rig.get(&here).unwrap(), BODY);
        refuses(&rig, &there, &key, &expected);
        // That it was said once does not make it right.
        refuses(&rig, &there, &key, &expected);
        let rig = setup.kms("region_rule = \"warn\"").build();
        rig.put(&there, BODY).unwrap();
        assert_eq!(rig.get(&there).unwrap(), BODY);
    }
}

#[test]
fn a_key_that_does_not_say_its_region_is_where_it_is_called() {
    let key = new_key("eu-central-1");
    let id = key.rsplit('/').next().unwrap();
    let (here, elsewhere) = (new_bucket("eu-central-1"), new_bucket("eu-west-1"));
    let rig = Setup::provider(&[("key_id", id)])
        .tables(&s3("eu-central-1"))
        .kms("region = \"eu-central-1\"")
        .build();
    rig.put(&format!("s3://{here}/a"), BODY).unwrap();
    let expected = format!("`{id}` is in eu-central-1, bucket `{elsewhere}` in eu-west-1");
    refuses(&rig, &format!("s3://{elsewhere}/a"), id, &expected);
}

/// What is read may be anywhere; what wraps it anew may not.
#[test]
fn a_rewrap_is_held_to_the_same() {
    let (old, new) = (new_key("eu-west-1"), new_key("eu-central-1"));
    let uri = format!("s3://{}/a", new_bucket("eu-west-1"));
    let writer = Setup::cse_kms(&old).tables(&s3("eu-west-1")).build();
    writer.put(&uri, BODY).unwrap();
    let decrypt = format!("decrypt_keys = [\"{old}\"]");
    let ids = [("key_id", new.as_str()), ("decrypt_key_ids", old.as_str())];
    for setup in [Setup::cse_kms(&new).kms(&decrypt), Setup::provider(&ids)] {
        let proxy = Proxy::start();
        let rig = setup.tables(&s3("eu-west-1")).endpoint(&proxy.url).build();
        let before = writer.stored(&uri);
        let named = rig.uri(&uri);
        let objects = rig.host.objects(&named).unwrap();
        // The new key is tried first; what KMS says of it, moto does not.
        proxy.fail([Fault::Answer(400, "IncorrectKeyException")]);
        let refused = rig
            .runtime
            .block_on(objects.rewrap(&named, Rewrap::default()));
        let words = provost_words(&refused.unwrap_err().into());
        assert!(words.contains("is in eu-central-1, bucket"), "{words}");
        assert_eq!(proxy.count("Decrypt"), 2);
        assert_eq!(proxy.seen().len(), 2, "{:?}", proxy.seen());
        assert_eq!(writer.stored(&uri), before);
    }
}
